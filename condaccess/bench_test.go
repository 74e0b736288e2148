package condaccess_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/azward/azward/condaccess"
)

// traffic makes sign-ins of the users and applications of [large].
func traffic(n int) []condaccess.SignIn {
	r := rand.New(rand.NewPCG(3, 4))
	compliant, foreign := &condaccess.Device{}, condaccess.Unregistered()
	compliant.Set("isCompliant", "True")
	compliant.Set("trustType", "AzureAD")
	out := make([]condaccess.SignIn, n)
	for i := range out {
		dev := compliant
		if r.IntN(3) == 0 {
			dev = foreign
		}
		ip := netip.AddrFrom4([4]byte{10, byte(r.IntN(20)), 3, 4})
		if r.IntN(5) == 0 {
			ip = netip.MustParseAddr(fmt.Sprintf("2001:db8:%d::7", r.IntN(20)))
		}
		out[i] = condaccess.SignIn{User: fmt.Sprintf("u%d", r.IntN(2000)), App: fmt.Sprintf("a%d", r.IntN(40)), Client: condaccess.ClientApp(1 + r.IntN(2)),
			Platform: condaccess.Platform(1 + r.IntN(7)), IP: ip, Country: []string{"NL", "DE", "US"}[r.IntN(3)], SignInRisk: condaccess.Risk(1 + r.IntN(4)), UserRisk: condaccess.RiskNone,
			Flow: condaccess.FlowNone, Device: dev, InsiderRisk: condaccess.InsiderNone}
	}
	return out
}

func BenchmarkDecide(b *testing.B) {
	signIns := traffic(4096)
	for _, n := range []int{50, 200} {
		set := large(b, n, 2000, 60)
		b.Run(fmt.Sprintf("policies=%d", n), func(b *testing.B) {
			var d condaccess.Decision
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				set.Decide(&signIns[i&4095], &d)
				i++
			}
		})
	}
}

func TestDecideAllocatesNothing(t *testing.T) {
	set := large(t, 50, 200, 60)
	signIns := traffic(256)
	for i := range signIns {
		signIns[i].User = fmt.Sprintf("u%d", i%200)
	}
	var d condaccess.Decision
	set.Decide(&signIns[0], &d)
	i := 0
	if n := testing.AllocsPerRun(1000, func() { set.Decide(&signIns[i&255], &d); i++ }); n != 0 {
		t.Errorf("%v allocations a sign-in", n)
	}
}
