package condaccess

import (
	"net/netip"
	"strings"
)

// SignIn is a sign-in to decide. What a field does not tell is not known.
type SignIn struct {
	User     string  // object id or principal name of a user of the directory
	Person   *Person // what is told of the person beside, or in place of, the directory
	Workload string  // object id or app id of a service principal, in place of a user

	App      string     // app id of the resource
	MoreApps []string   // further resources that the sign-in asks for
	Action   UserAction // in place of an app
	Contexts []string   // authentication contexts asked for, beside or in place of an app

	Client   ClientApp
	Platform Platform
	IP       netip.Addr
	Country  string // two letters; UnknownCountry where Entra knows none
	Network  Tri    // through the compliant network of Global Secure Access

	SignInRisk, UserRisk, WorkloadRisk, AgentRisk Risk
	InsiderRisk                                   InsiderRisk
	Flow                                          Flow
	Device                                        *Device
}

// UnknownCountry is the country of an address that Entra cannot place.
const UnknownCountry = "unknown"

// UserAction is an action that a policy may be about.
type UserAction uint8

// The user actions ("conditionalAccessApplications", Microsoft Graph).
const (
	RegisterSecurityInfo UserAction = iota + 1
	RegisterDevice
)

// String returns the word that policies use, "" for none.
func (a UserAction) String() string {
	return [...]string{"", "urn:user:registersecurityinfo", "urn:user:registerdevice"}[a]
}

// ParseUserAction reads a user action as policies and as What If requests write it.
func ParseUserAction(s string) (UserAction, bool) {
	switch fold(s) {
	case "urn:user:registersecurityinfo", "registersecurityinformation", "registersecurityinfo":
		return RegisterSecurityInfo, true
	case "urn:user:registerdevice", "registerorjoindevices", "registerdevice":
		return RegisterDevice, true
	}
	return 0, false
}

// Person is what is told of whoever signs in.
type Person struct {
	Kinds       GuestKinds // the kinds that the person may be; 0: whatever the directory says
	Tenant      string     // home tenant of an external person
	Groups      []string   // ids of groups, nested ones included
	GroupsKnown bool       // there are no others
	Roles       []string   // template ids of active tenant-wide roles
	RolesKnown  bool       // there are no others
}

// Device is what is known of a device. The zero Device is one of which nothing is
// known; see [Unregistered].
type Device struct{ props [29]property }

// Unregistered returns a device that the tenant does not know: each property is null.
func Unregistered() *Device {
	d := &Device{}
	for i := range d.props {
		d.props[i].known = true
	}
	return d
}

// Set sets a property by its name in rules; no value means null. It answers
// whether devices have such a property.
func (d *Device) Set(name string, values ...string) bool {
	for i, p := range deviceProps {
		if strings.EqualFold(p.name, name) {
			d.props[i] = property{known: true}
			for _, v := range values {
				d.props[i].values = append(d.props[i].values, strings.ToLower(v))
			}
			return true
		}
	}
	return false
}

func (d *Device) lookup(t *ruleTest) property {
	if d == nil || t.key < 0 {
		return property{}
	}
	return d.props[t.key]
}

// Matches answers a rule over a device.
func (r *Rule) Matches(d *Device) Tri { return r.root.eval(d.lookup) }

// Property returns what is known of a property by its name in rules.
func (d *Device) Property(name string) (values []string, known bool) {
	for i, p := range deviceProps {
		if strings.EqualFold(p.name, name) && d != nil {
			return d.props[i].values, d.props[i].known
		}
	}
	return nil, false
}
