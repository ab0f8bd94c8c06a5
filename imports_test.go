package xsam_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/xsam-go/xsam"

// packages runs go list for patterns and returns the lines.
func packages(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// Imports point one way. Each package may use, of this module, only what stands beside it, directly or through others.
func TestImportsPointOneWay(t *testing.T) {
	library := []string{
		"", "curvature", "objective", "optim", "layers", "models", "models/onnx", "models/weights", "datasets",
		"datasets/own", "runlog",
		"internal/derivatives", "internal/forward", "internal/parameter", "internal/paramvec", "internal/download",
		"internal/regular",
	}
	engine := append([]string{"backend", "recipe", "internal/checkpoint", "internal/program"}, library...)
	allowed := map[string][]string{
		"internal/paramvec":    {},
		"internal/forward":     {"internal/paramvec"},
		"objective":            {"internal/forward", "internal/paramvec"},
		"curvature":            {"objective", "internal/derivatives", "internal/forward", "internal/paramvec"},
		"internal/derivatives": {},
		"": {"curvature", "objective", "internal/derivatives", "internal/forward", "internal/parameter",
			"internal/paramvec"},
		"xsamtest":             append([]string{"backend"}, library...),
		"optim":                {"internal/paramvec"},
		"layers":               {"internal/derivatives"},
		"models":               {"layers", "internal/derivatives"},
		"models/onnx":          {"layers", "internal/derivatives", "internal/regular"},
		"models/weights":       {"internal/regular"},
		"datasets":             {"datasets/own", "internal/download", "internal/regular"},
		"datasets/own":         {"internal/regular"},
		"backend":              {"internal/download"},
		"internal/download":    {},
		"internal/tensorboard": {"internal/regular"},
		"internal/regular":     {},
		"runlog":               {"internal/regular"},
		"internal/parameter":   {},
		"recipe":               library,
		"internal/checkpoint":  append([]string{"recipe"}, library...),
		"internal/program":     engine,
		"experiment":           append([]string{"internal/tensorboard", "compare"}, engine...),
		"measure":              engine,
		"handover":             engine,
		"stepcost":             engine,
		"tuning":               append([]string{"experiment", "internal/tensorboard", "compare"}, engine...),
		"advice": append([]string{"experiment", "handover", "tuning", "internal/tensorboard", "compare"},
			engine...),
		"reproduce": append([]string{"experiment", "tuning", "internal/tensorboard", "claims", "compare"},
			engine...),
		"internal/nearest": {},
		"compare":          {"runlog", "internal/regular"},
		"plots":            {"runlog", "internal/regular"},
		"claims":           {"compare", "runlog", "internal/regular"},
		"internal/report":  {"claims", "compare", "internal/parameter", "plots", "runlog", "internal/regular"},
		"internal/report/live": {"internal/report", "claims", "compare", "internal/parameter", "plots", "runlog",
			"internal/regular"},
	}
	deps := map[string][]string{} // of each package of this module, all that it needs
	for _, line := range packages(t, "-f", `{{.ImportPath}} {{join .Deps " "}}`, module+"/...") {
		pkg, all, _ := strings.Cut(line, " ")
		deps[pkg] = strings.Fields(all)
	}
	readers := []string{"compare", "claims", "plots", "internal/report", "internal/report/live"} // of run records
	for pkg, may := range allowed {
		path := strings.TrimSuffix(module+"/"+pkg, "/")
		if _, ok := deps[path]; !ok {
			t.Errorf("go list knows no package %s", path)
		}
		for _, dep := range deps[path] {
			if pkg == "runlog" && strings.Contains(strings.Split(dep, "/")[0], ".") && !strings.HasPrefix(dep, module) {
				t.Errorf("runlog imports %s: want the standard library and this module only", dep)
			}
			if slices.Contains(readers, pkg) && strings.HasPrefix(dep, "github.com/gomlx/") {
				t.Errorf("%s imports %s: want no GoMLX", pkg, dep)
			}
			own, ok := strings.CutPrefix(dep, module)
			if !ok {
				continue
			}
			if own = strings.TrimPrefix(own, "/"); !slices.Contains(may, own) {
				t.Errorf("%q imports %q: of this module it may use %q", pkg, own, may)
			}
		}
	}
}

// The commands of xsam, which are the folders of internal/cli, import none of each other, and what they share imports
// no command.
func TestCommandsStandAlone(t *testing.T) {
	const cli = module + "/internal/cli"
	command := func(pkg string) string { // the command to which a package belongs, "" for others
		below, _ := strings.CutPrefix(pkg, cli+"/")
		if name, _, _ := strings.Cut(below, "/"); below != pkg && name != "internal" {
			return name
		}
		return ""
	}
	commands := map[string]bool{}
	for _, line := range packages(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, cli+"/...") {
		pkg, imports, _ := strings.Cut(line, " ")
		if pkg == cli {
			continue // it puts the commands together
		}
		own := command(pkg)
		commands[own] = true
		for _, dep := range strings.Fields(imports) {
			if other := command(dep); dep == cli || other != "" && other != own {
				t.Errorf("%s imports %s: what commands share belongs into internal/cli/internal", pkg, dep)
			}
		}
	}
	if !commands["compare"] || !commands["train"] {
		t.Errorf("commands %v, want compare, train and more: the search is broken", commands)
	}
}
