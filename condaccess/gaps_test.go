package condaccess_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

// grid walks sign-ins that between them show every case of the random policies.
func grid(f func(*condaccess.SignIn, map[string]string)) {
	type dev struct {
		d *condaccess.Device
		m map[string]string
	}
	devices := []dev{{condaccess.Unregistered(), map[string]string{"unregistered": "yes"}}}
	for _, compliant := range []string{"True", "False"} {
		for _, trust := range []string{"AzureAD", "ServerAD", "Workplace"} {
			for i, model := range []string{"x", "y", "xy", "z"} {
				d := &condaccess.Device{}
				m := map[string]string{"isCompliant": compliant, "trustType": trust, "model": model, "physicalIds": []string{"p", "p,q", "q", "r"}[(i+len(trust))%4]}
				for k, v := range m {
					d.Set(k, strings.Split(v, ",")...)
				}
				devices = append(devices, dev{d, m})
			}
		}
	}
	for _, u := range allUsers {
		for _, a := range allApps {
			for c := condaccess.Browser; c <= condaccess.OtherClients; c++ {
				for p := condaccess.Android; p <= condaccess.OtherPlatform; p++ {
					for r := condaccess.RiskNone; r <= condaccess.RiskHigh; r++ {
						for fl := condaccess.FlowNone; fl <= condaccess.AuthenticationTransfer; fl++ {
							if fl != condaccess.FlowNone && c > condaccess.MobileDesktop {
								continue
							}
							// The remaining axes are drawn from the cell, so that the grid stays small.
							h := len(u) + int(u[1])*7 + int(a[1])*13 + int(c)*3 + int(p)*11 + int(r)*5 + int(fl)*17
							ips := []string{"10.1.2.3", "10.1.9.9", "10.9.9.9", "8.8.8.8", "2001:db8::1", "203.0.113.7", "::1"}
							countries := []string{"NL", "DE", "SE", "US", condaccess.UnknownCountry}
							for k := range 3 {
								d := devices[(h*7+k*5)%len(devices)]
								f(&condaccess.SignIn{User: u, App: a, Client: c, Platform: p, SignInRisk: r, UserRisk: condaccess.Risk(1 + (h+k)%4), Flow: fl, InsiderRisk: condaccess.InsiderRisk(1 + (h/3+k)%4), Network: of((h/5+k)%2 == 0),
									IP: netip.MustParseAddr(ips[(h+k*3)%len(ips)]), Country: countries[(h*3+k)%len(countries)], Device: d.d}, d.m)
							}
						}
					}
				}
			}
		}
	}
}

// guarantees answers by brute force whether the policies guarantee multifactor
// authentication, or block.
func (w *world) guarantees(docs []jsondoc.Value, s *condaccess.SignIn, dev map[string]string) condaccess.Tri {
	out := condaccess.False
	for _, p := range docs {
		if p.Get("state").TextOr("") != "enabled" {
			continue
		}
		g := p.Get("grantControls")
		list := strs(g.Get("builtInControls"))
		switch g.Path("authenticationStrength", "id").TextOr("") {
		case "":
		case "own":
			list = append(list, "a password")
		default:
			list = append(list, "mfa")
		}
		list = append(list, strs(g.Get("termsOfUse"))...)
		enough := slices.Contains(list, "block") || g.Get("operator").TextOr("") == "AND" && slices.Contains(list, "mfa") || len(list) > 0 && !slices.ContainsFunc(list, func(c string) bool { return c != "mfa" })
		if !enough {
			continue
		}
		switch w.applies(p, s, dev) {
		case condaccess.True:
			return condaccess.True
		case condaccess.Unknown:
			out = condaccess.Unknown
		default:
		}
	}
	return out
}

