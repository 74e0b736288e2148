package app

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/internal/testdata"
)

// redactedFile writes what options name as a snapshot, redacted.
func redactedFile(t *testing.T, o Options) (path, text string) {
	t.Helper()
	inv, err := Load(context.Background(), &o)
	if err != nil {
		t.Fatal(err)
	}
	words, err := ControlWords()
	if err != nil {
		t.Fatal(err)
	}
	var whole, out, plain bytes.Buffer
	w, err := snapshot.NewWriter(&whole, snapshot.Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(inv); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	rd := snapshot.NewRedactor([]byte("0123456789abcdef"), func(word string) bool { return words[word] })
	scan := func(f func(l snapshot.Line) error) {
		if err := snapshot.Scan(bytes.NewReader(whole.Bytes()), f); err != nil {
			t.Fatal(err)
		}
	}
	scan(func(l snapshot.Line) error { rd.Learn(l); return nil })
	scan(func(l snapshot.Line) error {
		l, err := rd.Line(l)
		if err != nil {
			return err
		}
		if l.Header != nil {
			w, err = snapshot.NewWriter(&out, *l.Header)
			return err
		}
		if l.Record != nil {
			plain.WriteString(l.Record.Body.String())
		}
		return w.Line(l)
	})
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "redacted.azs")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, plain.String()
}

// counts are the findings of an assessment by control and state.
func counts(t *testing.T, o Options) map[string]int {
	t.Helper()
	o.Now, o.Version = testNow, "test"
	o.States = []finding.State{finding.Compliant, finding.NonCompliant, finding.Exempt}
	a, err := Assess(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{"score": int(a.Score.Current * 100)}
	add := func(list []report.Finding, state string) {
		for _, f := range list {
			out[f.ControlID+" "+state+f.State.String()]++
		}
	}
	add(a.Findings.Slice(), "")
	add(a.Unknown.Slice(), "unknown ")
	return out
}

func sameCounts(t *testing.T, name string, o Options) {
	t.Helper()
	path, _ := redactedFile(t, o)
	before, after := counts(t, o), counts(t, Options{From: []string{path}})
	agree := 0
	for k, n := range before {
		if after[k] == n {
			agree++
		} else {
			t.Errorf("%s: %s: %d before, %d after", name, k, n, after[k])
		}
	}
	for k, n := range after {
		if before[k] == 0 {
			t.Errorf("%s: %s: none before, %d after", name, k, n)
		}
	}
	t.Logf("conformance: redaction of %s keeps the verdicts of %d of %d", name, agree, len(before))
}

// A redacted snapshot is judged as the original is, and names nobody.
func TestRedactedDemo(t *testing.T) {
	sameCounts(t, "the demo", Options{Demo: true})
	_, text := redactedFile(t, Options{Demo: true})
	text = strings.ToLower(text)
	for _, word := range []string{"lindhaven", "hospital", "fennside", "petra", "hedda", "kv-lh-", "cosmos-lh-", "sg-all-staff", "c19023ed-8f78-4dc1-bc3c-1fb4c2f23028"} {
		if i := strings.Index(text, word); i >= 0 {
			t.Errorf("%q is still there: %s", word, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}

func TestConformanceRedaction(t *testing.T) {
	dir := testdata.Dir(t)
	for _, name := range []string{"inventory/psrule.jsonl.gz", "inventory/manageiq.jsonl.gz", "recorded/custodian.jsonl.gz"} {
		sameCounts(t, filepath.Base(name), Options{From: []string{filepath.Join(dir, filepath.FromSlash(name))}})
	}
}
