package condaccess

import (
	"strings"
)

// Matrix is a picture of what policies in force do: groups of people by groups of
// applications by circumstances. People, and applications, to whom the same
// happens everywhere stand in one row, or column; so it is exact and small.
type Matrix struct {
	Circumstances []Circumstance
	Rows          []MatrixRow
	Columns       []string
	Cells         [][][]Status // by row, column, circumstance

	sp         *space
	rowOf      []int // by class of people
	columnOf   []int // by class of applications
	users, app int   // axes
}

// Find returns what the matrix says of the people, the application and the
// circumstance of a sign-in to the set that it was drawn of.
func (m *Matrix) Find(s *Set, x *SignIn, circumstance string) (Status, bool) {
	var d Decision
	s.Decide(x, &d)
	find := func(axis int) int {
		for c, cl := range m.sp.axes[axis].classes {
			if m.sp.same(cl.pair, d.dims[m.sp.axes[axis].dim]) {
				return c
			}
		}
		return -1
	}
	u, t := find(m.users), find(m.app)
	for k, c := range m.Circumstances {
		if c.ID == circumstance && u >= 0 && t >= 0 {
			return m.Cells[m.rowOf[u]][m.columnOf[t]][k], true
		}
	}
	return StatusNone, false
}

// MatrixRow is a group of people.
type MatrixRow struct {
	Label  string
	People int
	Comers bool // it holds people who are not in the directory yet
}

// Circumstance is a part of the space of sign-ins.
type Circumstance struct{ ID, Title string }

// Status is what holds in the whole of a cell, the strictest first.
type Status uint8

// The statuses. StatusPartly: something is asked in some sign-ins of the cell and
// nothing in others; StatusUnknown: it depends on what was not read.
const (
	StatusBlocked Status = iota
	StatusResistant
	StatusMFA
	StatusDevice
	StatusEither // multifactor authentication or a managed device
	StatusAsked  // something else
	StatusPartly
	StatusOpen
	StatusUnknown
	StatusNone // no such sign-in
)

var matrixStatusNames = [...]string{"blocked", "phishing-resistant", "mfa", "managed device", "mfa or managed device", "something is asked", "open in part", "open", "unknown", "none"}

// String returns the status in words.
func (s Status) String() string { return matrixStatusNames[s] }

// circumstance restricts the axes of a space.
type circumstance struct {
	Circumstance
	keep func(*space, dimension, member) bool
}

func (sp *space) trustedPlace(m member) bool {
	trusted := false
	m.atom.(*placeAtom).in.each(func(i int) { trusted = trusted || sp.s.places.locs[i].Trusted })
	return trusted
}

// told says what a member puts in a sign-in.
func (m member) told() SignIn {
	var x SignIn
	m.set(&x)
	return x
}

func modern(m member) bool {
	c := m.told().Client
	return c == Browser || c == MobileDesktop
}

func calm(dim dimension, m member) bool {
	x := m.told()
	switch dim {
	case dimFlow:
		return x.Flow == FlowNone
	case dimClient:
		return modern(m)
	case dimSignInRisk:
		return x.SignInRisk == RiskNone || x.SignInRisk == RiskLow
	case dimUserRisk:
		return x.UserRisk == RiskNone || x.UserRisk == RiskLow
	default:
	}
	return true
}

var circumstances = []circumstance{
	{Circumstance{"everyday", "everyday: browser or app, known platform, no risk, outside trusted locations"}, func(sp *space, d dimension, m member) bool {
		return calm(d, m) && (d != dimPlatform || m.told().Platform != OtherPlatform) && (d != dimLocation || !sp.trustedPlace(m))
	}},
	{Circumstance{"trusted", "from a trusted location"}, func(sp *space, d dimension, m member) bool {
		return calm(d, m) && (d != dimPlatform || m.told().Platform != OtherPlatform) && (d != dimLocation || sp.trustedPlace(m))
	}},
	{Circumstance{"platform", "from an unknown platform, outside trusted locations"}, func(sp *space, d dimension, m member) bool {
		return calm(d, m) && (d != dimPlatform || m.told().Platform == OtherPlatform) && (d != dimLocation || !sp.trustedPlace(m))
	}},
	{Circumstance{"risk", "sign-in of medium or high risk"}, func(_ *space, d dimension, m member) bool {
		switch d {
		case dimSignInRisk:
			r := m.told().SignInRisk
			return r == RiskMedium || r == RiskHigh
		case dimClient:
			return modern(m)
		case dimFlow:
			return m.told().Flow == FlowNone
		default:
		}
		return true
	}},
	{Circumstance{"device-code", "device code flow"}, func(_ *space, d dimension, m member) bool {
		return (d != dimFlow || m.told().Flow == DeviceCode) && (d != dimClient || modern(m))
	}},
	{Circumstance{"legacy", "legacy authentication"}, func(_ *space, d dimension, m member) bool {
		return (d != dimFlow || m.told().Flow == FlowNone) && (d != dimClient || !modern(m))
	}},
}

