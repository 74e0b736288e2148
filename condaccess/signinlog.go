package condaccess

import (
	"net/netip"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// LogRecord is a sign-in as a log tells it, with what Entra made of it.
type LogRecord struct {
	SignIn   SignIn
	Recorded []Recorded // what Entra says of policies; empty where the log does not carry it
	Success  bool       // the sign-in succeeded (error code 0)
	DeviceID string
}

// Recorded is Entra's own answer of one policy.
type Recorded struct {
	PolicyID string
	Applied  Tri    // Unknown where the log does not say
	Unmet    string // conditionsNotSatisfied, "" where it is not told
}

// logKeys are the members of a record that decide.
var logKeys = struct {
	userID, spID, appID, resourceID, resourceIdentity, audiences, client, device, location, locationDetails, ip, risk, protocol, transfer, policies, policies2, status, result, contexts, userType, crossTenant, homeTenant *jsondoc.Key
}{
	jsondoc.NewKey("userId"), jsondoc.NewKey("servicePrincipalId"), jsondoc.NewKey("appId"), jsondoc.NewKey("resourceId"), jsondoc.NewKey("resourceIdentity"), jsondoc.NewKey("conditionalAccessAudiences"),
	jsondoc.NewKey("clientAppUsed"), jsondoc.NewKey("deviceDetail"), jsondoc.NewKey("location"), jsondoc.NewKey("locationDetails"), jsondoc.NewKey("ipAddress"), jsondoc.NewKey("riskLevelDuringSignIn"),
	jsondoc.NewKey("authenticationProtocol"), jsondoc.NewKey("originalTransferMethod"), jsondoc.NewKey("appliedConditionalAccessPolicies"), jsondoc.NewKey("conditionalAccessPolicies"),
	jsondoc.NewKey("status"), jsondoc.NewKey("resultType"), jsondoc.NewKey("authenticationContextClassReferences"), jsondoc.NewKey("userType"), jsondoc.NewKey("crossTenantAccessType"), jsondoc.NewKey("homeTenantId"),
}

// inner returns a value that a table may hold as JSON in a text.
func inner(v jsondoc.Value) jsondoc.Value {
	s, ok := v.Text()
	if !ok || s == "" || s[0] != '{' && s[0] != '[' {
		return v
	}
	if in, err := jsondoc.Parse([]byte(s)); err == nil {
		return in
	}
	return v
}

// ParseLogRecord reads a sign-in of a log: Microsoft Graph's signIn (v1.0 or beta),
// or a row of SigninLogs, AADNonInteractiveUserSignInLogs or
// AADServicePrincipalSignInLogs. It answers false where the record names nobody. s,
// which may be nil, tells which users the directory knows: of others, the kind of
// guest is taken from the record.
//
// The log does not tell the user's risk at the time, and v1.0 not the flow: both
// stay unknown, and so does what depends on them.
func ParseLogRecord(v jsondoc.Value, s *Set, r *LogRecord) bool {
	k := &logKeys
	*r = LogRecord{Recorded: r.Recorded[:0]}
	x := &r.SignIn
	text := func(key *jsondoc.Key) string { return v.Lookup(key).TextOr("") }
	x.User = text(k.userID)
	if x.User == "" {
		if x.Workload = text(k.spID); x.Workload == "" {
			return false
		}
	} else if s == nil || !s.knows(x.User) {
		x.Person = logPerson(text(k.userType), text(k.crossTenant), text(k.homeTenant))
	}
	if a := inner(v.Lookup(k.audiences)); a.Len() > 0 {
		for _, e := range a.Elements() {
			id := e.TextOr(e.Get("applicationId").TextOr(""))
			if x.App == "" {
				x.App = id
			} else if id != "" {
				x.MoreApps = append(x.MoreApps, id)
			}
		}
	}
	for _, key := range []*jsondoc.Key{k.resourceID, k.resourceIdentity, k.appID} {
		if x.App == "" {
			x.App = text(key)
		}
	}
	x.Client = logClient(text(k.client))
	if d := inner(v.Lookup(k.device)); d.Kind() == jsondoc.Object {
		r.device(d)
	}
	if ip, err := netip.ParseAddr(text(k.ip)); err == nil {
		x.IP = ip.Unmap().WithZone("")
	}
	loc := inner(v.Lookup(k.location))
	if loc.Kind() != jsondoc.Object {
		if det := inner(v.Lookup(k.locationDetails)); det.Kind() == jsondoc.Object {
			loc = det
		}
	}
	switch loc.Kind() {
	case jsondoc.Object:
		x.Country = logCountry(loc.Get("countryOrRegion").TextOr(""))
	case jsondoc.String:
		x.Country = logCountry(loc.TextOr(""))
	default:
	}
	x.SignInRisk, _ = ParseRisk(text(k.risk))
	if x.Workload != "" {
		x.WorkloadRisk, x.SignInRisk = x.SignInRisk, 0
	}
	if f := text(k.transfer); f != "" {
		x.Flow, _ = ParseFlow(f)
	} else if strings.EqualFold(text(k.protocol), "deviceCode") {
		x.Flow = DeviceCode
	}
	for _, e := range inner(v.Lookup(k.contexts)).Elements() {
		if d := e.Get("detail").TextOr("required"); strings.Contains(strings.ToLower(d), "required") {
			if id := e.Get("id").TextOr(""); id != "" {
				x.Contexts = append(x.Contexts, id)
			}
		}
	}
	policies := v.Lookup(k.policies)
	if !policies.Exists() {
		policies = v.Lookup(k.policies2)
	}
	for _, e := range inner(policies).Elements() {
		r.Recorded = append(r.Recorded, Recorded{PolicyID: e.Get("id").TextOr(""), Applied: recordedApplied(e.Get("result").TextOr("")), Unmet: e.Get("conditionsNotSatisfied").TextOr("")})
	}
	st := inner(v.Lookup(k.status))
	if n, ok := st.Get("errorCode").Int(); ok {
		r.Success = n == 0
	} else if t := v.Lookup(k.result); t.Exists() {
		n, _ := t.Int()
		r.Success = t.TextOr("") == "0" || t.Kind() == jsondoc.Number && n == 0
	}
	return true
}

func (s *Set) knows(user string) bool {
	if _, ok := s.users[user]; ok {
		return true
	}
	_, ok := s.users[fold(user)]
	return ok
}

func recordedApplied(result string) Tri {
	switch fold(result) {
	case "success", "failure", "reportonlysuccess", "reportonlyfailure", "reportonlyinterrupted":
		return True
	case "notapplied", "reportonlynotapplied":
		return False
	default: // notEnabled, unknown: nothing was evaluated
		return Unknown
	}
}

func logPerson(userType, cross, tenant string) *Person {
	p := &Person{Tenant: tenant}
	switch fold(cross) {
	case "b2bcollaboration":
		p.Kinds = B2BCollaborationGuest | B2BCollaborationMember
	case "b2bdirectconnect":
		p.Kinds = B2BDirectConnect
	case "serviceprovider":
		p.Kinds = ServiceProvider
	}
	if p.Kinds == 0 || p.Kinds == B2BCollaborationGuest|B2BCollaborationMember {
		switch fold(userType) {
		case "guest":
			if p.Kinds == 0 {
				p.Kinds = InternalGuest
			}
			p.Kinds = p.Kinds&^B2BCollaborationMember | B2BCollaborationGuest
		case "member":
			if p.Kinds == 0 {
				p.Kinds = NotGuest
			}
			p.Kinds = p.Kinds&^B2BCollaborationGuest | B2BCollaborationMember
		}
	}
	return p
}

// logClient maps clientAppUsed to the condition's kinds. All protocols but those
// named are other clients ("Conditional Access: Conditions", client apps).
func logClient(s string) ClientApp {
	switch fold(s) {
	case "":
		return 0
	case "browser":
		return Browser
	case "mobile apps and desktop clients":
		return MobileDesktop
	case "exchange activesync":
		return ActiveSync
	default:
		return OtherClients
	}
}

func logCountry(s string) string {
	if s == "" {
		return UnknownCountry
	}
	if c, ok := countryOf(s); ok {
		return c
	}
	return ""
}

var logPlatforms = []struct {
	prefix string
	p      Platform
}{
	{"windows phone", WindowsPhone}, {"windowsphone", WindowsPhone}, {"windows", Windows}, {"mac", MacOS}, {"ios", IOS}, {"ipad", IOS}, {"android", Android}, {"linux", Linux}, {"chrome", OtherPlatform},
}

// logPlatform maps an operating system as logs write it; one that is not known is
// not told.
func logPlatform(os string) Platform {
	for _, p := range logPlatforms {
		if len(os) >= len(p.prefix) && strings.EqualFold(os[:len(p.prefix)], p.prefix) {
			return p.p
		}
	}
	return 0
}

var unregistered = Unregistered()

func (r *LogRecord) device(d jsondoc.Value) {
	r.SignIn.Platform = logPlatform(d.Get("operatingSystem").TextOr(""))
	r.DeviceID = d.Get("deviceId").TextOr("")
	trust := d.Get("trustType").TextOr("")
	if r.DeviceID == "" && trust == "" {
		r.SignIn.Device = unregistered
		return
	}
	dev := &Device{}
	if r.DeviceID != "" {
		dev.Set("deviceId", r.DeviceID)
	}
	if t, ok := trustTypes[fold(trust)]; ok {
		trust = t
	}
	if trust != "" {
		dev.Set("trustType", trust)
	}
	if b, ok := d.Get("isCompliant").Bool(); ok {
		dev.Set("isCompliant", map[bool]string{true: "True", false: "False"}[b])
	}
	r.SignIn.Device = dev
}

// completeDevice adds what the directory knows of the device, where rules ask for it.
func (s *Set) completeDevice(r *LogRecord) {
	if !s.device.used || s.t.Directory == nil || r.DeviceID == "" || r.SignIn.Device == nil {
		return
	}
	d, ok := s.t.Directory.Device(r.DeviceID)
	if !ok {
		return
	}
	for i := range s.device.rules {
		s.device.rules[i].rule.root.tests(func(t *ruleTest) {
			if r.SignIn.Device.props[t.key].known {
				return
			}
			v := d.Body.Get(t.prop)
			if !v.Exists() && strings.HasPrefix(t.prop, "extensionAttribute") {
				v = d.Body.Path("extensionAttributes", t.prop)
			}
			switch v.Kind() {
			case jsondoc.Null:
				r.SignIn.Device.Set(t.prop)
			case jsondoc.String:
				r.SignIn.Device.Set(t.prop, v.TextOr(""))
			case jsondoc.Bool:
				b, _ := v.Bool()
				r.SignIn.Device.Set(t.prop, map[bool]string{true: "True", false: "False"}[b])
			case jsondoc.Array:
				r.SignIn.Device.Set(t.prop, texts(v)...)
			default:
			}
		})
	}
}
