package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// Limits on a rule: definitions are not trusted.
const (
	MaxDepth      = 100     // nesting of conditions
	MaxConditions = 200_000 // conditions of one rule
)

// cond is a compiled condition.
type cond func(f *frame) finding.Truth

// nodeKind is what a node of the tree of conditions is.
type nodeKind uint8

const (
	nodeAllOf nodeKind = iota
	nodeAnyOf
	nodeNot
	nodeField
	nodeValue
	nodeCount
)

// node is a condition of the rule: code to evaluate it, and what explains it.
type node struct {
	kind    nodeKind
	at      jsondoc.Value
	pointer string // JSON pointer into the definition
	kids    []*node
	eval    cond

	op    *Operator
	want  operand
	fixed predicate // op with want, where want is constant
	left  operand   // the value, or the name of the field where it is computed
	ref   *fieldRef // of a field, or of a count over one
	scope *scope    // that the node stands in

	text atomic.Pointer[string] // the clause in words, once somebody asked

	inner *scope // of a count: what its where stands in
	where *node
	label string
}

// scope is a count that a condition stands in.
type scope struct {
	parent *scope
	level  int
	alias  string // in lower case; "" for a count of a value
	each   int    // how many [*] the alias has
	name   string
}

// bind makes a field that continues the array of a count one of the element.
func (s *scope) bind(ref *fieldRef) *fieldRef {
	if s == nil || !ref.each {
		return ref
	}
	lower := strings.ToLower(ref.name)
	for ; s != nil; s = s.parent {
		if s.alias == "" {
			continue
		}
		rest, ok := strings.CutPrefix(lower, s.alias)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			continue
		}
		bound := *ref
		bound.kind, bound.level = fieldBound, s.level
		bound.steps = afterEach(ref.steps, s.each)
		bound.each = countEach(bound.steps) > 0
		return &bound
	}
	return ref
}

func (c *compiler) innermost() int {
	if c.scope == nil {
		return -1
	}
	return c.scope.level
}

// current finds the count that current(name) speaks of, and the way from its element.
func (c *compiler) current(name string) (level int, steps []step, ok bool) {
	lower := strings.ToLower(name)
	for s := c.scope; s != nil; s = s.parent {
		if s.name != "" && strings.EqualFold(s.name, name) {
			return s.level, nil, true
		}
		if s.alias == "" {
			continue
		}
		if rest, found := strings.CutPrefix(lower, s.alias); found && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return s.level, afterEach(newFieldRef(name, c.o.Aliases).steps, s.each), true
		}
	}
	return 0, nil, false
}

// field returns the field of a name as it stands where the compiler is.
func (c *compiler) field(name string) (ref *fieldRef, bad bool) {
	if strings.TrimSpace(name) == "" || len(name) > 2048 {
		return nil, true
	}
	c.def.location = c.def.location || strings.EqualFold(name, "location")
	key := dynamicKey{c.scope, name}
	if ref := c.refs[key]; ref != nil {
		return ref, false
	}
	ref = c.scope.bind(c.names.field(name, c.o.Aliases))
	c.refs[key] = ref
	if ref.typ != "" {
		c.fields = append(c.fields, FieldUse{Name: name, Span: c.place})
	}
	return ref, false
}

// function counts the functions that make an outcome depend on more than the resource.
func (c *compiler) function(string) {}

// condition compiles a condition; the result is nil where it has errors.
func (c *compiler) condition(v jsondoc.Value, pointer string) *node {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > MaxDepth {
		c.add(errTooDeep(spanOf(v)))
		return nil
	}
	if c.nodes++; c.nodes > MaxConditions {
		if c.nodes == MaxConditions+1 {
			c.add(errTooLarge(spanOf(v)))
		}
		return nil
	}
	if v.Kind() != jsondoc.Object {
		c.add(errShape(spanOf(v), "a condition", "an object"))
		return nil
	}
	for name, m := range v.Members() {
		switch strings.ToLower(name) {
		case "allof", "anyof", "not":
			for other, o := range v.Members() {
				if other != name {
					c.add(errExtraKeys(spanOf(o), name, other))
					return nil
				}
			}
			if strings.EqualFold(name, "not") {
				return c.not(v, m, pointer)
			}
			return c.list(v, m, name, pointer)
		}
	}
	return c.clause(v, pointer)
}

