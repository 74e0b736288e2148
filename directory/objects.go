package directory

import (
	"time"

	"github.com/azward/azward/jsondoc"
)

// User is a user object of the tenant.
type User struct {
	ID           string // as Graph gives it
	UPN          string
	DisplayName  string
	Mail         string
	UserType     string // "Member", "Guest" or "" where it was not read
	CreationType string
	Enabled      Tri
	External     Tri    // signs in with credentials of another tenant or provider
	HomeTenant   string // tenant id, where the object tells it
	OnPremises   bool   // synchronized from Active Directory
	AgentUser    bool   // a user that stands for an agent
	Created      time.Time
	LastSignIn   time.Time // the latest of interactive and non-interactive; zero where unread
	MFARegistered,
	MFACapable Tri
	Methods []string // registered authentication methods
	Body    jsondoc.Value

	key         string
	listedRoles []string
	memberOf    []string
	hasMemberOf bool
	hasRoles    bool
}

// Group is a group of the tenant.
type Group struct {
	ID             string
	DisplayName    string
	Dynamic        bool
	RoleAssignable bool
	Security       bool
	Microsoft365   bool
	MembersRead    bool     // false: nobody knows who is in it
	Members        []string // ids of direct members
	Owners         []string
	Body           jsondoc.Value

	key string
}

// ServicePrincipal is an application's identity in the tenant.
type ServicePrincipal struct {
	ID, AppID, DisplayName string
	Kind                   string // servicePrincipalType: Application, ManagedIdentity, Legacy, SocialIdp
	OwnerTenant            string // appOwnerOrganizationId
	SignInAudience         string
	Enabled                Tri
	Owners                 []string
	Agent                  bool // an agent identity
	Credentials            []Credential
	Body                   jsondoc.Value

	key string
}

// Application is an app registration of the tenant.
type Application struct {
	ID, AppID, DisplayName string
	SignInAudience         string
	Owners                 []string
	Credentials            []Credential
	Body                   jsondoc.Value
}

// Credential is a password or certificate of an application or service principal.
type Credential struct {
	Kind       string // "password" or "certificate"
	KeyID      string
	Start, End time.Time // zero where not given
}

// Device is a device object.
type Device struct {
	ID, DeviceID, DisplayName string
	Body                      jsondoc.Value
}

// Role is a directory role definition.
type Role struct {
	ID, TemplateID, DisplayName string
	BuiltIn                     Tri
	Privileged                  Tri // isPrivileged
	Body                        jsondoc.Value
}

// RoleAssignment binds a principal to a directory role at a scope, actively or
// by eligibility.
type RoleAssignment struct {
	ID          string
	PrincipalID string
	Role        *Role
	Scope       string // directoryScopeId: "/", "/administrativeUnits/{id}", "/{objectId}"; app scopes as "/apps/..."
	Eligible    bool
	Activated   bool // an eligible assignment that has been activated
	Start, End  time.Time
	Source      string // collection the assignment was read from
	ViaGroup    string // id of the group through which a principal holds it; set by RolesOf
}

// TenantWide tells whether the assignment holds in the whole tenant. Conditional
// Access counts only these ("Conditional Access: Users, groups, agents and
// workload identities", Microsoft Entra documentation).
func (r *RoleAssignment) TenantWide() bool { return r.Scope == everywhere }

// Permanent tells whether the assignment never ends.
func (r *RoleAssignment) Permanent() bool { return r.End.IsZero() }

// ConsentGrant is a delegated permission grant.
type ConsentGrant struct {
	ClientID, ResourceID, PrincipalID, ConsentType string
	Scopes                                         []string
	Body                                           jsondoc.Value
}

// AppRoleGrant is an application permission (app role) held by a principal.
type AppRoleGrant struct {
	PrincipalID, PrincipalType, ResourceID, AppRoleID string
	Body                                              jsondoc.Value
}

// ActivationRules is what Privileged Identity Management asks of a person who
// activates a role ("Rules in PIM", Microsoft Graph documentation).
type ActivationRules struct {
	MFA                   Tri
	Justification         Tri
	Ticket                Tri
	Approval              Tri
	Approvers             []string
	AuthenticationContext string // claim value such as "c1", "" where none is asked
	MaximumDuration       string // ISO 8601
	PermanentActive       Tri    // active assignments may be permanent
	PermanentEligible     Tri
}

// Tri is a truth value that may be unknown.
type Tri uint8

// The truth values. Unknown is the zero value.
const (
	Unknown Tri = iota
	False
	True
)

// TriOf converts a known truth value.
func TriOf(b bool) Tri {
	if b {
		return True
	}
	return False
}

// Not negates; what is not known stays so.
func (t Tri) Not() Tri {
	switch t {
	case True:
		return False
	case False:
		return True
	case Unknown:
	}
	return Unknown
}

// String returns "unknown", "false" or "true".
func (t Tri) String() string { return [...]string{"unknown", "false", "true"}[t] }
