package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// core is a compiled policy definition.
type core struct {
	inv     *inventory.Inventory
	types   []string
	applies cond // the if with every clause but type, name and kind taken as true
	when    cond // the if
	effect  string
	details *existence      // of auditIfNotExists and deployIfNotExists
	now     time.Time       // what utcNow() answers
	doubted map[string]bool // types of which the manifest says that properties were not read
}

// existence is what an auditIfNotExists policy looks for.
type existence struct {
	typ   string
	name  operand // missing where any name will do
	scope string  // "subscription" or "resourcegroup"; "" where none is given
	group operand // resourceGroupName
	when  cond    // existenceCondition; nil: being there is enough
}

// frame is one evaluation: the resource, the element of each count that we are
// inside, and the clauses that decided.
type frame struct {
	inv      *inventory.Inventory
	res      *resource.Resource
	counts   []counted
	steps    []decided
	missing  []string
	env      *arm.Env
	applying bool
	now      time.Time
	doubted  map[string]bool
}

// decided is a clause that held, kept as it is until somebody asks.
type decided struct {
	subject, op   string
	wanted, found jsondoc.Value
}

// because writes the clauses that held.
func (f *frame) because() []finding.Step {
	out := make([]finding.Step, len(f.steps))
	for i, d := range f.steps {
		out[i] = finding.Step{Clause: d.subject + " " + d.op + " " + d.wanted.String(), Value: d.found.String(), Truth: finding.True}
	}
	return out
}

type counted struct {
	name  string // alias of the array, in lower case, or the name of a value count
	value jsondoc.Value
}

// cond is a compiled condition.
type cond func(f *frame) finding.Truth

// operand is a compiled value; unknown tells that it cannot be known.
type operand func(f *frame) (v jsondoc.Value, unknown bool)

func (c *core) Types() []string { return c.types }

func (c *core) Evaluate(r *resource.Resource) finding.Verdict {
	f := &frame{inv: c.inv, res: r, applying: true, now: c.now, doubted: c.doubted}
	if c.applies(f) == finding.False {
		return finding.Verdict{State: finding.NotApplicable}
	}
	f.applying, f.missing = false, nil
	truth := c.when(f)
	if c.details != nil {
		switch truth {
		case finding.False:
			return finding.Verdict{State: finding.NotApplicable}
		case finding.Maybe:
			return finding.Verdict{State: finding.Unknown, Missing: f.missing}
		case finding.True:
		}
		f.steps, f.missing = nil, nil
		return c.details.verdict(f)
	}
	switch truth {
	case finding.True:
		return finding.Verdict{State: finding.NonCompliant, Because: f.because()}
	case finding.Maybe:
		return finding.Verdict{State: finding.Unknown, Missing: f.missing}
	case finding.False:
	}
	return finding.Verdict{State: finding.Compliant}
}

// verdict looks for the related resource.
func (e *existence) verdict(f *frame) finding.Verdict {
	name, unknown := jsondoc.Value{}, false
	if e.name != nil {
		if name, unknown = e.name(f); unknown {
			return finding.Verdict{State: finding.Unknown, Missing: []string{"the name of the related " + e.typ}}
		}
	}
	scope := e.root(f)
	best := finding.False
	var missing []string
	seen := 0
	for r := range f.inv.Under(scope, e.typ) {
		if text, ok := name.Text(); ok && text != "*" && !strings.EqualFold(text, r.Name()) && !strings.EqualFold(text, r.ID.FullName()) {
			continue
		}
		seen++
		if e.when == nil {
			return finding.Verdict{State: finding.Compliant}
		}
		g := &frame{inv: f.inv, res: r, now: f.now, doubted: f.doubted}
		t := e.when(g)
		if t == finding.True {
			return finding.Verdict{State: finding.Compliant}
		}
		if t == finding.Maybe {
			best = finding.Maybe
			missing = append(missing, g.missing...)
		}
	}
	if cov := f.inv.Coverage(e.typ, scope); !cov.Complete() {
		reason := e.typ + " under this resource were not read"
		if cov.Reason != "" {
			reason += ": " + cov.Reason
		}
		return finding.Verdict{State: finding.Unknown, Missing: []string{reason}}
	}
	if best == finding.Maybe {
		return finding.Verdict{State: finding.Unknown, Missing: missing}
	}
	found := fmt.Sprintf("none of %d is as it should be", seen)
	if seen == 0 {
		found = "there is none"
	}
	return finding.Verdict{State: finding.NonCompliant, Because: []finding.Step{{Clause: "exists " + e.typ, Value: found, Truth: finding.False}}}
}

