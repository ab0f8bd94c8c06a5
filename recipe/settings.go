package recipe

import "github.com/xsam-go/xsam/internal/parameter"

// Settings are the parameters of the method that its label does not give; false when none lead to the recipe.
func (r Recipe) Settings() (map[string]string, bool) {
	usual := r
	if err := usual.SetMethod(r.Method, nil); err != nil {
		return nil, false
	}
	chosen := map[string]string{}
	// Some parameters follow others: one after the other is set until the recipe is met.
	for _, name := range parameter.Of(r.Method) {
		if text := r.Config.Get(name); text != usual.Config.Get(name) {
			chosen[name] = text
			if err := usual.SetMethod(r.Method, chosen); err != nil {
				return nil, false
			}
		}
	}
	return chosen, usual.Config == r.Config
}
