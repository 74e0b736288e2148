package network

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Types that tell what an Azure Firewall translates.
const (
	TypeFirewall   = "Microsoft.Network/azureFirewalls"
	typePolicy     = "Microsoft.Network/firewallPolicies"
	typeRuleGroups = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
)

// translation is a destination NAT rule of an Azure Firewall, for one port.
type translation struct {
	name     string
	device   *resource.Resource
	gate     netip.Addr // the firewall's private address, from which the machine sees what comes
	address  string     // public
	protocol Protocol
	in, at   Ports
	sources  *netipx.IPSet
	unread   string
}

// readFirewalls reads the destination NAT rules of Azure Firewalls: of the
// firewall itself, or of its policy and those that the policy inherits.
//
// Source: "Azure Firewall DNAT": inbound traffic is translated to a private
// address and comes from the firewall's own; "Azure Firewall policy rule sets".
func (n *Network) readFirewalls() {
	for r := range n.inv.OfType(TypeFirewall) {
		var gate netip.Addr
		var net *vnet
		var unread string
		public := map[string]bool{}
		for _, c := range r.Properties().Get("ipConfigurations").Elements() {
			p := c.Get("properties")
			if a, err := netip.ParseAddr(p.Get("privateIPAddress").TextOr("")); err == nil && !gate.IsValid() {
				gate = a
			}
			if s := n.subnets[idKey(p.Path("subnet", "id"))]; s != nil {
				net = s.net
			}
			id := p.Path("publicIPAddress", "id").TextOr("")
			if ip, ok := n.inv.Lookup(id); ok {
				public[ip.Properties().Get("ipAddress").TextOr("")] = true
			}
		}
		if net == nil || !gate.IsValid() {
			unread = "the network of the firewall " + r.Name() + " was not read"
		}
		for _, c := range r.Properties().Get("natRuleCollections").Elements() {
			for _, rule := range c.Path("properties", "rules").Elements() {
				n.readTranslation(r, net, gate, unread, rule, "protocols")
			}
		}
		n.readPolicy(r, net, gate, unread, idKey(r.Properties().Path("firewallPolicy", "id")), 0)
	}
}

// maxPolicies bounds how many policies inherit from one another.
const maxPolicies = 8

func (n *Network) readPolicy(fw *resource.Resource, net *vnet, gate netip.Addr, unread, key string, depth int) {
	p, ok := n.inv.ByKey(key)
	if key == "" || !ok || depth == maxPolicies {
		return
	}
	for g := range n.inv.ChildrenOfType(p.ID, typeRuleGroups) {
		for _, c := range g.Properties().Get("ruleCollections").Elements() {
			if !strings.EqualFold(c.Get("ruleCollectionType").TextOr(""), "FirewallPolicyNatRuleCollection") {
				continue
			}
			for _, rule := range c.Get("rules").Elements() {
				n.readTranslation(fw, net, gate, unread, rule, "ipProtocols")
			}
		}
	}
	n.readPolicy(fw, net, gate, unread, idKey(p.Properties().Path("basePolicy", "id")), depth+1)
}

func (n *Network) readTranslation(fw *resource.Resource, net *vnet, gate netip.Addr, unread string, rule jsondoc.Value, protocols string) {
	if net == nil {
		return // which machine it leads to is in the network's addresses
	}
	to, err := netip.ParseAddr(rule.Get("translatedAddress").TextOr(""))
	if err != nil {
		return
	}
	c := n.endOf(to, net).config
	if c == nil {
		return
	}
	t := translation{name: rule.Get("name").TextOr(""), device: fw, gate: gate, unread: unread}
	for _, v := range rule.Get(protocols).Elements() {
		if p, ok := ParseProtocol(v.TextOr("")); ok {
			t.protocol |= p & (TCP | UDP)
		}
	}
	for _, v := range rule.Get("destinationAddresses").Elements() {
		t.address = v.TextOr("")
	}
	t.sources, t.unread = n.natSources(rule, t.unread)
	at, ok := ParsePorts(portText(rule.Get("translatedPort")))
	if !ok {
		t.unread = cmp.Or(t.unread, "the port of the rule "+t.name+" of "+fw.Name()+" is not known")
	}
	t.at = at
	for _, v := range rule.Get("destinationPorts").Elements() {
		if t.in, ok = ParsePorts(portText(v)); ok {
			n.translations[c] = append(n.translations[c], t)
		}
	}
}

// portText reads a port that is written as a text or as a number.
func portText(v jsondoc.Value) string {
	digits, _ := v.Literal()
	return v.TextOr(digits)
}

// natSources are the public addresses that a destination NAT rule takes.
func (n *Network) natSources(rule jsondoc.Value, unread string) (*netipx.IPSet, string) {
	var b netipx.IPSetBuilder
	for _, v := range rule.Get("sourceAddresses").Elements() {
		if v.TextOr("") == "*" {
			return internet, unread
		}
		if !addPrefix(&b, v.TextOr("")) {
			unread = cmp.Or(unread, "a source of the rule "+rule.Get("name").TextOr("")+" is not known")
		}
	}
	for _, v := range rule.Get("sourceIpGroups").Elements() {
		id := v.TextOr("")
		g, ok := n.inv.Lookup(id)
		if !ok {
			unread = cmp.Or(unread, "the IP group "+id+" was not read")
			continue
		}
		addPrefixes(&b, g.Properties().Get("ipAddresses"))
	}
	b.Intersect(internet)
	s := built(&b)
	if s.Equal(internet) {
		s = internet
	}
	return s, unread
}

// translated answers what gets to a configuration through firewalls: what comes
// from the firewall's own address and the groups let in.
func (n *Network) translated(c *Config) []Exposure {
	var out []Exposure
	for _, t := range n.translations[c] {
		e := Exposure{Config: c, Way: ByFirewall, Name: t.name, Device: t.device, Address: t.address, Unread: t.unread, front: front{protocol: t.protocol, in: t.in, at: t.at}}
		for _, p := range []Protocol{TCP, UDP} {
			if t.protocol&p == 0 || t.unread != "" {
				continue
			}
			switch d := n.Verify(c, Flow{Inbound, p, t.gate, int(t.at.From), -1}); {
			case d.Access == Allow && !empty(t.sources):
				e.Openings = append(e.Openings, Opening{Protocol: p, Ports: t.at, Sources: t.sources, Everyone: wide(t.sources)})
			case d.Access == Unknown:
				e.Unread = cmp.Or(e.Unread, strings.Join(slices.Compact(d.Missing), "; "))
			default:
			}
		}
		out = append(out, e)
	}
	return out
}

// receiveTranslated answers a connection from a public address that a firewall
// translates to a configuration.
func (n *Network) receiveTranslated(from netip.Addr, to *Config, p Protocol, port int) (path Path, found bool) {
	for _, t := range n.translations[to] {
		if t.protocol&p == 0 || port < 0 || !t.at.has(uint16(port)) || t.unread == "" && !t.sources.Contains(from) { //nolint:gosec // a port
			continue
		}
		in := n.Verify(to, Flow{Inbound, p, t.gate, port, -1})
		path = Path{Access: Allow, In: &in, Hop: &Hop{Allow, "the rule " + t.name + " of the firewall " + t.device.Name() + " translates it, from " + t.gate.String(), false}}
		if t.unread != "" {
			path.Access, path.Missing = Unknown, []string{t.unread}
		}
		if path = path.with(in, "what comes in to "+to.String()); path.Access == Allow {
			return path, true
		}
		found = true
	}
	return path, found
}
