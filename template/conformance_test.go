package template_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/template"
)

// corpus is one published template.
type corpus struct{ name, text string }

// published reads the templates of the shared test data.
func published(t *testing.T) []corpus {
	t.Helper()
	var out []corpus
	for _, set := range []string{"checkov", "kics", "template-analyzer"} {
		f, err := os.Open(testdata.File(t, "templates", set+".jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(z)
		in.Buffer(nil, 64<<20)
		for in.Scan() {
			var row struct {
				Src, Query, Rule, File, Text string
				Template                     json.RawMessage
			}
			if err := json.Unmarshal(in.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			name := set + "/" + row.Src + row.Query + row.Rule
			if row.File != "" {
				name += "/" + row.File
			}
			text := row.Text
			if text == "" {
				text = string(row.Template)
			}
			out = append(out, corpus{name, text})
		}
		if err := in.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// knownFailures reads the list of what does not pass, with reasons.
func knownFailures(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/known_failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, why, ok := strings.Cut(line, "\t")
		if !ok || len(why) < 10 {
			t.Errorf("known_failures.txt: %q has no reason", line)
		}
		out[name] = why
	}
	return out
}

// TestConformanceExpand expands every published template with its default
// parameters: none has an error that is not listed.
func TestConformanceExpand(t *testing.T) {
	known := knownFailures(t)
	all := published(t)
	passed, resources, unknown, empty := 0, 0, 0, 0
	for _, c := range all {
		e := template.Expand([]byte(c.text), template.Options{File: c.name})
		resources += len(e.Resources)
		if len(e.Resources) == 0 {
			empty++
			t.Logf("%s comes to no resources: %v", c.name, e.Diagnostics)
		}
		for _, r := range e.Resources {
			unknown += len(r.Unknown)
		}
		why, listed := known[c.name]
		switch {
		case e.OK() && listed:
			t.Errorf("%s expands now: take it out of known_failures.txt (%s)", c.name, why)
		case e.OK():
			passed++
		case !listed:
			t.Errorf("%s: %v", c.name, e.Diagnostics)
		}
	}
	t.Logf("conformance: published-templates %d of %d", passed, len(all))
	t.Logf("figure: %d of %d published templates come to resources; those that do not pass are refused by Azure too, and listed", len(all)-empty, len(all))
	t.Logf("figure: %d resources, %d properties known only at deployment", resources, unknown)
}
