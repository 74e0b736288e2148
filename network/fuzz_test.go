package network

import (
	"net/netip"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// FuzzNetwork reads resources from what anybody wrote and asks every question
// about them.
func FuzzNetwork(f *testing.F) {
	pip := `, "publicIPAddress": ` + ref("publicIPAddresses", "p")
	f.Add(`[{"id": "` + prefix + `networkSecurityGroups/own", "type": "Microsoft.Network/networkSecurityGroups", "properties": ` + rules("100 Allow Tcp Internet,8.8.8.0/24 * 22,80-90", "200 Deny * Storage asg:web *", ">300 Deny Udp * Internet 53") + `},
		{"id": "` + prefix + `networkInterfaces/n", "type": "Microsoft.Network/networkInterfaces", "properties": {"networkSecurityGroup": ` + ref("networkSecurityGroups", "own") + `, "ipConfigurations": [{"name": "c", "properties": {"privateIPAddress": "10.0.1.4", "subnet": ` + ref("virtualNetworks", "v/subnets/a") + pip + `}}]}},
		{"id": "` + prefix + `publicIPAddresses/p", "type": "Microsoft.Network/publicIPAddresses", "sku": {"name": "Basic"}, "properties": {"ipAddress": "198.51.100.1"}},
		{"id": "` + prefix + `routeTables/rt", "type": "Microsoft.Network/routeTables", "properties": {"routes": [{"name": "r", "properties": {"addressPrefix": "8.0.0.0/8", "nextHopType": "None"}}]}},
		{"id": "` + prefix + `virtualNetworks/v", "type": "Microsoft.Network/virtualNetworks", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "virtualNetworkPeerings": [{"name": "q", "properties": {"peeringState": "Connected", "remoteAddressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}], "subnets": [{"id": "` + prefix + `virtualNetworks/v/subnets/a", "name": "a", "properties": {"addressPrefix": "10.0.1.0/24", "routeTable": ` + ref("routeTables", "rt") + `}}]}},
		{"id": "` + prefix + `loadBalancers/b", "type": "Microsoft.Network/loadBalancers", "properties": {"frontendIPConfigurations": [{"name": "f", "properties": {"publicIPAddress": ` + ref("publicIPAddresses", "p") + `}}], "inboundNatRules": [{"name": "r", "properties": {"frontendIPConfiguration": ` + ref("loadBalancers", "b/frontendIPConfigurations/f") + `, "protocol": "Tcp", "frontendPort": 1, "backendPort": 2, "backendIPConfiguration": ` + ref("networkInterfaces", "n/ipConfigurations/c") + `}}]}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := jsondoc.Parse([]byte(text))
		if err != nil {
			return
		}
		b := inventory.NewBuilder()
		for _, v := range doc.Elements() {
			if r, err := resource.New(v, "", resource.Origin{}); err == nil {
				b.Add(r)
			}
		}
		n := New(b.Build(), Options{})
		for _, g := range n.groups {
			n.LetsIn(g)
		}
		somewhere := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.0.1.9"), netip.MustParseAddr("2001:db8::1")}
		for _, i := range n.Interfaces() {
			for _, c := range i.Configs {
				for _, e := range n.Exposures(c) {
					for _, o := range e.Openings {
						if o.Ports.From > o.Ports.To || empty(o.Sources) && len(o.Tags) == 0 {
							t.Errorf("%s: an opening to nobody: %v", c, o)
						}
						e.FrontTo(o.Ports)
					}
				}
				for _, a := range somewhere {
					for _, p := range []Protocol{TCP, ICMP} {
						n.Verify(c, Flow{Inbound, p, a, 22, -1})
						n.Send(c, a, p, 443)
						n.Receive(a, c, p, 22)
					}
				}
				for _, j := range n.Interfaces() {
					for _, d := range j.Configs {
						n.Reach(c, d, UDP, 53)
					}
				}
			}
		}
	})
}

func FuzzParseServiceTags(f *testing.F) {
	f.Add(`{"values": [{"name": "Storage", "properties": {"addressPrefixes": ["20.60.0.0/16"]}}]}`)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = ParseServiceTags([]byte(text))
	})
}

func BenchmarkNew(b *testing.B) {
	var list []string
	list = append(list, subnetOf(""), "publicIPAddresses p:Standard {}")
	var many []string
	for i := range 50 {
		many = append(many, "1"+string(rune('0'+i/10))+string(rune('0'+i%10))+" Allow Tcp 198.51.100.0/24 * "+[]string{"22", "80-90", "443"}[i%3])
	}
	for i := range 20 {
		list = append(list, "networkSecurityGroups g"+string(rune('a'+i))+" "+rules(many...))
	}
	for i := range 2000 {
		list = append(list, nicOf("n"+netip.AddrFrom4([4]byte{0, 0, byte(i >> 8), byte(i)}).String(), netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String(),
			`, "publicIPAddress": `+ref("publicIPAddresses", "p"), `, "networkSecurityGroup": `+ref("networkSecurityGroups", "g"+string(rune('a'+i%20)))))
	}
	inv := world(b, Options{}, list...).inv
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		n := New(inv, Options{})
		for _, i := range n.Interfaces() {
			for _, c := range i.Configs {
				n.Exposures(c)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/2000, "µs/interface")
}
