package app

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/resource"
)

// ComplianceOptions say what is judged against what.
type ComplianceOptions struct {
	Inventory  *inventory.Inventory
	Library    *PolicyLibrary
	Aliases    *policy.Aliases
	Initiative *assign.Document // judged as if it were assigned; nil for the assignments of the inventory
	Parameters jsondoc.Value    // of Initiative
	Scope      resource.ID      // of Initiative; the tenant where zero
	Assignment string           // id or name: only this assignment
	Now        time.Time
	Progress   func(stage string, done, total int)
	Workers    int
}

// ComplianceLine is how one assignment, initiative, definition, group or
// resource stands, over its resources (of a resource: over its policies).
type ComplianceLine struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	Scope        string  `json:"scope,omitempty"`
	Enforcement  string  `json:"enforcementMode,omitempty"` // of an assignment
	Effect       string  `json:"effect,omitempty"`          // of a definition
	State        string  `json:"state"`
	NonCompliant int     `json:"nonCompliant"`
	Conflict     int     `json:"conflict"`
	Error        int     `json:"error"` // an expression of the policy fails
	Unknown      int     `json:"unknown"`
	Compliant    int     `json:"compliant"`
	Protected    int     `json:"protected"` // by denyAction, which is well
	Exempt       int     `json:"exempt"`
	Percentage   float64 `json:"percentage"`      // compliant, protected and exempt; 0 to 1
	Azure        float64 `json:"azurePercentage"` // as Azure counts: unknown as good as compliant
	// NotStarted are definitions that could not be evaluated, and why.
	NotStarted []string `json:"notStarted,omitempty"`
	// Missing is what was not read, where nothing is there to judge.
	Missing []string `json:"missing,omitempty"`
}

// ComplianceResult is how one resource stands to one policy of an assignment.
type ComplianceResult struct {
	ResourceID        string   `json:"resourceId"`
	ResourceType      string   `json:"resourceType"`
	State             string   `json:"complianceState"`
	AssignmentID      string   `json:"policyAssignmentId"`
	InitiativeID      string   `json:"policySetDefinitionId,omitempty"`
	DefinitionID      string   `json:"policyDefinitionId"`
	Reference         string   `json:"policyDefinitionReferenceId,omitempty"`
	Groups            []string `json:"policyDefinitionGroupNames,omitempty"`
	DisplayName       string   `json:"displayName"`
	Effect            string   `json:"effect"`
	Enforced          bool     `json:"enforced"`
	Message           string   `json:"nonComplianceMessage,omitempty"`
	Exemption         string   `json:"exemptionId,omitempty"`
	ExemptionCategory string   `json:"exemptionCategory,omitempty"`
	ExemptionExpires  string   `json:"exemptionExpiresOn,omitempty"`
	ConflictsWith     []string `json:"conflictsWith,omitempty"`
	Reasons           []string `json:"reasons,omitempty"`
}

// PolicyCompliance is the compliance of an inventory.
type PolicyCompliance struct {
	Resources   []ComplianceLine // the worst first
	Assignments []ComplianceLine
	Initiatives []ComplianceLine
	Definitions []ComplianceLine
	Groups      []ComplianceLine
	Results     []ComplianceResult // in the order of resources; see Lists
	Problems    diag.List
}

// Comply judges every resource of an inventory against assignments.
func Comply(ctx context.Context, o *ComplianceOptions) (*PolicyCompliance, error) {
	assignments, err := o.assignments()
	if err != nil {
		return nil, err
	}
	inv := o.Inventory
	po := assign.Options{Inventory: inv, Now: o.Now, Aliases: o.Aliases, Exemptions: assign.Exemptions(inv), Attestations: assign.Attestations(inv), Enrollments: assign.Enrollments(inv)}
	plan, diags := assign.NewPlan(o.Library.Library, assignments, po)
	if slices.ContainsFunc(plan.Members, func(m *assign.Member) bool { return usesFacts(m.Def) }) {
		inv = withFacts(inv, o.Now)
		po.Inventory = inv
		plan, diags = assign.NewPlan(o.Library.Library, assignments, po)
	}
	verdicts, err := evaluatePlan(ctx, plan, inv, o)
	if err != nil {
		return nil, err
	}
	c := &PolicyCompliance{Problems: diags}
	for _, x := range po.Exemptions {
		if x.Expired(o.Now) {
			c.Problems.Add(diag.Diagnostic{Code: report.CodeExpired, Severity: diag.Warning, Source: x.ID, Message: fmt.Sprintf("the exemption %q expired on %s and no longer counts", x.DisplayName, x.Expires.UTC().Format(time.DateOnly))})
		}
	}
	c.rollUp(plan, assignments, verdicts, inv, diags)
	for i := range verdicts {
		c.Results = append(c.Results, resultOf(inv, &verdicts[i]))
	}
	return c, nil
}