func (c *compiler) add(d diag.Diagnostic) {
	if len(c.diags) < maxDiagnostics {
		c.diags.Add(d)
	}
}

const maxDiagnostics = 100

func (c *compiler) not(v, inner jsondoc.Value, pointer string) *node {
	kid := c.condition(inner, pointer+"/not")
	if kid == nil {
		return nil
	}
	eval := kid.eval
	return &node{kind: nodeNot, at: v, pointer: pointer, kids: []*node{kid}, label: "not", scope: c.scope, eval: func(f *frame) finding.Truth {
		f.neg = !f.neg
		t := eval(f)
		f.neg = !f.neg
		return t.Not()
	}}
}

func (c *compiler) list(v, list jsondoc.Value, name, pointer string) *node {
	if list.Kind() != jsondoc.Array {
		c.add(errShape(spanOf(list), name, "an array of conditions"))
		return nil
	}
	n := &node{kind: nodeAnyOf, at: v, pointer: pointer, label: "anyOf", scope: c.scope}
	if strings.EqualFold(name, "allOf") {
		n.kind, n.label = nodeAllOf, "allOf"
	}
	whole := true
	for i, e := range list.Elements() {
		kid := c.condition(e, fmt.Sprintf("%s/%s/%d", pointer, n.label, i))
		if kid == nil {
			whole = false
			continue
		}
		n.kids = append(n.kids, kid)
	}
	if !whole {
		return nil
	}
	n.eval = join(n.kids, n.kind == nodeAllOf)
	return n
}

// join makes the code of allOf or anyOf.
func join(kids []*node, all bool) cond {
	conds := make([]cond, len(kids))
	for i, k := range kids {
		conds[i] = k.eval
	}
	// What is cheap goes first, since the order decides nothing but the cost.
	byCost := slices.Clone(kids)
	slices.SortStableFunc(byCost, func(a, b *node) int { return cmp.Compare(a.cost(), b.cost()) })
	quick := make([]cond, len(kids))
	for i, k := range byCost {
		quick[i] = k.eval
	}
	return joinConds(quick, conds, all)
}

// cost ranks conditions by what evaluating them takes.
func (n *node) cost() int {
	switch n.kind {
	case nodeField:
		switch {
		case n.ref == nil || n.fixed == nil:
			return 20
		case n.ref.kind == fieldType:
			return 0
		case n.ref.each:
			return 10
		}
		return 1
	case nodeValue:
		if n.left.constant() && n.fixed != nil {
			return 0
		}
		return 30
	case nodeCount:
		return 40
	default:
		sum := 2
		for _, k := range n.kids {
			sum += k.cost()
		}
		return sum
	}
}

// joinConds joins conditions; traced evaluations go by the order of the rule.
func joinConds(quick, inOrder []cond, all bool) cond {
	if all {
		return func(f *frame) finding.Truth {
			if f.trace {
				return traced(f, inOrder, finding.False, finding.True)
			}
			out := finding.True
			for _, one := range quick {
				if t := one(f); t != finding.True {
					if t == finding.False {
						return finding.False
					}
					out = finding.Maybe
				}
			}
			return out
		}
	}
	return func(f *frame) finding.Truth {
		if f.trace {
			return traced(f, inOrder, finding.True, finding.False)
		}
		out := finding.False
		for _, one := range quick {
			if t := one(f); t != finding.False {
				if t == finding.True {
					return finding.True
				}
				out = finding.Maybe
			}
		}
		return out
	}
}

// traced forgets the clauses of a branch that did not help the outcome.
func traced(f *frame, conds []cond, stop, out finding.Truth) finding.Truth {
	before := len(f.decided)
	for _, one := range conds {
		t := one(f)
		if t == stop {
			out = stop
			break
		}
		if t == finding.Maybe {
			out = finding.Maybe
		}
	}
	if out == finding.Maybe || (out == finding.True) == f.neg {
		f.decided = f.decided[:before]
	}
	return out
}

