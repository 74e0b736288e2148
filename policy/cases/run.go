package cases

import (
	"fmt"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// Options say what tests are run with.
type Options struct {
	Aliases *policy.Aliases
	Source  *diag.Source // text of the definition
	Now     time.Time    // where a test's context has none
}

// Result is how a test ended.
type Result struct {
	Test     *Test
	Skipped  bool
	Failures []string // what is not as expected; none where the test passed
	State    finding.State
	Effect   string
	Reasons  []string
}

// Passed tells whether the test ran and found everything as expected.
func (r *Result) Passed() bool { return !r.Skipped && len(r.Failures) == 0 }

// Run runs the tests of a file on a definition.
func Run(f *File, definition jsondoc.Value, o Options) []Result {
	out := make([]Result, 0, len(f.Tests))
	for i := range f.Tests {
		t := &f.Tests[i]
		r := Result{Test: t}
		if t.Skip != "" {
			r.Skipped = true
		} else {
			r.run(definition, &o)
		}
		out = append(out, r)
	}
	return out
}

func (r *Result) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

func (r *Result) run(definition jsondoc.Value, o *Options) {
	t := r.Test
	def, diags := policy.Compile(definition, policy.CompileOptions{Parameters: t.Parameters, Aliases: o.Aliases, Source: o.Source})
	wanted, wantsError := t.Expect.Get("error").Text()
	if def == nil {
		if wantsError && strings.Contains(strings.ToLower(diags.Error()), strings.ToLower(wanted)) {
			return
		}
		r.fail("the definition does not compile: %s", diags.Error())
		return
	}
	if wantsError {
		r.fail("error: expected %q, but the definition compiles", wanted)
		return
	}
	ctx := t.Context
	po := policy.Options{
		Now: t.Now, Request: ctx.Get("requestContext"), ResourceGroup: ctx.Get("resourceGroup"), Subscription: ctx.Get("subscription"), Policy: ctx.Get("policy"),
		APIVersion: ctx.Get("apiVersion").TextOr(""),
	}
	if po.Now.IsZero() {
		po.Now = o.Now
	}
	if po.APIVersion != "" && po.Request.Get("apiVersion").IsMissing() {
		po.Request = po.Request.With("apiVersion", jsondoc.NewString(po.APIVersion))
	}
	if t.Related.Kind() == jsondoc.Array {
		po.Related = []*resource.Resource{}
		for _, v := range t.Related.Elements() {
			po.Related = append(po.Related, policy.Bare(v))
		}
	}
	out := policy.NewEvaluator(po).Decide(def, policy.Bare(t.Resource))
	r.State, r.Effect = out.State, out.Effect.String()
	for _, s := range out.Because {
		r.Reasons = append(r.Reasons, s.Clause+": it is "+s.Value)
	}
	for _, m := range out.Missing {
		r.Reasons = append(r.Reasons, "not known: "+m)
	}
	r.compare(&out)
}

// compare looks at everything that the test expects.
func (r *Result) compare(out *policy.Outcome) {
	e := r.Test.Expect
	if want, ok := e.Get("state").Text(); ok && !strings.EqualFold(want, out.State.String()) {
		why := ""
		if len(r.Reasons) > 0 {
			why = " (" + strings.Join(r.Reasons, "; ") + ")"
		}
		r.fail("state: expected %s, got %s%s", want, out.State, why)
	}
	if want, ok := e.Get("effect").Text(); ok && !strings.EqualFold(want, out.Effect.String()) {
		r.fail("effect: expected %s, got %s", want, out.Effect)
	}
	if want, ok := e.Get("matched").Bool(); ok && want != out.Fires {
		r.fail("matched: expected %v, got %v", want, out.Fires)
	}
	r.mention("reasons", e.Get("reasons"), r.Reasons)
	r.mention("missing", e.Get("missing"), out.Missing)
	rem := out.Remediation
	if rem == nil {
		rem = &policy.Remediation{}
	}
	r.contains("details", e.Get("details"), out.Details)
	r.contains("resource", e.Get("resource"), rem.Resource)
	r.contains("deployment", e.Get("deployment"), rem.Deployment)
	if want := e.Get("changes"); want.Exists() {
		r.changes(want, rem.Changes)
	}
}

// mention looks for texts in what a verdict says.
func (r *Result) mention(what string, want jsondoc.Value, got []string) {
	all := strings.ToLower(strings.Join(got, "\n"))
	for _, w := range want.Elements() {
		if text := w.TextOr(""); !strings.Contains(all, strings.ToLower(text)) {
			r.fail("%s: expected one with %q, got %q", what, text, got)
		}
	}
}

func (r *Result) contains(what string, want, got jsondoc.Value) {
	if want.Exists() {
		if why := within(want, got, what); why != "" {
			r.fail("%s", why)
		}
	}
}

func (r *Result) changes(want jsondoc.Value, got []policy.Change) {
	if want.Len() != len(got) {
		var paths []string
		for _, c := range got {
			paths = append(paths, c.Path)
		}
		r.fail("changes: expected %d, got %d %q", want.Len(), len(got), paths)
		return
	}
	for i, w := range want.Elements() {
		ms := []jsondoc.Member{{Name: "operation", Value: jsondoc.NewString(got[i].Operation)}, {Name: "field", Value: jsondoc.NewString(got[i].Field)}, {Name: "path", Value: jsondoc.NewString(got[i].Path)}}
		if got[i].Before.Exists() {
			ms = append(ms, jsondoc.Member{Name: "before", Value: got[i].Before})
		}
		if got[i].After.Exists() {
			ms = append(ms, jsondoc.Member{Name: "after", Value: got[i].After})
		}
		r.contains(fmt.Sprintf("changes[%d]", i), w, jsondoc.NewObject(ms...))
	}
}

// within tells what of want is not in got, or "": of objects the members that
// want names are compared, of lists every element.
func within(want, got jsondoc.Value, at string) string {
	switch want.Kind() {
	case jsondoc.Object:
		if got.Kind() != jsondoc.Object {
			return fmt.Sprintf("%s: expected %s, got %s", at, short(want), short(got))
		}
		for name, w := range want.Members() {
			g := got.Get(name)
			if w.IsNull() && g.IsMissing() {
				continue // null stands for: not there
			}
			if why := within(w, g, at+"."+name); why != "" {
				return why
			}
		}
		return ""
	case jsondoc.Array:
		if got.Kind() != jsondoc.Array || got.Len() != want.Len() {
			return fmt.Sprintf("%s: expected %s, got %s", at, short(want), short(got))
		}
		for i, w := range want.Elements() {
			if why := within(w, got.At(i), fmt.Sprintf("%s[%d]", at, i)); why != "" {
				return why
			}
		}
		return ""
	default:
		if jsondoc.Equal(want, got) {
			return ""
		}
		return fmt.Sprintf("%s: expected %s, got %s", at, short(want), short(got))
	}
}

func short(v jsondoc.Value) string {
	s := v.String()
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:197], "") + "..."
	}
	return s
}