// TestConformanceGaps compares the gap search with brute force: each sign-in of a
// grid is in an open region if and only if no policy covers it, and each witness
// is open by both evaluators.
func TestConformanceGaps(t *testing.T) {
	sets := 2000
	if testing.Short() {
		sets = 200
	}
	mfa, _ := condaccess.QuestionByID("mfa")
	agreed, regions, most := 0, 0, 0
	for seed := range sets {
		m := maker{rand.New(rand.NewPCG(uint64(seed), 99))}
		w := m.world()
		ps, docs := m.policies(t, 1+m.IntN(6))
		set := condaccess.Compile(ps, w.tenant(t))
		g := set.Gaps(mfa, true)
		regions += len(g.Open) + len(g.Unknown)
		most = max(most, len(g.Open))
		bad := ""
		if !g.Exact {
			bad = "not exact"
		}
		for _, part := range []struct {
			rs   []condaccess.Region
			want condaccess.Tri
		}{{g.Open, condaccess.False}, {g.Unknown, condaccess.Unknown}} {
			for i := range part.rs {
				x := part.rs[i].Witness
				var d condaccess.Decision
				set.Decide(&x, &d)
				if got := set.Guarantees(&d, mfa.Property); got != part.want {
					bad = fmt.Sprintf("witness %+v is %s, want %s", x, got, part.want)
				}
				again, list := condaccess.ParseSignIn(x.JSON())
				set.Decide(&again, &d)
				if got := set.Guarantees(&d, mfa.Property); len(list) > 0 || got != part.want {
					bad = fmt.Sprintf("witness read again %s is %s, want %s (%v)", x.JSON(), got, part.want, list)
				}
			}
		}
		n := 0
		grid(func(x *condaccess.SignIn, dev map[string]string) {
			if n++; bad != "" || (n+seed)%37 != 0 { // each set sees another part of the grid
				return
			}
			want := w.guarantees(docs, x, dev)
			open := slices.ContainsFunc(g.Open, func(r condaccess.Region) bool { return r.Holds(x) })
			unknown := slices.ContainsFunc(g.Unknown, func(r condaccess.Region) bool { return r.Holds(x) })
			if open != (want == condaccess.False) || !open && unknown != (want == condaccess.Unknown) {
				bad = fmt.Sprintf("%+v: open %v, unknown %v, brute force says %s", x, open, unknown, want)
			}
		})
		if bad != "" {
			t.Errorf("seed %d: %s", seed, bad)
			if t.Failed() && sets-agreed > 0 && seed > 50 {
				break
			}
			continue
		}
		agreed++
	}
	t.Logf("conformance: gap-search-brute-force %d of %d", agreed, sets)
	t.Logf("%d regions, at most %d open ones in a set", regions, most)
}

// TestFixesClose: every change that is proposed to a policy, made, closes its region.
func TestFixesClose(t *testing.T) {
	mfa, _ := condaccess.QuestionByID("mfa")
	changed, fresh := 0, 0
	for seed := range 150 {
		m := maker{rand.New(rand.NewPCG(uint64(seed), 5))}
		w := m.world()
		ps, _ := m.policies(t, 1+m.IntN(5))
		set := condaccess.Compile(ps, w.tenant(t))
		g := set.Gaps(mfa, true)
		for i := range g.Open {
			f := set.Close(mfa, &g.Open[i])
			if f.Policy == nil {
				fresh++
				continue
			}
			changed++
			p, list := condaccess.ParsePolicy(f.Body)
			if p == nil {
				t.Fatal(list)
			}
			after := slices.Clone(ps)
			after[slices.Index(ps, f.Policy)] = p
			var d condaccess.Decision
			trial := condaccess.Compile(after, w.tenant(t))
			trial.Decide(&g.Open[i].Witness, &d)
			if trial.Guarantees(&d, mfa.Property) != condaccess.True {
				t.Errorf("seed %d: %s does not close %+v", seed, f.Text, g.Open[i].Witness)
			}
		}
	}
	t.Logf("%d changes of a policy, %d new policies", changed, fresh)
}

