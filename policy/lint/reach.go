package lint

import (
	"maps"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
)

// facts are the values that fields can still have where a condition stands.
type facts map[string]set

// refine returns the facts after a condition held (or did not), and false where
// that cannot be.
func (n *node) refine(f facts, holds bool) (facts, bool) {
	switch n.kind {
	case kindNot:
		return n.kids[0].refine(f, !holds)
	case kindAll, kindAny:
		if (n.kind == kindAll) == holds {
			for _, k := range n.kids {
				next, ok := k.refine(f, holds)
				if !ok {
					return f, false
				}
				f = next
			}
			return f, true
		}
		return n.either(f, holds)
	case kindLeaf, kindCount:
	}
	if n.fixed != nil {
		return f, *n.fixed == holds
	}
	if n.key == "" || n.values == nil {
		return f, true
	}
	s := *n.values
	if !holds {
		s = s.complement()
	}
	if old, ok := f[n.key]; ok {
		s = s.and(old)
	}
	if s.empty() {
		return f, false
	}
	out := maps.Clone(f)
	if out == nil {
		out = facts{}
	}
	out[n.key] = s
	return out, true
}

// either joins the facts of the members of which one is to hold (or not to).
func (n *node) either(f facts, holds bool) (facts, bool) {
	var joined facts
	any := false
	for _, k := range n.kids {
		one, ok := k.refine(f, holds)
		if !ok {
			continue
		}
		if !any {
			joined, any = one, true
			continue
		}
		both := facts{}
		for key, s := range joined {
			if t, ok := one[key]; ok {
				both[key] = s.or(t)
			}
		}
		joined = both
	}
	return joined, any
}

// reach remarks on conditions that can never hold or always do where they
// stand, at the outermost condition of which that is true.
func (l *linter) reach(n *node, f facts, before string) {
	_, can := n.refine(f, true)
	_, cannot := n.refine(f, false)
	switch {
	case !can:
		l.add(remark(CodeUnreachable, n.span(), "", "%s can never hold here%s", n.words(), before))
		return
	case !cannot:
		l.add(remark(CodeRedundant, n.span(), "", "%s always holds here%s", n.words(), before))
		return
	}
	switch n.kind {
	case kindNot:
		l.reach(n.kids[0], f, before)
	case kindAll:
		for i, k := range n.kids {
			if i > 0 {
				before = ", by the conditions before it"
			}
			l.reach(k, f, before)
			next, ok := k.refine(f, true)
			if !ok {
				return
			}
			f = next
		}
	case kindAny:
		now := f
		for _, k := range n.kids {
			_, alone := k.refine(f, true)
			if _, added := k.refine(now, true); alone && !added {
				l.add(remark(CodeRedundant, k.span(), "leave it out", "%s adds nothing to the alternatives before it", k.words()))
			} else {
				l.reach(k, f, before)
			}
			if next, ok := k.refine(now, false); ok {
				now = next
			}
		}
	case kindCount:
		if n.where != nil {
			l.reach(n.where, f, before)
		}
	case kindLeaf:
	}
}

// outcome remarks on a rule that matches nothing or everything.
func (l *linter) outcome(n *node) {
	if _, can := n.refine(facts{}, true); !can {
		if k := n.switchedOff(); k != nil {
			l.add(diag.Diagnostic{Code: CodeNever, Severity: diag.Info, Span: k.span(), Message: "the rule never matches: " + k.words() + " is written so"})
			return
		}
		l.add(remark(CodeNever, n.span(), l.why(n), "the rule can never match"))
		return
	}
	if _, cannot := n.refine(facts{}, false); !cannot {
		l.add(remark(CodeAlways, n.span(), "", "the rule matches everything"))
		return
	}
	l.reach(n, facts{}, "")
}

// switchedOff returns the condition that keeps a rule from ever matching on
// purpose: one that compares two constants, false with true.
func (n *node) switchedOff() *node {
	if n.kind == kindLeaf && n.fixed != nil && !*n.fixed && !arm.IsExpression(n.at.Get("value").TextOr("")) {
		return n
	}
	if n.kind == kindAll {
		for _, k := range n.kids {
			if off := k.switchedOff(); off != nil {
				return off
			}
		}
	}
	return nil
}

// why names the condition of an allOf that contradicts those before it.
func (l *linter) why(n *node) string {
	if n.kind != kindAll {
		return ""
	}
	f := facts{}
	for _, k := range n.kids {
		next, ok := k.refine(f, true)
		if !ok {
			return k.words() + " contradicts the conditions before it"
		}
		f = next
	}
	return ""
}

func (l *linter) add(d diag.Diagnostic) {
	for _, o := range l.out {
		if o.Code == d.Code && o.Span == d.Span && o.Message == d.Message {
			return
		}
	}
	if len(l.out) < maxRemarks {
		l.out.Add(d)
	}
}

// maxRemarks bounds the remarks on one document.
const maxRemarks = 200
