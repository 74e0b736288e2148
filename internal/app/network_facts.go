package app

import (
	"cmp"
	"slices"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/network"
)

// networkFacts derives what network security groups let in from the Internet,
// and what of that reaches network interfaces and virtual machines, by their
// own public addresses or through load balancers.
func networkFacts(inv *inventory.Inventory, t *tenant) map[string]jsondoc.Value {
	net := t.network()
	out := map[string]jsondoc.Value{}
	for r := range inv.OfType(network.TypeGroup) {
		g, ok := net.Group(r.ID.Key())
		if !ok {
			continue
		}
		if why := g.Unread(); why != "" {
			out[r.ID.Key()] = unknownFacts(why, "internetInbound", "attached")
			continue
		}
		attached := r.Properties().Get("subnets").Len() > 0 || r.Properties().Get("networkInterfaces").Len() > 0
		open, unread := net.LetsIn(g)
		out[r.ID.Key()] = inboundFacts(open, unread, jsondoc.Member{Name: "attached", Value: jsondoc.NewBool(attached)})
	}
	subnetFacts(inv, out)
	for _, i := range net.Interfaces() {
		out[i.Resource.ID.Key()] = interfaceFacts(net, i)
	}
	for vm := range inv.OfType(network.TypeMachine) {
		key := vm.ID.Key()
		interfaces := vm.Properties().Path("networkProfile", "networkInterfaces")
		complete := interfaces.Len() > 0
		for _, ref := range interfaces.Elements() {
			if _, ok := inv.Lookup(ref.Get("id").TextOr("")); !ok {
				complete = false
			}
		}
		if !complete {
			out[key] = unknownFacts("the machine's network interfaces were not read", "internetInbound", "publicIpAddresses")
			continue
		}
		ways, why := exposuresOf(net, net.OfMachine(key))
		if why != "" {
			out[key] = unknownFacts(why, "internetInbound", "publicIpAddresses")
			continue
		}
		out[key] = inboundFacts(network.Everyone(ways), "", jsondoc.Member{Name: "publicIpAddresses", Value: ownAddresses(ways)})
	}
	return out
}

// subnetFacts derives whether a subnet has a network security group, and
// whether it is one of those that do without.
func subnetFacts(inv *inventory.Inventory, out map[string]jsondoc.Value) {
	for s := range inv.OfType(network.TypeSubnet) {
		exempt := slices.ContainsFunc([]string{"GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "RouteServerSubnet"},
			func(n string) bool { return strings.EqualFold(n, s.ID.Name()) })
		has := jsondoc.Member{Name: "hasNetworkSecurityGroup", Value: jsondoc.NewBool(s.Properties().Path("networkSecurityGroup", "id").Exists())}
		if why, unread := inv.Unread(s, "properties.networkSecurityGroup"); unread {
			has = unknownMember(why, "hasNetworkSecurityGroup")
		}
		if why, unread := inv.Unread(s, "name"); unread { // whether it is one of those is in its name
			out[s.ID.Key()] = unknownFacts(why, "hasNetworkSecurityGroup", "exemptFromNetworkSecurityGroup")
			continue
		}
		out[s.ID.Key()] = jsondoc.NewObject(has, jsondoc.Member{Name: "exemptFromNetworkSecurityGroup", Value: jsondoc.NewBool(exempt)})
	}
}

// interfaceFacts derives the facts of one network interface.
func interfaceFacts(net *network.Network, i *network.Interface) jsondoc.Value {
	if len(i.Configs) == 0 && i.Unread() != "" {
		return unknownFacts(i.Unread(), "internetInbound", "publicIpAddresses", "hasNetworkSecurityGroup")
	}
	ways, why := exposuresOf(net, []*network.Interface{i})
	ms := []jsondoc.Member{{Name: "publicIpAddresses", Value: ownAddresses(ways)}}
	unknown := []string{}
	if has, lack := i.HasGroup(); lack == "" {
		ms = append(ms, jsondoc.Member{Name: "hasNetworkSecurityGroup", Value: jsondoc.NewBool(has)})
	} else {
		unknown, why = append(unknown, "hasNetworkSecurityGroup"), cmp.Or(why, lack)
		if len(ways) == 0 { // nothing comes in, whatever the groups say
			ms = append(ms, unknownMember(lack, "hasNetworkSecurityGroup"))
			return inboundFacts(nil, "", ms...)
		}
	}
	if why != "" {
		return jsondoc.NewObject(append(ms, unknownMember(why, append(unknown, "internetInbound")...))...)
	}
	return inboundFacts(network.Everyone(ways), "", ms...)
}

// exposuresOf collects the ways from the Internet to interfaces, and why it is
// not known what comes in on them.
func exposuresOf(net *network.Network, list []*network.Interface) (ways []network.Exposure, unread string) {
	for _, i := range list {
		if len(i.Configs) == 0 {
			unread = cmp.Or(unread, i.Unread())
		}
		for _, c := range i.Configs {
			for _, e := range net.Exposures(c) {
				ways = append(ways, e)
				unread = cmp.Or(unread, e.Unread)
			}
		}
	}
	return ways, unread
}

// ownAddresses are the public addresses that belong to the interfaces themselves.
func ownAddresses(ways []network.Exposure) jsondoc.Value {
	var out []jsondoc.Value
	for _, e := range ways {
		if e.Way == network.ByAddress && e.Address != "" {
			out = append(out, jsondoc.NewString(e.Address))
		}
	}
	return jsondoc.NewArray(out...)
}

// inboundFacts adds what is open to everyone to other facts.
func inboundFacts(open []network.Opening, unread string, ms ...jsondoc.Member) jsondoc.Value {
	if unread != "" {
		return jsondoc.NewObject(append(ms, unknownMember(unread, "internetInbound"))...)
	}
	return jsondoc.NewObject(append(ms, jsondoc.Member{Name: "internetInbound", Value: openingsValue(open)})...)
}

// openingsValue writes what is open to everyone as facts; all three protocols
// over the same ports are one opening of "*".
func openingsValue(list []network.Opening) jsondoc.Value {
	var out []jsondoc.Value
	for _, o := range list {
		if !o.Everyone {
			continue
		}
		protocol := lower(o.Protocol.String())
		same := 0
		for _, p := range list {
			if p.Everyone && p.Ports == o.Ports {
				same++
			}
		}
		if same == 3 {
			if o.Protocol != network.ICMP {
				continue
			}
			protocol = "*"
		}
		out = append(out, jsondoc.NewObject(
			jsondoc.Member{Name: "protocol", Value: jsondoc.NewString(protocol)},
			jsondoc.Member{Name: "fromPort", Value: jsondoc.NewInt(int64(o.Ports.From))},
			jsondoc.Member{Name: "toPort", Value: jsondoc.NewInt(int64(o.Ports.To))}))
	}
	return jsondoc.NewArray(out...)
}

// unknownFacts says of every named fact why it is not known.
func unknownFacts(why string, names ...string) jsondoc.Value {
	return jsondoc.NewObject(unknownMember(why, names...))
}

func unknownMember(why string, names ...string) jsondoc.Member {
	var ms []jsondoc.Member
	for _, n := range names {
		ms = append(ms, jsondoc.Member{Name: n, Value: jsondoc.NewString(cmp.Or(why, "it was not read"))})
	}
	return jsondoc.Member{Name: inventory.UnknownFacts, Value: jsondoc.NewObject(ms...)}
}
