package runlog

import (
	"encoding/json"
	"io/fs"
	"path"
)

// plannedAtMost is the number of runs beyond which a plan is not believed.
const plannedAtMost = 10000

// Planned are the runs that a comparison was asked to make in a folder, by the names of their directories: none where
// nothing readable says so.
func Planned(fsys fs.FS, dir string) (names []string) {
	var asked struct { // as package recipe writes it
		Methods []string `json:"methods"`
		Sweep   []string `json:"sweep"`
		Tune    int      `json:"tune"`
		Chosen  []string `json:"chosen"`
		Seed    int64    `json:"seed"`
		Seeds   int      `json:"seeds"`
	}
	text, err := readFile(fsys, path.Join(dir, ComparisonFile))
	if err == nil {
		text, err = Unseal(text)
	}
	if err != nil || json.Unmarshal(text, &asked) != nil || asked.Seeds > plannedAtMost ||
		len(asked.Methods)*asked.Seeds > plannedAtMost {
		return nil
	}
	if asked.Tune > 0 || len(asked.Sweep) > 0 {
		asked.Methods = asked.Chosen // none as long as they are being tried
	}
	for k := range asked.Seeds {
		for _, method := range asked.Methods {
			names = append(names, Name(method, asked.Seed+int64(k)))
		}
	}
	return names
}
