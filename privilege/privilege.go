// Package privilege lists what makes privilege dangerous in a tenant: roles that
// never end, activations that ask for nothing, identities whose permissions lead
// to everything, credentials that live too long, owners and guests nobody
// counted. It takes a directory and Azure's role assignments and gives findings;
// which paths they open is for attackpath.
//
// Start with [Find]. What cannot be known is a finding of its own with the state
// Unknown, never left out.
package privilege

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
)

// Rule is a kind of finding.
type Rule struct {
	ID       string
	Title    string
	Severity finding.Severity
	Fix      string // the change that ends it; {principal} and {subject} are filled in
	Page     string // the documentation that says why
}

// The rules, by id.
const (
	StandingDirectoryRole = "standing-directory-role"
	StandingAzureRole     = "standing-azure-role"
	OutsidePIM            = "assigned-outside-pim"
	WeakActivation        = "weak-activation"
	ContextNotEnforced    = "activation-context-not-enforced"
	UnusedEligibility     = "unused-eligibility"
	GroupCarriesRole      = "group-carries-role"
	DangerousPermission   = "dangerous-application-permission"
	DangerousAzure        = "dangerous-azure-permission"
	CredentialExpired     = "credential-expired"
	CredentialExpiring    = "credential-expiring"
	CredentialLongLived   = "credential-long-lived"
	CredentialUnused      = "credential-on-unused-application"
	OwnerNotAdministrator = "owner-is-no-administrator"
	GuestWithPrivilege    = "guest-with-privilege"
	DisabledWithPrivilege = "disabled-account-with-privilege"
	GoneWithPrivilege     = "assignment-to-nobody"
)

// Rules returns every rule in the order in which findings are listed.
func Rules() []Rule {
	return []Rule{
		{DangerousPermission, "An application may make itself an administrator", finding.Critical, "remove the permission {subject} from {principal}, or replace it by a narrower one", "Microsoft Graph permissions reference"},
		{DangerousAzure, "An application or managed identity may assign Azure roles", finding.High, "replace the role {subject} of {principal} by one without Microsoft.Authorization/*", "Best practices for Azure RBAC"},
		{GuestWithPrivilege, "A guest holds privilege", finding.High, "take {subject} from {principal}", "Securing external collaboration, Microsoft Entra"},
		{OwnerNotAdministrator, "The owner of a privileged object is no administrator", finding.High, "take the ownership of {subject} from {principal}", "Best practices for Microsoft Entra roles"},
		{WeakActivation, "A role is activated without multifactor authentication, approval or an authentication context", finding.High, "ask for multifactor authentication or approval in the settings of the role {subject}", "Configure Microsoft Entra role settings in PIM"},
		{ContextNotEnforced, "An activation asks for an authentication context that no Conditional Access policy enforces", finding.High, "make a Conditional Access policy for the authentication context of {subject}", "Configure Microsoft Entra role settings in PIM"},
		{StandingDirectoryRole, "A privileged directory role never ends", finding.Medium, "make {principal} eligible for {subject} instead", "Best practices for Microsoft Entra roles"},
		{StandingAzureRole, "A privileged Azure role never ends", finding.Medium, "make {principal} eligible for {subject} instead", "Assign Azure resource roles in PIM"},
		{OutsidePIM, "A role was assigned outside Privileged Identity Management", finding.Medium, "remove the assignment of {subject} to {principal} and assign it in PIM", "Best practices for Microsoft Entra roles"},
		{GroupCarriesRole, "A group that anyone may be added to carries a privileged Azure role", finding.Medium, "assign {subject} to a role-assignable group, or guard {principal} by PIM for Groups", "Use Microsoft Entra groups to manage role assignments"},
		{DisabledWithPrivilege, "A disabled account holds privilege", finding.Medium, "take {subject} from {principal}", "Access reviews for Azure and Microsoft Entra roles"},
		{GoneWithPrivilege, "A role is assigned to nobody that the directory knows", finding.Low, "remove the assignment of {subject}", "Troubleshoot Azure RBAC"},
		{CredentialLongLived, "A credential lives for more than a year", finding.Medium, "replace the credential of {principal} by one of 180 days, or by a federated credential", "Security best practices for application properties"},
		{CredentialUnused, "An application that nobody uses has a valid credential", finding.Medium, "remove the credentials of {principal}", "Security best practices for application properties"},
		{CredentialExpired, "A credential has expired", finding.Low, "remove the expired credential of {principal}", "Security best practices for application properties"},
		{CredentialExpiring, "A credential expires within thirty days", finding.Low, "replace the credential of {principal}", "Security best practices for application properties"},
		{UnusedEligibility, "Nobody activated an eligible role", finding.Low, "end the eligibility of {principal} for {subject}", "Access reviews for Azure and Microsoft Entra roles"},
	}
}

// Finding is one thing that is wrong, or that cannot be known.
type Finding struct {
	Rule      Rule
	State     finding.State // NonCompliant or Unknown
	Principal string        // object id
	Subject   string        // the role, permission or object
	Scope     string        // "/" for the directory, else an ARM id
	Evidence  string        // what was found
	Missing   string        // what would have to be read, where State is Unknown
}

// Facts are what Find looks at.
type Facts struct {
	Directory   *directory.Directory
	Azure       *access.System
	Assignments []*access.Assignment
	Eligible    []*access.Assignment // Azure roles that may be activated
	Now         time.Time
	// AzureActivation tells what an activation of an Azure role at a scope asks
	// for; settings are of one scope and not handed down. Nil: not known.
	AzureActivation func(a *access.Assignment) (*directory.ActivationRules, bool)
	// ContextEnforced tells whether an enabled Conditional Access policy demands
	// something for an authentication context ("c2"). Nil: not known.
	ContextEnforced func(context string) finding.Truth
}

// Limits on credentials, from "Security best practices for application
// properties in Microsoft Entra ID" and its advice on lifetimes.
const (
	longLived = 366 * 24 * time.Hour
	soon      = 30 * 24 * time.Hour
	unusedFor = 90 * 24 * time.Hour
)

type finder struct {
	Facts
	rules map[string]Rule
	out   []Finding
}

// Find lists what is wrong, the gravest rules first.
func Find(f Facts) []Finding {
	x := &finder{Facts: f, rules: map[string]Rule{}}
	order := map[string]int{}
	for i, r := range Rules() {
		x.rules[r.ID], order[r.ID] = r, i
	}
	x.directoryRoles()
	x.activations()
	x.permissions()
	x.azureRoles()
	x.azureActivations()
	x.credentials()
	slices.SortStableFunc(x.out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.Rule.ID], order[b.Rule.ID]), strings.Compare(a.Principal, b.Principal), strings.Compare(a.Subject, b.Subject))
	})
	return x.out
}

func (x *finder) add(rule, principal, subject, scope, evidence string) {
	x.out = append(x.out, Finding{Rule: x.rules[rule], State: finding.NonCompliant, Principal: principal, Subject: subject, Scope: scope, Evidence: evidence})
}

func (x *finder) unknown(rule, principal, subject, missing string) {
	x.out = append(x.out, Finding{Rule: x.rules[rule], State: finding.Unknown, Principal: principal, Subject: subject, Scope: "/", Missing: missing})
}

func roleName(r *directory.Role) string {
	if r == nil {
		return ""
	}
	return cmp.Or(r.DisplayName, r.TemplateID, r.ID)
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02") }
