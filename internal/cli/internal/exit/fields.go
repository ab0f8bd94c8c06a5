package exit

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/parameter"
)

// field is what may be a field of a method's configuration, with or without the part of a method that it stands in, or
// one of its constants.
var field = regexp.MustCompile(`\b(?:Config\.)?(?:(?:Ascent|Refresh|Correction)\.)?[A-Z][A-Za-z]*\b`)

// ofMethod is in messages about a method's configuration, where a capital letter is no beginning of a sentence.
var ofMethod = regexp.MustCompile(`\bConfig\.[A-Z]|\b(?:Ascent|Refresh|Correction)\.[A-Z]`)

// flags are the flags of the fields, by their names with the part they stand in, and without where it is the only one;
// and words for fields that have none.
var flags = flagsOf(reflect.TypeFor[xsam.Config](), "", map[string]string{
	"Adaptive": "asam's units", "EpochSteps": "steps of an epoch",
})

func flagsOf(of reflect.Type, part string, flags map[string]string) map[string]string {
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			flagsOf(f.Type, f.Name+".", flags)
			continue
		}
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		name := strings.ReplaceAll(key, "_", "-")
		if _, ok := parameter.Find(name); !ok {
			continue
		}
		if _, twice := flags[f.Name]; twice {
			delete(flags, f.Name)
		} else {
			flags[f.Name] = "--" + name
		}
		flags[part+f.Name] = "--" + name
	}
	return flags
}

// constants are those of the configuration, as flags take them.
var constants = map[string]fmt.Stringer{
	"ByPair": xsam.ByPair, "ByThreePoint": xsam.ByThreePoint, "ByExact": xsam.ByExact,
	"AllParameters": xsam.AllParameters, "WeightsOnly": xsam.WeightsOnly, "NormsOnly": xsam.NormsOnly,
	"AlongGradient": xsam.AlongGradient, "AlongMomentum": xsam.AlongMomentum,
	"AlongMotion": xsam.AlongMotion,
	"LargerLoss":  xsam.LargerLoss, "MeanOfPair": xsam.MeanOfPair,
	"AsIs": xsam.AsIs, "Unit": xsam.Unit, "Clean": xsam.Clean,
	"Oriented": xsam.Oriented, "Projection": xsam.Projection, "Explicit": xsam.Explicit, "Paper": xsam.Paper,
	"SurrogateGap": xsam.SurrogateGap,
}

// withFlags puts flags in the place of the fields of a method's configuration, and texts in that of its constants.
func withFlags(text string) string {
	if !ofMethod.MatchString(text) {
		return text
	}
	return field.ReplaceAllStringFunc(text, func(name string) string {
		name = strings.TrimPrefix(name, "Config.")
		if flag, ok := flags[name]; ok {
			return flag
		}
		if c, ok := constants[name]; ok {
			return c.String()
		}
		if name == "LastFifth" {
			return strconv.Itoa(xsam.LastFifth)
		}
		return name
	})
}
