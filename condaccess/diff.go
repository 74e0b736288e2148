package condaccess

import "slices"

// Change is what a question says of the step from one set of policies to another.
type Change struct {
	Question Question
	Weaker   []Region // guaranteed before, not after
	Stronger []Region // guaranteed after, not before
	Exact    bool
}

// blockedQuestion asks where sign-ins are blocked.
func blockedQuestion() Question {
	return Question{ID: "blocked", Title: "The sign-in is blocked", Property: func(Control) Tri { return False }, Remedy: Grant{BuiltIn: []string{"block"}},
		scope: func(*Set) scope { return scope{apps: true, actions: []UserAction{RegisterSecurityInfo}} }}
}

// Diff says in which sign-ins each question is answered otherwise by the policies
// after than by those before, in one tenant. Report-only policies guarantee nothing
// on either side; a policy of which it is not known whether it applies counts as one
// that does not. The set that is returned decides the witnesses: its policies are
// those before, then those after.
func Diff(before, after []*Policy, t Tenant, questions []Question) ([]Change, *Set) {
	both := compileConditions(append(slices.Clone(before), after...), t)
	both.compileUsers()
	side := func(from, to int, q *Question) pair {
		of := newSet(both.n)
		for i := from; i < to; i++ {
			if both.enforced.has(i) {
				of.add(i)
			}
		}
		return both.grantSet(q.Property, of)
	}
	var out []Change
	for _, q := range append(slices.Clone(questions), blockedQuestion()) {
		if q.intended || q.named {
			continue // who is asked depends on the policies themselves
		}
		old, now := side(0, len(before), &q), side(len(before), both.n, &q)
		relevant := old.may.clone()
		relevant.or(now.may)
		sc := q.scope(both)
		sp := both.newSpace(&sc, relevant)
		oldBoxes, _ := sp.covers(old.yes, false)
		newBoxes, _ := sp.covers(now.yes, false)
		g := &Gaps{Question: q}
		order := sp.widenOrder()
		boxesOf := func(rs []Region) []box {
			var bs []box
			for i := range rs {
				bs = append(bs, rs[i].box)
			}
			return bs
		}
		ignore := sp.impossible()
		wasOpen := boxesOf(both.regions(g, sp, order, oldBoxes, nil, ignore))
		isOpen := boxesOf(both.regions(g, sp, order, newBoxes, nil, ignore))
		c := Change{Question: q, Exact: sp.exact,
			Weaker:   both.regions(g, sp, order, newBoxes, wasOpen, append(slices.Clone(ignore), wasOpen...)),
			Stronger: both.regions(g, sp, order, oldBoxes, isOpen, append(slices.Clone(ignore), isOpen...))}
		for _, rs := range [][]Region{c.Weaker, c.Stronger} {
			for i := range rs {
				rs[i].Weak = nil
			}
		}
		out = append(out, c)
	}
	return out, both
}
