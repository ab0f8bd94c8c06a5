package xsam_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Imports point one way. Each package may use, of this module, only what stands beside it, directly or through others.
func TestImportsPointOneWay(t *testing.T) {
	const module = "github.com/xsam-go/xsam"
	library := []string{
		"", "curvature", "objective", "optim", "layers", "models", "datasets", "runlog",
		"internal/forward", "internal/parameter", "internal/paramvec", "internal/download",
	}
	engine := append([]string{"backend", "recipe", "internal/program"}, library...)
	allowed := map[string][]string{
		"internal/paramvec":    {},
		"internal/forward":     {"internal/paramvec"},
		"objective":            {"internal/forward", "internal/paramvec"},
		"curvature":            {"objective", "internal/forward", "internal/paramvec"},
		"":                     {"curvature", "objective", "internal/forward", "internal/parameter", "internal/paramvec"},
		"optim":                {"internal/paramvec"},
		"layers":               {},
		"models":               {"layers"},
		"problems":             {},
		"datasets":             {"internal/download"},
		"backend":              {"internal/download"},
		"internal/download":    {},
		"internal/tensorboard": {},
		"runlog":               {},
		"internal/parameter":   {},
		"recipe":               library,
		"internal/program":     engine,
		"experiment":           append([]string{"internal/tensorboard"}, engine...),
		"measure":              engine,
		"stepcost":             engine,
		"reproduce":            append([]string{"experiment", "internal/tensorboard", "claims", "compare"}, engine...),
		"compare":              {"runlog"},
		"plots":                {"runlog"},
		"claims":               {"compare", "runlog"},
		"internal/report":      {"claims", "compare", "internal/parameter", "runlog"},
		"internal/report/live": {"internal/report", "claims", "compare", "internal/parameter", "runlog"},
	}
	readers := []string{"compare", "claims", "plots", "internal/report", "internal/report/live"} // of run records
	for pkg, may := range allowed {
		path := strings.TrimSuffix(module+"/"+pkg, "/")
		out, err := exec.Command("go", "list", "-deps", path).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", path, err)
		}
		for _, dep := range strings.Fields(string(out)) {
			if pkg == "runlog" && strings.Contains(strings.Split(dep, "/")[0], ".") && dep != path {
				t.Errorf("runlog imports %s: want the standard library only", dep)
			}
			if slices.Contains(readers, pkg) && strings.HasPrefix(dep, "github.com/gomlx/") {
				t.Errorf("%s imports %s: want no GoMLX", pkg, dep)
			}
			own, ok := strings.CutPrefix(dep, module)
			if !ok || dep == path {
				continue
			}
			if own = strings.TrimPrefix(own, "/"); !slices.Contains(may, own) {
				t.Errorf("%q imports %q: of this module it may use %q", pkg, own, may)
			}
		}
	}
}