// assignments lists what is judged.
func (o *ComplianceOptions) assignments() ([]*assign.Assignment, error) {
	if o.Initiative != nil {
		scope := o.Scope
		if scope.IsZero() {
			scope = resource.TenantID()
		}
		a := assign.New(scope, cmp.Or(o.Initiative.ID, o.Initiative.Name), o.Parameters)
		a.DisplayName = o.Initiative.DisplayName
		return []*assign.Assignment{a}, nil
	}
	all := assign.Assignments(o.Inventory)
	if len(all) == 0 {
		return nil, usagef("the inventory has no policy assignment; name an initiative with --initiative")
	}
	if o.Assignment == "" {
		return all, nil
	}
	var out []*assign.Assignment
	var names []string
	for _, a := range all {
		names = append(names, a.Name, a.DisplayName)
		if strings.EqualFold(a.ID, o.Assignment) || strings.EqualFold(a.Name, o.Assignment) || strings.EqualFold(a.DisplayName, o.Assignment) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, usagef("no assignment of the inventory is called %q; there are %d, %s among them%s", o.Assignment, len(all), all[0].Name, didYouMean(o.Assignment, names))
	}
	return out, nil
}

// evaluatePlan judges every resource, in the order of the inventory.
func evaluatePlan(ctx context.Context, plan *assign.Plan, inv *inventory.Inventory, o *ComplianceOptions) ([]assign.Verdict, error) {
	resources := assessed(inv)
	chunks := (len(resources) + chunk - 1) / chunk
	parts := make([][]assign.Verdict, chunks)
	workers := cmp.Or(o.Workers, runtime.GOMAXPROCS(0))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, min(workers, chunks)) {
		wg.Go(func() {
			ev := plan.Evaluator()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= chunks {
					return
				}
				for _, r := range resources[i*chunk : min((i+1)*chunk, len(resources))] {
					parts[i] = append(parts[i], ev.Evaluate(r)...)
				}
				if o.Progress != nil {
					o.Progress("evaluate", i+1, chunks)
				}
			}
		})
	}
	wg.Wait()
	return slices.Concat(parts...), ctx.Err()
}

func resultOf(inv *inventory.Inventory, v *assign.Verdict) ComplianceResult {
	r := ComplianceResult{
		ResourceID: v.Resource.ID.String(), ResourceType: v.Resource.Type, State: v.StateName(), AssignmentID: v.Assignment.ID, DefinitionID: idOf(v.Document),
		Reference: v.ReferenceID, Groups: v.Groups, DisplayName: v.Document.DisplayName, Effect: v.Effect.String(), Enforced: v.Enforced,
	}
	if v.Initiative != nil {
		r.InitiativeID = idOf(v.Initiative)
	}
	if x := v.Exemption; x != nil {
		r.Exemption, r.ExemptionCategory = x.ID, "Waiver"
		if x.Mitigated {
			r.ExemptionCategory = "Mitigated"
		}
		if !x.Expires.IsZero() {
			r.ExemptionExpires = x.Expires.UTC().Format(time.RFC3339)
		}
	}
	for _, m := range v.Conflicts {
		r.ConflictsWith = append(r.ConflictsWith, m.Assignment.ID)
	}
	if v.State == finding.NonCompliant || v.State == finding.Unknown {
		r.Message = v.Message
		r.Reasons = reasons(inv, v.Resource, &v.Verdict)
	}
	return r
}

func idOf(d *assign.Document) string { return cmp.Or(d.ID, d.Name) }

