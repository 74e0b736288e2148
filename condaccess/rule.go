package condaccess

import (
	"slices"
	"strings"
)

// Rule is a compiled rule of a filter, as in
// `device.isCompliant -eq True -or device.trustType -eq "ServerAD"`
// ("Conditional Access: Filter for devices").
type Rule struct {
	text string
	kind ruleKind
	root *ruleNode
}

type ruleKind uint8

const (
	deviceRule    ruleKind = iota
	attributeRule          // over custom security attributes
)

type nodeOp uint8

const (
	opAnd nodeOp = iota
	opOr
	opNot
	opTest
	opTrue // constants appear only in what is left of a rule (gap search)
	opFalse
)

type ruleNode struct {
	op   nodeOp
	kids []*ruleNode
	test *ruleTest
}

type testOp uint8

const (
	testEq testOp = iota
	testNe
	testStartsWith
	testNotStartsWith
	testEndsWith
	testNotEndsWith
	testContains
	testNotContains
	testIn
	testNotIn
)

var testOpNames = []string{"-eq", "-ne", "-startsWith", "-notStartsWith", "-endsWith", "-notEndsWith", "-contains", "-notContains", "-in", "-notIn"}

func (o testOp) negative() bool { return o%2 == 1 }

// ruleTest compares one property with values, which are folded.
type ruleTest struct {
	prop   string // as the vocabulary spells it
	key    int    // index in deviceProps; -1 for attributes
	op     testOp
	values []string // folded
	shown  []string // as written
	bare   bool     // True or False without quotes
	list   bool
}

type propKind uint8

const (
	propText propKind = iota
	propID            // eq, ne, in, notIn
	propEnum          // eq, ne
	propBool
	propCollection // contains, notContains, by whole element
)

type deviceProp struct {
	name string
	kind propKind
	enum []string
}

// deviceProps are the properties of a device that rules may name, with the
// operators of each ("Supported operators and device properties for filters").
var deviceProps = []deviceProp{
	{name: "deviceId", kind: propID}, {name: "displayName"}, {name: "enrollmentProfileName"}, {name: "manufacturer"}, {name: "model"},
	{name: "operatingSystem"}, {name: "operatingSystemVersion"},
	{name: "deviceOwnership", kind: propEnum, enum: []string{"Personal", "Company"}},
	{name: "isCompliant", kind: propBool, enum: []string{"True", "False"}},
	{name: "mdmAppId", kind: propID}, {name: "physicalIds", kind: propCollection}, {name: "systemLabels", kind: propCollection},
	{name: "profileType", kind: propEnum, enum: []string{"RegisteredDevice", "SecureVM", "Printer", "Shared", "IoT"}},
	{name: "trustType", kind: propEnum, enum: []string{"AzureAD", "ServerAD", "Workplace"}},
	{name: "extensionAttribute1"}, {name: "extensionAttribute2"}, {name: "extensionAttribute3"}, {name: "extensionAttribute4"}, {name: "extensionAttribute5"},
	{name: "extensionAttribute6"}, {name: "extensionAttribute7"}, {name: "extensionAttribute8"}, {name: "extensionAttribute9"}, {name: "extensionAttribute10"},
	{name: "extensionAttribute11"}, {name: "extensionAttribute12"}, {name: "extensionAttribute13"}, {name: "extensionAttribute14"}, {name: "extensionAttribute15"},
}

func (k propKind) allows(o testOp) bool {
	switch k {
	case propID:
		return o == testEq || o == testNe || o == testIn || o == testNotIn
	case propEnum, propBool:
		return o == testEq || o == testNe
	case propCollection:
		return o == testContains || o == testNotContains
	default:
		return true
	}
}

// String prints the rule in a normal form that parses to the same.
func (r *Rule) String() string {
	var b strings.Builder
	r.root.print(&b, 0)
	return b.String()
}

// print writes a node; level is how tightly the place binds: 0 or, 1 and, 2 not.
func (n *ruleNode) print(b *strings.Builder, level int) {
	own := map[nodeOp]int{opOr: 0, opAnd: 1, opNot: 2, opTest: 3, opTrue: 3, opFalse: 3}[n.op]
	if own < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n.op {
	case opOr, opAnd:
		word := map[nodeOp]string{opOr: " -or ", opAnd: " -and "}[n.op]
		for i, k := range n.kids {
			if i > 0 {
				b.WriteString(word)
			}
			k.print(b, own+1)
		}
	case opNot:
		b.WriteString("-not ")
		n.kids[0].print(b, 2)
	case opTest:
		n.test.print(b)
	case opTrue:
		b.WriteString("True")
	case opFalse:
		b.WriteString("False")
	}
}

func (t *ruleTest) print(b *strings.Builder) {
	if t.key >= 0 {
		b.WriteString("device.")
	}
	b.WriteString(t.prop + " " + testOpNames[t.op] + " ")
	if t.list {
		b.WriteByte('[')
	}
	for i, v := range t.shown {
		if i > 0 {
			b.WriteString(", ")
		}
		if t.bare {
			b.WriteString(v)
		} else {
			b.WriteString(quote(v))
		}
	}
	if t.list {
		b.WriteByte(']')
	}
}

func quote(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, "`", "``"), `"`, "`\"") + `"`
}

// property is what is known of one property: nothing (Unknown), that it is null,
// or its values (one, but for collections), folded.
type property struct {
	known  bool
	values []string // nil: null
}

// eval answers a test. Of null, positive operators are false and negative ones
// true ("Policy behavior with filter for devices").
func (t *ruleTest) eval(p property) Tri {
	if !p.known {
		return Unknown
	}
	hit := slices.ContainsFunc(p.values, t.hit)
	return triOf(hit != t.op.negative())
}

func (t *ruleTest) hit(v string) bool {
	for _, w := range t.values {
		var ok bool
		switch t.op {
		case testStartsWith, testNotStartsWith:
			ok = strings.HasPrefix(v, w)
		case testEndsWith, testNotEndsWith:
			ok = strings.HasSuffix(v, w)
		case testContains, testNotContains:
			if t.key >= 0 && deviceProps[t.key].kind == propCollection {
				ok = v == w
			} else {
				ok = strings.Contains(v, w)
			}
		default:
			ok = v == w
		}
		if ok {
			return true
		}
	}
	return false
}

// eval answers the node with Kleene's logic.
func (n *ruleNode) eval(lookup func(*ruleTest) property) Tri {
	switch n.op {
	case opTest:
		return n.test.eval(lookup(n.test))
	case opNot:
		return n.kids[0].eval(lookup).Not()
	case opAnd, opOr:
		decides := False
		if n.op == opOr {
			decides = True
		}
		out := decides.Not()
		for _, k := range n.kids {
			switch v := k.eval(lookup); v {
			case decides:
				return decides
			case Unknown:
				out = Unknown
			default:
			}
		}
		return out
	case opTrue:
		return True
	default:
		return False
	}
}
