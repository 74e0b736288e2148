package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
	"github.com/azward/azward/yamldoc"
)

// knownFailures reads testdata/known_failures.txt: case, tab, reason.
func knownFailures(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/known_failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, reason, ok := strings.Cut(line, "\t")
		if !ok || reason == "" {
			t.Errorf("known_failures.txt: %q has no reason", line)
		}
		out[name] = reason
	}
	return out
}

func readYAML(t *testing.T, path string) jsondoc.Value {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		t.Fatal(path, err)
	}
	return doc
}

// recorded is one case of a file of rules.
type recorded struct {
	file, name string
	c          jsondoc.Value
	all        jsondoc.Value
	aliases    *Aliases
}

func recordedCases(t *testing.T, glob string) []recorded {
	t.Helper()
	dir := testdata.File(t, "policy", "rules")
	files, err := filepath.Glob(filepath.Join(dir, glob))
	if err != nil {
		t.Fatal(err)
	}
	var out []recorded
	for _, path := range files {
		doc := readYAML(t, path)
		var aliases *Aliases
		if name, ok := doc.Get("aliases").Text(); ok {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if aliases, err = ParseAliases(text); err != nil {
				t.Fatal(err)
			}
		}
		file := strings.TrimSuffix(filepath.Base(path), ".yaml")
		for _, c := range doc.Get("cases").Elements() {
			out = append(out, recorded{file, file + "/" + c.Get("note").TextOr("?"), c, doc, aliases})
		}
	}
	return out
}

// pick returns a member of the case, or of its file.
func (r recorded) pick(name string) jsondoc.Value {
	if v := r.c.Get(name); v.Exists() {
		return v
	}
	return r.all.Get(name)
}

// source returns the definition or rule of a case.
func (r recorded) source() string {
	for _, from := range []jsondoc.Value{r.c, r.all} {
		for _, name := range []string{"policy_definition", "policy_rule"} {
			if s, ok := from.Get(name).Text(); ok {
				return s
			}
		}
	}
	return ""
}

// defaultContext is what the recorder's own runner gives where a case says nothing.
const defaultContext = `{"resourceGroup": {"name": "myResourceGroup", "location": "eastus"}, "subscription": {"subscriptionId": "00000000-0000-0000-0000-000000000000"}}`

// outcome runs a case and says what came of it, and what was wanted.
func (r recorded) outcome(t *testing.T, useAliases bool) (got, want string, details jsondoc.Value) {
	t.Helper()
	want = r.c.Get("want_effect").TextOr("undefined")
	switch {
	case isTrue(r.c.Get("want_parse_error")):
		want = "parse error"
	case isTrue(r.c.Get("want_compile_error")):
		want = "compile error"
	}
	text := r.source()
	doc, err := jsondoc.ParseString(text)
	if err != nil {
		return "parse error", want, details
	}
	o := CompileOptions{Parameters: r.pick("parameters"), Source: diag.NewSource(r.name, text)}
	if useAliases {
		o.Aliases = r.aliases
	}
	def, diags := Compile(doc, o)
	if def == nil {
		t.Logf("%s: %v", r.name, diags)
		return string(StageOf(diags[0])) + " error", want, details
	}
	ctx := r.pick("context")
	if ctx.IsMissing() {
		ctx, _ = jsondoc.ParseString(defaultContext)
	}
	eo := Options{ResourceGroup: ctx.Get("resourceGroup"), Subscription: ctx.Get("subscription"), Policy: ctx.Get("policy"), Request: ctx.Get("requestContext")}
	if rc := r.pick("request_context"); rc.Exists() {
		eo.Request = rc
	}
	eo.APIVersion = r.pick("api_version").TextOr("")
	if s, ok := ctx.Get("utcNow").Text(); ok {
		eo.Now, _ = arm.ParseTime(s)
	} else {
		eo.Now = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	for _, a := range r.c.Get("host_await").Elements() {
		eo.Related = []*resource.Resource{}
		if response := a.Get("response"); response.Kind() == jsondoc.Object {
			eo.Related = append(eo.Related, Bare(response))
		}
	}
	out := NewEvaluator(eo).Decide(def, Bare(r.c.Get("resource")))
	if out.Err != nil {
		t.Logf("%s: %s", r.name, out.Err.Message)
	}
	if out.State == finding.Unknown && !out.Fires {
		return "unknown: " + strings.Join(out.Missing, ", "), want, details
	}
	if !out.Fires {
		return "undefined", want, details
	}
	return def.EffectText, want, out.Details
}

func isTrue(v jsondoc.Value) bool { b, _ := v.Bool(); return b }

func TestConformanceRules(t *testing.T) {
	known := knownFailures(t)
	for _, mode := range []struct {
		name    string
		aliases bool
	}{{"with the recorded aliases", true}, {"by the rule", false}} {
		cases := recordedCases(t, "*.yaml")
		passed, total := 0, 0
		for _, r := range cases {
			if isTrue(r.c.Get("skip")) {
				continue
			}
			total++
			got, want, details := r.outcome(t, mode.aliases)
			ok := got == want
			if wanted := r.c.Get("want_details"); ok && wanted.Exists() && !jsondoc.Equal(details, wanted) {
				ok, got, want = false, details.String(), wanted.String()
			}
			if !mode.aliases && want == "compile error" {
				ok = true // only a list says what may be modified
			}
			reason, listed := known[r.name]
			switch {
			case ok && listed && mode.aliases:
				t.Errorf("%s passes, and stands in known_failures.txt", r.name)
			case !ok && !listed:
				t.Errorf("%s: got %s, want %s", r.name, got, want)
			case !ok:
				t.Logf("%s: known failure: %s", r.name, reason)
			}
			if ok {
				passed++
			}
		}
		t.Logf("conformance: policy rules %s %d of %d", mode.name, passed, total)
	}
}
