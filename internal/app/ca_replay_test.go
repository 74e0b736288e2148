package app

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/jsondoc"
)

// signInLog writes sign-ins of the demo tenant in the shape of Graph's beta log,
// with Entra's answers taken from answers where it is given.
func signInLog(c *ConditionalAccess, n int, answers *condaccess.Set) []byte {
	r := rand.New(rand.NewPCG(9, 9))
	users := c.Tenant.Directory.Users()
	apps := c.Tenant.Directory.ServicePrincipals()
	var b bytes.Buffer
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for i := range n {
		u, sp := users[r.IntN(len(users))], apps[r.IntN(len(apps))]
		os := pick("Windows10", "Ios 17.1", "MacOs", "Linux", "Android 14")
		fmt.Fprintf(&b, `{"id":"%08d-0000-4000-8000-000000000000","createdDateTime":"2026-10-%02dT10:00:00Z","userDisplayName":%q,"userPrincipalName":%q,"userId":%q,"appId":"d3590ed6-52b3-4102-aeff-aad2292ab01c","appDisplayName":"Microsoft Office","ipAddress":%q,"clientAppUsed":%q,"correlationId":"2a1b1d8e-3c7e-4d0e-9d55-%012d","conditionalAccessStatus":"success","isInteractive":true,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":%q,"riskState":"none","resourceDisplayName":%q,"resourceId":%q,"authenticationProtocol":"none","originalTransferMethod":%q,"userType":"member","crossTenantAccessType":"none","status":{"errorCode":0,"failureReason":"Other.","additionalDetails":null},"deviceDetail":{"deviceId":"","displayName":"","operatingSystem":%q,"browser":"Edge 140.0.0","isCompliant":false,"isManaged":false,"trustType":""},"location":{"city":"Utrecht","state":"Utrecht","countryOrRegion":%q,"geoCoordinates":{"altitude":null,"latitude":52.1,"longitude":5.1}}`,
			i, 1+i%28, u.DisplayName, u.UPN, u.ID, pick("203.0.113.7", "192.0.2.9", "198.51.100.17", "2001:db8:4c48::5"), pick("Browser", "Mobile Apps and Desktop clients", "IMAP4"), i, pick("none", "none", "none", "high"), sp.DisplayName, sp.AppID, pick("none", "none", "deviceCodeFlow"), os, pick("NL", "NL", "DE", "US"))
		if answers != nil {
			// Entra answers from all that it knows; here, that the user is at no risk.
			line, err := jsondoc.Parse([]byte(b.String()[strings.LastIndexByte(strings.TrimSuffix(b.String(), "\n"), '\n')+1:] + "}"))
			if err != nil {
				panic(err)
			}
			var rec condaccess.LogRecord
			var d condaccess.Decision
			condaccess.ParseLogRecord(line, answers, &rec)
			rec.SignIn.UserRisk = condaccess.RiskNone
			answers.Decide(&rec.SignIn, &d)
			b.WriteString(`,"appliedConditionalAccessPolicies":[`)
			for k, p := range answers.Policies() {
				if k > 0 {
					b.WriteByte(',')
				}
				result := "success"
				if a := answers.Answer(&d, k); a.Applies != condaccess.True {
					result = "notApplied"
				}
				fmt.Fprintf(&b, `{"id":%q,"displayName":%q,"result":%q}`, p.ID, p.DisplayName, result)
			}
			b.WriteByte(']')
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

func TestReplayCountsWhatChanges(t *testing.T) {
	c := demoAccess(t)
	log := signInLog(c, 300, c.Set)
	same, bad, err := ReplayLog(t.Context(), bytes.NewReader(append(log, "no JSON\n{}\n"...)), c.Set, c.Set, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if same.SignIns != 300 || same.Skipped != 2 || bad == "" || same.Effects[condaccess.Same] != 300 {
		t.Errorf("the same policies: %d sign-ins, %d skipped (%q), effects %v", same.SignIns, same.Skipped, bad, same.Effects)
	}
	f := same.Fidelity
	if f.Compared == 0 || f.Agreed != f.Compared || f.Undecided == 0 { // the log does not tell the user's risk
		t.Errorf("fidelity %+v", f)
	}
	t.Logf("figure: replay fidelity on a log that the engine wrote: %d of %d answers, %d undecided", f.Agreed, f.Compared, f.Undecided)

	// Propose to block the record's users off Windows, and to ask nobody for MFA any more.
	var proposed []*condaccess.Policy
	for _, p := range c.Policies {
		if !strings.HasPrefix(p.Name(), "CA002") {
			proposed = append(proposed, p)
		}
	}
	block, _ := jsondoc.Parse([]byte(`{"id":"new","displayName":"New: block Linux","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"platforms":{"includePlatforms":["linux"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`))
	p, _ := condaccess.ParsePolicy(block)
	trial := c.With(append(proposed, p))
	r, _, err := ReplayLog(t.Context(), bytes.NewReader(log), c.Set, trial.Set, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Effects[condaccess.NewlyBlocked] == 0 || r.Effects[condaccess.LessAsked] == 0 || r.Effects[condaccess.NewlyAsked] != 0 {
		t.Errorf("effects %v", r.Effects)
	}
	sum := 0
	for _, n := range r.Effects {
		sum += n
	}
	last := r.Policies[len(r.Policies)-1]
	if sum != 300 || last.Applied == 0 || last.Users() == 0 || len(r.Examples[condaccess.NewlyBlocked]) == 0 || r.Examples[condaccess.NewlyBlocked][0].Policies[0] != "New: block Linux" {
		t.Errorf("sum %d, the new policy applied %d times to %d people, examples %v", sum, last.Applied, last.Users(), r.Examples[condaccess.NewlyBlocked])
	}
	// An array reads as the lines do.
	array := "[" + strings.Join(strings.Split(strings.TrimSpace(string(log)), "\n"), ",") + "]"
	again, _, err := ReplayLog(t.Context(), strings.NewReader(array), c.Set, trial.Set, 1, nil)
	if err != nil || again.Effects != r.Effects {
		t.Errorf("an array: %v, %v", err, again)
	}
}

func TestReplaySpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	c := demoAccess(t)
	log := bytes.Repeat(signInLog(c, 2000, nil), 50)
	start := time.Now()
	r, _, err := ReplayLog(t.Context(), bytes.NewReader(log), c.Set, c.Set, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("figure: ca replay: %d sign-ins of %d bytes in %s, %.0f a second", r.SignIns, len(log)/r.SignIns, took.Round(time.Millisecond), float64(r.SignIns)/took.Seconds())
}
