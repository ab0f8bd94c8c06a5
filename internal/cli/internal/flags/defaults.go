package flags

import (
	"fmt"
	"strings"

	optimizer "github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
)

// withDefault is the help of a flag with the values that it takes and its default.
func withDefault(help string, choices []string, value string) string {
	if choices != nil {
		help += ": " + strings.Join(choices, ", ")
	}
	return help + " (default " + value + ")"
}

// byData describes a default that depends on the data set.
func byData(field recipe.Field) string {
	if text, ok := recipe.SuitedText[field.Flag]; ok {
		return text
	}
	if field.Flag == "data-dir" {
		return "$" + DataDirVariable + ", for your own the working folder"
	}
	value := func(data string) string {
		defaults := recipe.Defaults(data)
		text := field.Text(&defaults)
		if (text == "0" || text == "") && field.None != "" {
			return field.None
		}
		return text
	}
	usual := value("mnist")
	var values []string
	sets := map[string][]string{}
	for _, set := range []struct{ data, name string }{{"glyphs", "glyphs"}, {"digits", "digits"},
		{"folder:images", "your images"}, {"csv:table", "tables"}} {
		text := value(set.data)
		if text == usual {
			continue
		}
		if sets[text] == nil {
			values = append(values, text)
		}
		sets[text] = append(sets[text], set.name)
	}
	var b strings.Builder
	for _, text := range values {
		fmt.Fprintf(&b, "%s for %s, ", text, strings.Join(sets[text], " and "))
	}
	if len(values) > 0 {
		b.WriteString("else ")
	}
	return b.String() + usual
}

// defaultOf describes the default of a parameter of methods: that of most methods that have it, and of those that
// differ.
func defaultOf(name string) string {
	values, count, usual := map[string]string{}, map[string]int{}, ""
	for _, method := range parameter.MethodNames() {
		if parameter.Has(method, name) {
			value := optimizer.Presets[method]().Get(name)
			values[method] = value
			count[value]++
			if count[value] > count[usual] {
				usual = value
			}
		}
	}
	text := usual
	for _, method := range parameter.MethodNames() {
		if value, has := values[method]; has && value != usual {
			text += "; " + method + " " + value
		}
	}
	if name == "alpha" {
		text += fmt.Sprintf("; xsam and xsam-lite with adam and adamw %g", recipe.AdaptiveAlpha)
	}
	return text
}