// rollUp fills in the lines.
func (c *PolicyCompliance) rollUp(plan *assign.Plan, assignments []*assign.Assignment, verdicts []assign.Verdict, inv *inventory.Inventory, diags diag.List) {
	roll := assign.Roll(verdicts)
	unread := unreadTypes(plan, verdicts, inv)
	notStarted := map[string][]string{}
	for _, d := range diags {
		if d.Severity != diag.Info && d.Code != "POL0401" && d.Code != "POL0112" {
			notStarted[lower(d.Source)] = append(notStarted[lower(d.Source)], d.Message)
		}
	}
	for _, a := range assignments {
		l := lineOf(a.ID, cmp.Or(a.DisplayName, a.Name), roll.Assignments[lower(a.ID)])
		l.Scope, l.Enforcement = a.Scope.String(), "Default"
		switch {
		case a.Enroll:
			l.Enforcement = "Enroll"
		case !a.Enforced:
			l.Enforcement = "DoNotEnforce"
		}
		l.NotStarted = notStarted[lower(a.ID)]
		covered := false
		for _, m := range plan.Members {
			if m.Assignment == a {
				covered = true
				l.lack(unread[m])
			}
		}
		if !covered {
			l.State = "NotStarted"
		}
		c.Assignments = append(c.Assignments, l)
	}
	seen := map[string]bool{}
	for _, m := range plan.Members {
		if key := lower(idOf(m.Document)); !seen[key] {
			seen[key] = true
			l := lineOf(idOf(m.Document), m.Document.DisplayName, roll.Definitions[key])
			l.Effect = m.Effect.String()
			l.lack(unread[m])
			c.Definitions = append(c.Definitions, l)
		}
		if m.Initiative == nil {
			continue
		}
		set := idOf(m.Initiative)
		if !seen[lower(set)] {
			seen[lower(set)] = true
			c.Initiatives = append(c.Initiatives, lineOf(set, m.Initiative.DisplayName, roll.Initiatives[lower(set)]))
		}
		for _, g := range m.Groups {
			if key := lower(set + "#" + g); !seen[key] {
				seen[key] = true
				c.Groups = append(c.Groups, lineOf(set+"#"+g, g, roll.Groups[key]))
			}
		}
	}
	for i := range verdicts {
		key := verdicts[i].Resource.ID.Key()
		if !seen["resource:"+key] {
			seen["resource:"+key] = true
			c.Resources = append(c.Resources, lineOf(verdicts[i].Resource.ID.String(), verdicts[i].Resource.Name(), roll.Resources[key]))
		}
	}
	for _, list := range [][]ComplianceLine{c.Assignments, c.Initiatives, c.Definitions, c.Groups, c.Resources} {
		slices.SortStableFunc(list, func(a, b ComplianceLine) int {
			return cmp.Or(cmp.Compare(b.NonCompliant+b.Conflict, a.NonCompliant+a.Conflict), cmp.Compare(b.Unknown+b.Error, a.Unknown+a.Error), cmp.Compare(lower(a.Name), lower(b.Name)), cmp.Compare(a.ID, b.ID))
		})
	}
}

func lineOf(id, name string, t *assign.Tally) ComplianceLine {
	if t == nil {
		t = &assign.Tally{}
	}
	l := ComplianceLine{
		ID: id, Name: name, State: t.StateName(), NonCompliant: t.NonCompliant, Conflict: t.Conflict, Error: t.Error, Unknown: t.Unknown, Compliant: t.Compliant, Protected: t.Protected, Exempt: t.Exempt,
		Percentage: t.Percentage(), Azure: 1,
	}
	if n := t.Total(); n > 0 {
		l.Azure = float64(t.Compliant+t.Protected+t.Exempt+t.Unknown) / float64(n)
	}
	return l
}

// lack makes a line Unknown that would otherwise say that nothing is wrong
// with types that were not read.
func (l *ComplianceLine) lack(missing []string) {
	for _, m := range missing {
		if !slices.Contains(l.Missing, m) {
			l.Missing = append(l.Missing, m)
		}
	}
	if len(l.Missing) > 0 && l.NonCompliant+l.Conflict == 0 {
		l.State = finding.Unknown.String()
	}
}

// unreadTypes says of members without a verdict which types they are about
// that were not read in their scope.
func unreadTypes(plan *assign.Plan, verdicts []assign.Verdict, inv *inventory.Inventory) map[*assign.Member][]string {
	judged := map[*assign.Member]bool{}
	for i := range verdicts {
		judged[verdicts[i].Member] = true
	}
	type place struct{ typ, scope string }
	known := map[place]inventory.Coverage{}
	out := map[*assign.Member][]string{}
	for _, m := range plan.Members {
		if judged[m] || m.Effect == policy.Disabled {
			continue
		}
		for _, typ := range m.Def.Types() {
			key := place{lower(typ), m.Assignment.Scope.Key()}
			cov, ok := known[key]
			if !ok {
				cov = inv.Coverage(typ, m.Assignment.Scope)
				known[key] = cov
			}
			if !cov.Complete() {
				out[m] = append(out[m], fmt.Sprintf("%s: %s", typ, cmp.Or(cov.Reason, "not wholly read")))
			}
		}
	}
	return out
}

// Total is the tally of all results.
func (c *PolicyCompliance) Total() assign.Tally {
	var t assign.Tally
	for i := range c.Results {
		switch c.Results[i].State {
		case assign.StateConflict:
			t.Conflict++
		case assign.StateProtected:
			t.Protected++
		case assign.StateError:
			t.Error++
		case finding.NonCompliant.String():
			t.NonCompliant++
		case finding.Unknown.String():
			t.Unknown++
		case finding.Compliant.String():
			t.Compliant++
		case finding.Exempt.String():
			t.Exempt++
		}
	}
	return t
}
