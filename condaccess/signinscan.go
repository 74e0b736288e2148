package condaccess

import (
	"bytes"
	"net/netip"
	"strings"
	"unsafe"
)

// A log of ten million sign-ins is read in one pass over its bytes: only the members
// that decide are looked at, and no tree is built. What the pass does not expect
// (names in another casing, escapes in a member that decides, JSON in a text) it
// leaves to ParseLogRecord.

// scanner walks one JSON value. It trusts strings and brackets to pair up, and
// says bad where they do not.
type scanner struct {
	b   []byte
	i   int
	bad bool
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\r' || s.b[s.i] == '\n') {
		s.i++
	}
}

// quoted returns the inside of the string that begins at i.
func (s *scanner) quoted() []byte {
	start := s.i + 1
	for j := start; ; {
		k := bytes.IndexByte(s.b[j:], '"')
		if k < 0 {
			s.bad, s.i = true, len(s.b)
			return nil
		}
		j += k
		n := 0
		for p := j - 1; p >= start && s.b[p] == '\\'; p-- {
			n++
		}
		if n%2 == 0 {
			s.i = j + 1
			return s.b[start:j]
		}
		j++
	}
}

// value returns the bytes of the value at i and moves past it.
func (s *scanner) value() []byte {
	s.space()
	start := s.i
	if start >= len(s.b) {
		s.bad = true
		return nil
	}
	switch s.b[start] {
	case '"':
		s.quoted()
	case '{', '[':
		depth := 0
		for s.i < len(s.b) {
			switch s.b[s.i] {
			case '"':
				s.quoted()
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					s.i++
					return s.b[start:s.i]
				}
			}
			s.i++
		}
		s.bad = true
	default:
		for s.i < len(s.b) && s.b[s.i] != ',' && s.b[s.i] != '}' && s.b[s.i] != ']' && s.b[s.i] > ' ' {
			s.i++
		}
		if s.i == start {
			s.bad = true
		}
	}
	return s.b[start:s.i]
}

