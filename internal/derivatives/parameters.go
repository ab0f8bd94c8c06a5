package derivatives

import (
	"reflect"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// read fills the fields of a struct with the parameters of a node that have their names, the first letter small. GoMLX
// does not export them, so they are read by reflection. It panics when a parameter is missing or of another type: GoMLX
// has changed.
func read(node *graph.Node, into any) {
	from := reflect.ValueOf(node).Elem().FieldByName("inputs").Elem().Elem()
	to := reflect.ValueOf(into).Elem()
	for i := range to.NumField() {
		name := to.Type().Field(i).Name
		name = strings.ToLower(name[:1]) + name[1:]
		parameter := from.FieldByName(name)
		if !parameter.IsValid() || parameter.Kind() != to.Field(i).Kind() {
			exceptions.Panicf("derivatives: %s has no parameter %q of type %s: this GoMLX is another one than "+
				"package derivatives was written for", node, name, to.Field(i).Type())
		}
		copyValue(to.Field(i), parameter)
	}
}

// copyValue copies numbers, and slices, arrays and structs of them. (reflect's own Set refuses what is not exported.)
func copyValue(to, from reflect.Value) {
	switch to.Kind() {
	case reflect.Int:
		to.SetInt(from.Int())
	case reflect.Float32:
		to.SetFloat(from.Float())
	case reflect.Slice:
		to.Set(reflect.MakeSlice(to.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyValue(to.Index(i), from.Index(i))
		}
	case reflect.Array:
		for i := range from.Len() {
			copyValue(to.Index(i), from.Index(i))
		}
	case reflect.Struct:
		for i := range to.NumField() {
			copyValue(to.Field(i), from.FieldByName(to.Type().Field(i).Name))
		}
	default:
		exceptions.Panicf("derivatives: cannot read a parameter of type %s", to.Type())
	}
}
