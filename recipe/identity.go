package recipe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Identity says which run a file belongs to.
type Identity struct {
	// Sum is the SHA-256, in hexadecimal digits, over what decides the outcome of the run.
	Sum string
	// Method and Seed are for messages: Sum covers them.
	Method string
	Seed   int64
}

// String names the run as messages do.
func (id Identity) String() string { return fmt.Sprintf("%s, seed %d", id.Method, id.Seed) }

// IdentityOf is the identity of the run whose config.json has this text. It goes by the text, not by a Recipe read from
// it, so that a later version, whose recipes have other fields, finds the same. What the run was made on and where its
// data lies are no part of it.
func IdentityOf(config []byte) (id Identity, err error) {
	fields := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber() // seeds are larger than what a float64 holds
	var named struct {
		Method string
		Seed   int64
	}
	if err := decoder.Decode(&fields); err != nil {
		return id, fmt.Errorf("recipe: no valid recipe: %w", err)
	}
	if err := json.Unmarshal(config, &named); err != nil {
		return id, fmt.Errorf("recipe: no valid recipe: %w", err)
	}
	for key := range fields {
		if slices.Contains(circumstances, key) {
			delete(fields, key)
		}
	}
	text, err := json.Marshal(fields) // sorts the keys
	if err != nil {
		return id, fmt.Errorf("recipe: %w", err)
	}
	sum := sha256.Sum256(text)
	return Identity{Sum: hex.EncodeToString(sum[:]), Method: named.Method, Seed: named.Seed}, nil
}

// places are the keys that say where files lie.
var places = []string{"data_dir", "model_dir", "weights_dir"}

// circumstances are the keys of config.json that do not decide the outcome: where files lie, and all that Saved adds to
// a recipe.
var circumstances = func() []string {
	keys := slices.Clone(places)
	saved := reflect.TypeFor[Saved]()
	for i := range saved.NumField() {
		if field := saved.Field(i); !field.Anonymous {
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			keys = append(keys, key)
		}
	}
	return keys
}()
