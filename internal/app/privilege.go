package app

import (
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/privilege"
	"github.com/azward/azward/resource"
)

// PrivilegeFinding is a finding about privilege with its names.
type PrivilegeFinding struct {
	Rule      string           `json:"rule"`
	Title     string           `json:"title"`
	Severity  finding.Severity `json:"severity"`
	State     finding.State    `json:"state"`
	Principal *Principal       `json:"principal,omitempty"`
	Subject   string           `json:"subject"`
	Scope     string           `json:"scope"`
	Evidence  string           `json:"evidence,omitempty"`
	Missing   string           `json:"missing,omitempty"`
	Fix       string           `json:"fix"`
	Reference string           `json:"reference"`
}

// Privilege lists what makes privilege dangerous in the inventory, the gravest
// first; what cannot be known is listed as Unknown.
func (a *Access) Privilege(now time.Time) []PrivilegeFinding {
	out := []PrivilegeFinding{}
	for _, f := range privilege.Find(privilege.Facts{Directory: a.dir, Azure: a.active, Assignments: a.grants, Eligible: a.eligibles, Now: now, ContextEnforced: a.contextEnforced, AzureActivation: a.azureActivation()}) {
		one := PrivilegeFinding{
			Rule: f.Rule.ID, Title: f.Rule.Title, Severity: f.Rule.Severity, State: f.State, Subject: f.Subject, Scope: f.Scope,
			Evidence: f.Evidence, Missing: f.Missing, Reference: f.Rule.Page,
		}
		name := "every principal"
		if f.Principal != "" {
			p := a.Named(f.Principal)
			if app, ok := a.dir.Application(f.Principal); ok {
				p = Principal{app.ID, "Application", app.DisplayName}
			}
			one.Principal, name = &p, p.String()
		}
		one.Fix = fill(f.Rule.Fix, name, f.Subject)
		out = append(out, one)
	}
	return out
}

// azureActivation returns what answers how an Azure role is activated at a scope.
func (a *Access) azureActivation() func(*access.Assignment) (*directory.ActivationRules, bool) {
	policies := map[string]jsondoc.Value{}
	for r := range a.inv.OfType("Microsoft.Authorization/roleManagementPolicies") {
		policies[r.ID.Key()] = r.Properties()
	}
	rules := map[string]*directory.ActivationRules{}
	for r := range a.inv.OfType("Microsoft.Authorization/roleManagementPolicyAssignments") {
		p := r.Properties()
		scope := r.ID.Scope()
		if id, err := resource.ParseID(p.Get("scope").TextOr("")); err == nil {
			scope = id
		}
		if p.Get("effectiveRules").IsMissing() && p.Get("rules").IsMissing() {
			id, err := resource.ParseID(p.Get("policyId").TextOr(""))
			if err != nil {
				continue
			}
			var ok bool
			if p, ok = policies[id.Key()], policies[id.Key()].Exists(); !ok {
				continue
			}
		}
		rules[access.RoleKey(r.Properties().Get("roleDefinitionId").TextOr(""))+" "+scope.Key()] = directory.ParseActivation(p)
	}
	return func(as *access.Assignment) (*directory.ActivationRules, bool) {
		found, ok := rules[as.Role+" "+as.Scope.Key()]
		return found, ok
	}
}

func fill(text, principal, subject string) string {
	return strings.NewReplacer("{principal}", principal, "{subject}", subject).Replace(text)
}

// contextEnforced tells whether an enabled Conditional Access policy names an
// authentication context and demands something of whoever uses it.
func (a *Access) contextEnforced(context string) finding.Truth {
	out := finding.False
	if directoryGap(a.inv, directory.ConditionalAccessPolicies) != "" {
		out = finding.Maybe
	}
	for _, body := range a.dir.Objects(directory.ConditionalAccessPolicies) {
		p, _ := condaccess.ParsePolicy(body)
		if p == nil || !slices.ContainsFunc(p.Conditions.Applications.Contexts, func(c string) bool { return strings.EqualFold(c, context) }) {
			continue
		}
		switch p.Demands() {
		case condaccess.True:
			return finding.True
		case condaccess.Unknown:
			out = finding.Maybe
		case condaccess.False:
		}
	}
	return out
}
