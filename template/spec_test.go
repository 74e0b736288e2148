package template_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/template"
)

// TestSpec runs testdata/spec/*.txtar. Each archive holds template.json, or
// plan.json, perhaps parameters.json and linked templates, and "want":
//
//	resources N                  how many there are
//	id TEXT                      a resource has this id; S and G stand for the stand-ins
//	NAME PATH = JSON             the value of a path in a body; NAME is the id's full name
//	NAME PATH absent             there is none, and that is known
//	NAME PATH unknown TEXT       it is not known, for a reason that holds TEXT
//	NAME uncertain TEXT          it is not known whether it is deployed
//	NAME line N                  its declaration stands in this line
//	output NAME = JSON           or: output NAME unknown TEXT
//	notassessed TEXT
//	diag CODE LINE TEXT          every diagnostic is named
func TestSpec(t *testing.T) {
	files, err := filepath.Glob("testdata/spec/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no spec", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(a.Comment), "# source: ") {
				t.Error("the first line must name the source: # source: ...")
			}
			runSpec(t, a)
		})
	}
}

func runSpec(t *testing.T, a *txtar.Archive) {
	files := map[string][]byte{}
	for _, f := range a.Files {
		files[f.Name] = f.Data
	}
	o := template.Options{File: "template.json", Parameters: files["parameters.json"], ParametersFile: "parameters.json",
		StandInSubscription: "S", StandInResourceGroup: "G",
		Open: func(from, path string) ([]byte, string, error) {
			text, ok := files[filepath.Join(filepath.Dir(from), path)]
			if !ok {
				return nil, "", fmt.Errorf("no such file")
			}
			return text, filepath.Join(filepath.Dir(from), path), nil
		}}
	var e *template.Expansion
	if files["plan.json"] != nil {
		e = template.ReadPlan(files["plan.json"], template.PlanOptions{File: "plan.json", StandInSubscription: "S"})
	} else {
		e = template.Expand(files["template.json"], o)
	}
	find := func(name string) *template.Resource {
		for _, r := range e.Resources {
			if r.ID.FullName() == name || r.ID.Name() == name || r.Address == name {
				return r
			}
		}
		t.Errorf("no resource is called %q", name)
		return nil
	}
	told := map[int]bool{}
	for line := range strings.Lines(string(files["want"])) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		w := strings.Fields(line)
		rest := func(n int) string { return strings.Join(w[n:], " ") }
		switch w[0] {
		case "resources":
			if got := strconv.Itoa(len(e.Resources)); got != w[1] {
				var all []string
				for _, r := range e.Resources {
					all = append(all, r.ID.String())
				}
				t.Errorf("%s resources, want %s:\n%s", got, w[1], strings.Join(all, "\n"))
			}
			continue
		case "id":
			found := false
			for _, r := range e.Resources {
				found = found || r.ID.String() == rest(1)
			}
			if !found {
				t.Errorf("no resource has the id %s", rest(1))
			}
			continue
		case "output":
			for _, out := range e.Outputs {
				if out.Name != w[1] {
					continue
				}
				compare(t, line, out.Value, w[2:])
			}
			continue
		case "notassessed":
			found := false
			for _, m := range e.NotAssessed {
				found = found || strings.Contains(m.What+" "+m.Type+" "+m.Reason, rest(1))
			}
			if !found {
				t.Errorf("%s: there is %v", line, e.NotAssessed)
			}
			continue
		case "diag":
			found := false
			for i, d := range e.Diagnostics {
				if d.Code == w[1] && strconv.Itoa(d.Pos.Line) == w[2] && strings.Contains(d.Message, rest(3)) {
					found, told[i] = true, true
				}
			}
			if !found {
				t.Errorf("%s: diagnostics are\n%v", line, e.Diagnostics)
			}
			continue
		}
		r := find(w[0])
		switch {
		case r == nil:
		case w[1] == "uncertain":
			if !strings.Contains(strings.Join(r.Uncertain, "; "), rest(2)) || len(r.Uncertain) == 0 {
				t.Errorf("%s: uncertain for %q", line, r.Uncertain)
			}
		case w[1] == "line":
			got := r.Line
			if got == 0 {
				got = e.Position(r.File, r.Offset).Line
			}
			if strconv.Itoa(got) != w[2] {
				t.Errorf("%s: line %d", line, got)
			}
		case w[2] == "unknown":
			if why := strings.Join(r.UnknownAt(w[1]), "; "); why == "" || !strings.Contains(why, rest(3)) {
				t.Errorf("%s: known, or unknown for %q", line, why)
			}
		case w[2] == "absent":
			if why := r.UnknownAt(w[1]); at(r.Body, w[1]).Exists() || len(why) > 0 {
				t.Errorf("%s: it is %s, unknown for %q", line, at(r.Body, w[1]), why)
			}
		default:
			compare(t, line, at(r.Body, w[1]), w[2:])
		}
	}
	for i, d := range e.Diagnostics {
		if !told[i] {
			t.Errorf("not expected: %v", d)
		}
	}
}

func compare(t *testing.T, line string, got jsondoc.Value, w []string) {
	t.Helper()
	if w[0] == "unknown" {
		why, ok := arm.IsHole(got)
		if !ok || !strings.Contains(strings.Join(why, "; "), strings.Join(w[1:], " ")) {
			t.Errorf("%s: it is %s", line, got)
		}
		return
	}
	want, err := jsondoc.ParseString(strings.Join(w[1:], " "))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if !jsondoc.Equal(got, want) {
		t.Errorf("%s: it is %s", line, got)
	}
}

// at follows a path of names and [0] from a body.
func at(v jsondoc.Value, path string) jsondoc.Value {
	for name := range strings.SplitSeq(path, ".") {
		name, index, has := strings.Cut(name, "[")
		if v = v.Get(name); has {
			n, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
			v = v.At(n)
		}
	}
	return v
}

func TestExampleOfClinics(t *testing.T) {
	text, err := os.ReadFile("testdata/examples/clinic.json")
	if err != nil {
		t.Fatal(err)
	}
	e := template.Expand(text, template.Options{File: "clinic.json"})
	if !e.OK() || len(e.Resources) != 10 {
		t.Fatalf("%d resources, %v", len(e.Resources), e.Diagnostics)
	}
}
