package condaccess

import (
	"slices"
	"strings"
)

// Limits of telling devices apart; beyond them the space is not exact, and says so.
const (
	maxDeviceStates = 1 << 14
	maxTextStates   = 1 << 14
	maxPatterns     = 60
	maxElements     = 8
)

// deviceMembers lists devices such that every combination of answers that the rules
// can give to any device is given to one of them: the unregistered device, and
// registered ones found property by property. After each property, devices that
// leave the same rules to decide are one.
func (s *Set) deviceMembers() (out []member, exact bool) {
	d := &s.device
	if len(d.rules) == 0 {
		return []member{{label: "any device", user: -1, set: func(x *SignIn) { x.Device = Unregistered() }, pair: s.free, atom: Unregistered()}}, true
	}
	exact = true
	type state struct {
		dev  *Device
		rest []*ruleNode
	}
	roots := make([]*ruleNode, len(d.rules))
	var keys []int
	for i := range d.rules {
		roots[i] = d.rules[i].rule.root
		roots[i].tests(func(t *ruleTest) {
			if !slices.Contains(keys, t.key) {
				keys = append(keys, t.key)
			}
		})
	}
	slices.Sort(keys)
	states := []state{{Unregistered(), roots}}
	for _, key := range keys {
		values, ok := candidates(roots, key)
		exact = exact && ok
		seen := map[string]bool{}
		var next []state
		for _, st := range states {
			for _, v := range values {
				dev := *st.dev
				dev.props[key] = property{known: true, values: v}
				rest := make([]*ruleNode, len(st.rest))
				var k strings.Builder
				for i, n := range st.rest {
					rest[i] = n.decide(key, dev.props[key])
					rest[i].print(&k, 0)
					k.WriteByte('\n')
				}
				if seen[k.String()] {
					continue
				}
				if len(next) >= maxDeviceStates {
					exact = false
					continue
				}
				seen[k.String()] = true
				next = append(next, state{&dev, rest})
			}
		}
		states = next
	}
	devices := []*Device{Unregistered()}
	for _, st := range states {
		devices = append(devices, st.dev)
	}
	var dec Decision
	dec.prepare(s.n)
	for i, dev := range devices {
		p := s.deviceOf(dev, &dec)
		label := "an unregistered device"
		if i > 0 {
			label = "a registered device with " + dev.describe(keys)
		}
		out = append(out, member{label: label, user: -1, set: func(x *SignIn) { x.Device = dev }, pair: pair{p.yes.clone(), p.may.clone()}, atom: dev})
	}
	return out, exact
}

func (d *Device) describe(keys []int) string {
	var parts []string
	for _, k := range keys {
		v := "null"
		if len(d.props[k].values) > 0 {
			v = strings.Join(d.props[k].values, "+")
		}
		parts = append(parts, deviceProps[k].name+" "+v)
	}
	return strings.Join(parts, ", ")
}

// tests calls f with every comparison of the rule.
func (n *ruleNode) tests(f func(*ruleTest)) {
	if n.op == opTest {
		f(n.test)
	}
	for _, k := range n.kids {
		k.tests(f)
	}
}

var nodeTrue, nodeFalse = &ruleNode{op: opTrue}, &ruleNode{op: opFalse}

// decide returns what is left of a rule once one property is known.
func (n *ruleNode) decide(key int, p property) *ruleNode {
	switch n.op {
	case opTest:
		if n.test.key != key {
			return n
		}
		if n.test.eval(p) == True {
			return nodeTrue
		}
		return nodeFalse
	case opNot:
		switch k := n.kids[0].decide(key, p); k.op {
		case opTrue:
			return nodeFalse
		case opFalse:
			return nodeTrue
		default:
			return &ruleNode{op: opNot, kids: []*ruleNode{k}}
		}
	case opAnd, opOr:
		zero, one := opFalse, opTrue // of "and"
		if n.op == opOr {
			zero, one = opTrue, opFalse
		}
		var kids []*ruleNode
		for _, k := range n.kids {
			switch k = k.decide(key, p); k.op {
			case zero:
				return k
			case one:
			default:
				kids = append(kids, k)
			}
		}
		switch len(kids) {
		case 0:
			return &ruleNode{op: one}
		case 1:
			return kids[0]
		}
		return &ruleNode{op: n.op, kids: kids}
	default:
		return n
	}
}

