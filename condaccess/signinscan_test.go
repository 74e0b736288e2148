package condaccess

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/azward/azward/jsondoc"
)

var scanSeeds = []string{
	`{"userId":"u1","appId":"a","resourceId":"r","ipAddress":"2001:db8::1","clientAppUsed":"Browser","riskLevelDuringSignIn":"high","status":{"errorCode":0},"deviceDetail":{"deviceId":"","operatingSystem":"Windows10","isCompliant":false,"trustType":""},"location":{"countryOrRegion":"NL","geoCoordinates":{"x":1}},"appliedConditionalAccessPolicies":[{"id":"p","result":"success","conditionsNotSatisfied":"none"},{"id":"q","result":"notApplied","conditionsNotSatisfied":"users"}]}`,
	`{"userId":"u1","resourceId":null,"appId":"a","ipAddress":"","clientAppUsed":"IMAP4","location":{"countryOrRegion":""},"deviceDetail":null,"status":{"errorCode":50126}, "originalTransferMethod":"deviceCodeFlow"}`,
	`{"userId":"","servicePrincipalId":"sp","resourceId":"r","riskLevelDuringSignIn":"low"}`,
	`{"userId":"u\u0031","appId":"a"}`,
	`{"UserId":"u1","AppId":"a","ResourceIdentity":"r","DeviceDetail":"{\"operatingSystem\":\"Ios 17\",\"deviceId\":\"\",\"trustType\":\"\"}","Location":"NL","ResultType":"0","ConditionalAccessPolicies":"[{\"id\":\"p\",\"result\":\"failure\"}]"}`,
	`{"userId":"u1","appId":"a","userType":"guest","crossTenantAccessType":"b2bCollaboration","homeTenantId":"t","authenticationContextClassReferences":[{"id":"c1","detail":"required"}],"conditionalAccessAudiences":[{"applicationId":"x"},{"applicationId":"y"}]}`,
	`{"userId":"u1","appId":"a","deviceDetail":{"deviceId":"d","trustType":"Hybrid Azure AD joined","isCompliant":true,"operatingSystem":"Windows"}}`,
	`{"userId":"u1",`, `{"userId":"u1"}}`, `{"a":[{]}`, `[]`, `{}`, `{"userId":"u1" "x":1}`,
}

// same compares what the two readers make of a line.
func sameRecord(t *testing.T, line string) {
	t.Helper()
	set := Compile(nil, Tenant{})
	rr := recordReader{}
	ok := rr.scan([]byte(line), set)
	v, err := jsondoc.Parse([]byte(line))
	if err != nil || !ok {
		return // the scan may take what is no JSON at a place that does not decide; it must not panic
	}
	var want LogRecord
	if !ParseLogRecord(v, set, &want) {
		t.Fatalf("%s: the scan takes what names nobody", line)
	}
	rr.rec.DeviceID, want.DeviceID = "", ""
	if rr.devices == nil && want.SignIn.Device != nil && rr.rec.SignIn.Device == nil {
		want.SignIn.Device = nil // no rule asks
	}
	if len(want.Recorded) == 0 {
		want.Recorded, rr.rec.Recorded = nil, nil
	}
	if !reflect.DeepEqual(rr.rec, want) {
		t.Fatalf("%s\n scanned %+v\n parsed  %+v", line, rr.rec, want)
	}
}

func TestScanAgreesWithTheParser(t *testing.T) {
	set := Compile(nil, Tenant{})
	taken := 0
	for _, s := range scanSeeds {
		sameRecord(t, s)
		var rr recordReader
		if rr.scan([]byte(s), set) {
			taken++
		}
	}
	if taken < 4 {
		t.Errorf("the scan takes only %d of the usual records", taken)
	}
	var r LogRecord
	for _, c := range []struct{ line, want string }{
		{scanSeeds[4], "r|NL|iOS|1|True"}, {scanSeeds[5], "x|y|c1"},
	} {
		v, err := jsondoc.Parse([]byte(c.line))
		if err != nil || !ParseLogRecord(v, nil, &r) {
			t.Fatal(err)
		}
		x := &r.SignIn
		got := fmt.Sprintf("%s|%s|%s|%d|%v", x.App, x.Country, x.Platform, len(r.Recorded), map[bool]string{true: "True"}[r.Success])
		if len(x.MoreApps) > 0 {
			got = x.App + "|" + x.MoreApps[0] + "|" + x.Contexts[0]
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.line, got, c.want)
		}
	}
}

func FuzzScanRecord(f *testing.F) {
	for _, s := range scanSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) { sameRecord(t, line) })
}
