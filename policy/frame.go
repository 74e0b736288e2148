package policy

import (
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// MaxSteps bounds one evaluation: conditions, array elements and function
// calls together. Beyond it the evaluation is given up.
const MaxSteps = 4_000_000

// frame is one evaluation: the resource, the element of each count that we
// are inside, and in a traced one the clauses that decided. An evaluator has
// one and uses it again and again.
type frame struct {
	o       *Options
	inv     *inventory.Inventory
	def     *Definition
	res     *resource.Resource
	primary *resource.Resource // the resource of the if, while a related one is looked at
	body    jsondoc.Value
	props   jsondoc.Value
	typeVal jsondoc.Value
	nameVal jsondoc.Value
	doubted map[string]bool
	lossy   bool // the inventory may lack properties of this resource

	memo   []remembered // by slot
	stamp  uint32       // of the resource
	elems  []jsondoc.Value
	values []jsondoc.Value // stack of values of [*]
	env    *arm.Env
	steps  int // left

	trace, neg bool
	brief      bool // only the state is asked for
	roots      rootCache
	search     search
	asked      jsondoc.Value // what requestContext() answers, once it was asked
	now        string        // what utcNow() answers, once it was asked
	computed   map[computedKey]predicate
	decided    []decided
	missing    []string
	failed     *diag.Diagnostic // the first expression that failed
	dynamic    map[dynamicKey]*fieldRef
}

// computedKey is a comparison with a text that an expression made.
type computedKey struct {
	op   *Operator
	text string
}

// maxComputed bounds how many comparisons with computed texts are kept.
const maxComputed = 1024

// predicate prepares a comparison with a computed value. Texts come again and
// again, such as the id of the subscription with a pattern behind it.
func (f *frame) predicate(op *Operator, wanted jsondoc.Value) predicate {
	text, ok := wanted.Text()
	if !ok {
		return op.make(wanted)
	}
	key := computedKey{op, text}
	if p, ok := f.computed[key]; ok {
		return p
	}
	if f.computed == nil || len(f.computed) >= maxComputed {
		f.computed = map[computedKey]predicate{}
	}
	p := op.make(wanted)
	f.computed[key] = p
	return p
}

type dynamicKey struct {
	scope *scope
	name  string
}

// decided is a clause as it came out, kept as it is until somebody asks.
type decided struct {
	n             *node
	subject       string
	wanted, found jsondoc.Value
	truth         finding.Truth
}

var (
	typeKey = jsondoc.NewKey("type")
	nameKey = jsondoc.NewKey("name")
)

// at points the frame at a resource.
func (f *frame) at(r *resource.Resource) {
	f.res, f.body = r, r.Body
	f.stamp++
	f.nameVal = jsondoc.Value{}
	f.typeVal = r.Body.Lookup(typeKey)
	if s, ok := f.typeVal.Text(); (!ok || s != r.Type) && r.Type != "" {
		f.typeVal = jsondoc.NewString(r.Type)
	}
	f.lossy = false
	f.props = r.Body.Lookup(propertiesKey)
	if f.inv != nil {
		f.lossy = r.IsGraph() || f.props.IsMissing() || len(f.doubted) > 0 && f.doubted[r.TypeKey()]
	}
}

func (f *frame) name() jsondoc.Value {
	if f.nameVal.IsMissing() {
		f.nameVal = f.body.Lookup(nameKey)
		if f.nameVal.Kind() != jsondoc.String {
			f.nameVal = textOrMissing(f.res.ID.Name(), f.body, "name")
		}
	}
	return f.nameVal
}

// clear forgets the last evaluation.
func (f *frame) clear(trace bool) {
	f.trace, f.neg, f.primary = trace, false, nil
	f.elems, f.values = f.elems[:0], f.values[:0]
	f.decided, f.missing, f.failed = f.decided[:0], nil, nil
	f.steps = MaxSteps
}

// spend takes steps from the budget and tells whether there were any left.
func (f *frame) spend(n int) bool {
	f.steps -= n
	if f.steps >= 0 {
		return true
	}
	if f.failed == nil {
		d := errBudget(diag.Span{})
		f.failed = &d
		f.lack(d.Message)
	}
	return false
}

func (f *frame) lack(what string) {
	if !f.brief && len(f.missing) < maxMissing && !slices.Contains(f.missing, what) {
		f.missing = append(f.missing, what)
	}
}

const (
	maxMissing = 16
	maxDecided = 64
)

// remembered is the value of a field of the current resource.
type remembered struct {
	ref    *fieldRef
	stamp  uint32
	unread bool
	value  jsondoc.Value
}

// read returns the value of a field without [*], and whether it was not read.
func (f *frame) read(ref *fieldRef) (v jsondoc.Value, unread bool) {
	switch ref.kind {
	case fieldType:
		return f.typeVal, false
	case fieldBound:
		v = walkOne(f.elems[ref.level], ref.steps)
		return v, isHole(v)
	case fieldName:
		return f.name(), false
	default:
	}
	if ref.slot == 0 || ref.slot >= len(f.memo) {
		return f.look(ref)
	}
	m := &f.memo[ref.slot]
	if m.ref == ref && m.stamp == f.stamp {
		return m.value, m.unread
	}
	v, unread = f.look(ref)
	*m = remembered{ref, f.stamp, unread, v}
	return v, unread
}

// look reads a field from the resource.
func (f *frame) look(ref *fieldRef) (v jsondoc.Value, unread bool) {
	switch ref.kind {
	case fieldAlias:
		if !ref.about(f.res.Type) {
			return jsondoc.Value{}, false
		}
		v = ref.one(f)
	case fieldPath:
		v = walkOne(f.body, ref.steps)
	default:
		v, _ = ref.envelope(f.res)
		if ref.kind == fieldFullName || ref.kind == fieldID {
			return v, false
		}
	}
	if isHole(v) {
		return v, true
	}
	if f.lossy || ref.fact && v.IsMissing() {
		if f.inv != nil && (v.IsMissing() || f.doubted[f.res.TypeKey()]) {
			if f.notRead(ref) {
				return v, true
			}
		}
	}
	return v, false
}

// notRead tells whether what a field without a value asks for was not read: the
// path that its name says, or the one that an alias goes instead.
func (f *frame) notRead(ref *fieldRef) bool {
	if _, lost := f.inv.Unread(f.res, ref.path); lost {
		return true
	}
	for i := range ref.detours {
		d := &ref.detours[i]
		if d.path == "" || d.typ != "" && !strings.EqualFold(d.typ, f.res.Type) {
			continue
		}
		if _, lost := f.inv.Unread(f.res, d.path); lost {
			return true
		}
	}
	return false
}

// readAll pushes the values of a field with [*] on the stack f.values and
// returns them; the caller cuts the stack back to where it was.
func (f *frame) readAll(ref *fieldRef) (values []jsondoc.Value, unread bool) {
	base := len(f.values)
	switch {
	case ref.kind == fieldBound:
		f.values = walkAll(f.values, f.elems[ref.level], ref.steps)
		f.spend(len(f.values) - base)
		return f.values[base:], slices.ContainsFunc(f.values[base:], isHole)
	case ref.kind == fieldAlias && !ref.about(f.res.Type):
		return nil, false
	case ref.kind == fieldAlias:
		f.values = ref.all(f, f.values)
	default:
		f.values = walkAll(f.values, f.body, ref.steps)
	}
	values = f.values[base:]
	f.spend(len(values))
	if slices.ContainsFunc(values, isHole) {
		return values, true
	}
	if f.lossy || ref.fact {
		if f.inv != nil && (f.doubted[f.res.TypeKey()] || len(values) == 0 || slices.ContainsFunc(values, jsondoc.Value.IsMissing)) {
			if f.notRead(ref) {
				return values, true
			}
		}
	}
	return values, false
}

// value returns what field(name) answers: an array for [*].
func (f *frame) value(ref *fieldRef) arm.Value {
	if f.primary != nil && ref.kind != fieldBound {
		// In an existence condition, field() is of the resource of the rule's if.
		// Source: "Azure Policy definitions auditIfNotExists effect", existenceCondition.
		related := f.res
		f.at(f.primary)
		f.primary = nil
		defer func() { f.primary = f.res; f.at(related) }()
	}
	if ref.each {
		base := len(f.values)
		values, unread := f.readAll(ref)
		f.values = f.values[:base]
		if unread {
			return arm.Unknown(ref.path)
		}
		return arm.Of(jsondoc.NewArray(present(values)...))
	}
	v, unread := f.read(ref)
	if unread {
		return arm.Unknown(ref.path)
	}
	if ref.kind == fieldBound && ref.bare() {
		return arm.Of(jsondoc.NewArray(present([]jsondoc.Value{v})...)) // field('a[*]') is a collection, of one in a count
	}
	return arm.Of(v)
}

// present leaves out what is missing: field('a[*].b') collects the values that
// there are, while a condition on a[*].b sees one for each element.
func present(values []jsondoc.Value) []jsondoc.Value {
	out := make([]jsondoc.Value, 0, len(values))
	for _, v := range values {
		if v.Exists() {
			out = append(out, v)
		}
	}
	return out
}

func (r *fieldRef) bare() bool { return strings.Contains(r.name, "[*]") }

// note keeps how a clause came out, where that speaks for the outcome.
func (f *frame) note(n *node, subject string, wanted, found jsondoc.Value, t finding.Truth) {
	if t == finding.Maybe || (t == finding.True) == f.neg || len(f.decided) >= maxDecided {
		return
	}
	f.decided = append(f.decided, decided{n, subject, wanted, found, t})
}

func (f *frame) because() []finding.Step {
	out := make([]finding.Step, len(f.decided))
	for i, d := range f.decided {
		out[i] = finding.Step{Clause: d.clause(), Path: d.n.pointer, Value: shown(d.found), Truth: d.truth}
	}
	return out
}

// clause is the clause in words, which are made once where they are the same
// for every resource.
func (d *decided) clause() string {
	fixed := d.n.fixed != nil && (d.subject == d.n.label || d.n.ref != nil && d.subject == d.n.ref.name)
	if fixed {
		if text := d.n.text.Load(); text != nil {
			return *text
		}
	}
	text := d.subject + " " + d.n.op.Name + " " + d.wanted.String()
	if fixed {
		d.n.text.Store(&text)
	}
	return text
}

// maxShown bounds how much of a value evidence quotes.
const maxShown = 2000

func shown(v jsondoc.Value) string {
	s := v.String()
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// environment returns what expressions are evaluated in.
func (f *frame) environment() *arm.Env {
	if f.env == nil {
		f.env = arm.NewEnv(hosts{f})
		f.env.NoHoles, f.env.NullText = !f.o.Holes, true
		f.env.Now = f.o.Now
	}
	return f.env
}

func (f *frame) fail(d diag.Diagnostic) {
	if f.failed == nil {
		f.failed = &d
	}
}

// isHole tells whether a value is one that cannot be known before deployment.
func isHole(v jsondoc.Value) bool {
	s, _ := v.Text()
	return s != "" && s[0] == 0 && marked(v)
}

func marked(v jsondoc.Value) bool {
	_, hole := arm.IsHole(v)
	return hole
}

// lackHole notes why a value cannot be known.
func (f *frame) lackHole(v jsondoc.Value) {
	reasons, _ := arm.IsHole(v)
	for _, r := range reasons {
		f.lack(r)
	}
}

// lackField notes that a field was not read, or why it cannot be known.
func (f *frame) lackField(ref *fieldRef, v jsondoc.Value) {
	if reasons := arm.Holes(v); len(reasons) > 0 {
		for _, r := range reasons {
			f.lack(r)
		}
		return
	}
	f.lack(ref.path)
}
