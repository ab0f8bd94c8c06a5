package recipe

import (
	"encoding/json"
	"fmt"
)

// Scalars are the keys of the recipe's JSON that decide the outcome of a run, with their values: numbers as float64,
// texts and truth values. Where files lie is left out, and so is what a study says of itself.
func (r Recipe) Scalars() (map[string]any, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	for _, key := range places {
		delete(all, key)
	}
	for key, value := range all {
		switch value.(type) {
		case float64, string, bool:
		default:
			delete(all, key)
		}
	}
	return all, nil
}
