package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam"
)

// MethodNames lists the methods: plain descent, SAM, SAM with a unit gradient and with the length of the clean one, adaptive SAM, SAM
// with reused ascents, X-SAM, X-SAM lite, and X-SAM as published.
var MethodNames = []string{"sgd", "sam", "nsam", "ssam", "asam", "looksam", "xsam", "xsam-lite", "xsam-paper"}

// Settings are values for the parameters of a method, by the names of SettingNames.
type Settings map[string]string

// setting is one parameter of a method.
type setting struct {
	methods []string // which have it
	set     func(*xsam.Config, string) error
}

var (
	ascending  = []string{"sam", "nsam", "ssam", "asam", "looksam", "xsam", "xsam-paper"}
	correcting = []string{"xsam", "xsam-lite", "xsam-paper"}
	refreshing = append([]string{"nsam"}, correcting...) // nsam has the first steps that come before a refresh
	lengths    = append([]string{"xsam-lite"}, ascending...)
)

var settings = map[string]setting{
	"local-ascent":      {ascending, parsed(strconv.ParseBool, func(c *xsam.Config) *bool { return &c.LocalAscent })},
	"rho":               {ascending, float(func(c *xsam.Config) *float64 { return &c.Rho })},
	"ascent-every":      {ascending, integer(func(c *xsam.Config) *int { return &c.AscentEvery })},
	"eta":               {[]string{"asam"}, float(func(c *xsam.Config) *float64 { return &c.Eta })},
	"reuse":             {ascending, float(func(c *xsam.Config) *float64 { return &c.Reuse })},
	"alpha":             {correcting, float(func(c *xsam.Config) *float64 { return &c.Alpha })},
	"alpha-warmup":      {correcting, integer(func(c *xsam.Config) *int { return &c.AlphaWarmup })},
	"length":            {lengths, parsed(xsam.ParseLength, func(c *xsam.Config) *xsam.Length { return &c.Length })},
	"refresh-every":     {refreshing, integer(func(c *xsam.Config) *int { return &c.RefreshEvery })},
	"warmup-refreshes":  {correcting, integer(func(c *xsam.Config) *int { return &c.WarmupRefreshes })},
	"probe-radius":      {correcting, float(func(c *xsam.Config) *float64 { return &c.ProbeRadius })},
	"refresh-most":      {correcting, integer(func(c *xsam.Config) *int { return &c.RefreshMost })},
	"refresh-tolerance": {correcting, float(func(c *xsam.Config) *float64 { return &c.RefreshTolerance })},
	"side":              {correcting, parsed(xsam.ParseSide, func(c *xsam.Config) *xsam.Side { return &c.Side })},
	"power-steps":       {correcting, integer(func(c *xsam.Config) *int { return &c.PowerSteps })},
	"refresh":           {correcting, parsed(xsam.ParseRefresh, func(c *xsam.Config) *xsam.Refresh { return &c.Refresh })},
	"correction":        {correcting, parsed(xsam.ParseCorrection, func(c *xsam.Config) *xsam.Correction { return &c.Correction })},
}

// SettingNames lists the parameters of methods, as Settings, method labels and the flags of the command name them.
func SettingNames() []string { return slices.Sorted(maps.Keys(settings)) }

// HasSetting tells whether a method, with or without settings in its label, has the parameter.
func HasSetting(label, name string) bool {
	method, _, _ := strings.Cut(label, ":")
	return slices.Contains(settings[name].methods, method)
}

func float(field func(*xsam.Config) *float64) func(*xsam.Config, string) error {
	return parsed(func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }, field)
}

func integer(field func(*xsam.Config) *int) func(*xsam.Config, string) error {
	return parsed(strconv.Atoi, field)
}

func parsed[T any](parse func(string) (T, error), field func(*xsam.Config) *T) func(*xsam.Config, string) error {
	return func(c *xsam.Config, text string) error {
		value, err := parse(text)
		if err == nil {
			*field(c) = value
		}
		return err
	}
}

// SetMethod sets Method and Sharpness from a label: a name of MethodNames, which may carry settings of its own,
// "sam:rho=0.1" or "xsam:alpha=0.5:refresh-every=10". The settings in common are laid over the preset first, as far as
// the method has them; those of the label must all be the method's.
//
// Two parameters follow others unless they are set themselves: the probe radius of xsam and xsam-paper follows rho, and
// correction explicit, which needs a pair in every step, sets refresh-every to 1.
func (r *Recipe) SetMethod(label string, common Settings) error {
	name, rest, _ := strings.Cut(label, ":")
	if !slices.Contains(MethodNames, name) {
		return fmt.Errorf("experiment: unknown method %q: want one of %v", name, MethodNames)
	}
	chosen := Settings{}
	for key, value := range common {
		if _, known := settings[key]; !known {
			return fmt.Errorf("experiment: unknown setting %q: want one of %v", key, SettingNames())
		}
		if HasSetting(name, key) {
			chosen[key] = value
		}
	}
	if rest != "" {
		for _, part := range strings.Split(rest, ":") {
			key, value, ok := strings.Cut(part, "=")
			if !ok || !HasSetting(name, key) {
				return fmt.Errorf("experiment: method %q: %q is no setting of %s: want key=value with a key of %v", label, part, name, settingsOf(name))
			}
			chosen[key] = value
		}
	}
	config := preset(name)
	for _, key := range slices.Sorted(maps.Keys(chosen)) {
		if err := settings[key].set(&config, chosen[key]); err != nil {
			return fmt.Errorf("experiment: method %s: %s = %q: %w", label, key, chosen[key], err)
		}
	}
	if _, set := chosen["probe-radius"]; !set && HasSetting(name, "probe-radius") && HasSetting(name, "rho") && config.Rho > 0 {
		config.ProbeRadius = config.Rho
	}
	if _, set := chosen["refresh-every"]; !set && config.Correction == xsam.Explicit {
		config.RefreshEvery = 1
	}
	if err := config.Validate(); err != nil {
		return fmt.Errorf("experiment: method %s: %w", label, err)
	}
	r.Method, r.Sharpness = label, sharpness(config)
	return nil
}

func preset(name string) xsam.Config {
	if make, ok := xsam.Presets[name]; ok {
		return make()
	}
	return xsam.SGDConfig()
}

func settingsOf(method string) (names []string) {
	for _, name := range SettingNames() {
		if HasSetting(method, name) {
			names = append(names, name)
		}
	}
	return names
}
