package claims

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	without := four("xsam", 0.05, 0.01, -0.1, [2]float64{}, func(m *made) { m.lambda = [2]float64{} })
	findings, err := Judge(append(sam(), without...))
	if err != nil {
		t.Fatal(err)
	}
	var text, js bytes.Buffer
	if err := WriteText(&text, findings); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("a line of %d characters, want at most 100: %s", n, line)
		}
	}
	for _, want := range []string{"xsam against sam\n", "(a) test accuracy above SAM's", "supported", "no test",
		"n = 4", "- (c) is about"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text has no %q:\n%s", want, text.String())
		}
	}
	if err := WriteJSON(&js, findings); err != nil {
		t.Fatal(err)
	}
	var got struct{ Findings []map[string]any }
	if err := json.Unmarshal(js.Bytes(), &got); err != nil || len(got.Findings) != 3 {
		t.Fatalf("JSON %s: %v", js.String(), err)
	}
	if f := got.Findings[0]; f["claim"] != "accuracy" || f["verdict"] != "supported" || f["n"] != 4.0 ||
		f["baseline"] != "sam" {
		t.Errorf("first finding %v", f)
	}
	if f := got.Findings[2]; f["p"] != nil || f["difference"] != nil {
		t.Errorf("third finding %v: want no numbers where there are none", f)
	}
}

func TestClaimAndVerdictStandApart(t *testing.T) {
	var text bytes.Buffer
	tuned := Finding{Claim: EarlyLoss, Method: "xsam-paper:rho=0.0217:alpha=0.526", Baseline: "nsam:rho=0.0217",
		Verdict: NotDistinguishable}
	if err := WriteText(&text, []Finding{tuned}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"xsam-paper:rho=0.0217:alpha=0.526 against nsam:rho=0.0217\n",
		"  (b) lower training loss than nsam's in the first epochs    ", "  not distinguishable\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text has no %q:\n%s", want, text.String())
		}
	}
}
