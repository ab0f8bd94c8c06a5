package xsam

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/internal/parameter"
)

// The parameters of the methods are the fields of Config, and internal/parameter has their names and help. A field is
// found by its key in JSON: "ascent_every" for the parameter "ascent-every".

// field returns the field of the parameter called name; the zero Value where there is none.
func (c *Config) field(name string) reflect.Value {
	p, ok := parameter.Find(name)
	if !ok {
		return reflect.Value{}
	}
	return fieldOf(reflect.ValueOf(c).Elem(), p.Key())
}

// fieldOf looks for a key among the fields of a struct and of those embedded in it.
func fieldOf(of reflect.Value, key string) reflect.Value {
	for i := range of.NumField() {
		f := of.Type().Field(i)
		if f.Anonymous {
			if found := fieldOf(of.Field(i), key); found.IsValid() {
				return found
			}
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == key {
			return of.Field(i)
		}
	}
	return reflect.Value{}
}

// Set sets the parameter called name, "rho" or "refresh-every", from a text, as flags and method labels have it.
func (c *Config) Set(name, text string) error {
	field := c.field(name)
	if !field.IsValid() {
		return fmt.Errorf("xsam: unknown setting %q: want one of %v", name, parameter.Names())
	}
	if u, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	var err error
	switch to := field.Addr().Interface().(type) {
	case *float64:
		*to, err = strconv.ParseFloat(text, 64)
	case *int:
		*to, err = strconv.Atoi(text)
	case *bool:
		*to, err = strconv.ParseBool(text)
	default:
		err = fmt.Errorf("xsam: a field of type %s cannot be set", field.Type())
	}
	return err
}

// Get returns the parameter called name as Set takes it; "" where there is none.
func (c Config) Get(name string) string {
	field := c.field(name)
	if !field.IsValid() {
		return ""
	}
	return fmt.Sprint(field.Interface())
}

// Method returns the configuration of a label: a name of Presets, which may carry settings of its own, "sam:rho=0.1"
// or "xsam:alpha=0.5:refresh-every=10". The settings in common are laid over the preset first, as far as the method
// has them; those of the label must all be the method's.
//
// Two parameters follow others unless they are set themselves: the probe radius of a method that ascends follows rho,
// and correction explicit, which needs a pair in every step, sets refresh-every to 1.
func Method(label string, common map[string]string) (Config, error) {
	name, rest, _ := strings.Cut(label, ":")
	preset, ok := Presets[name]
	if !ok {
		return Config{}, fmt.Errorf("xsam: unknown method %q: want one of %v", name, parameter.MethodNames())
	}
	chosen, err := settings(label, rest, common)
	if err != nil {
		return Config{}, err
	}
	c := preset()
	for _, key := range slices.Sorted(maps.Keys(chosen)) {
		if err := c.Set(key, chosen[key]); err != nil {
			return Config{}, fmt.Errorf("xsam: method %s: %s = %q: %w", label, key, chosen[key], err)
		}
	}
	c.follow(func(name string) bool { return parameter.Has(label, name) && chosen[name] == "" })
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("xsam: method %s: %w", label, err)
	}
	return c, nil
}

// follow sets the parameters that follow others, as far as they are free to.
func (c *Config) follow(free func(name string) bool) {
	if free("probe-radius") && c.Rho > 0 && c.Refresh.Every > 0 {
		c.ProbeRadius = c.Rho
	}
	if free("refresh-every") && c.Form == Explicit {
		c.Refresh.Every = 1
	}
}

// settings are those of common that the method has, and those of its label.
func settings(label, rest string, common map[string]string) (map[string]string, error) {
	chosen := map[string]string{}
	for key, value := range common {
		if _, known := parameter.Find(key); !known {
			return nil, fmt.Errorf("xsam: unknown setting %q: want one of %v", key, parameter.Names())
		}
		if parameter.Has(label, key) {
			chosen[key] = value
		}
	}
	if rest == "" {
		return chosen, nil
	}
	for _, part := range parameter.Settings(label) {
		key, value, ok := strings.Cut(part, "=")
		if !ok || !parameter.Has(label, key) {
			return nil, fmt.Errorf("xsam: method %q: %q is no setting of it: want key=value with a key of %v", label, part,
				parameter.Of(label))
		}
		chosen[key] = value
	}
	return chosen, nil
}
