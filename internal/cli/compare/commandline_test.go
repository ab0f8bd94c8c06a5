package compare

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// The command on a report makes the recipes of the runs: it is read back through the flags of xsam compare.
func TestCommandLine(t *testing.T) {
	for _, line := range []string{
		"--data glyphs --methods sgd,sam,asam,xsam,xsam-lite,xsam-paper --seeds 2",
		"--data digits --epochs 7 --lr 0.125 --schedule step --augment --nesterov --decay-all=false --label-noise 0 " +
			"--seed 3 --seeds 2 --methods sam,xsam",
		"--data fashion-mnist --model resnet8 --train-size 5000 --rho 0.1 --methods sam,xsam,xsam-lite --seeds 1",
		"--data glyphs --methods sam:rho=0.2,xsam:alpha=0.5:refresh-every=10 --alpha 0.7 --seeds 1",
		"--data glyphs --methods xsam --correction explicit --seeds 1",
		"--data glyphs --methods xsam --rho 0.1 --probe-radius 0.05 --refresh exact --power-steps 3 --seeds 1",
		"--data glyphs --methods sgd --base adamw --lr 0.001 --weight-decay 0.01 --clip 1 --dtype float64 " +
			"--lambda-products 0 --seeds 1",
	} {
		planned := plan(t, strings.Fields(line))
		command := CommandLine(comparison(t, planned))
		if command == "" {
			t.Errorf("%s: no command", line)
			continue
		}
		var again []recipe.Recipe
		for _, one := range strings.Split(command, "\n") {
			again = append(again, plan(t, strings.Fields(strings.TrimPrefix(one, "xsam compare ")))...)
		}
		if got, want := byName(again), byName(planned); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the command\n%s\nmakes other recipes:\n%+v\nwant\n%+v", line, command, got, want)
		}
	}
	// What no flag can say has no command.
	odd := plan(t, strings.Fields("--data glyphs --methods xsam --seeds 1"))
	odd[0].LambdaTolerance = 0.5
	if got := CommandLine(comparison(t, odd)); got != "" {
		t.Errorf("a recipe that no flags make has the command %q", got)
	}
}

// Runs that are not there are not said to be made.
func TestCommandLineOfSomeSeeds(t *testing.T) {
	for name, want := range map[string]string{
		"sam-seed0 sam-seed2":                                "sam --seeds 1\nsam --seeds 1 --seed 2",
		"sam-seed0 xsam-seed0 sam-seed1":                     "sam --seeds 2\nxsam --seeds 1",
		"sam-seed3 xsam-seed3 xsam-seed4 sam-seed4":          "sam,xsam --seeds 2 --seed 3",
		"sam-seed0 xsam-seed0 sam-seed1 sgd-seed0 sam-seed3": "sam --seeds 2\nsam --seeds 1 --seed 3\nxsam,sgd --seeds 1",
	} {
		planned := byName(plan(t, strings.Fields("--data glyphs --methods sgd,sam,xsam --seeds 5")))
		var there []recipe.Recipe
		for _, run := range strings.Fields(name) {
			there = append(there, planned[run])
		}
		got := strings.ReplaceAll(CommandLine(comparison(t, there)), "xsam compare --data glyphs --methods ", "")
		if got != want {
			t.Errorf("runs %s: the commands\n%s\nwant\n%s", name, got, want)
		}
	}
}

// plan returns the recipes of the flags of xsam compare.
func plan(t *testing.T, args []string) (recipes []recipe.Recipe) {
	t.Helper()
	o := &options{recipe: flags.NewRecipe()}
	cmd := &cobra.Command{}
	flags.Attach(cmd, o.groups(), nil)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	_, recipes, err := o.plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range recipes {
		recipes[i].DataDir = ""
	}
	return recipes
}

// comparison is what a report reads of runs of the reproduce.
func comparison(t *testing.T, recipes []recipe.Recipe) *report.Comparison {
	t.Helper()
	c := &report.Comparison{}
	for _, r := range recipes {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		c.Runs = append(c.Runs, &runlog.Run{Raw: text})
	}
	return c
}

func byName(recipes []recipe.Recipe) map[string]recipe.Recipe {
	all := map[string]recipe.Recipe{}
	for _, r := range recipes {
		all[runlog.Name(r.Method, r.Seed)] = r
	}
	return all
}
