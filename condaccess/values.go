package condaccess

import (
	"strings"

	"github.com/azward/azward/directory"
)

// Tri is a truth value that may be unknown: the directory's. The zero value is
// Unknown.
type Tri = directory.Tri

// The truth values.
const (
	Unknown = directory.Unknown
	False   = directory.False
	True    = directory.True
)

func triOf(b bool) Tri { return directory.TriOf(b) }

// State is the state of a policy.
type State uint8

// The states. StateUnknown is a state that this package does not know.
const (
	StateUnknown State = iota
	Enabled
	ReportOnly
	Disabled
)

var stateNames = []string{"unknown", "enabled", "enabledForReportingButNotEnforced", "disabled"}

// String returns Graph's name of the state.
func (s State) String() string { return stateNames[s] }

// ClientApp is the kind of client of a sign-in. Zero: not told.
type ClientApp uint8

// The kinds of clients.
const (
	Browser ClientApp = iota + 1
	MobileDesktop
	ActiveSync
	OtherClients
)

var clientAppNames = []string{"", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"}

// String returns Graph's name, "" for what was not told.
func (c ClientApp) String() string { return clientAppNames[c] }

// Platform is the device platform of a sign-in, as derived from the user agent.
// Zero: not told.
type Platform uint8

// The platforms. OtherPlatform is any that Entra does not know, ChromeOS say.
const (
	Android Platform = iota + 1
	IOS
	Windows
	WindowsPhone
	MacOS
	Linux
	OtherPlatform
)

var platformNames = []string{"", "android", "iOS", "windows", "windowsPhone", "macOS", "linux", "unknownPlatform"}

// String returns Graph's name, "unknownPlatform" for OtherPlatform.
func (p Platform) String() string { return platformNames[p] }

// Risk is a level of sign-in, user, service principal or agent risk. Zero: not told.
type Risk uint8

// The levels.
const (
	RiskNone Risk = iota + 1
	RiskLow
	RiskMedium
	RiskHigh
	RiskHidden
)

var riskNames = []string{"", "none", "low", "medium", "high", "hidden"}

// String returns Graph's name, "" for what was not told.
func (r Risk) String() string { return riskNames[r] }

// InsiderRisk is a level of insider risk. Zero: not told.
type InsiderRisk uint8

// The levels. InsiderNone is a person without one.
const (
	InsiderNone InsiderRisk = iota + 1
	InsiderMinor
	InsiderModerate
	InsiderElevated
)

var insiderNames = []string{"", "none", "minor", "moderate", "elevated"}

// String returns Graph's name, "" for what was not told.
func (r InsiderRisk) String() string { return insiderNames[r] }

// Flow is an authentication flow ("Authentication flows as a condition"). Zero:
// not told.
type Flow uint8

// The flows. FlowNone is a sign-in by neither of the others.
const (
	FlowNone Flow = iota + 1
	DeviceCode
	AuthenticationTransfer
)

var flowNames = []string{"", "none", "deviceCodeFlow", "authenticationTransfer"}

// String returns Graph's name, "" for what was not told.
func (f Flow) String() string { return flowNames[f] }

// GuestKinds is a set of kinds of guests and external users, with Graph's values.
type GuestKinds uint8

// The kinds ("Authentication and Conditional Access for B2B users").
const (
	InternalGuest GuestKinds = 1 << iota
	B2BCollaborationGuest
	B2BCollaborationMember
	B2BDirectConnect
	OtherExternal
	ServiceProvider
	NotGuest // an internal member; no value of Graph's

	anyGuest = NotGuest - 1
	anyKind  = anyGuest | NotGuest
)

var guestNames = []string{"internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember", "b2bDirectConnectUser", "otherExternalUser", "serviceProvider"}

// String returns Graph's names, separated by commas; "none" for no guest.
func (g GuestKinds) String() string {
	var out []string
	for i, n := range guestNames {
		if g&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ",")
}

// ParseGuestKinds reads Graph's names, separated by commas.
func ParseGuestKinds(s string) (GuestKinds, bool) {
	var out GuestKinds
	for part := range strings.SplitSeq(s, ",") {
		switch i := index(guestNames, part); {
		case i >= 0:
			out |= 1 << i
		case strings.EqualFold(strings.TrimSpace(part), "none"):
		default:
			return 0, false
		}
	}
	return out, true
}

// index returns the place of a name in a list without regard to case and outer
// space, -1 where it is absent.
func index(names []string, s string) int {
	s = strings.TrimSpace(s)
	for i, n := range names {
		if n != "" && strings.EqualFold(n, s) {
			return i
		}
	}
	return -1
}

func parseName[T ~uint8](names []string, s string) (T, bool) {
	i := index(names, s)
	if i < 0 {
		return 0, false
	}
	return T(i), true
}

// ParseClientApp reads Graph's name of a kind of client. The retired name
// "modern" is read as mobile apps and desktop clients.
func ParseClientApp(s string) (ClientApp, bool) {
	if strings.EqualFold(s, "modern") {
		return MobileDesktop, true
	}
	return parseName[ClientApp](clientAppNames, s)
}

// ParsePlatform reads Graph's name of a platform; "unknown", "other" and
// "chromeOS" are OtherPlatform.
func ParsePlatform(s string) (Platform, bool) {
	switch strings.ToLower(s) {
	case "unknown", "other", "chromeos", "unknownfuturevalue":
		return OtherPlatform, true
	}
	return parseName[Platform](platformNames, s)
}

// ParseRisk reads Graph's name of a risk level.
func ParseRisk(s string) (Risk, bool) { return parseName[Risk](riskNames, s) }

// ParseInsiderRisk reads Graph's name of an insider risk level.
func ParseInsiderRisk(s string) (InsiderRisk, bool) { return parseName[InsiderRisk](insiderNames, s) }

// ParseFlow reads Graph's name of an authentication flow.
func ParseFlow(s string) (Flow, bool) { return parseName[Flow](flowNames, s) }

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
