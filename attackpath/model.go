package attackpath

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
)

// NodeKind is what a node stands for.
type NodeKind string

// The kinds of nodes.
const (
	UserNode             NodeKind = "user"
	GroupNode            NodeKind = "group"
	ServicePrincipalNode NodeKind = "servicePrincipal"
	ApplicationNode      NodeKind = "application"
	RoleNode             NodeKind = "directoryRole"
	ScopeNode            NodeKind = "scope"    // the power to assign Azure roles at a scope
	ResourceNode         NodeKind = "resource" // control of an Azure resource
	joint                NodeKind = "joint"    // holds edges together; never shown
)

// Thing is a node with its name.
type Thing struct {
	Kind NodeKind `json:"kind"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

// String returns the name, or the id where there is none.
func (t Thing) String() string {
	if t.Name == "" {
		return t.ID
	}
	return t.Name
}

// Facts are what paths are derived from. Inventory, Azure and Assignments may
// be nil where only the directory is known.
type Facts struct {
	Directory   *directory.Directory
	Inventory   *inventory.Inventory
	Azure       *access.System
	Assignments []*access.Assignment
	Eligible    []*access.Assignment // what Privileged Identity Management lets people activate
	Denies      []*access.Deny
	// SecondFactor tells whether Conditional Access demands a second factor of
	// every sign-in of a user: a password alone does not take that account over.
	// Nil: not known.
	SecondFactor func(user string) finding.Truth
	// Application permissions by the id of the resource's service principal and
	// of the app role are named by the service principal's own appRoles.
}

// secondFactorCost is added to a step that takes an account over by its
// password where a second factor stands in the way.
const secondFactorCost = 8

// Model is the graph of a tenant with what its nodes and edges mean.
type Model struct {
	*Graph
	things  []Thing
	notes   []note // of edges, by Edge.Evidence
	missing []string
	unread  []string  // of missing, what was not read at all
	unsure  [][2]Node // steps of which it is not known whether they can be taken

	dir      *directory.Directory
	ordinary []Node
	roles    map[string][]*directory.RoleAssignment // see rolesOf
}

// note is what an edge says beside its rule, and the change that takes it away where
// that is not the rule's own.
type note struct{ text, cut string }

// Derive builds the graph of a tenant. What was not read is in Missing: there
// may be paths that nobody knows of.
func Derive(f Facts) *Model {
	d := &deriver{Facts: f, b: NewBuilder(), m: &Model{dir: f.Directory}, seen: map[string]bool{}, noted: map[note]int32{}}
	d.people()
	d.groupEligibility()
	d.directoryRoles()
	d.applications()
	d.permissions()
	if f.Inventory != nil && f.Azure != nil {
		d.azure()
	}
	d.m.Graph = d.b.Build()
	d.m.findOrdinary()
	for _, list := range []*[]string{&d.m.missing, &d.m.unread} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return d.m
}

// Thing returns what a node stands for.
func (m *Model) Thing(n Node) Thing { return m.things[n] }

// Missing says what was not read, and would have to be for the paths to be all
// there are.
func (m *Model) Missing() []string { return m.missing }

// Unread says what of Missing was not read at all, so that nobody knows where it
// leads to; the rest are steps between known things.
func (m *Model) Unread() []string { return m.unread }

// MayReach tells which nodes reach a target, and which may, for all that is
// known: by steps of which it is not known whether they can be taken. Where
// Unread is not empty, a node that reaches nothing may do so too.
func (m *Model) MayReach(targets []Node) func(Node) finding.Truth {
	sure := m.To(targets, nil)
	most := sure
	for range len(m.unsure) {
		more := targets
		for _, e := range m.unsure {
			if most.Cost(e[1]) != Unreachable && most.Cost(e[0]) == Unreachable {
				more = append(slices.Clip(more), e[0])
			}
		}
		if len(more) == len(targets) {
			break
		}
		targets = more
		most = m.To(targets, nil)
	}
	return func(n Node) finding.Truth {
		switch {
		case sure.Cost(n) != Unreachable:
			return finding.True
		case most.Cost(n) != Unreachable:
			return finding.Maybe
		}
		return finding.False
	}
}

// Principal returns the node of a user, group or service principal, or NoNode.
func (m *Model) Principal(id string) Node { return m.Find(userKey(id)) }

// Ordinary returns the enabled users who hold no privileged directory role,
// actively or by eligibility: the accounts that paths begin at.
func (m *Model) Ordinary() []Node { return m.ordinary }

// rolesOf returns the directory roles that a principal holds or may activate,
// itself or through groups.
func (m *Model) rolesOf(id string) []*directory.RoleAssignment {
	if m.roles == nil {
		m.roles = map[string][]*directory.RoleAssignment{}
		for _, a := range m.dir.RoleAssignments() {
			holders := []string{a.PrincipalID}
			if _, ok := m.dir.Group(a.PrincipalID); ok {
				holders = m.dir.MembersOf(a.PrincipalID)
			}
			for _, h := range holders {
				h = strings.ToLower(h)
				m.roles[h] = append(m.roles[h], a)
			}
		}
	}
	return m.roles[strings.ToLower(id)]
}

func (m *Model) findOrdinary() {
	for _, u := range m.dir.Users() {
		n := m.Find(userKey(u.ID))
		if n == NoNode || u.Enabled == directory.False {
			continue
		}
		privileged := false
		for _, a := range m.rolesOf(u.ID) {
			// Who may only reset ordinary people's passwords is one of those that paths begin at.
			privileged = privileged || a.Role != nil && a.Role.Privileged != directory.False && !deskRole(a.Role.TemplateID)
		}
		if !privileged {
			m.ordinary = append(m.ordinary, n)
		}
	}
}

// deskRole tells whether a role is one that help desks hold.
func deskRole(template string) bool {
	switch strings.ToLower(template) {
	case roleHelpdesk, rolePassword, roleDirectoryReaders, roleGuestInviter, roleReportsReader, roleMessageCenterReader:
		return true
	}
	return false
}

// GlobalAdministrator returns the node of that role, or NoNode.
func (m *Model) GlobalAdministrator() Node { return m.Find(roleKey(roleGlobalAdministrator, "/")) }

// CrownJewels returns what paths lead to unless somebody names a target: Global
// Administrator, and the power to assign any role over a subscription.
func (m *Model) CrownJewels() []Node {
	var out []Node
	if n := m.GlobalAdministrator(); n != NoNode {
		out = append(out, n)
	}
	for i, t := range m.things {
		if t.Kind == ScopeNode && strings.HasPrefix(strings.ToLower(t.ID), "/subscriptions/") && strings.Count(t.ID, "/") == 2 {
			out = append(out, Node(i))
		}
	}
	return out
}

// FindAll returns the nodes that a person means by an id or a name.
func (m *Model) FindAll(text string) []Node {
	var out []Node
	for i, t := range m.things {
		if t.Kind != joint && (strings.EqualFold(t.ID, text) || strings.EqualFold(t.Name, text)) {
			out = append(out, Node(i))
		}
	}
	return out
}

// Step is one step of a path, from thing to thing.
type Step struct {
	From Thing  `json:"from"`
	Rule string `json:"rule"`
	Says string `json:"says"`
	To   Thing  `json:"to"`
	Cost int    `json:"cost"`
	Note string `json:"note,omitempty"`
	Cut  string `json:"cut,omitempty"` // the change that takes the step away
}

// Steps puts the edges of a path into words. Joints are left out: the step
// before one and the step after it are one.
func (m *Model) Steps(path []Edge) []Step {
	out := []Step{}
	for _, e := range path {
		r := rules[e.Kind]
		said := ""
		if e.Evidence >= 0 {
			said = m.notes[e.Evidence].text
		}
		to := m.things[e.To]
		if k := len(out) - 1; k >= 0 && out[k].To.Kind == joint {
			out[k].To = to
			out[k].Cost += int(e.Cost)
			out[k].Note = join(out[k].Note, said)
		} else {
			out = append(out, Step{From: m.things[e.From], Rule: r.Name, Says: r.Says, To: to, Cost: int(e.Cost), Note: said, Cut: m.cut(e)})
		}
	}
	return out
}

// cut puts the change that takes an edge away into words; "" where none does.
func (m *Model) cut(e Edge) string {
	var n note
	if e.Evidence >= 0 {
		n = m.notes[e.Evidence]
	}
	text := rules[e.Kind].Cut
	if n.cut != "" {
		text = n.cut
	}
	return strings.NewReplacer("{from}", m.things[e.From].String(), "{to}", m.things[e.To].String(), "{note}", n.text).Replace(text)
}

func join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + "; " + b
}

// Change is one change that cuts paths, and what it does.
type Change struct {
	Change string `json:"change"`
	Step   Step   `json:"step"`
	Paths  int    `json:"paths"` // how many of the cheapest paths go through the step
	Freed  int    `json:"freed"` // accounts that reach no target any more, with the changes before it
}

// Changes proposes up to n changes: the fewest that keep all sources from the targets,
// or, where that takes more than n, those that the most paths need. Steps that are the
// product's own working cannot be cut.
func (m *Model) Changes(targets, sources []Node, n int) []Change {
	same := m.changeOf()
	chokes, ok := m.Fewest(targets, sources, n, same)
	if !ok {
		chokes = m.Chokes(targets, sources, n, same)
	}
	var out []Change
	for _, c := range chokes {
		s := m.Steps([]Edge{c.Edge})[0]
		if s.To.Kind == joint {
			s.To = Thing{Kind: joint, Name: "everything it reaches"}
		}
		out = append(out, Change{Change: s.Cut, Step: s, Paths: c.Paths, Freed: c.Freed})
	}
	return out
}

// changeOf numbers the changes: edges of one node that the same change takes away, as
// all that one role assignment gives, have one number.
func (m *Model) changeOf() func(Edge) int32 {
	type change struct {
		from Node
		text string
	}
	type edge struct {
		from, to Node
		evidence int32
		kind     Kind
	}
	numbers, known := map[change]int32{}, map[edge]int32{}
	return func(e Edge) int32 {
		k := edge{e.From, e.To, e.Evidence, e.Kind}
		if c, ok := known[k]; ok {
			return c
		}
		text := m.cut(e)
		c := int32(uncuttable)
		if text != "" {
			var ok bool
			if c, ok = numbers[change{e.From, text}]; !ok {
				c = int32(len(numbers))
				numbers[change{e.From, text}] = c
			}
		}
		known[k] = c
		return c
	}
}

// String describes the model's size.
func (m *Model) String() string { return fmt.Sprintf("%d nodes, %d edges", m.Len(), m.Edges()) }
