package exit

import (
	"regexp"
	"strings"
)

// The library's errors name the fields of its structs; on a command line they are flags.
var flagOf = strings.NewReplacer(
	"LoaderConfig.BatchSize", "--batch", "Options.TrainSize", "--train-size", "Options.TestSize", "--test-size",
	"Options.ValidationSize", "--validation-size", "Options.LabelNoise", "--label-noise", "TrainSize", "--train-size",
	"TestSize", "--test-size", "ValidationSize", "--validation-size", "call SetMethod", "name one",
	"Config.Height", "image height", "Config.Classes", "number of classes", ": context canceled", "",
)

// field is a field of a method's configuration, by the parts of a method that it may stand in.
var field = regexp.MustCompile(`Config\.(?:Ascent\.|Refresh\.|Correction\.)?([A-Z]\w*)`)

// flagOfField has the parameters whose flags are not their fields' names with hyphens.
var flagOfField = map[string]string{
	"Refresh.Every": "refresh-every", "Ascent.Every": "ascent-every", "Reuse": "reuse", "Form": "correction",
	"By": "refresh", "Warmup": "warmup-refreshes", "Along": "ascent-along", "Local": "local-ascent",
	"Refresh.Most": "refresh-most", "Refresh.Tolerance": "refresh-tolerance", "Most": "refresh-most",
	"Tolerance": "refresh-tolerance",
}

// parsing is what Go says of a text that is no number.
var parsing = regexp.MustCompile(`strconv\.\w+: parsing "[^"]*": (?:invalid syntax|value out of range)`)

// packages are names of packages before another one's message.
var packages = regexp.MustCompile(`\bxsam: (method [^ ]+: )?xsam: |^xsam: `)

// capitals are where a field's name has a new word.
var capitals = regexp.MustCompile(`([a-z])([A-Z])`)

// spoken is an error as a command line says it.
func spoken(err error) string {
	text := flagOf.Replace(err.Error())
	text = field.ReplaceAllStringFunc(text, func(name string) string {
		name = strings.TrimPrefix(name, "Config.")
		if flag, ok := flagOfField[name]; ok {
			return "--" + flag
		}
		_, last, nested := strings.Cut(name, ".")
		if !nested {
			last = name
		}
		if flag, ok := flagOfField[last]; ok {
			return "--" + flag
		}
		return "--" + strings.ToLower(capitals.ReplaceAllString(last, "$1-$2"))
	})
	text = packages.ReplaceAllString(parsing.ReplaceAllString(text, "want a number"), "$1")
	return hinted(text)
}
