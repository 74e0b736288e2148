package condaccess

import "github.com/azward/azward/directory"

// Gaps is the answer to a question: every region of sign-ins in which what is asked
// for is not guaranteed.
type Gaps struct {
	Question Question
	Asked    int // users of the directory whom the question is about
	// Emergency are accounts for emergency access, which policies leave out on
	// purpose; they are set aside and no region holds them.
	Emergency []*directory.User
	Exact     bool // false where a device filter has more cases than were told apart
	Open      []Region
	// Unknown are regions that are closed only if a policy applies of which that is
	// not known.
	Unknown []Region
}

// Holds tells whether what is asked for is guaranteed everywhere; Unknown where
// that depends on what was not read.
func (g *Gaps) Holds() Tri {
	switch {
	case len(g.Open) > 0:
		return False
	case len(g.Unknown) > 0 || !g.Exact:
		return Unknown
	}
	return True
}

// Region is a box of sign-ins that nothing covers: any value of each condition goes
// with any of the others.
type Region struct {
	Where   []Where // the conditions that narrow it; the rest are free
	People  int     // users of the directory in it
	Users   []string
	Comers  bool   // it holds people who are not in the directory yet
	Witness SignIn // one sign-in of it
	// Weak are policies that apply to the witness and ask for something that is no
	// guarantee of what is asked.
	Weak []*Policy
	Fix  *Fix // the smallest change found that closes the region

	box box
	sp  *space
}

// Where is one condition of a region.
type Where struct{ Axis, Text string }

// grantSet returns the policies that guarantee what a question asks wherever they
// apply: certainly, and possibly.
func (s *Set) grantSet(property func(Control) Tri, of set64) pair {
	out := newPair(s.n)
	for i := range s.policies {
		if of.has(i) {
			out.add(i, s.demands[i].grants(property))
		}
	}
	return out
}

// covers returns the boxes of the policies in a set, and of each the place.
func (sp *space) covers(of set64, may bool) (boxes []box, policies []int) {
	of.each(func(i int) {
		if !may && !sp.s.other.yes.has(i) {
			return
		}
		b := box(sp.boxOf(i, may))
		for _, along := range b {
			if along.isEmpty() {
				return
			}
		}
		boxes, policies = append(boxes, b), append(policies, i)
	})
	return boxes, policies
}

// impossible are boxes of sign-ins that do not happen: legacy clients know neither
// device code flow nor authentication transfer.
func (sp *space) impossible() []box {
	b := make(box, len(sp.axes))
	for a := range sp.axes {
		ax := &sp.axes[a]
		b[a] = fullSet(len(ax.classes))
		if ax.dim != dimFlow && ax.dim != dimClient {
			continue
		}
		for c := range ax.classes {
			for _, m := range ax.classes[c].members { // a class with any possible value stays
				var x SignIn
				m.set(&x)
				if x.Flow == FlowNone || x.Client == Browser || x.Client == MobileDesktop {
					b[a][c>>6] &^= 1 << (c & 63)
				}
			}
		}
		if b[a].isEmpty() {
			return nil
		}
	}
	return []box{b}
}

func (sp *space) sizes() []int {
	out := make([]int, len(sp.axes))
	for a := range sp.axes {
		out[a] = len(sp.axes[a].classes)
	}
	return out
}

// Gaps searches the whole space of sign-ins for those in which what the question
// asks is not guaranteed. Nothing is sampled: the regions together are exactly the
// uncovered sign-ins.
//
// Accounts for emergency access ([Set.EmergencyAccounts]) are set aside unless
// withEmergency says otherwise. apps narrow the question to applications by id;
// none means every application.
func (s *Set) Gaps(q Question, withEmergency bool, apps ...string) *Gaps {
	sc := q.scope(s)
	for _, a := range apps {
		if sc.only == nil {
			sc.only = map[string]bool{}
		}
		sc.only[fold(a)] = true
	}
	var aside []*directory.User
	if !withEmergency {
		aside = s.EmergencyAccounts()
	}
	sc.aside = map[string]bool{}
	for _, u := range aside {
		sc.aside[u.ID] = true
	}
	g := s.gaps(q, sc)
	g.Emergency = aside
	return g
}

func (s *Set) gaps(q Question, sc scope) *Gaps {
	g := &Gaps{Question: q}
	grants := s.grantSet(q.Property, s.enforced)
	if q.named { // only policies that name what is asked about count
		for i, p := range s.policies {
			if len(p.Conditions.Applications.Contexts) == 0 {
				grants.yes[i>>6] &^= 1 << (i & 63)
				grants.may[i>>6] &^= 1 << (i & 63)
			}
		}
	}
	relevant := grants.may.clone()
	if q.intended {
		return s.intendedGaps(g, sc, grants)
	}
	sp := s.newSpace(&sc, relevant)
	g.Asked, g.Exact = sp.persons, sp.exact
	s.searchGaps(g, sp, grants, nil)
	return g
}

// intendedGaps asks of each person and application for which some policy asks for
// the property in some circumstance, whether it is guaranteed in every other.
func (s *Set) intendedGaps(g *Gaps, sc scope, grants pair) *Gaps {
	sp := s.newSpace(&sc, grants.may)
	g.Asked, g.Exact = sp.persons, sp.exact
	var intended []box
	for i := range s.policies {
		if !grants.may.has(i) || s.blocking.has(i) {
			continue
		}
		b := box(sp.boxOf(i, true))
		for a := range sp.axes {
			if d := sp.axes[a].dim; d != dimUsers && d != dimTarget {
				b[a] = fullSet(len(sp.axes[a].classes))
			}
		}
		intended = append(intended, b)
	}
	// What nobody asks for is no gap: the pairs of person and application outside.
	outside := sp.complement(intended)
	s.searchGaps(g, sp, grants, outside)
	return g
}

