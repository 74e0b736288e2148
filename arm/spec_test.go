package arm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/azward/azward/yamldoc"
)

// TestSpec runs the cases of testdata/spec, each group of which names its page.
func TestSpec(t *testing.T) {
	files, err := filepath.Glob("testdata/spec/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no spec files: %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := yamldoc.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, group := range doc.Elements() {
			if group.Get("source").TextOr("") == "" || group.Get("cases").Len() == 0 {
				t.Errorf("%s: a group without a page or without cases", path)
			}
			for _, c := range group.Get("cases").Elements() {
				expr, want := c.Get("expr").TextOr(""), c.Get("want").TextOr("")
				policy, _ := c.Get("policy").Bool()
				if got := specResult(expr, policy); got != want && (want != "" || got != "error") {
					t.Errorf("%s = %s, want %s%s", expr, got, want, map[bool]string{true: "an error"}[want == ""])
				}
			}
		}
	}
}

func specResult(expr string, policy bool) string {
	o := Options{}
	if policy {
		o.Dialect = Policy
	}
	p, diags := CompileText("["+expr+"]", o)
	if diags.HasErrors() {
		return "error"
	}
	env := NewEnv(nil)
	env.NullText = policy
	v, err := p.Eval(env)
	if err != nil {
		return "error"
	}
	return v.String()
}
