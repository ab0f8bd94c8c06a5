package runlog

import (
	"encoding/json"
	"path/filepath"
)

// rawC is added to the name of a method whose records are those of a form that is no longer made: g_adv/‖g_adv‖ − α|c|v with c of the
// raw gradient, which earlier versions took for the published form of X-SAM. That one takes c of the unit gradient.
const rawC = " (raw c)"

// Label returns the name under which a run is shown, given its config.json: its method, and for a run of the earlier form of
// xsam-paper "xsam-paper (raw c)", so that it is not pooled with runs of the published form.
func Label(config []byte, method string) string {
	if IsRawC(config) {
		return method + rawC
	}
	return method
}

// IsRawC tells whether a config.json is of the earlier form: it has the correction "paper", and says nothing of a length.
func IsRawC(config []byte) bool {
	var c struct {
		Correction string `json:"correction"`
		Length     string `json:"length"`
	}
	return json.Unmarshal(config, &c) == nil && c.Correction == "paper" && c.Length == ""
}

// label gives a summary the name under which the run in dir is shown.
func (s *Summary) label(dir string) {
	var config json.RawMessage
	if readJSON(filepath.Join(dir, ConfigFile), &config) == nil {
		s.Method = Label(config, s.Method)
	}
}
