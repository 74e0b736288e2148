package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/posture"
	"github.com/azward/azward/resource"
)

// PolicyWhatIfOptions say what is assigned to what.
type PolicyWhatIfOptions struct {
	Inventory  *inventory.Inventory
	Library    *PolicyLibrary
	Document   *assign.Document // definition or initiative
	Scope      resource.ID      // the tenant where zero
	NotScopes  []resource.ID
	Parameters jsondoc.Value
	Aliases    *policy.Aliases
	Score      bool // also work out how the Secure Score moves
	Now        time.Time
	Clock      func() time.Time
	Progress   func(stage string, done, total int)
}

// WhatIfEffect is what one definition would do to one resource.
type WhatIfEffect struct {
	ResourceID   string              `json:"resourceId"`
	ResourceType string              `json:"resourceType"`
	DefinitionID string              `json:"policyDefinitionId"`
	Reference    string              `json:"policyDefinitionReferenceId,omitempty"`
	DisplayName  string              `json:"displayName"`
	Effect       string              `json:"effect"`
	Reasons      []string            `json:"reasons,omitempty"`
	Remediation  *policy.Remediation `json:"-"`
}

// PolicyWhatIf is what an assignment would do.
type PolicyWhatIf struct {
	Assignment *assign.Assignment
	Looked     int            // resources that a definition applies to
	Compliant  int            // of those, resources that nothing would happen to
	Denied     []WhatIfEffect // on their next write
	Changed    []WhatIfEffect // by modify and append: on the next write, or by a remediation task
	Remediated []WhatIfEffect // deployIfNotExists would deploy
	Audited    []WhatIfEffect // listed as not compliant, nothing else
	Protected  []WhatIfEffect // denyAction: its deletion would be refused
	Unknown    []WhatIfEffect
	Score      *WhatIfScore // nil where it was not asked for
	Problems   diag.List
}

// WhatIfScore is how the Secure Score moves once what the assignment finds is
// put right.
type WhatIfScore struct {
	Before   posture.Score
	After    posture.Score
	Controls []WhatIfControl
	// Asks are the controls of the score that ask what the definitions ask;
	// without one only properties that modify or append change can move it.
	Asks []string
	// Gone is how many findings go away. One whose resource fails another
	// recommendation of the same control moves nothing.
	Gone int
}

// WhatIfControl is a control of the Secure Score that moves.
type WhatIfControl struct {
	Name         string  `json:"name"`
	Before       float64 `json:"before"`
	After        float64 `json:"after"`
	Max          int     `json:"max"`
	NewlyHealthy int     `json:"newlyHealthy"`
	StillUnwell  int     `json:"stillUnhealthy"`
}

// WhatIfPolicy plans an assignment of a definition or an initiative by itself
// and says what would happen to every resource of the inventory in its scope.
func WhatIfPolicy(ctx context.Context, o *PolicyWhatIfOptions) (*PolicyWhatIf, error) {
	scope := o.Scope
	if scope.IsZero() {
		scope = resource.TenantID()
	}
	a := assign.New(scope, cmp.Or(o.Document.ID, o.Document.Name), o.Parameters)
	a.NotScopes = o.NotScopes
	inv := o.Inventory
	plan, diags := o.plan(a, inv)
	if slices.ContainsFunc(plan.Members, func(m *assign.Member) bool { return usesFacts(m.Def) }) {
		inv = withFacts(inv, o.Now)
		plan, diags = o.plan(a, inv)
	}
	if len(plan.Members) == 0 {
		return nil, usagef("nothing of %s can be assigned: %s", o.Document.DisplayName, diags.Error())
	}
	w := &PolicyWhatIf{Assignment: a, Problems: diags}
	ev := plan.Evaluator()
	changed := map[string]jsondoc.Value{}
	mended := map[string][]string{} // definitions whose findings a resource no longer has, by its key
	for r := range inv.All() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		verdicts := ev.Evaluate(r)
		if len(verdicts) == 0 {
			continue
		}
		w.Looked++
		adm := ev.Request(r)
		before := w.effects()
		for _, part := range []struct {
			to   *[]WhatIfEffect
			from []assign.Decision
		}{{&w.Denied, adm.Denied}, {&w.Changed, adm.Changed}, {&w.Audited, adm.Audited}, {&w.Unknown, adm.Unknown}, {&w.Protected, adm.Kept}, {nil, adm.After}} {
			for i := range part.from {
				d := &part.from[i]
				to := part.to
				if to == nil {
					to = &w.Audited
					if d.Outcome.Effect == policy.DeployIfNotExists {
						to = &w.Remediated
					}
				}
				*to = append(*to, whatIfEffect(inv, r, d))
				if d.State != finding.Unknown && d.Outcome.Effect != policy.DenyAction {
					mended[r.ID.Key()] = append(mended[r.ID.Key()], idOf(d.Document))
				}
			}
		}
		if len(adm.Changed) > 0 {
			changed[r.ID.Key()] = adm.Resource
		}
		if w.effects() == before && allCompliant(verdicts) {
			w.Compliant++
		}
	}
	if o.Score {
		var err error
		w.Score, err = o.score(ctx, changed, mended, plan)
		return w, err
	}
	return w, nil
}

func (w *PolicyWhatIf) effects() int {
	return len(w.Denied) + len(w.Changed) + len(w.Remediated) + len(w.Audited) + len(w.Protected) + len(w.Unknown)
}

func allCompliant(verdicts []assign.Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v assign.Verdict) bool { return v.State != finding.Compliant })
}

func (o *PolicyWhatIfOptions) plan(a *assign.Assignment, inv *inventory.Inventory) (*assign.Plan, diag.List) {
	return assign.NewPlan(o.Library.Library, []*assign.Assignment{a}, assign.Options{Inventory: inv, Now: o.Now, Aliases: o.Aliases})
}