// candidates lists values of a property of registered devices that give every
// combination of answers that its comparisons can give. nil stands for null.
func candidates(roots []*ruleNode, key int) (values [][]string, exact bool) {
	p := deviceProps[key]
	var tests []*ruleTest
	for _, r := range roots {
		r.tests(func(t *ruleTest) {
			if t.key == key {
				tests = append(tests, t)
			}
		})
	}
	values = [][]string{nil}
	switch p.kind {
	case propBool, propEnum:
		if p.name == "trustType" { // a registered device has one
			values = nil
		}
		for _, e := range p.enum {
			values = append(values, []string{strings.ToLower(e)})
		}
		return values, true
	case propCollection:
		var lits []string
		for _, t := range tests {
			for _, v := range t.values {
				if !slices.Contains(lits, v) {
					lits = append(lits, v)
				}
			}
		}
		if len(lits) > maxElements {
			for _, l := range lits {
				values = append(values, []string{l})
			}
			return append(values, lits), false
		}
		for set := 1; set < 1<<len(lits); set++ {
			var v []string
			for i, l := range lits {
				if set&(1<<i) != 0 {
					v = append(v, l)
				}
			}
			values = append(values, v)
		}
		return values, true
	default:
		texts, ok := texts64(tests)
		for _, t := range texts {
			values = append(values, []string{t})
		}
		return values, ok
	}
}

// pattern is one way in which a text may match.
type pattern struct {
	op   testOp // the positive one
	text string
}

// texts64 lists a shortest text for every combination of answers that comparisons
// can give to a text. It walks the automaton that follows all patterns at once:
// its state is all that they can still ask of the text read so far.
func texts64(tests []*ruleTest) (out []string, exact bool) {
	var pats []pattern
	for _, t := range tests {
		op := t.op &^ 1
		if op == testIn {
			op = testEq
		}
		for _, v := range t.values {
			if p := (pattern{op, v}); !slices.Contains(pats, p) {
				pats = append(pats, p)
			}
		}
	}
	if len(pats) > maxPatterns {
		for _, p := range pats {
			out = append(out, p.text)
		}
		return append(out, "~"), false
	}
	var alphabet []rune
	for _, p := range pats {
		for _, r := range p.text {
			if !slices.Contains(alphabet, r) {
				alphabet = append(alphabet, r)
			}
		}
	}
	for _, r := range []rune{'x', 'y', 'z', '0', '~'} { // one that no pattern has
		if !slices.Contains(alphabet, r) {
			alphabet = append(alphabet, r)
			break
		}
	}
	starts := func(s string) bool {
		return slices.ContainsFunc(pats, func(p pattern) bool { return strings.HasPrefix(p.text, s) })
	}
	type state struct {
		whole  string // the text, while some pattern begins with it
		dead   bool   // no pattern begins with it
		suffix string // its longest end that some pattern begins with
		found  uint64 // patterns of -contains and -startsWith that it matches for good
	}
	settle := func(st state) state {
		for i, p := range pats {
			switch {
			case p.op == testContains && strings.HasSuffix(st.suffix, p.text),
				p.op == testStartsWith && !st.dead && st.whole == p.text:
				st.found |= 1 << i
			}
		}
		return st
	}
	answers := func(st state) uint64 {
		a := st.found
		for i, p := range pats {
			if p.op == testEq && !st.dead && st.whole == p.text || p.op == testEndsWith && strings.HasSuffix(st.suffix, p.text) {
				a |= 1 << i
			}
		}
		return a
	}
	type item struct {
		st   state
		text string
	}
	first := settle(state{})
	seen := map[state]bool{first: true}
	given := map[uint64]bool{}
	queue := []item{{first, ""}}
	for i := 0; i < len(queue); i++ {
		it := queue[i]
		if a := answers(it.st); !given[a] {
			given[a] = true
			out = append(out, it.text)
		}
		for _, r := range alphabet {
			n := state{dead: it.st.dead, found: it.st.found, suffix: it.st.suffix + string(r)}
			for !starts(n.suffix) {
				_, size := firstRune(n.suffix)
				n.suffix = n.suffix[size:]
			}
			if !n.dead {
				if n.whole = it.st.whole + string(r); !starts(n.whole) {
					n.dead, n.whole = true, ""
				}
			}
			if n = settle(n); !seen[n] {
				if len(seen) >= maxTextStates {
					return out, false
				}
				seen[n] = true
				queue = append(queue, item{n, it.text + string(r)})
			}
		}
	}
	return out, true
}

func firstRune(s string) (rune, int) {
	for i, r := range s {
		if i > 0 {
			return r, i
		}
	}
	return 0, len(s)
}
