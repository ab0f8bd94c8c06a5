package program

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// patterns are of names of weights, with * for anything and ? for one character. "conv1" stands for all that is in it.
type patterns []*regexp.Regexp

// parsePatterns reads a list separated by commas.
func parsePatterns(list string) (p patterns) {
	for _, text := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		form := strings.NewReplacer(`\*`, ".*", `\?`, ".", "/", "[./]", `\.`, "[./]").Replace(regexp.QuoteMeta(
			strings.Trim(text, "/ ")))
		p = append(p, regexp.MustCompile("^"+form+"([./].*)?$"))
	}
	return p
}

// match tells whether the variable at a path, of that name in the user's file, is meant.
func (p patterns) match(path, name string) bool {
	for _, form := range p {
		if form.MatchString(strings.TrimPrefix(path, "/")) || name != "" && form.MatchString(name) {
			return true
		}
	}
	return false
}

// isHead tells whether a variable belongs to the new layer of --head, whose scope is head, "" where there is none.
func isHead(head, at string) bool { return head != "" && path.Dir(at) == "/"+head }

// freezing tells which weights are not trained. A new head always is.
func freezing(freeze, train, head string) func(path, name string) bool {
	not, only := parsePatterns(freeze), parsePatterns(train)
	return func(at, name string) bool {
		return !isHead(head, at) && (not.match(at, name) || len(only) > 0 && !only.match(at, name))
	}
}

// checkPatterns reports patterns that no weight has, and that nothing is left to train.
func (p *Program) checkPatterns(variables []variable) error {
	var names []string
	trained := 0
	for _, v := range variables {
		if v.shape.DType.IsFloat() {
			names = append(names, p.NameOf(v.path))
		}
		if v.trainable {
			trained++
		}
	}
	for _, flag := range []struct{ name, list string }{{"--freeze", p.recipe.Freeze}, {"--train", p.recipe.Train}} {
		for _, text := range strings.FieldsFunc(flag.list, func(r rune) bool { return r == ',' }) {
			one, met := parsePatterns(text), false
			for _, v := range variables {
				met = met || v.shape.DType.IsFloat() && one.match(v.path, p.files.names[v.path])
			}
			if !met {
				return fmt.Errorf("program: %s %s: no weight of model %s has such a name: it has %s", flag.name, text,
					p.recipe.Model, some(names))
			}
		}
	}
	if trained == 0 {
		return fmt.Errorf("program: --freeze %q and --train %q leave nothing of model %s to train; the new layer of --head "+
			"NODE always is", p.recipe.Freeze, p.recipe.Train, p.recipe.Model)
	}
	return nil
}