// grades are the statuses that one policy can guarantee, the strictest first.
var grades = []struct {
	status   Status
	property func(Control) Tri
}{
	{StatusBlocked, func(Control) Tri { return False }},
	{StatusResistant, Control.PhishingResistant},
	{StatusMFA, Control.MFA},
	{StatusDevice, managedDevice},
	{StatusEither, func(c Control) Tri { return max3(c.MFA(), managedDevice(c)) }},
	{StatusAsked, anyControl},
}

// MatrixSize returns how many cells Matrix looks at.
func (s *Set) MatrixSize() int { return len(s.classes) * len(s.apps) }

// Matrix draws the picture of the policies in force for every application.
func (s *Set) Matrix() *Matrix {
	asks := s.grantSet(anyControl, s.enforced)
	sp := s.newSpace(&scope{apps: true}, asks.may)
	users, targets := len(sp.axes)-1, len(sp.axes)-2
	m := &Matrix{}
	subs := make([]*subspace, len(circumstances))
	for k, c := range circumstances {
		m.Circumstances = append(m.Circumstances, c.Circumstance)
		subs[k] = newSubspace(sp.within(c, users, targets))
	}
	var graded []set64 // by grade: policies
	for _, g := range grades {
		graded = append(graded, s.grantSet(g.property, s.enforced).yes)
	}
	memo := map[string][]Status{}
	cell := func(u, t int) []Status {
		yes, may := sp.axes[users].classes[u].pair.yes.clone(), sp.axes[users].classes[u].pair.may.clone()
		yes.and(sp.axes[targets].classes[t].pair.yes)
		yes.and(s.other.yes)
		may.and(sp.axes[targets].classes[t].pair.may)
		key := yes.key() + may.key()
		if got, ok := memo[key]; ok {
			return got
		}
		out := make([]Status, len(circumstances))
		for k := range circumstances {
			out[k] = subs[k].status(graded, yes, may)
		}
		memo[key] = out
		return out
	}
	grid := make([][][]Status, len(sp.axes[users].classes))
	for u := range grid {
		grid[u] = make([][]Status, len(sp.axes[targets].classes))
		for t := range grid[u] {
			grid[u][t] = cell(u, t)
		}
	}
	m.join(sp, users, targets, grid)
	return m
}

// within returns the space of a circumstance, without who and what.
func (sp *space) within(c circumstance, users, targets int) *space {
	out := &space{s: sp.s, exact: sp.exact, relevant: sp.relevant}
	for a := range sp.axes {
		if a == users || a == targets {
			continue
		}
		ax := axis{dim: sp.axes[a].dim}
		for _, cl := range sp.axes[a].classes {
			var keep []member
			for _, mb := range cl.members {
				if c.keep(sp, ax.dim, mb) {
					keep = append(keep, mb)
				}
			}
			if len(keep) > 0 {
				ax.classes = append(ax.classes, class{cl.pair, keep})
			}
		}
		out.axes = append(out.axes, ax)
	}
	return out
}

// subspace is the space of a circumstance with the boxes of all policies in it,
// once where they certainly apply and once where they might.
type subspace struct {
	sp          *space
	none        bool // no sign-in is in it
	boxes       [2][]box
	empty, full [2]set64
	known       [2]map[string]bool // by the policies asked about: whether they cover it
}

