package app

import (
	"fmt"
	"slices"
	"time"

	"github.com/azward/azward/attackpath"
	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
)

// AttackPath is the cheapest way from an account to a target.
type AttackPath struct {
	From  attackpath.Thing  `json:"from"`
	To    attackpath.Thing  `json:"to"`
	Cost  uint32            `json:"cost"`
	Steps []attackpath.Step `json:"steps"`
}

// AttackPaths answers how accounts reach targets.
type AttackPaths struct {
	Targets  []attackpath.Thing  `json:"targets"`
	Sources  int                 `json:"sources"` // accounts that were asked about
	Reaching int                 `json:"reaching"`
	Paths    []AttackPath        `json:"paths"`   // the cheapest, at most as many as were asked for
	Changes  []attackpath.Change `json:"changes"` // the fewest changes that cut the most
	Unknown  []string            `json:"unknown"` // there may be paths that nobody can see
	Nodes    int                 `json:"nodes"`
	Edges    int                 `json:"edges"`
}

// AttackPathOptions say what to ask. Empty From stands for every ordinary
// account, empty To for the crown jewels: Global Administrator and the power to
// assign any role over a subscription.
type AttackPathOptions struct {
	From    string
	To      string
	Paths   int // how many paths to show
	Changes int // how many changes to propose
	Now     time.Time
}

// pathsLooked bounds how many of the cheapest paths worstPath looks at.
const pathsLooked = 200

// worstPath returns the cheapest path from an ordinary account to Global
// Administrator, or else to another crown jewel, shown from the account farthest
// back whose path it ends. Nil where there is none, or no directory was read.
func (s *session) worstPath() (out *report.AttackPath) {
	if s.inv.Count("Microsoft.Graph/users") == 0 {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			out = nil
			s.notices = append(s.notices, report.Notice{Severity: "error", Message: fmt.Sprintf("attack paths could not be derived: %v", r), Hint: "this is a bug"})
		}
	}()
	all, err := s.tenant.access().attackPaths(s.tenant.paths(), AttackPathOptions{Paths: pathsLooked, Changes: 3})
	if err != nil || len(all.Paths) == 0 {
		return nil
	}
	worst := all.Paths[0]
	for _, p := range all.Paths {
		if p.To.Kind == attackpath.RoleNode {
			worst = p
			break
		}
	}
	shown := worst
	for _, p := range all.Paths {
		if n := len(p.Steps) - len(worst.Steps); n > len(shown.Steps)-len(worst.Steps) && slices.Equal(p.Steps[n:], worst.Steps) {
			shown = p
		}
	}
	// The changes that cut this one come first, and alone where there are any.
	cuts := map[string]bool{}
	for _, step := range shown.Steps {
		cuts[step.Cut] = true
	}
	changes := slices.DeleteFunc(slices.Clone(all.Changes), func(c attackpath.Change) bool { return !cuts[c.Change] })
	if len(changes) > 0 {
		changes = changes[:1]
	}
	return &report.AttackPath{Accounts: all.Sources, Reaching: all.Reaching, Target: shown.To.String(), Steps: shown.Steps, Changes: changes, Unknown: all.Unknown}
}

// secondFactor tells of each user whether Conditional Access guarantees
// multifactor authentication at every sign-in, nil where nothing of it was read.
func secondFactor(inv *inventory.Inventory, conditional func() *ConditionalAccess) func(user string) finding.Truth {
	if inv.Count(typeCAPolicies) == 0 && directoryGap(inv, directory.ConditionalAccessPolicies) != "" {
		return nil
	}
	c := conditional()
	q, ok := condaccess.QuestionByID("mfa")
	if !ok {
		return nil
	}
	unread := directoryGap(inv, directory.ConditionalAccessPolicies) != "" && c.Tenant.SecurityDefaults != condaccess.True
	gaps := c.Set.Gaps(q, true)
	open, maybe := map[string]bool{}, map[string]bool{}
	for i := range gaps.Open {
		for _, u := range gaps.Open[i].Users {
			open[lower(u)] = true
		}
	}
	for i := range gaps.Unknown {
		for _, u := range gaps.Unknown[i].Users {
			maybe[lower(u)] = true
		}
	}
	return func(user string) finding.Truth {
		user = lower(user)
		switch {
		case open[user] && !unread:
			return finding.False
		case open[user], maybe[user], !gaps.Exact:
			return finding.Maybe
		}
		return finding.True
	}
}

// AttackPaths derives the graph of the inventory and asks it.
func (a *Access) AttackPaths(o AttackPathOptions) (*AttackPaths, error) {
	return a.attackPaths(a.derive(secondFactor(a.inv, func() *ConditionalAccess { return NewConditionalAccess(a.inv, o.Now) })), o)
}

// derive makes the graph of the inventory.
func (a *Access) derive(secondFactor func(user string) finding.Truth) *attackpath.Model {
	return attackpath.Derive(attackpath.Facts{
		Directory: a.dir, Inventory: a.inv, Azure: a.active, Assignments: a.grants, Eligible: a.eligibles, Denies: a.denies, SecondFactor: secondFactor,
	})
}

func (a *Access) attackPaths(m *attackpath.Model, o AttackPathOptions) (*AttackPaths, error) {
	targets, sources := m.CrownJewels(), m.Ordinary()
	if o.To != "" {
		if targets = m.FindAll(o.To); len(targets) == 0 {
			return nil, usagef("nothing is called %q; name a directory role, a subscription, a resource or an account", o.To)
		}
	}
	if o.From != "" {
		p, err := a.FindPrincipal(o.From)
		if err != nil {
			return nil, err
		}
		if sources = m.FindAll(p.ID); len(sources) == 0 {
			return nil, usagef("%s stands in no path", p)
		}
	}
	out := &AttackPaths{Sources: len(sources), Paths: []AttackPath{}, Changes: []attackpath.Change{}, Unknown: m.Missing(), Nodes: m.Len(), Edges: m.Edges()}
	if out.Unknown == nil {
		out.Unknown = []string{}
	}
	for _, t := range targets {
		out.Targets = append(out.Targets, m.Thing(t))
	}
	reach := m.To(targets, nil)
	var able []attackpath.Node
	for _, s := range sources {
		if c := reach.Cost(s); c != attackpath.Unreachable && c > 0 {
			able = append(able, s)
		}
	}
	out.Reaching = len(able)
	slices.SortStableFunc(able, func(x, y attackpath.Node) int { return int(reach.Cost(x)) - int(reach.Cost(y)) })
	for _, s := range able[:min(o.Paths, len(able))] {
		steps := m.Steps(reach.Path(s))
		out.Paths = append(out.Paths, AttackPath{From: m.Thing(s), To: steps[len(steps)-1].To, Cost: reach.Cost(s), Steps: steps})
	}
	if o.Changes > 0 && len(able) > 0 {
		if changes := m.Changes(targets, able, o.Changes); changes != nil {
			out.Changes = changes
		}
	}
	return out, nil
}