// clause compiles a comparison of a field, a value or a count.
func (c *compiler) clause(v jsondoc.Value, pointer string) *node {
	n := &node{at: v, pointer: pointer, scope: c.scope}
	var subject, wanted jsondoc.Value
	operandName := ""
	ok := true
	for name, m := range v.Members() {
		switch strings.ToLower(name) {
		case "field", "value", "count":
			if operandName != "" {
				c.add(errSeveral(spanOf(m), "operand", operandName, name))
				ok = false
				continue
			}
			operandName, subject = name, m
			continue
		}
		op := operatorNamed(name)
		switch {
		case op == nil:
			c.add(errUnknownKey(spanOf(m), name, diag.Nearest(name, operatorNames())))
			ok = false
		case n.op != nil:
			c.add(errSeveral(spanOf(m), "comparison", n.op.Name, name))
			ok = false
		default:
			n.op, wanted = op, m
		}
	}
	switch {
	case !ok:
		return nil
	case operandName == "":
		c.add(errMissing(spanOf(v), "a condition", "field, value or count"))
		return nil
	case n.op == nil:
		c.add(errMissing(spanOf(v), "a condition", "a comparison such as equals"))
		return nil
	}
	c.place = spanOf(subject)
	n.want = c.operand(wanted)
	if n.want.constant() {
		n.fixed = n.op.make(n.want.value)
	}
	switch strings.ToLower(operandName) {
	case "field":
		return c.fieldClause(n, subject)
	case "value":
		n.kind = nodeValue
		n.left = c.operand(subject)
		n.label = n.left.text
		n.eval = n.valueEval()
		return n
	default:
		return c.countClause(n, subject)
	}
}

func (c *compiler) fieldClause(n *node, subject jsondoc.Value) *node {
	n.kind = nodeField
	text, isText := subject.Text()
	if !isText {
		c.add(errShape(spanOf(subject), "field", "a text"))
		return nil
	}
	n.label = text
	n.left = c.operand(subject)
	if !n.left.constant() {
		n.eval = n.computedEval()
		return n
	}
	name, isText := n.left.value.Text()
	if !isText {
		c.add(errShape(spanOf(subject), "field", "a text"))
		return nil
	}
	ref, bad := c.field(name)
	if bad {
		c.add(errFieldName(spanOf(subject), name))
		return nil
	}
	n.ref = ref
	if ref.kind == fieldLocation && n.fixed != nil {
		n.fixed = locations(n.op, n.want.value)
	}
	n.eval = n.fieldEval()
	return n
}

// locations compares without regard to spaces: "East US 2" is "eastus2".
// Source: "Azure Policy definition structure policy rule", Fields, location.
func locations(op *Operator, want jsondoc.Value) predicate {
	p := op.make(plainLocation(want))
	return func(v jsondoc.Value) bool { return p(plainLocation(v)) }
}

func plainLocation(v jsondoc.Value) jsondoc.Value {
	switch v.Kind() {
	case jsondoc.String:
		if s, _ := v.Text(); strings.Contains(s, " ") {
			return jsondoc.NewString(strings.ReplaceAll(s, " ", ""))
		}
	case jsondoc.Array:
		out := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			out = append(out, plainLocation(e))
		}
		return jsondoc.NewArray(out...)
	default:
	}
	return v
}

// predicate returns the comparison with the wanted value, which may depend on
// the resource.
func (n *node) predicate(f *frame, location bool) (p predicate, wanted jsondoc.Value, ok bool) {
	if n.fixed != nil {
		return n.fixed, n.want.value, !isHole(n.want.value)
	}
	wanted, unknown := n.want.eval(f)
	if unknown {
		return nil, wanted, false
	}
	if location {
		return locations(n.op, wanted), wanted, true
	}
	return f.predicate(n.op, wanted), wanted, true
}

// fieldEval makes the code that compares a field.
func (n *node) fieldEval() cond {
	ref := n.ref
	switch {
	case ref.each || n.fixed == nil || n.op.ordered:
		return func(f *frame) finding.Truth { return n.compareField(f, ref) }
	case ref.kind == fieldType:
		fixed := n.fixed
		return func(f *frame) finding.Truth {
			if f.trace || !f.spend(1) {
				return n.compareField(f, ref)
			}
			return finding.Of(fixed(f.typeVal))
		}
	}
	fixed := n.fixed
	return func(f *frame) finding.Truth {
		if f.trace || f.o.Holes || !f.spend(1) {
			return n.compareField(f, ref)
		}
		v, unread := f.read(ref)
		if unread {
			f.lack(ref.path)
			return finding.Maybe
		}
		return finding.Of(fixed(v))
	}
}

