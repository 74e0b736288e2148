package condaccess_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
)

func gunzip(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// leaves lists the values of a document with their paths, names folded.
func leaves(path string, v jsondoc.Value, out map[string]int) {
	switch v.Kind() {
	case jsondoc.Object:
		for n, m := range v.Members() {
			leaves(path+"."+strings.ToLower(n), m, out)
		}
	case jsondoc.Array:
		for _, e := range v.Elements() {
			leaves(path+"[]", e, out)
		}
	default:
		out[path+"="+v.String()]++
	}
}

// roundTrip answers what is wrong with a policy's way through the parser.
func roundTrip(body jsondoc.Value) string {
	p, list := condaccess.ParsePolicy(body)
	if p == nil {
		return "does not parse: " + list.Error()
	}
	again, list := condaccess.ParsePolicy(p.JSON())
	if again == nil {
		return "does not parse again: " + list.Error()
	}
	before, after := map[string]int{}, map[string]int{}
	leaves("", body, before)
	leaves("", again.JSON(), after)
	for k, n := range before {
		if after[k] != n {
			return "loses " + k
		}
	}
	for _, u := range p.Unread {
		if strings.HasSuffix(u.Path, ".rule") {
			return "rule is not read: " + u.Why
		}
	}
	return ""
}

func TestConformancePolicies(t *testing.T) {
	text := gunzip(t, testdata.File(t, "entra", "ca-policies.jsonl.gz"))
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, 1<<24)
	total, ok, filters := 0, 0, 0
	unread := map[string]int{}
	for s.Scan() {
		line, err := jsondoc.Parse(bytes.Clone(s.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		total++
		body := line.Get("policy")
		if bad := roundTrip(body); bad != "" {
			t.Errorf("%s: %s", line.Get("src"), bad)
			continue
		}
		ok++
		p, _ := condaccess.ParsePolicy(body)
		if d := p.Conditions.Devices; d != nil && d.Filter != nil && d.Filter.Rule != nil {
			filters++
		}
		for _, u := range p.Unread {
			unread[u.Path]++
		}
	}
	t.Logf("conformance: conditional-access-policies %d of %d", ok, total)
	t.Logf("device filters read: %d; kept and not understood: %v", filters, unread)
	for path := range unread {
		switch path {
		case "conditions.agents", "conditions.agentContext", "conditions.applications.networkAccess", "conditions.applications.globalSecureAccess", "sessionControls.networkAccessSecurity",
			"sessionControls.blockSensitiveActions", "conditions.locations":
		default:
			t.Errorf("%s is documented and yet not understood", path)
		}
	}
}

func TestConformanceNamedLocations(t *testing.T) {
	s := bufio.NewScanner(bytes.NewReader(gunzip(t, testdata.File(t, "entra", "named-locations.jsonl.gz"))))
	total, ok := 0, 0
	for s.Scan() {
		line, err := jsondoc.Parse(bytes.Clone(s.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		total++
		l, list := condaccess.ParseLocation(line.Get("location"))
		if l == nil || len(list) > 0 {
			t.Errorf("%s: %v", line.Get("src"), list)
			continue
		}
		ok++
	}
	t.Logf("conformance: named-locations %d of %d", ok, total)
}

// TestConformanceScubaGear reads an export in PowerShell's casing.
func TestConformanceScubaGear(t *testing.T) {
	r := tar.NewReader(bytes.NewReader(gunzip(t, testdata.File(t, "entra", "scubagear-stub.tar.gz"))))
	for {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, "ProviderSettingsExport.json") {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsondoc.Parse(bytes.TrimPrefix(text, []byte("\ufeff")))
		if err != nil {
			t.Fatal(err)
		}
		list := doc.Get("conditional_access_policies")
		ok := 0
		for _, v := range list.Elements() {
			if bad := roundTrip(v); bad != "" {
				t.Errorf("%s: %s", v.Get("displayName"), bad)
				continue
			}
			p, notes := condaccess.ParsePolicy(v)
			if p.State == condaccess.StateUnknown || p.Conditions.Users.ExcludeGuests != nil && p.Conditions.Users.ExcludeGuests.Kinds == 0 {
				t.Errorf("%s reads as %+v", p.Name(), p)
			}
			if len(notes) > 0 {
				t.Logf("%v", notes)
			}
			ok++
		}
		t.Logf("conformance: scubagear-policies %d of %d", ok, list.Len())
		return
	}
}

func TestPolicyKeepsWhatItDoesNotKnow(t *testing.T) {
	body := parse(t, `{"id":"p","displayName":"P","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},
		"moonPhase":{"phases":["full"]},"clientAppTypes":["All"]},"grantControls":{"operator":"OR","builtInControls":["block"]}}`)
	p, list := condaccess.ParsePolicy(body)
	if len(p.Unread) != 1 || p.Unread[0].Path != "conditions.moonPhase" || !strings.Contains(list.Error(), `policy "P": conditions.moonPhase`) {
		t.Fatalf("unread %v, diagnostics %v", p.Unread, list)
	}
	if p.JSON().Path("conditions", "moonPhase", "phases").Len() != 1 {
		t.Error("the unknown condition is lost")
	}
	set := condaccess.Compile([]*condaccess.Policy{p}, condaccess.Tenant{})
	var d condaccess.Decision
	set.Decide(&condaccess.SignIn{User: "u", App: "a", Client: condaccess.Browser}, &d)
	if a := set.Explain(&d)[0]; a.Applies != condaccess.Unknown || d.Result != condaccess.NotApplied || d.AtMost != condaccess.Blocked {
		t.Errorf("answer %+v, decision %v %v", a, d.Result, d.AtMost)
	}
}

func parse(t testing.TB, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func parseOrSkip(t *testing.T, text string) (jsondoc.Value, bool) {
	t.Helper()
	v, err := jsondoc.Parse([]byte(text))
	return v, err == nil
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(`{"id":"p","state":"enabled","conditions":{"users":{"includeUsers":["All"],"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest","externalTenants":{"members":["a"]}}},
		"applications":{"includeApplications":["Office365"]},"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -eq True"}},"locations":{"includeLocations":["All"]}},
		"grantControls":{"operator":"AND","builtInControls":["mfa"],"authenticationStrength":{"id":"x","allowedCombinations":["fido2"]}}}`)
	f.Add(`{"Id":"p","State":null,"Conditions":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := jsondoc.Parse([]byte(text))
		if err != nil {
			return
		}
		policies, _ := condaccess.ParsePolicies(v)
		set := condaccess.Compile(policies, condaccess.Tenant{})
		var d condaccess.Decision
		in := condaccess.SignIn{User: "u", App: "a", Device: condaccess.Unregistered()}
		set.DecideAsGraph(&in, &d)
		for i, p := range policies {
			// Graph's answer is no surer than what is certain, and names a reason for each no.
			applies, reason := set.GraphAnswer(&d, i)
			if a := set.Answer(&d, i); applies != (a.Applies == condaccess.True) || applies != (reason == "notSet") || !applies && len(a.Reasons) == 0 {
				t.Fatalf("%s: %v %q, and %s %v", p.Body, applies, reason, a.Applies, a.Reasons)
			}
		}
		set.Decide(&in, &d)
		_ = set.JSON(&d).String()
		_ = set.GraphJSON(&d, true).String()
		if len(policies) <= 3 && len(text) < 2000 {
			set.Lint()
			q, _ := condaccess.QuestionByID("mfa")
			g := set.Gaps(q, true)
			for i := range min(len(g.Open), 5) {
				r := &g.Open[i]
				var w condaccess.Decision
				set.Decide(&r.Witness, &w)
				if got := set.Guarantees(&w, q.Property); got != condaccess.False {
					t.Fatalf("%s: the witness of %v is %s", text, r.Conditions(), got)
				}
				r.Strips()
				set.Close(q, r)
			}
		}
		for _, p := range policies {
			if bad := roundTrip(p.Body); strings.HasPrefix(bad, "does not parse") || strings.HasPrefix(bad, "loses") {
				t.Fatal(bad)
			}
		}
	})
}
