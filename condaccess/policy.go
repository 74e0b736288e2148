package condaccess

import (
	"github.com/azward/azward/jsondoc"
)

// Policy is a Conditional Access policy as it was read. Lists hold the words of
// the document; what this package could not read is in Unread, and makes the
// policy's answers Unknown.
type Policy struct {
	ID, DisplayName string
	State           State
	Conditions      Conditions
	Grant           *Grant        // nil where the policy asks for no control
	Session         *Session      // nil where the policy has no session control
	Unread          []Unread      // conditions and controls that are kept, not understood
	Body            jsondoc.Value // the whole document
}

// Name returns the display name, or the id where there is none.
func (p *Policy) Name() string {
	if p.DisplayName != "" {
		return p.DisplayName
	}
	return p.ID
}

// JSON returns the whole document with the names of Graph's JSON, whatever the
// casing it was read in; nothing is left out.
func (p *Policy) JSON() jsondoc.Value { return graphNames(p.Body) }

func graphNames(v jsondoc.Value) jsondoc.Value {
	switch v.Kind() {
	case jsondoc.Object:
		ms := make([]jsondoc.Member, 0, v.Len())
		for name, m := range v.Members() {
			if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
				name = string(name[0]|0x20) + name[1:]
			}
			ms = append(ms, jsondoc.Member{Name: name, Value: graphNames(m)})
		}
		return jsondoc.NewObject(ms...)
	case jsondoc.Array:
		vs := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			vs = append(vs, graphNames(e))
		}
		return jsondoc.NewArray(vs...)
	default:
		return v
	}
}

// Unread is a part of a policy that this package does not understand.
type Unread struct {
	Path string // dotted, from the policy
	Why  string
	Part Part
}

// Part says what of a policy something belongs to.
type Part uint8

// The parts of a policy. An unread condition makes it unknown whether the policy
// applies; an unread control, what it asks.
const (
	PartCondition Part = iota
	PartGrant
	PartSession
)

// Conditions say to which sign-ins a policy applies. All must be met; one that is
// not set is met.
type Conditions struct {
	Applications       Applications
	Users              Users
	ClientApplications *ClientApplications
	ClientAppTypes     []string
	Platforms          *Choice
	Locations          *Choice
	Devices            *Devices
	SignInRisk         []string
	UserRisk           []string
	WorkloadRisk       []string // service principal risk
	InsiderRisk        []string
	AgentRisk          []string
	TransferMethods    []string
}

// Choice is an include list less an exclude list.
type Choice struct{ Include, Exclude []string }

// Applications are the target resources of a policy.
type Applications struct {
	Choice
	UserActions []string
	Contexts    []string // authentication contexts
	Filter      *Filter  // over custom security attributes
}

// Users say whom a policy is about; the channels of each side are ORed.
type Users struct {
	Users, Groups, Roles Choice
	IncludeGuests        *Guests
	ExcludeGuests        *Guests
}

// Guests are kinds of external users, of every tenant or of some.
type Guests struct {
	Kinds   GuestKinds
	Tenants []string // ids; nil means every tenant
}

// ClientApplications say which workload identities a policy is about.
type ClientApplications struct {
	Choice
	Agents Choice // agent identities (beta)
	Filter *Filter
}

// Devices is the device condition.
type Devices struct {
	Filter *Filter
	States Choice // retired: All, Compliant, DomainJoined
}

// Filter is a rule with its mode.
type Filter struct {
	Exclude bool // the policy applies where the rule is false
	Rule    *Rule
	Text    string
}

// Grant is what a policy asks for.
type Grant struct {
	And      bool // all of the controls, not one of them
	Operator string
	BuiltIn  []string
	Custom   []string
	Terms    []string
	Strength *Strength
}

// Session is what a policy does to the session.
type Session struct {
	AppEnforcedRestrictions bool
	CloudAppSecurity        string // type, "" where it is off
	SignInFrequency         *Frequency
	PersistentBrowser       string // "always", "never", "" where it is off
	TokenProtection         bool   // secureSignInSession
	DisableResilience       bool
	ContinuousAccess        string // mode
	SecurityProfile         string // Global Secure Access profile
}

// Frequency is a sign-in frequency.
type Frequency struct {
	EveryTime     bool
	Hours         int // 0 with EveryTime
	SecondaryOnly bool
}
