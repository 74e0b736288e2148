package access

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/diag"
)

// Dialect is a language of conditions.
type Dialect uint8

// The dialects. Azure is the documented language of role assignment conditions.
// Regorus is what the evaluator of that name takes besides: round brackets after
// functions, lists in square brackets, patterns of actions that match segment by
// segment, cross products without an operator, and the operators and functions of
// dialectOperators and dialectFunctions. Azure refuses all of these.
const (
	Azure Dialect = iota
	Regorus
)

// ParseDialect reads a condition of a dialect; see [ParseCondition] for Azure's own.
func ParseDialect(text string, d Dialect) (*Condition, diag.List) {
	return parseDialect(text, d)
}

// maxRegexp bounds the patterns of StringMatches.
const maxRegexp = 1000

// dialectOperators holds the operators beyond the documented ones.
var dialectOperators = buildDialectOperators()

func buildDialectOperators() map[string]*conditionOperator {
	ops := map[string]*conditionOperator{}
	pair := func(yes, no string, holds func(l, r string) (bool, bool)) {
		ops[yes] = &conditionOperator{holds: holds}
		ops[no] = &conditionOperator{negative: true, holds: func(l, r string) (bool, bool) {
			ok, valid := holds(l, r)
			return !ok, valid
		}}
	}
	text := func(name string, f func(l, r string) bool) {
		pair("string"+name, "stringnot"+name, func(l, r string) (bool, bool) { return f(l, r), true })
		pair("string"+name+"ignorecase", "stringnot"+name+"ignorecase", func(l, r string) (bool, bool) { return f(strings.ToLower(l), strings.ToLower(r)), true })
	}
	text("contains", strings.Contains)
	text("endswith", strings.HasSuffix)
	pair("stringmatches", "stringnotmatches", func(l, r string) (bool, bool) {
		if len(r) > maxRegexp {
			return false, false
		}
		re, err := regexp.Compile(r)
		return err == nil && re.MatchString(l), err == nil
	})
	pair("ipmatch", "ipnotmatch", func(l, r string) (bool, bool) {
		a, err := netip.ParseAddr(l)
		if p, perr := netip.ParsePrefix(r); perr == nil {
			return err == nil && p.Contains(a), err == nil
		}
		b, berr := netip.ParseAddr(r)
		return a == b, err == nil && berr == nil
	})
	pair("listcontains", "listnotcontains", func(l, r string) (bool, bool) { return l == r, true })
	for name, o := range map[string]func(c int) bool{
		"equals": func(c int) bool { return c == 0 }, "notequals": func(c int) bool { return c != 0 },
		"greaterthan": func(c int) bool { return c > 0 }, "greaterthanequals": func(c int) bool { return c >= 0 },
		"lessthan": func(c int) bool { return c < 0 }, "lessthanequals": func(c int) bool { return c <= 0 },
	} {
		ops["timeofday"+name] = &conditionOperator{negative: name == "notequals", holds: func(l, r string) (bool, bool) {
			c, ok := compareTimesOfDay(l, r)
			return ok && o(c), ok
		}}
	}
	within := func(name string, cmp func(l, r string) (int, bool)) {
		ops[name] = &conditionOperator{whole: func(l, r []string) (bool, bool) {
			if len(r) != 2 {
				return false, false
			}
			for _, v := range l {
				low, ok1 := cmp(v, r[0])
				high, ok2 := cmp(v, r[1])
				if !ok1 || !ok2 {
					return false, false
				}
				if low >= 0 && high <= 0 {
					return true, true
				}
			}
			return false, true
		}}
	}
	within("numericinrange", compareNumbers)
	within("datetimeinrange", compareTimes)
	within("timeofdayinrange", compareTimesOfDay)
	within("ipinrange", func(l, r string) (int, bool) {
		a, err1 := netip.ParseAddr(l)
		b, err2 := netip.ParseAddr(r)
		return a.Compare(b), err1 == nil && err2 == nil && a.Is4() == b.Is4()
	})
	pair("actionmatches", "actionnotmatches", func(l, r string) (bool, bool) { return segmentsMatch(r, l), true })
	pair("suboperationmatches", "suboperationnotmatches", func(l, r string) (bool, bool) { return segmentsMatch(r, l), true })
	return ops
}

// compareTimesOfDay compares the times of day of two values, each a time or a moment.
func compareTimesOfDay(l, r string) (int, bool) {
	a, aok := timeOfDay(l)
	b, bok := timeOfDay(r)
	return int(a - b), aok && bok
}

func timeOfDay(s string) (time.Duration, bool) {
	t, err := time.Parse("15:04:05", s)
	if err != nil {
		if t, err = time.Parse("15:04", s); err != nil {
			var ok bool
			if t, ok = parseTime(s); !ok {
				return 0, false
			}
		}
	}
	h, m, sec := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second, true
}

// segmentsMatch matches an action with a pattern in which `*` is any one segment.
func segmentsMatch(pattern, action string) bool {
	p, a := strings.Split(strings.ToLower(pattern), "/"), strings.Split(strings.ToLower(action), "/")
	if len(p) != len(a) {
		return false
	}
	for i := range p {
		if p[i] != "*" && p[i] != a[i] {
			return false
		}
	}
	return true
}

// dialectFunctions turn the values of their arguments into values; ok is false
// where they are not of the type that the function takes.
var dialectFunctions = map[string]func(args [][]string) (out []string, ok bool){
	"tolower": each(func(s string) (string, bool) { return strings.ToLower(s), true }),
	"toupper": each(func(s string) (string, bool) { return strings.ToUpper(s), true }),
	"trim":    each(func(s string) (string, bool) { return strings.TrimSpace(s), true }),
	"totime": each(func(s string) (string, bool) {
		d, ok := timeOfDay(s)
		return time.Time{}.Add(d).Format("15:04:05"), ok
	}),
	"normalizelist": func(args [][]string) ([]string, bool) { return slices.Concat(args...), true },
	"normalizeset": func(args [][]string) ([]string, bool) {
		out := slices.Concat(args...)
		slices.Sort(out)
		return slices.Compact(out), true
	},
	"adddays": func(args [][]string) ([]string, bool) {
		if len(args) != 2 || len(args[1]) != 1 {
			return nil, false
		}
		n, err := strconv.ParseInt(args[1][0], 10, 32)
		if err != nil {
			return nil, false
		}
		return each(func(s string) (string, bool) {
			t, ok := parseTime(s)
			return t.AddDate(0, 0, int(n)).Format(time.RFC3339Nano), ok
		})(args[:1])
	},
}

// each makes a function of one argument of a function of one value.
func each(f func(string) (string, bool)) func([][]string) ([]string, bool) {
	return func(args [][]string) ([]string, bool) {
		if len(args) != 1 {
			return nil, false
		}
		out := make([]string, len(args[0]))
		for i, s := range args[0] {
			v, ok := f(s)
			if !ok {
				return nil, false
			}
			out[i] = v
		}
		return out, true
	}
}

// function reads the arguments of a function of the dialect after its name.
func (p *condParser) function(name string) (operand, bool) {
	f := dialectFunctions[strings.ToLower(name)]
	o := operand{fn: f, name: name}
	p.punct("(")
	for {
		a, ok := p.operand()
		if !ok {
			return o, false
		}
		o.args = append(o.args, a)
		if p.punct(")") {
			return o, true
		}
		if !p.punct(",") {
			p.fail(errUnexpected(p.peek(), "\",\" or \")\""))
			return o, false
		}
	}
}
