package app

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// opening is a range of ports of one protocol that is open to the Internet.
type opening struct {
	protocol string // tcp, udp or icmp
	from, to int
}

// securityRule is an inbound rule of a network security group.
type securityRule struct {
	priority  int
	allow     bool
	protocols []string
	ports     [][2]int
	internet  bool // its source takes in addresses of the Internet
	all       bool // its source takes in all of them, and its destination everything
}

// networkFacts derives what the effective rules of network security groups let
// in from the Internet, and what of that reaches network interfaces and
// virtual machines that have a public address.
//
// Source: "How network security groups filter network traffic".
func networkFacts(inv *inventory.Inventory, _ *tenant) map[string]jsondoc.Value {
	out := map[string]jsondoc.Value{}
	open := map[string][]opening{} // by key of the group
	for g := range inv.OfType("Microsoft.Network/networkSecurityGroups") {
		attached := jsondoc.NewBool(!emptyArray(g.Properties().Get("subnets")) || !emptyArray(g.Properties().Get("networkInterfaces")))
		if why, unread := inv.Unread(g, "properties.securityRules"); unread {
			out[g.ID.Key()] = unknownFacts(why, "internetInbound", "attached")
			continue
		}
		open[g.ID.Key()] = inbound(groupRules(g))
		out[g.ID.Key()] = jsondoc.NewObject(
			jsondoc.Member{Name: "internetInbound", Value: openingsValue(open[g.ID.Key()])},
			jsondoc.Member{Name: "attached", Value: attached})
	}
	for s := range inv.OfType("Microsoft.Network/virtualNetworks/subnets") {
		exempt := slices.ContainsFunc([]string{"GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "RouteServerSubnet"},
			func(n string) bool { return strings.EqualFold(n, s.ID.Name()) })
		has := jsondoc.Member{Name: "hasNetworkSecurityGroup", Value: jsondoc.NewBool(s.Properties().Path("networkSecurityGroup", "id").Exists())}
		if why, unread := inv.Unread(s, "properties.networkSecurityGroup"); unread {
			has = jsondoc.Member{Name: inventory.UnknownFacts, Value: unknownFacts(why, "hasNetworkSecurityGroup").Get(inventory.UnknownFacts)}
		}
		if why, unread := inv.Unread(s, "name"); unread { // whether it is one of those is in its name
			out[s.ID.Key()] = unknownFacts(why, "hasNetworkSecurityGroup", "exemptFromNetworkSecurityGroup")
			continue
		}
		out[s.ID.Key()] = jsondoc.NewObject(has, jsondoc.Member{Name: "exemptFromNetworkSecurityGroup", Value: jsondoc.NewBool(exempt)})
	}
	machines := map[string][]jsondoc.Value{}
	lost := map[string]string{}
	reached := map[string][]opening{}
	for n := range inv.OfType("Microsoft.Network/networkInterfaces") {
		facts, openings, addresses, why := interfaceFacts(inv, n, open)
		out[n.ID.Key()] = facts
		if id := n.Properties().Path("virtualMachine", "id").TextOr(""); id != "" {
			if vm, ok := inv.Lookup(id); ok {
				key := vm.ID.Key()
				reached[key] = append(reached[key], openings...)
				machines[key] = append(machines[key], addresses...)
				if why != "" {
					lost[key] = why
				}
			}
		}
	}
	for vm := range inv.OfType("Microsoft.Compute/virtualMachines") {
		key := vm.ID.Key()
		interfaces := vm.Properties().Path("networkProfile", "networkInterfaces")
		complete := interfaces.Len() > 0
		for _, ref := range interfaces.Elements() {
			if _, ok := inv.Lookup(ref.Get("id").TextOr("")); !ok {
				complete = false
			}
		}
		switch {
		case lost[key] != "":
			out[key] = unknownFacts(lost[key], "internetInbound", "publicIpAddresses")
		case !complete:
			out[key] = unknownFacts("the machine's network interfaces were not read", "internetInbound", "publicIpAddresses")
		default:
			out[key] = jsondoc.NewObject(
				jsondoc.Member{Name: "internetInbound", Value: openingsValue(merge(reached[key]))},
				jsondoc.Member{Name: "publicIpAddresses", Value: jsondoc.NewArray(machines[key]...)})
		}
	}
	return out
}

func emptyArray(v jsondoc.Value) bool { return v.Len() == 0 }

// unknownFacts says of every named fact why it is not known.
func unknownFacts(why string, names ...string) jsondoc.Value {
	if why == "" {
		why = "it was not read"
	}
	var ms []jsondoc.Member
	for _, n := range names {
		ms = append(ms, jsondoc.Member{Name: n, Value: jsondoc.NewString(why)})
	}
	return jsondoc.NewObject(jsondoc.Member{Name: inventory.UnknownFacts, Value: jsondoc.NewObject(ms...)})
}

// interfaceFacts derives the facts of one network interface: what reaches it
// is what its public address, its own group and its subnet's group all let in.
func interfaceFacts(inv *inventory.Inventory, n *resource.Resource, open map[string][]opening) (facts jsondoc.Value, reached []opening, addresses []jsondoc.Value, why string) {
	groups := [][]opening{}
	has := false
	add := func(id string) bool {
		if id == "" {
			return true
		}
		has = true
		g, ok := inv.Lookup(id)
		if !ok {
			why = "the network security group " + id + " was not read"
			return false
		}
		rules, ok := open[g.ID.Key()]
		if !ok {
			why = "the rules of " + g.ID.Name() + " were not read"
			return false
		}
		groups = append(groups, rules)
		return true
	}
	for _, path := range []string{"properties.ipConfigurations", "properties.networkSecurityGroup"} {
		if lack, unread := inv.Unread(n, path); unread {
			return unknownFacts(lack, "internetInbound", "publicIpAddresses", "hasNetworkSecurityGroup"), nil, nil, lack
		}
	}
	known := add(n.Properties().Path("networkSecurityGroup", "id").TextOr(""))
	public := false
	for _, c := range n.Properties().Get("ipConfigurations").Elements() {
		c = c.Get("properties")
		if id := c.Path("publicIPAddress", "id").TextOr(""); id != "" {
			public = true
			if ip, ok := inv.Lookup(id); ok {
				if text, ok := ip.Properties().Get("ipAddress").Text(); ok {
					addresses = append(addresses, jsondoc.NewString(text))
				}
			}
		}
		if id := c.Path("subnet", "id").TextOr(""); id != "" {
			s, ok := inv.Lookup(id)
			if !ok {
				why, known = "the subnet "+id+" was not read", false
				continue
			}
			known = add(s.Properties().Path("networkSecurityGroup", "id").TextOr("")) && known
		}
	}
	ms := []jsondoc.Member{{Name: "publicIpAddresses", Value: jsondoc.NewArray(addresses...)}}
	if known {
		ms = append(ms, jsondoc.Member{Name: "hasNetworkSecurityGroup", Value: jsondoc.NewBool(has)})
	}
	switch {
	case !public: // nothing comes in, whatever the groups say
		reached, why = nil, ""
	case !known:
		ms = append(ms, jsondoc.Member{Name: inventory.UnknownFacts, Value: unknownFacts(why, "internetInbound", "hasNetworkSecurityGroup").Get(inventory.UnknownFacts)})
		return jsondoc.NewObject(ms...), nil, addresses, why
	default:
		reached = everything()
		for _, g := range groups {
			reached = intersect(reached, g)
		}
	}
	ms = append(ms, jsondoc.Member{Name: "internetInbound", Value: openingsValue(reached)})
	return jsondoc.NewObject(ms...), reached, addresses, why
}

func everything() []opening {
	return []opening{{"icmp", 0, 65535}, {"tcp", 0, 65535}, {"udp", 0, 65535}}
}

// groupRules reads the inbound rules of a group by priority. The default rules
// that Azure adds end in one that denies all inbound traffic from outside.
func groupRules(g *resource.Resource) []securityRule {
	var rules []securityRule
	for _, v := range g.Properties().Get("securityRules").Elements() {
		p := v.Get("properties")
		if p.IsMissing() {
			p = v
		}
		if !strings.EqualFold(p.Get("direction").TextOr(""), "Inbound") {
			continue
		}
		priority, _ := p.Get("priority").Int()
		r := securityRule{priority: int(priority), allow: strings.EqualFold(p.Get("access").TextOr(""), "Allow")}
		switch lower(p.Get("protocol").TextOr("*")) {
		case "tcp", "udp", "icmp":
			r.protocols = []string{lower(p.Get("protocol").TextOr(""))}
		case "*":
			r.protocols = []string{"icmp", "tcp", "udp"}
		}
		for _, text := range plural(p, "destinationPortRange") {
			if from, to, ok := portRange(text); ok {
				r.ports = append(r.ports, [2]int{from, to})
			}
		}
		whole := false
		for _, text := range plural(p, "sourceAddressPrefix") {
			in, all := internetSource(text)
			r.internet, whole = r.internet || in, whole || all
		}
		for _, text := range plural(p, "destinationAddressPrefix") {
			if text == "*" || text == "0.0.0.0/0" || strings.EqualFold(text, "VirtualNetwork") {
				r.all = whole
			}
		}
		rules = append(rules, r)
	}
	slices.SortStableFunc(rules, func(a, b securityRule) int { return cmp.Compare(a.priority, b.priority) })
	return rules
}

// plural reads a member that a rule gives once or as a list.
func plural(p jsondoc.Value, name string) []string {
	var out []string
	if text, ok := p.Get(name).Text(); ok && text != "" {
		out = append(out, text)
	}
	list := p.Get(name + "s")
	if strings.HasSuffix(name, "Prefix") {
		list = p.Get(name + "es")
	}
	for _, e := range list.Elements() {
		if text, ok := e.Text(); ok {
			out = append(out, text)
		}
	}
	return out
}

// internetSource tells whether a source prefix takes in addresses of the
// Internet that are nobody's in particular, and whether it takes in all.
func internetSource(text string) (in, all bool) {
	switch lower(text) {
	case "*", "0.0.0.0/0", "::/0", "internet", "any":
		return true, true
	}
	// Halves and quarters of the address space are the Internet under another name.
	if _, bits, ok := strings.Cut(text, "/"); ok {
		if n, err := strconv.Atoi(bits); err == nil && n <= 4 && !strings.Contains(text, ":") {
			return true, false
		}
	}
	return false, false
}

func portRange(text string) (from, to int, ok bool) {
	if text == "*" {
		return 0, 65535, true
	}
	a, b, isRange := strings.Cut(text, "-")
	if !isRange {
		b = a
	}
	from, err1 := strconv.Atoi(strings.TrimSpace(a))
	to, err2 := strconv.Atoi(strings.TrimSpace(b))
	return from, to, err1 == nil && err2 == nil && from >= 0 && to <= 65535 && from <= to
}

// inbound returns what rules let in from the Internet: for each protocol and
// port, the rule of the least priority number that speaks of all of the
// Internet decides; one that admits a part of it opens the port to that part.
func inbound(rules []securityRule) []opening {
	var out []opening
	for _, protocol := range []string{"icmp", "tcp", "udp"} {
		cuts := []int{0, 65536}
		for _, r := range rules {
			for _, p := range r.ports {
				cuts = append(cuts, p[0], p[1]+1)
			}
		}
		slices.Sort(cuts)
		cuts = slices.Compact(cuts)
		for i := 0; i+1 < len(cuts); i++ {
			if opens(rules, protocol, cuts[i]) {
				out = append(out, opening{protocol, cuts[i], cuts[i+1] - 1})
			}
		}
	}
	return merge(out)
}

func opens(rules []securityRule, protocol string, port int) bool {
	for _, r := range rules {
		if !slices.Contains(r.protocols, protocol) || !slices.ContainsFunc(r.ports, func(p [2]int) bool { return p[0] <= port && port <= p[1] }) {
			continue
		}
		if r.allow && r.internet {
			return true
		}
		if !r.allow && r.all {
			return false
		}
	}
	return false // DenyAllInBound
}

// merge sorts openings and joins those that touch.
func merge(list []opening) []opening {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b opening) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var out []opening
	for _, o := range list {
		if n := len(out); n > 0 && out[n-1].protocol == o.protocol && o.from <= out[n-1].to+1 {
			out[n-1].to = max(out[n-1].to, o.to)
			continue
		}
		out = append(out, o)
	}
	return out
}

func intersect(a, b []opening) []opening {
	var out []opening
	for _, x := range a {
		for _, y := range b {
			if x.protocol == y.protocol && max(x.from, y.from) <= min(x.to, y.to) {
				out = append(out, opening{x.protocol, max(x.from, y.from), min(x.to, y.to)})
			}
		}
	}
	return merge(out)
}

// openingsValue writes openings as facts; all three protocols over the same
// ports are one opening of "*".
func openingsValue(list []opening) jsondoc.Value {
	var out []jsondoc.Value
	for _, o := range list {
		protocol := o.protocol
		same := 0
		for _, p := range list {
			if p.from == o.from && p.to == o.to {
				same++
			}
		}
		if same == 3 {
			if o.protocol != "icmp" {
				continue
			}
			protocol = "*"
		}
		out = append(out, jsondoc.NewObject(
			jsondoc.Member{Name: "protocol", Value: jsondoc.NewString(protocol)},
			jsondoc.Member{Name: "fromPort", Value: jsondoc.NewInt(int64(o.from))},
			jsondoc.Member{Name: "toPort", Value: jsondoc.NewInt(int64(o.to))}))
	}
	return jsondoc.NewArray(out...)
}
