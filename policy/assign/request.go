package assign

import (
	"cmp"
	"slices"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// Admission is what a request to create or update a resource meets.
type Admission struct {
	Denied   []Decision    // who denies it; none where it goes through
	Changed  []Decision    // modify and append that take place
	Audited  []Decision    // audit, and deny that is not enforced
	After    []Decision    // auditIfNotExists and deployIfNotExists, looked at once it is there
	Kept     []Decision    // denyAction that refuses to delete what is there
	Unknown  []Decision    // cannot be told
	Resource jsondoc.Value // the body as it goes to the resource provider
}

// Decision is an effect on a request.
type Decision struct {
	*Member
	policy.Outcome
}

// Request evaluates a resource as Azure does a request, in the order of its
// effects: modify and append change the body, then deny looks at what came of
// it, then audit, and if-not-exists effects once it is there. Effects of
// assignments that are not enforced do not take place. Exempt members are
// passed over. What cannot be evaluated because a function fails is denied, as
// is an append of another value than the request's.
//
// Source: "Azure Policy definitions effect basics", Order of evaluation; "Azure
// Policy definition structure policy rule", Value; "Azure Policy definitions
// append effect"; "Azure Policy definitions modify effect", conflictEffect.
func (e *Evaluator) Request(r *resource.Resource) Admission {
	a := Admission{Resource: r.Body}
	list := slices.Clone(e.candidates(r))
	def := func(i int32) *policy.Definition { return e.p.Members[i].definitionFor(r) }
	list = slices.DeleteFunc(list, func(i int32) bool {
		m, d := e.p.Members[i], def(i)
		return d.Effect == policy.Disabled || !Judges(d, r, e.p.o.Inventory) || !e.covers(m.Assignment, r) || e.exemption(m, r) != nil
	})
	slices.SortStableFunc(list, func(x, y int32) int { return cmp.Compare(def(x).Effect.Order(), def(y).Effect.Order()) })
	clash := e.clashes(r, list)
	for _, i := range list {
		m, d := e.p.Members[i], def(i)
		e.member = m
		one := Decision{m, e.ev.Decide(d, r)}
		enforced := e.enforced(m, r)
		switch {
		case one.Err != nil && one.State == finding.Unknown && enforced:
			a.Denied = append(a.Denied, one)
		case one.State == finding.Unknown && !one.Fires:
			a.Unknown = append(a.Unknown, one)
		case !one.Fires:
		case d.Effect == policy.Modify || d.Effect == policy.Append:
			if !enforced || one.Remediation == nil || clash[i] == passedOver {
				continue
			}
			if clash[i] == refused || len(one.Remediation.Denied) > 0 {
				a.Denied = append(a.Denied, one)
				continue
			}
			if len(one.Remediation.Changes) == 0 {
				continue
			}
			a.Changed = append(a.Changed, one)
			a.Resource = one.Remediation.Resource
			changed := *r
			changed.Body = a.Resource
			r = &changed
		case d.Effect == policy.Deny && enforced:
			a.Denied = append(a.Denied, one)
		case d.Effect == policy.Deny, d.Effect == policy.Audit:
			a.Audited = append(a.Audited, one)
		case d.Effect == policy.DenyAction:
			if deletes, _ := d.Protects(); deletes && enforced && !slices.Contains(neverKept, r.TypeKey()) {
				a.Kept = append(a.Kept, one)
			}
		case d.Effect == policy.AuditIfNotExists, d.Effect == policy.DeployIfNotExists:
			a.After = append(a.After, one)
		case one.State == finding.Unknown:
			a.Unknown = append(a.Unknown, one)
		}
	}
	return a
}

// neverKept are types that denyAction does not speak of, so that nobody locks
// himself out. Source: "Azure Policy definitions denyAction effect".
var neverKept = []string{
	"microsoft.authorization/policyassignments", "microsoft.authorization/denyassignments", "microsoft.blueprint/blueprintassignments",
	"microsoft.resources/deploymentstacks", "microsoft.resources/subscriptions", "microsoft.authorization/locks",
}