func newSubspace(sp *space) *subspace {
	sub := &subspace{sp: sp}
	for _, ax := range sp.axes {
		sub.none = sub.none || len(ax.classes) == 0
	}
	for side := range 2 {
		sub.empty[side], sub.full[side], sub.known[side] = newSet(sp.s.n), newSet(sp.s.n), map[string]bool{}
		for i := range sp.s.n {
			b := box(sp.boxOf(i, side == 1))
			sub.boxes[side] = append(sub.boxes[side], b)
			full := true
			for a, along := range b {
				if along.isEmpty() {
					sub.empty[side].add(i)
				}
				full = full && along.count() == len(sp.axes[a].classes)
			}
			if full {
				sub.full[side].add(i)
			}
		}
	}
	return sub
}

// covered tells whether the policies of a grade that are in a set leave nothing open.
func (sub *subspace) covered(grade, in set64, side int) bool {
	x := grade.clone()
	x.and(in)
	x.andNot(sub.empty[side])
	if x.meets(sub.full[side]) {
		return true
	}
	if x.isEmpty() {
		return false
	}
	key := x.key()
	if got, ok := sub.known[side][key]; ok {
		return got
	}
	q := newSearch(sub.sp.sizes())
	x.each(func(i int) { q.add(sub.boxes[side][i]) })
	for _, b := range sub.sp.impossible() {
		q.add(b)
	}
	_, open := q.next()
	sub.known[side][key] = !open
	return !open
}

// status answers what the policies in yes (and perhaps those in may) guarantee in
// the whole space.
func (sub *subspace) status(graded []set64, yes, may set64) Status {
	if sub.none {
		return StatusNone
	}
	last := graded[len(graded)-1]
	if sub.covered(last, yes, 0) {
		for g := range graded {
			if sub.covered(graded[g], yes, 0) {
				return grades[g].status
			}
		}
	}
	if sub.covered(last, may, 1) {
		return StatusUnknown
	}
	touched := last.clone()
	touched.and(yes)
	touched.andNot(sub.empty[0])
	if !touched.isEmpty() {
		return StatusPartly
	}
	return StatusOpen
}

// join makes one row of people, and one column of applications, of those to whom
// the same happens.
func (m *Matrix) join(sp *space, users, targets int, grid [][][]Status) {
	vector := func(n int, at func(int) []Status) string {
		var b strings.Builder
		for i := range n {
			for _, x := range at(i) {
				b.WriteByte('a' + byte(x))
			}
		}
		return b.String()
	}
	group := func(n int, key func(int) string) (first []int, members [][]int) {
		seen := map[string]int{}
		for i := range n {
			k := key(i)
			g, ok := seen[k]
			if !ok {
				g = len(first)
				seen[k] = g
				first, members = append(first, i), append(members, nil)
			}
			members[g] = append(members[g], i)
		}
		return first, members
	}
	nu, nt := len(grid), len(sp.axes[targets].classes)
	rows, rowMembers := group(nu, func(u int) string { return vector(nt, func(t int) []Status { return grid[u][t] }) })
	cols, colMembers := group(nt, func(t int) string { return vector(nu, func(u int) []Status { return grid[u][t] }) })
	m.sp, m.users, m.app = sp, users, targets
	m.rowOf, m.columnOf = make([]int, nu), make([]int, nt)
	for g, list := range rowMembers {
		for _, u := range list {
			m.rowOf[u] = g
		}
	}
	for g, list := range colMembers {
		for _, t := range list {
			m.columnOf[t] = g
		}
	}
	pick := func(n int, of []int) set64 {
		s := newSet(n)
		for _, i := range of {
			s.add(i)
		}
		return s
	}
	for g := range rows {
		in, out := split(&sp.axes[users], pick(nu, rowMembers[g]))
		row := MatrixRow{Label: sp.describePeople(in, out)}
		for _, x := range in {
			if x.user >= 0 {
				row.People++
			} else {
				row.Comers = true
			}
		}
		m.Rows = append(m.Rows, row)
	}
	for g := range cols {
		in, out := split(&sp.axes[targets], pick(nt, colMembers[g]))
		m.Columns = append(m.Columns, describeTargets(in, out))
	}
	for _, u := range rows {
		var line [][]Status
		for _, t := range cols {
			line = append(line, grid[u][t])
		}
		m.Cells = append(m.Cells, line)
	}
}