func whatIfEffect(inv *inventory.Inventory, r *resource.Resource, d *assign.Decision) WhatIfEffect {
	why := reasons(inv, r, &d.Verdict)
	if _, group := d.Def.Protects(); group {
		why = append(why, "nor can its resource group be deleted")
	}
	return WhatIfEffect{
		ResourceID: r.ID.String(), ResourceType: r.Type, DefinitionID: idOf(d.Document), Reference: d.ReferenceID, DisplayName: d.Document.DisplayName,
		Effect: d.Outcome.Effect.String(), Reasons: why, Remediation: d.Remediation,
	}
}

// score assesses the tenant as it is and as it would be: with the bodies that
// modify and append leave, and with the findings gone of the controls that ask
// what the assigned definitions ask.
func (o *PolicyWhatIfOptions) score(ctx context.Context, changed map[string]jsondoc.Value, mended map[string][]string, plan *assign.Plan) (*WhatIfScore, error) {
	now, before, err := o.assess(ctx, o.Inventory)
	if err != nil {
		return nil, err
	}
	then, after := now, before
	if len(changed) > 0 {
		if then, after, err = o.assess(ctx, withBodies(o.Inventory, changed)); err != nil {
			return nil, err
		}
	}
	asks := map[string][]string{} // control ids by definition
	s := &WhatIfScore{Before: posture.Calculate(before)}
	for _, m := range plan.Members {
		id := idOf(m.Document)
		if _, ok := asks[id]; !ok {
			asks[id] = now.controlsOf(id)
			for _, c := range asks[id] {
				if !slices.Contains(s.Asks, c) {
					s.Asks = append(s.Asks, c)
				}
			}
		}
	}
	results := slices.Clone(after.Results)
	for i := range results {
		r := &results[i]
		if r.State != finding.NonCompliant {
			continue
		}
		control := then.rules[r.Recommendation].id
		if slices.ContainsFunc(mended[then.resources[r.Resource].ID.Key()], func(def string) bool { return slices.Contains(asks[def], control) }) {
			r.State = finding.Compliant
		}
	}
	after.Results = results
	s.Gone = openResults(before.Results) - openResults(results)
	s.After = posture.Calculate(after)
	for _, c := range s.After.Controls {
		for _, b := range s.Before.Controls {
			if b.Name == c.Name && (b.Current != c.Current || b.Healthy != c.Healthy) {
				s.Controls = append(s.Controls, WhatIfControl{Name: c.Name, Before: b.Current, After: c.Current, Max: c.Max, NewlyHealthy: c.Healthy - b.Healthy, StillUnwell: c.Unhealthy})
			}
		}
	}
	return s, nil
}

func openResults(list []posture.Result) int {
	n := 0
	for i := range list {
		if list[i].State == finding.NonCompliant && list[i].Exemption == posture.NotExempt {
			n++
		}
	}
	return n
}

// assess runs an assessment as far as the facts of the score.
func (o *PolicyWhatIfOptions) assess(ctx context.Context, inv *inventory.Inventory) (*session, posture.Facts, error) {
	s := &session{o: &Options{Inventory: inv, Now: o.Now, Clock: o.Clock, Progress: o.Progress, Aliases: o.Aliases}}
	if err := s.gather(ctx); err != nil {
		return nil, posture.Facts{}, err
	}
	return s, s.scoreFacts(&report.Assessment{}), nil
}

// withBodies returns the inventory with other bodies for some resources.
func withBodies(inv *inventory.Inventory, bodies map[string]jsondoc.Value) *inventory.Inventory {
	b := inventory.NewBuilder()
	done := map[string]bool{}
	for r := range inv.Records() {
		key := r.ID.Key()
		if body, ok := bodies[key]; ok {
			next := *r
			next.Body = body
			r = &next
			done[key] = true
		}
		b.Add(r)
	}
	for r := range inv.All() { // what stands in its parent's body
		if body, ok := bodies[r.ID.Key()]; ok && !done[r.ID.Key()] {
			next := *r
			next.Body = body
			b.Add(&next)
		}
	}
	for _, e := range inv.Manifest().Entries() {
		b.Cover(e)
	}
	return b.Build()
}

// ScopeNamed returns the id of a scope: an id as it is, or a management group,
// subscription or resource group of the inventory by its name.
func ScopeNamed(inv *inventory.Inventory, want string) (resource.ID, error) {
	if want == "" || want == "/" {
		return resource.TenantID(), nil
	}
	if strings.HasPrefix(want, "/") {
		id, err := resource.ParseID(want)
		if err != nil {
			return id, usagef("the scope %s is no id", want)
		}
		return id, nil
	}
	var found []resource.ID
	var known []string
	for _, typ := range []string{"Microsoft.Management/managementGroups", resource.TypeSubscription, "Microsoft.Resources/subscriptions/resourceGroups"} {
		for r := range inv.OfType(typ) {
			names := []string{r.Name(), r.ID.Subscription(), r.Properties().Get("displayName").TextOr("")}
			if typ == resource.TypeSubscription {
				names = append(names, subscriptionName(r))
			} else {
				names[1] = ""
			}
			known = append(known, names...)
			if slices.ContainsFunc(names, func(n string) bool { return n != "" && strings.EqualFold(n, want) }) {
				found = append(found, r.ID)
			}
		}
	}
	switch len(found) {
	case 0:
		return resource.ID{}, usagef("no management group, subscription or resource group of the inventory is called %q%s", want, didYouMean(want, known))
	case 1:
		return found[0], nil
	}
	return resource.ID{}, usagef("%d scopes are called %q; give the id of one: %s, %s", len(found), want, found[0], found[1])
}
