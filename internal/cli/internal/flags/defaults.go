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
	glyphs, digits, images := value("glyphs"), value("digits"), value("mnist")
	switch {
	case glyphs == digits && digits == images:
		return images
	case glyphs == digits:
		return glyphs + " for glyphs and digits, else " + images
	case digits == images:
		return glyphs + " for glyphs, else " + images
	case glyphs == images:
		return images + ", for digits " + digits
	default:
		return glyphs + " for glyphs, " + digits + " for digits, else " + images
	}
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
