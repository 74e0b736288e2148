package condaccess_test

import (
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
)

// TestGraphAnswers: the answers of Graph's evaluate where it differs from what is
// certain. Pages: "The Conditional Access What If tool" (a group of applications
// gives no match; a condition whose details are not provided cannot be evaluated),
// "deviceInfo resource type", "whatIfAnalysisResult resource type".
func TestGraphAnswers(t *testing.T) {
	pol := func(conditions string) string {
		return `{"id":"p","displayName":"P","state":"enabled","conditions":{` + conditions + `},"grantControls":{"operator":"OR","builtInControls":["mfa"]}}`
	}
	const everyone = `"users":{"includeUsers":["All"]},`
	office := pol(everyone + `"applications":{"includeApplications":["Office365"]}`)
	portals := pol(everyone + `"applications":{"includeApplications":["MicrosoftAdminPortals"]}`)
	all := `"applications":{"includeApplications":["All"]}`
	device := func(mode, rule string) string {
		return pol(everyone + all + `,"devices":{"deviceFilter":{"mode":"` + mode + `","rule":"` + strings.ReplaceAll(rule, `"`, `\"`) + `"}}`)
	}
	us := pol(everyone + `"applications":{"includeApplications":["Office365"]},"locations":{"includeLocations":["us"]},"signInRiskLevels":["high"]`)
	const spo = `"appId":"00000003-0000-0ff1-ce00-000000000000"`
	for _, c := range []struct{ name, policy, signIn, want string }{
		{"example 1 of the What If tool's page", us, `{"userId":"m"}`, "notEnoughInformation"},
		{"example 2", us, `{"userId":"m",` + spo + `}`, "notEnoughInformation"},
		{"example 3", us, `{"userId":"m",` + spo + `,"country":"US"}`, "notEnoughInformation"},
		{"example 4", us, `{"userId":"m",` + spo + `,"country":"US","signInRiskLevel":"high"}`, "applies"},
		{"another country", us, `{"userId":"m",` + spo + `,"country":"FR"}`, "location"},
		{"a group of applications is no application", office, `{"userId":"m","appId":"Office365"}`, "application"},
		{"nor is the other", portals, `{"userId":"m","appId":"MicrosoftAdminPortals"}`, "application"},
		{"one that is told beside an application", office, `{"userId":"m","includeApplications":["Office365","00000003-0000-0ff1-ce00-000000000000"]}`, "applies"},
		{"a device whose trust is not told has none", device("exclude", `device.isCompliant -eq True -or device.trustType -eq "ServerAD"`), `{"userId":"m","appId":"a-1","deviceInfo":{"isCompliant":false}}`, "applies"},
		{"negative operators hold for what is not told of a device", device("include", `device.extensionAttribute1 -ne "SAW"`), `{"userId":"m","appId":"a-1","deviceInfo":{"isCompliant":true}}`, "applies"},
		{"positive ones do not", device("include", `device.extensionAttribute1 -eq "SAW"`), `{"userId":"m","appId":"a-1","deviceInfo":{"isCompliant":true}}`, "devices"},
		{"no device at all", device("exclude", `device.isCompliant -eq True`), `{"userId":"m","appId":"a-1"}`, "notEnoughInformation"},
		{"a condition that nobody knows", pol(everyone + all + `,"moonPhase":["full"]`), `{"userId":"m","appId":"a-1"}`, "invalidCondition"},
		{"members that were not read", pol(`"users":{"includeGroups":["unread"]},` + all), `{"userId":"m","appId":"a-1"}`, "notEnoughInformation"},
		{"the first that is not met", pol(everyone + `"applications":{"includeApplications":["b-1"]},"platforms":{"includePlatforms":["iOS"]}`), `{"userId":"m","appId":"a-1","devicePlatform":"linux"}`, "application"},
	} {
		tenant := semanticsTenant(t, condaccess.False)
		l, _ := condaccess.ParseLocation(parse(t, `{"@odata.type":"#microsoft.graph.countryNamedLocation","id":"us","countriesAndRegions":["US"]}`))
		tenant.Locations = append(tenant.Locations, l)
		p, _ := condaccess.ParsePolicy(parse(t, c.policy))
		s, list := condaccess.ParseSignIn(parse(t, c.signIn))
		if p == nil || len(list) > 0 {
			t.Fatalf("%s: %v", c.name, list)
		}
		set := condaccess.Compile([]*condaccess.Policy{p}, tenant)
		var d condaccess.Decision
		set.DecideAsGraph(&s, &d)
		applies, got := set.GraphAnswer(&d, 0)
		if applies {
			got = "applies"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