// computedEval makes the code that compares a field whose name is computed.
func (n *node) computedEval() cond {
	return func(f *frame) finding.Truth {
		v, unknown := n.left.eval(f)
		if unknown {
			return finding.Maybe
		}
		name, ok := v.Text()
		if !ok || name == "" {
			f.lack("the name of the field " + n.label)
			return finding.Maybe
		}
		return n.compareField(f, f.refOf(n.scope, name))
	}
}

// compareField compares the value of a field, or every value of one with [*].
func (n *node) compareField(f *frame, ref *fieldRef) finding.Truth {
	if !f.spend(1) {
		return finding.Maybe
	}
	p, wanted, ok := n.predicate(f, ref.kind == fieldLocation)
	if !ok {
		if isHole(wanted) {
			f.lackHole(wanted)
		}
		return finding.Maybe
	}
	if !ref.each {
		v, unread := f.read(ref)
		if unread || f.o.Holes && !n.shallow() && holed(v) {
			f.lackField(ref, v)
			return finding.Maybe
		}
		t := finding.Of(p(v))
		if t == finding.False && n.unlike(f, ref.name, v, wanted) {
			return finding.Maybe
		}
		if f.trace {
			f.note(n, ref.name, wanted, v, t)
		}
		return t
	}
	base := len(f.values)
	values, unread := f.readAll(ref)
	f.values = f.values[:base]
	if unread {
		f.lack(ref.path)
		return n.despite(p, values)
	}
	t := finding.True
	at := -1
	for i, v := range values {
		if !p(v) {
			if n.unlike(f, ref.name, v, wanted) {
				return finding.Maybe
			}
			t, at = finding.False, i
			break
		}
	}
	if f.trace {
		var shown jsondoc.Value
		switch {
		case at >= 0:
			shown = values[at]
		case len(values) == 1:
			shown = values[0]
		default:
			shown = jsondoc.NewArray(values[:min(len(values), 8)]...)
		}
		f.note(n, ref.name, wanted, shown, t)
	}
	return t
}

// despite answers for values of which some are not known: one that is known
// and fails decides.
func (n *node) despite(p predicate, values []jsondoc.Value) finding.Truth {
	for _, v := range values {
		if v.Exists() && !isHole(v) && !p(v) {
			return finding.False
		}
	}
	return finding.Maybe
}

// shallow tells whether a comparison looks only at whether a value is there.
func (n *node) shallow() bool { return n.op.Name == "exists" }

func holed(v jsondoc.Value) bool {
	return v.Len() > 0 && len(arm.Holes(v)) > 0
}

// unlike tells whether a value that is there is of another kind than less and
// its like compare with, which ends the evaluation.
// Source: "Azure Policy definition structure policy rule", Conditions.
func (n *node) unlike(f *frame, subject string, v, wanted jsondoc.Value) bool {
	if !n.op.ordered || !v.Exists() || v.Kind() == jsondoc.Null || isHole(v) || orderable(v, wanted) {
		return false
	}
	if !f.brief {
		d := errOrder(spanOf(n.at), n.op.Name, subject, v, wanted)
		f.fail(d)
		f.lack(d.Message)
	}
	return true
}

// valueEval makes the code that compares a value.
func (n *node) valueEval() cond {
	return func(f *frame) finding.Truth {
		if !f.spend(1) {
			return finding.Maybe
		}
		v, unknown := n.left.eval(f)
		if unknown {
			return finding.Maybe
		}
		p, wanted, ok := n.predicate(f, false)
		if !ok {
			return finding.Maybe
		}
		t := finding.Of(p(v))
		if t == finding.False && n.unlike(f, n.label, v, wanted) {
			return finding.Maybe
		}
		if f.trace {
			f.note(n, n.label, wanted, v, t)
		}
		return t
	}
}