// large makes a tenant with many signatures and many policies of the shapes that
// tenants have.
func large(t testing.TB, policies, users, groups int) *condaccess.Set {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var b directory.Builder
	members := make([][]string, groups)
	for u := range users {
		b.Add(directory.Users, parse(t, fmt.Sprintf(`{"id":"u%d","userPrincipalName":"u%d@x.example","userType":"Member"}`, u, u)))
		for k := range 12 { // the first bits make every signature its own
			if u>>k&1 == 1 {
				members[k] = append(members[k], fmt.Sprintf("u%d", u))
			}
		}
		for g := 12; g < groups; g++ {
			if r.IntN(20) == 0 {
				members[g] = append(members[g], fmt.Sprintf("u%d", u))
			}
		}
	}
	for g := range members {
		b.Add(directory.Groups, parse(t, fmt.Sprintf(`{"id":"g%d","members":%s}`, g, jsonList(members[g]))))
	}
	b.DeclareRead(directory.RoleAssignments)
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var ps []*condaccess.Policy
	for i := range policies {
		users := `"includeUsers":["All"]`
		if i%50 != 0 {
			users = fmt.Sprintf(`"includeGroups":["g%d","g%d"]`, r.IntN(groups), r.IntN(groups))
		}
		users += fmt.Sprintf(`,"excludeGroups":["g%d"]`, i%groups)
		apps := `"includeApplications":["All"],"excludeApplications":["a` + fmt.Sprint(r.IntN(40)) + `"]`
		if i%4 == 1 {
			apps = fmt.Sprintf(`"includeApplications":["a%d","a%d"]`, r.IntN(40), r.IntN(40))
		}
		more := ""
		switch r.IntN(5) {
		case 0:
			more = `,"clientAppTypes":["browser","mobileAppsAndDesktopClients"]`
		case 1:
			more = `,"locations":{"includeLocations":["All"],"excludeLocations":["l` + fmt.Sprint(r.IntN(10)) + `"]}`
		case 2:
			more = fmt.Sprintf(`,"signInRiskLevels":[%s]`, pick(`"high"`, `"high","medium"`))
		case 3:
			more = fmt.Sprintf(`,"platforms":{"includePlatforms":["all"],"excludePlatforms":[%q]}`, pick("linux", "android", "iOS"))
		case 4:
			more = `,"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -eq True -or device.trustType -eq \"ServerAD\""}}`
		}
		p, list := condaccess.ParsePolicy(parse(t, fmt.Sprintf(`{"id":"p%d","state":"enabled","conditions":{"users":{%s},"applications":{%s}%s},"grantControls":{"operator":"OR","builtInControls":[%s]}}`,
			i, users, apps, more, pick(`"mfa"`, `"mfa"`, `"mfa","compliantDevice"`))))
		if len(list) > 0 {
			t.Fatal(list)
		}
		ps = append(ps, p)
	}
	tenant := condaccess.Tenant{Directory: b.Build()}
	for i := range 10 {
		l, list := condaccess.ParseLocation(parse(t, fmt.Sprintf(`{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"l%d","ipRanges":[{"cidrAddress":"10.%d.0.0/16"},{"cidrAddress":"2001:db8:%d::/48"}]}`, i, i, i)))
		if len(list) > 0 {
			t.Fatal(list)
		}
		tenant.Locations = append(tenant.Locations, l)
	}
	return condaccess.Compile(ps, tenant)
}

// TestGapsInTime: 200 policies and 2,000 signatures of identities in under a second.
func TestGapsInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	set := large(t, 200, 2000, 60)
	mfa, _ := condaccess.QuestionByID("mfa")
	start := time.Now()
	g := set.Gaps(mfa, true)
	took := time.Since(start)
	t.Logf("figure: gap search, 200 policies, 2000 identity signatures: %d regions in %s", len(g.Open), took.Round(time.Millisecond))
	start = time.Now()
	m := set.Matrix()
	t.Logf("matrix of the same: %d rows, %d columns in %s", len(m.Rows), len(m.Columns), time.Since(start).Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("%s", took)
	}
}

func BenchmarkGaps(b *testing.B) {
	mfa, _ := condaccess.QuestionByID("mfa")
	for _, n := range []int{50, 200} {
		set := large(b, n, 2000, 60)
		b.Run(fmt.Sprintf("policies=%d/signatures=2000", n), func(b *testing.B) {
			for b.Loop() {
				set.Gaps(mfa, true)
			}
		})
	}
}