// open moves into the object or array that begins with c.
func (s *scanner) open(c byte) bool {
	s.space()
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// more tells whether another element or member follows, and moves to it.
func (s *scanner) more(end byte) bool {
	s.space()
	if s.bad || s.i >= len(s.b) {
		s.bad = true
		return false
	}
	if s.b[s.i] == ',' {
		s.i++
		s.space()
	}
	if s.i < len(s.b) && s.b[s.i] == end {
		s.i++
		return false
	}
	return s.i < len(s.b)
}

// member returns the next name and value of an object.
func (s *scanner) member() (name, value []byte, ok bool) {
	if !s.more('}') {
		return nil, nil, false
	}
	if s.b[s.i] != '"' {
		s.bad = true
		return nil, nil, false
	}
	name = s.quoted()
	s.space()
	if s.i >= len(s.b) || s.b[s.i] != ':' {
		s.bad = true
		return nil, nil, false
	}
	s.i++
	value = s.value()
	return name, value, !s.bad
}

// foldNames are names that the parser takes in any casing: the scan leaves records
// that write them otherwise to it.
type foldNames [48][]string

func newFoldNames(names ...string) *foldNames {
	var f foldNames
	for _, n := range names {
		f[len(n)] = append(f[len(n)], n)
	}
	return &f
}

func (f *foldNames) has(name []byte) bool {
	if len(name) >= len(f) {
		return false
	}
	for _, n := range f[len(name)] {
		if (name[0]|0x20) == n[0]|0x20 && strings.EqualFold(n, string(name)) {
			return true
		}
	}
	return bytes.IndexByte(name, '\\') >= 0 // an escape may spell any of them
}

var (
	logNames = newFoldNames("userId", "servicePrincipalId", "appId", "resourceId", "resourceIdentity", "conditionalAccessAudiences", "clientAppUsed", "deviceDetail", "location", "locationDetails", "ipAddress",
		"riskLevelDuringSignIn", "authenticationProtocol", "originalTransferMethod", "appliedConditionalAccessPolicies", "conditionalAccessPolicies", "status", "resultType",
		"authenticationContextClassReferences", "userType", "crossTenantAccessType", "homeTenantId")
	deviceNames   = newFoldNames("operatingSystem", "deviceId", "trustType", "isCompliant")
	locationNames = newFoldNames("countryOrRegion")
	statusNames   = newFoldNames("errorCode")
	answerNames   = newFoldNames("id", "result", "conditionsNotSatisfied")
)

// plainText returns the inside of a string value; "" for null. It answers false
// where the value is something else, or has escapes.
func plainText(v []byte) (string, bool) {
	if len(v) >= 2 && v[0] == '"' {
		in := v[1 : len(v)-1]
		if bytes.IndexByte(in, '\\') >= 0 {
			return "", false
		}
		return unsafe.String(unsafe.SliceData(in), len(in)), true
	}
	return "", len(v) == 4 && v[0] == 'n'
}

// recordReader reads records of a log one after the other.
type recordReader struct {
	rec     LogRecord
	devices map[deviceKey]*Device // nil where no rule looks at devices
}

type deviceKey struct{ id, trust, compliant string }

const maxLogDevices = 1 << 16

// scan reads a record of Graph's signIn. It answers false where the record is not
// as expected; then nothing of it may be used.
func (rr *recordReader) scan(line []byte, set *Set) bool {
	s := scanner{b: line}
	r := &rr.rec
	*r = LogRecord{Recorded: r.Recorded[:0]}
	x := &r.SignIn
	var appID, resource, protocol, transfer, userType, cross, home string
	var device, location, status, policies []byte
	if !s.open('{') {
		return false
	}
	good := true
	take := func(v []byte) string {
		t, ok := plainText(v)
		good = good && ok
		return t
	}
	for {
		name, v, ok := s.member()
		if !ok {
			break
		}
		switch string(name) {
		case "userId":
			x.User = take(v)
		case "servicePrincipalId":
			x.Workload = take(v)
		case "appId":
			appID = take(v)
		case "resourceId":
			resource = take(v)
		case "ipAddress":
			if ip, err := netip.ParseAddr(take(v)); err == nil {
				x.IP = ip.Unmap().WithZone("")
			}
		case "clientAppUsed":
			x.Client = logClient(take(v))
		case "riskLevelDuringSignIn":
			x.SignInRisk, _ = ParseRisk(take(v))
		case "authenticationProtocol":
			protocol = take(v)
		case "originalTransferMethod":
			transfer = take(v)
		case "userType":
			userType = take(v)
		case "crossTenantAccessType":
			cross = take(v)
		case "homeTenantId":
			home = take(v)
		case "deviceDetail":
			device = v
		case "location":
			location = v
		case "status":
			status = v
		case "appliedConditionalAccessPolicies":
			policies = v
		case "conditionalAccessAudiences", "authenticationContextClassReferences":
			if len(v) > 2 && v[0] == '[' && len(bytes.TrimSpace(v[1:len(v)-1])) > 0 {
				return false
			}
		default:
			if logNames.has(name) {
				return false
			}
		}
	}
	if s.bad || !good || x.User == "" && x.Workload == "" {
		return false
	}
	if s.space(); s.i != len(line) {
		return false
	}
	x.App = orElse(resource, appID)
	switch {
	case x.User != "":
		x.Workload = ""
		if !set.knows(x.User) {
			x.Person = logPerson(userType, cross, home)
		}
	default:
		x.WorkloadRisk, x.SignInRisk = x.SignInRisk, 0
	}
	if transfer != "" {
		x.Flow, _ = ParseFlow(transfer)
	} else if strings.EqualFold(protocol, "deviceCode") {
		x.Flow = DeviceCode
	}
	return rr.scanDevice(device) && scanLocation(location, x) && scanStatus(status, r) && scanPolicies(policies, r)
}

func isObject(v []byte) bool { return len(v) > 0 && v[0] == '{' }
func isNull(v []byte) bool   { return len(v) == 0 || v[0] == 'n' }

func (rr *recordReader) scanDevice(v []byte) bool {
	if !isObject(v) {
		return isNull(v)
	}
	s := scanner{b: v, i: 1}
	var k deviceKey
	good := true
	for {
		name, m, ok := s.member()
		if !ok {
			break
		}
		switch string(name) {
		case "operatingSystem":
			t, ok := plainText(m)
			good = good && ok
			rr.rec.SignIn.Platform = logPlatform(t)
		case "deviceId":
			k.id, ok = plainText(m)
			good = good && ok
		case "trustType":
			k.trust, ok = plainText(m)
			good = good && ok
		case "isCompliant":
			k.compliant = unsafe.String(unsafe.SliceData(m), len(m))
		default:
			good = good && !deviceNames.has(name)
		}
	}
	if s.bad || !good {
		return false
	}
	r := &rr.rec
	switch {
	case k.id == "" && k.trust == "":
		r.SignIn.Device = unregistered
		return true
	case rr.devices == nil:
		return true
	}
	d, ok := rr.devices[k]
	if !ok {
		return false // ParseLogRecord makes it, and remember keeps it
	}
	r.SignIn.Device = d
	return true
}

// remember keeps the device of a record that ParseLogRecord read and the directory completed.
func (rr *recordReader) remember(line []byte) {
	if rr.devices == nil || len(rr.devices) >= maxLogDevices || rr.rec.SignIn.Device == nil || rr.rec.SignIn.Device == unregistered {
		return
	}
	s := scanner{b: line}
	if !s.open('{') {
		return
	}
	for {
		name, v, ok := s.member()
		if !ok {
			return
		}
		if string(name) != "deviceDetail" || !isObject(v) {
			continue
		}
		in := scanner{b: v, i: 1}
		var k deviceKey
		for {
			name, m, ok := in.member()
			if !ok {
				break
			}
			t, _ := plainText(m)
			switch string(name) {
			case "deviceId":
				k.id = strings.Clone(t)
			case "trustType":
				k.trust = strings.Clone(t)
			case "isCompliant":
				k.compliant = string(m)
			}
		}
		if k.id != "" || k.trust != "" {
			rr.devices[k] = rr.rec.SignIn.Device
		}
		return
	}
}

func scanLocation(v []byte, x *SignIn) bool {
	if !isObject(v) {
		return isNull(v)
	}
	s := scanner{b: v, i: 1}
	country, good := "", true
	for {
		name, m, ok := s.member()
		if !ok {
			break
		}
		if string(name) == "countryOrRegion" {
			country, ok = plainText(m)
			good = good && ok
		} else {
			good = good && !locationNames.has(name)
		}
	}
	x.Country = logCountry(country)
	return !s.bad && good
}

func scanStatus(v []byte, r *LogRecord) bool {
	if !isObject(v) {
		return isNull(v)
	}
	s := scanner{b: v, i: 1}
	for {
		name, m, ok := s.member()
		if !ok {
			return !s.bad
		}
		switch {
		case string(name) == "errorCode":
			if len(m) == 0 || m[0] < '0' || m[0] > '9' {
				return false
			}
			r.Success = len(m) == 1 && m[0] == '0'
		case statusNames.has(name):
			return false
		}
	}
}

func scanPolicies(v []byte, r *LogRecord) bool {
	if len(v) == 0 || v[0] != '[' {
		return isNull(v)
	}
	s := scanner{b: v, i: 1}
	for s.more(']') {
		one := scanner{b: s.value(), i: 1}
		if !isObject(one.b) {
			return false
		}
		var e Recorded
		result, good := "", true
		for {
			name, m, ok := one.member()
			if !ok {
				break
			}
			switch string(name) {
			case "id":
				e.PolicyID, ok = plainText(m)
				good = good && ok
			case "result":
				result, ok = plainText(m)
				good = good && ok
			case "conditionsNotSatisfied":
				e.Unmet, ok = plainText(m)
				good = good && ok
			default:
				good = good && !answerNames.has(name)
			}
		}
		if one.bad || !good {
			return false
		}
		e.Applied = recordedApplied(result)
		r.Recorded = append(r.Recorded, e)
	}
	return !s.bad
}
