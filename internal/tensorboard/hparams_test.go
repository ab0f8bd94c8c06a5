package tensorboard

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// of takes the first value of a field of a message, which must be there.
func of(t *testing.T, message []byte, number int) any {
	t.Helper()
	values := fields(t, message)[number]
	if len(values) == 0 {
		t.Fatalf("no field %d in %q", number, message)
	}
	return values[0]
}

// The messages by the numbers of their fields in TensorBoard's .proto files, read without any code of the package.
func TestSettingsInTheFile(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 0, 0)
	if err := w.Begin(map[string]any{"lr": 0.25, "method": "xsam", "nesterov": true, "empty": "", "list": []any{1.0},
		"nan": math.NaN()}); err != nil {
		t.Fatal(err)
	}
	add(t, w, 40, "test/accuracy", 0.5)
	if err := w.End(40, Succeeded); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(w.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	var contents [][]byte
	for _, tag := range []string{"_hparams_/session_start_info", "_hparams_/session_end_info"} {
		for rest := content; len(rest) > 0; {
			data, n, err := unframe(rest)
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			if !strings.Contains(string(data), tag) {
				continue
			}
			value := of(t, of(t, data, 5).([]byte), 1).([]byte)
			plugin := of(t, of(t, value, 9).([]byte), 1).([]byte)
			if got := string(of(t, value, 1).([]byte)); got != tag || string(of(t, plugin, 1).([]byte)) != "hparams" {
				t.Errorf("tag %q of plugin %q", got, of(t, plugin, 1))
			}
			if tensor := of(t, value, 8).([]byte); of(t, tensor, 1) != uint64(1) {
				t.Errorf("the tensor is %v, want one of float32", tensor)
			}
			contents = append(contents, of(t, plugin, 2).([]byte))
		}
	}
	if len(contents) != 2 {
		t.Fatalf("%d events of hyperparameters, want 2", len(contents))
	}
	got := map[string]any{}
	for _, entry := range fields(t, of(t, contents[0], 3).([]byte))[1] {
		pair := fields(t, entry.([]byte))
		value := fields(t, pair[2][0].([]byte))
		for number, v := range value {
			switch number {
			case 2:
				got[string(pair[1][0].([]byte))] = math.Float64frombits(v[0].(uint64))
			case 3:
				got[string(pair[1][0].([]byte))] = string(v[0].([]byte))
			case 4:
				got[string(pair[1][0].([]byte))] = v[0] == uint64(1)
			}
		}
	}
	if want := map[string]any{"lr": 0.25, "method": "xsam", "nesterov": true, "empty": ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("settings %v, want %v", got, want)
	}
	if status := of(t, of(t, contents[1], 4).([]byte), 1); status != uint64(1) {
		t.Errorf("status %v, want 1, success", status)
	}
	open(t, dir, 20, 0).Close() // goes on from before the end: the settings stay, the end goes
	content, err = os.ReadFile(w.file.Name())
	if err != nil || !strings.Contains(string(content), "session_start_info") || strings.Contains(string(content), "session_end_info") {
		t.Errorf("after going on at step 20 the file holds %q, %v", content, err)
	}
}

// readHParams prints the table of hyperparameters of a folder as TensorBoard's plugin makes it.
const readHParams = `
import json, sys
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
from tensorboard import context
m = plugin_event_multiplexer.EventMultiplexer()
m.AddRunsFromDirectory(sys.argv[1])
m.Reload()
provider = data_provider.MultiplexerDataProvider(m, sys.argv[1])
c = backend_context.Context(base_plugin.TBContext(data_provider=provider))
ctx = context.RequestContext()
experiment = c.experiment_from_metadata(ctx, "", True, c.hparams_metadata(ctx, ""), c.hparams_from_data_provider(ctx, "", 1000))
request = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=100,
    allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_RUNNING])
for metric in experiment.metric_infos:
    request.col_params.add(metric=metric.name)
for h in experiment.hparam_infos:
    request.col_params.add(hparam=h.name, include_in_result=True)
groups = list_session_groups.Handler(ctx, c, "", request).run()
rows = {}
for g in groups.session_groups:
    rows[g.name] = {k: v.number_value if v.HasField("number_value") else v.string_value for k, v in g.hparams.items()}
    for v in g.metric_values:
        rows[g.name][v.name.tag] = v.value
print(json.dumps(rows))
`

// TensorBoard shows a row for each run, by the name of its folder, with its settings and its newest results.
func TestTensorBoardShowsTheSettings(t *testing.T) {
	python := os.Getenv(PythonVariable)
	if python == "" {
		t.Skipf("%s is not set", PythonVariable)
	}
	dir := t.TempDir()
	want := map[string]map[string]any{}
	for i, name := range []string{"sam-seed0", "xsam-seed0", "xsam-seed1"} {
		w := open(t, filepath.Join(dir, name), 0, 0)
		method, _, _ := strings.Cut(name, "-")
		if err := w.Begin(map[string]any{"method": method, "seed": float64(i)}); err != nil {
			t.Fatal(err)
		}
		add(t, w, 10, "test/accuracy", 0.25)
		add(t, w, 20, "test/accuracy", 0.5+0.125*float64(i))
		if err := w.End(20, Succeeded); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		want[name] = map[string]any{"method": method, "seed": float64(i), "test/accuracy": 0.5 + 0.125*float64(i)}
	}
	out, err := exec.Command(python, "-c", readHParams, dir).Output()
	if err != nil {
		t.Fatalf("%s: %v", python, err)
	}
	got := map[string]map[string]any{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("TensorBoard shows %v, want %v", got, want)
	}
}
