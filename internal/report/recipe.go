package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// setting is a key of config.json with its value.
type setting struct{ Key, Value string }

// settings splits the recipes into what all runs share, and a table of what differs between methods. A key that
// differs between the runs of one method, as the seed does, shows all its values.
func (c *Comparison) settings() (common []setting, byMethod Grid) {
	methods := c.Methods()
	byMethod = Grid{Caption: "What differs between the methods."}
	values := map[string]map[string][]string{} // by key and method
	var keys []string
	for _, r := range c.Runs {
		for _, s := range pairs(r.Raw) {
			if values[s.Key] == nil {
				values[s.Key], keys = map[string][]string{}, append(keys, s.Key)
			}
			if of := values[s.Key]; !slices.Contains(of[r.Summary.Method], s.Value) {
				of[r.Summary.Method] = append(of[r.Summary.Method], s.Value)
			}
		}
	}
	for _, m := range methods {
		byMethod.Rows = append(byMethod.Rows, GridRow{Head: m, Style: c.style(m)})
	}
	for _, key := range keys {
		if key == "method" {
			continue
		}
		texts := make([]string, len(methods))
		for i, m := range methods {
			texts[i] = strings.Join(values[key][m], ", ")
		}
		if len(slices.Compact(slices.Clone(texts))) == 1 {
			common = append(common, setting{key, texts[0]})
			continue
		}
		byMethod.Columns = append(byMethod.Columns, key)
		for i, text := range texts {
			byMethod.Rows[i].Cells = append(byMethod.Rows[i].Cells, plainCell(text))
		}
	}
	return common, byMethod
}

// pairs are the keys of a JSON object in their order. What is no object has none.
func pairs(raw json.RawMessage) (all []setting) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return all
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return all
		}
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		all = append(all, setting{key.(string), text}) // a key of an object is a string
	}
	return all
}
