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

// parsing is what Go says of a text that is no number.
var parsing = regexp.MustCompile(`strconv\.\w+: parsing "[^"]*": (?:invalid syntax|value out of range)`)

// packages are names of packages before another one's message.
var packages = regexp.MustCompile(`\bxsam: (method [^ ]+: )?xsam: |^xsam: `)

// spoken is an error as a command line says it.
func spoken(err error) string {
	text := withFlags(flagOf.Replace(err.Error()))
	text = packages.ReplaceAllString(parsing.ReplaceAllString(text, "want a number"), "$1")
	return hinted(text)
}