// complement returns boxes that hold exactly the cells outside a list of boxes that
// narrow only people and targets.
func (sp *space) complement(of []box) []box {
	var users, targets int
	for a := range sp.axes {
		switch sp.axes[a].dim {
		case dimUsers:
			users = a
		case dimTarget:
			targets = a
		default:
		}
	}
	var out []box
	seen := map[string]int{}
	for t := range sp.axes[targets].classes {
		left := fullSet(len(sp.axes[users].classes))
		for _, b := range of {
			if b[targets].has(t) {
				left.andNot(b[users])
			}
		}
		if left.isEmpty() {
			continue
		}
		if i, ok := seen[left.key()]; ok {
			out[i][targets].add(t)
			continue
		}
		seen[left.key()] = len(out)
		b := make(box, len(sp.axes))
		for a := range sp.axes {
			b[a] = fullSet(len(sp.axes[a].classes))
		}
		b[users], b[targets] = left, newSet(len(sp.axes[targets].classes))
		b[targets].add(t)
		out = append(out, b)
	}
	return out
}

// widenOrder: first the conditions that a reader cares least to see, last who and what.
func (sp *space) widenOrder() []int {
	rank := map[dimension]int{dimFlow: 0, dimInsider: 1, dimUserRisk: 2, dimSignInRisk: 3, dimClient: 4, dimDevice: 5, dimPlatform: 6, dimLocation: 7, dimUsers: 8, dimTarget: 9}
	out := make([]int, len(sp.axes))
	for a := range sp.axes {
		out[rank[sp.axes[a].dim]] = a
	}
	return out
}

// searchGaps fills in the regions outside the covers and outside what is not asked.
func (s *Set) searchGaps(g *Gaps, sp *space, grants pair, notAsked []box) {
	may, _ := sp.covers(grants.may, true)
	sure, _ := sp.covers(grants.yes, false)
	ignore := append(sp.impossible(), notAsked...)
	order := sp.widenOrder()
	g.Open = s.regions(g, sp, order, may, notAsked, ignore)
	if len(may) == len(sure) && sameBoxes(may, sure) {
		return
	}
	skip := append([]box{}, ignore...)
	for i := range g.Open {
		skip = append(skip, g.Open[i].box)
	}
	g.Unknown = s.regions(g, sp, order, sure, notAsked, skip)
}

func sameBoxes(a, b []box) bool {
	for i := range a {
		for k := range a[i] {
			if !a[i][k].equal(b[i][k]) {
				return false
			}
		}
	}
	return true
}

// regions lists boxes that together hold every cell outside covers and skip. They
// keep clear of covers and of what is not asked, and may overlap the rest.
func (s *Set) regions(g *Gaps, sp *space, order []int, covers, notAsked, skip []box) []Region {
	sizes := sp.sizes()
	q := newSearch(sizes)
	for _, b := range covers {
		q.add(b)
	}
	for _, b := range skip {
		q.add(b)
	}
	obstacles := append(append([]box{}, covers...), notAsked...)
	var out []Region
	for {
		cell, ok := q.next()
		if !ok {
			return out
		}
		b := widen(cell, sizes, obstacles, order)
		q.add(b)
		r := Region{Witness: sp.signIn(cell), box: b, sp: sp}
		r.count()
		r.Weak = s.weak(&r.Witness, g.Question.Property)
		out = append(out, r)
	}
}

// weak lists the enforced policies that apply to a sign-in, ask for something, and
// do not guarantee a property.
func (s *Set) weak(in *SignIn, property func(Control) Tri) []*Policy {
	var d Decision
	s.Decide(in, &d)
	var out []*Policy
	for i, p := range s.policies {
		if set64(d.Applies).has(i) && s.enforced.has(i) && len(s.demands[i].clauses) > 0 && s.demands[i].grants(property) != True {
			out = append(out, p)
		}
	}
	return out
}

// count counts the people of a region.
func (r *Region) count() {
	for a := range r.sp.axes {
		if r.sp.axes[a].dim != dimUsers {
			continue
		}
		seen := map[int]bool{}
		r.box[a].each(func(c int) {
			for _, m := range r.sp.axes[a].classes[c].members {
				switch {
				case m.user < 0:
					r.Comers = true
				case !seen[m.user]:
					seen[m.user] = true
					r.People++
					r.Users = append(r.Users, r.sp.s.t.Directory.Users()[m.user].ID)
				}
			}
		})
	}
}

// Holds tells whether a sign-in lies in the region. A detail that the sign-in does
// not tell lies in none.
func (r *Region) Holds(x *SignIn) bool {
	s := r.sp.s
	var d Decision
	s.Decide(x, &d)
	for a := range r.sp.axes {
		ax := &r.sp.axes[a]
		in := false
		r.box[a].each(func(c int) {
			in = in || r.sp.same(ax.classes[c].pair, d.dims[ax.dim])
		})
		if !in {
			return false
		}
	}
	return true
}

// same tells whether a value is of a class: no policy in question tells it from the
// class's members.
func (sp *space) same(of, p pair) bool {
	for w, x := range sp.relevant {
		if of.yes[w] != p.yes[w]&x || of.may[w] != p.may[w]&x {
			return false
		}
	}
	return true
}
