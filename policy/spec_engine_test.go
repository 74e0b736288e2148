package policy

import (
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// TestSpecEngine runs testdata/spec/engine.yaml, whose groups name their pages.
func TestSpecEngine(t *testing.T) {
	doc := readYAML(t, "testdata/spec/engine.yaml")
	ev := NewEvaluator(Options{})
	for _, c := range doc.Get("cases").Elements() {
		note := c.Get("note").TextOr("?")
		text := full(jsondoc.NewObject(jsondoc.Member{Name: "if", Value: c.Get("if")}, jsondoc.Member{Name: "then", Value: mustJSON(t, `{"effect": "audit"}`)}))
		d, diags := Compile(mustJSON(t, text), CompileOptions{Source: diag.NewSource("engine.yaml", text)})
		if code, refused := c.Get("error").Text(); refused {
			if d != nil || diags[0].Code != code {
				t.Errorf("%s: %v, want %s", note, diags, code)
			}
			continue
		}
		if d == nil {
			t.Errorf("%s: %v", note, diags)
			continue
		}
		want := finding.Of(isTrue(c.Get("match")))
		if c.Get("match").TextOr("") == "unknown" {
			want = finding.Maybe
		}
		body := c.Get("resource")
		if body.IsMissing() {
			body = doc.Get("resource")
		}
		got, x := ev.Evaluate(d, Bare(body)), ev.Explain(d, Bare(body))
		if x.Truth != want || got.Fires != (want == finding.True) {
			t.Errorf("%s: it is %s, want %s; missing %q", note, x.Truth, want, got.Missing)
		}
	}
}
