package recipe

import (
	"encoding/json"
	"strings"
	"testing"
)

// studyRecipe is the recipe of a study that is in range.
func studyRecipe(t *testing.T) Recipe {
	t.Helper()
	r := Recipe{Data: "moons", Network: Network{Model: "net"}, Epochs: 2, Study: &Study{StepsPerEpoch: 5, SampleBatches: 1,
		Metric: "perplexity", Better: "lower", Settings: map[string]string{"lr": "0.1"}}}
	if err := r.SetMethod("sam", nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// What a study leaves to its program is absent, not 0, and what is there reads back as the same recipe.
func TestConfigOfAStudySaysNothingOfTheBaseOptimizer(t *testing.T) {
	want := studyRecipe(t)
	text, err := json.Marshal(Saved{Recipe: want, Version: "v", Go: "go1"})
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	var back Saved
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	for _, key := range notOfStudies {
		if value, ok := keys[key]; ok {
			t.Errorf("config.json has %s = %v, want none", key, value)
		}
	}
	if keys["version"] != "v" || keys["method"] != "sam" || keys["rho"] != 0.05 {
		t.Errorf("config.json is %s, want method, ρ and version", text)
	}
	if changed := Differences(back.Recipe, want); len(changed) > 0 {
		t.Errorf("read back it differs in %v", changed)
	}
	if !strings.HasPrefix(string(text), `{"method":"sam","seed":0,`) {
		t.Errorf("config.json is %s, want its keys in their order", text)
	}
}

// Another setting is another run.
func TestSettingsAreOfTheIdentity(t *testing.T) {
	identity := func(r Recipe) string {
		text, err := json.Marshal(Saved{Recipe: r})
		if err != nil {
			t.Fatal(err)
		}
		id, err := IdentityOf(text)
		if err != nil {
			t.Fatal(err)
		}
		return id.Sum
	}
	a, b := studyRecipe(t), studyRecipe(t)
	b.Study.Settings = map[string]string{"lr": "0.2"}
	if identity(a) == identity(b) {
		t.Error("two settings have one identity, want two")
	}
	if err := a.ValidateStudy(); err != nil {
		t.Errorf("ValidateStudy: %v, want none", err)
	}
	if changed := Differences(a, b); len(changed) != 1 {
		t.Errorf("differences %v, want that of study", changed)
	}
}