// root returns the scope in which the related resource is looked for.
func (e *existence) root(f *frame) resource.ID {
	own := strings.ToLower(f.res.Type)
	extension := !strings.HasPrefix(strings.ToLower(e.typ), own+"/")
	if !extension {
		return f.res.ID
	}
	if e.scope == "subscription" {
		if id, err := resource.ParseID("/subscriptions/" + f.res.ID.Subscription()); err == nil && f.res.ID.Subscription() != "" {
			return id
		}
	}
	if f.res.ID.Level() != resource.LevelResource {
		return f.res.ID
	}
	switch strings.ToLower(e.typ) {
	case "microsoft.insights/diagnosticsettings", "microsoft.authorization/locks", "microsoft.guestconfiguration/guestconfigurationassignments",
		"microsoft.security/defenderforstoragesettings", "microsoft.security/advancedthreatprotectionsettings", "microsoft.insights/diagnosticsettingscategories":
		return f.res.ID // extensions of the resource
	}
	if e.scope == "resourcegroup" || e.scope == "" {
		group := f.res.ID.ResourceGroup()
		if e.group != nil {
			if v, unknown := e.group(f); !unknown {
				group = v.TextOr(group)
			}
		}
		if id, err := resource.ParseID("/subscriptions/" + f.res.ID.Subscription() + "/resourceGroups/" + group); err == nil {
			return id
		}
	}
	return f.res.ID
}

// fieldRef is a field's name made ready.
type fieldRef struct {
	name, lower string
	alias       string   // the alias's type; "" where the field is none
	rest        []string // the way from the body
	path        string
	array       bool
}

func newFieldRef(name string) fieldRef {
	r := fieldRef{name: name, lower: lower(name), array: strings.Contains(name, "[*]"), path: name}
	if i := strings.LastIndexByte(name, '/'); i >= 0 && !strings.HasPrefix(r.lower, "tags") {
		r.alias, r.path = name[:i], name[i+1:]
	}
	r.rest = segments(r.path)
	return r
}

// field reads a field of the resource: its values (several for [*]), and
// whether something needed was not read.
func (f *frame) field(ref *fieldRef) (values []jsondoc.Value, unread bool) {
	// Inside a count, the array's alias stands for the current element.
	for _, c := range slices.Backward(f.counts) {

		if rest, ok := strings.CutPrefix(ref.lower, c.name); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return walk(c.value, segments(strings.TrimPrefix(ref.name[len(c.name):], "."))), false
		}
	}
	if v, ok := f.envelope(ref); ok {
		return []jsondoc.Value{v}, false
	}
	if ref.alias != "" && !strings.EqualFold(ref.alias, f.res.Type) {
		// A discriminator may stand between the type and the path; otherwise the
		// alias is another type's.
		if _, own := cutFold(ref.alias, f.res.Type+"/"); !own {
			return []jsondoc.Value{{}}, false
		}
	}
	from := f.res.Body
	if ref.alias != "" && len(ref.rest) > 0 && f.res.Properties().Get(ref.rest[0]).Exists() {
		// An alias means the property, where the envelope has a member of that
		// name too: the type of an extension, say.
		from = f.res.Properties()
	}
	values = walk(from, ref.rest)
	if f.doubted[f.res.TypeKey()] || ref.array && len(values) == 0 || slices.ContainsFunc(values, func(v jsondoc.Value) bool { return v.IsMissing() }) {
		if _, lost := f.inv.Unread(f.res, ref.path); lost {
			f.lack(ref.path)
			return values, true
		}
	}
	return values, false
}

func (f *frame) lack(what string) {
	if !slices.Contains(f.missing, what) {
		f.missing = append(f.missing, what)
	}
}

// envelope returns the value of a field that every resource has.
func (f *frame) envelope(ref *fieldRef) (value jsondoc.Value, ok bool) {
	switch ref.lower {
	case "type":
		return jsondoc.NewString(f.res.Type), true
	case "name":
		return jsondoc.NewString(f.res.Name()), true
	case "fullname":
		return jsondoc.NewString(f.res.ID.FullName()), true
	case "id":
		return jsondoc.NewString(f.res.ID.String()), true
	}
	if rest, tag := cutFold(ref.name, "tags["); tag {
		return f.res.Tags().Get(strings.Trim(strings.TrimSuffix(rest, "]"), `'"`)), true
	}
	if rest, tag := cutFold(ref.name, "tags."); tag {
		return f.res.Tags().Get(rest), true
	}
	return jsondoc.Value{}, false
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// segments splits a path; "[*]" becomes a segment of its own.
func segments(path string) []string {
	if path == "" {
		return nil
	}
	var out []string
	for s := range strings.SplitSeq(path, ".") {
		for {
			before, rest, found := strings.Cut(s, "[*]")
			if before != "" {
				out = append(out, before)
			}
			if !found {
				break
			}
			out = append(out, "[*]")
			s = rest
		}
	}
	return out
}

// walk follows segments through a value, at each step looking into properties
// where the name is not found.
func walk(v jsondoc.Value, path []string) []jsondoc.Value {
	values := []jsondoc.Value{v}
	for _, s := range path {
		var next []jsondoc.Value
		for _, v := range values {
			if s == "[*]" {
				for _, e := range v.Elements() {
					next = append(next, e)
				}
				continue
			}
			m := v.Get(s)
			if m.IsMissing() {
				m = v.Get("properties").Get(s)
			}
			next = append(next, m)
		}
		values = next
	}
	return values
}
