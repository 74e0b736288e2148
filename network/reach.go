package network

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/azward/azward/resource"
)

// route is a user-defined route.
type route struct {
	name   string
	prefix netip.Prefix
	hop    string // nextHopType
	via    string // nextHopIpAddress
	table  string
}

func readRoutes(table *resource.Resource) []route {
	var out []route
	for _, v := range table.Properties().Get("routes").Elements() {
		p := v.Get("properties")
		if p.IsMissing() {
			p = v
		}
		prefix, err := netip.ParsePrefix(p.Get("addressPrefix").TextOr(""))
		if err != nil {
			continue // a service tag: Azure's own addresses
		}
		out = append(out, route{v.Get("name").TextOr(""), prefix.Masked(), p.Get("nextHopType").TextOr(""), p.Get("nextHopIpAddress").TextOr(""), table.Name()})
	}
	return out
}

// Hop is where a packet goes from a subnet.
type Hop struct {
	Access Access // Deny: it is dropped; Unknown: what lies on its way decides
	Says   string // a sentence
	same   bool   // within the network or to a peer
}

// hop finds the route of a packet. The longest prefix wins; of equal ones the
// user's route.
//
// Source: "Virtual network traffic routing", "How Azure selects a route".
func (n *Network) hop(c *Config, to netip.Addr) Hop {
	v := c.network()
	if v == nil {
		return Hop{Unknown, "the virtual network of " + c.String() + " was not read", false}
	}
	best, hop := -1, Hop{Unknown, "no route to " + to.String() + " is known", false}
	offer := func(bits int, h Hop) {
		if bits > best {
			best, hop = bits, h
		}
	}
	if c.subnet != nil {
		if c.subnet.noRoutes != "" {
			return Hop{Unknown, c.subnet.noRoutes, false}
		}
		for _, r := range c.subnet.routes {
			if r.prefix.Contains(to) {
				offer(r.prefix.Bits(), r.leads())
			}
		}
	}
	for _, p := range v.space.Prefixes() {
		if p.Contains(to) {
			offer(p.Bits(), Hop{Allow, "in the same virtual network", true})
		}
	}
	for _, peer := range v.peers {
		h := Hop{Allow, "over the peering " + peer.name, true}
		switch {
		case !peer.connected:
			h = Hop{Deny, "the peering " + peer.name + " is not connected", false}
		case !peer.access:
			h = Hop{Deny, "the peering " + peer.name + " does not let the networks reach each other", false}
		}
		for _, p := range peer.space.Prefixes() {
			if p.Contains(to) {
				offer(p.Bits(), h)
			}
		}
	}
	if best < 0 {
		switch {
		case internet.Contains(to):
			return Hop{Allow, "to the Internet", false}
		case v.gateway != "":
			return Hop{Unknown, "it may lie in " + v.gateway, false}
		default:
			return Hop{Deny, "no route: Azure drops what goes to private addresses outside the virtual network and its peers", false}
		}
	}
	return hop
}

// leads is what a user-defined route does.
func (r route) leads() Hop {
	said := "the route " + r.name + " of " + r.table
	switch {
	case strings.EqualFold(r.hop, "None"):
		return Hop{Deny, said + " drops it", false}
	case strings.EqualFold(r.hop, "VirtualAppliance"):
		return Hop{Unknown, said + " sends it to the appliance " + r.via + ", whose rules decide", false}
	case strings.EqualFold(r.hop, "VirtualNetworkGateway"):
		return Hop{Unknown, said + " sends it to the gateway", false}
	case strings.EqualFold(r.hop, "Internet"):
		return Hop{Allow, said + " sends it to the Internet", false}
	case strings.EqualFold(r.hop, "VnetLocal"):
		return Hop{Allow, said + " keeps it in the virtual network", true}
	}
	return Hop{Unknown, said + " has a next hop that is not known", false}
}

// Path is the answer for a connection: what the side that opens it may send,
// the way, and what the other side lets in. A side that is no interface of the
// inventory has no decision.
type Path struct {
	Access  Access
	Out, In *Decision
	Hop     *Hop // nil where the source is not in the inventory
	Missing []string
	Stopped string // what stopped it, a sentence; "" where nothing did
}

// Reach tells whether a connection from an interface to another can be opened:
// the source's rules for what it sends, the route, and the destination's rules
// for what comes in. Ports are the destination's; -1 where the protocol has none.
func (n *Network) Reach(from, to *Config, p Protocol, port int) Path {
	if !from.Address.IsValid() || !to.Address.IsValid() {
		c := from
		if from.Address.IsValid() {
			c = to
		}
		return Path{Missing: []string{"the private address of " + c.String() + " is not known"}}
	}
	out := n.leave(from, to.Address, p, port)
	if out.Access == Deny {
		return out
	}
	in := n.Verify(to, Flow{Inbound, p, from.Address, port, -1})
	out.In = &in
	return out.with(in, "what comes in to "+to.String())
}

// Send tells whether an interface may open a connection to an address that is
// no interface of the inventory.
func (n *Network) Send(from *Config, to netip.Addr, p Protocol, port int) Path {
	return n.leave(from, to, p, port)
}

func (n *Network) leave(from *Config, to netip.Addr, p Protocol, port int) Path {
	out := n.Verify(from, Flow{Outbound, p, to, -1, port})
	hop := n.hop(from, to)
	path := Path{Access: Allow, Hop: &hop}.with(out, "what "+from.String()+" sends")
	path.Out = &out
	if path.Access == Deny {
		return path
	}
	switch hop.Access {
	case Deny:
		path.Access, path.Stopped = Deny, hop.Says
	case Unknown:
		path.Access = Unknown
		path.Missing = append(path.Missing, hop.Says)
	case Allow:
	}
	return path
}

func (p Path) with(d Decision, what string) Path {
	switch d.Access {
	case Deny:
		p.Access, p.Missing = Deny, nil
		l := d.Layers[len(d.Layers)-1]
		p.Stopped = "the rule " + l.Rule.Name + " of " + l.Group.Resource.Name() + " denies " + what
	case Unknown:
		p.Access = Unknown
		p.Missing = append(p.Missing, d.Missing...)
	case Allow:
	}
	slices.Sort(p.Missing)
	p.Missing = slices.Compact(p.Missing)
	return p
}

// Receive tells whether a connection from one public address can be opened: by
// which ways it comes, and whether the rules let it in. port is the one at the
// interface.
func (n *Network) Receive(from netip.Addr, to *Config, p Protocol, port int) Path {
	in := n.Verify(to, Flow{Inbound, p, from, port, -1})
	path := Path{Access: Allow, In: &in}.with(in, "what comes in to "+to.String())
	if !to.IsInternet(from) {
		return path
	}
	through, found := n.receiveTranslated(from, to, p, port)
	switch {
	case found && (through.Access == Allow || len(n.fronts[to]) == 0):
		return through
	case path.Access == Deny:
		return path
	case !n.HasFront(to):
		path.Access, path.Missing, path.Stopped = Deny, nil, "no public address, load balancer or firewall leads to "+to.String()
		return path
	}
	closed := ""
	for _, e := range n.Exposures(to) {
		switch {
		case e.Closed != "":
			closed = e.Closed
		case e.Way != ByFirewall && e.forwards(p, port):
			return path
		}
	}
	path.Access, path.Missing = Deny, nil
	path.Stopped = cmp.Or(closed, "no rule of a load balancer or firewall leads to the port")
	return path
}

// forwards tells whether a way carries a protocol to a port of the interface at
// all, whatever the rules say.
func (e *Exposure) forwards(p Protocol, port int) bool {
	return e.front.protocol&p != 0 && (port < 0 || e.front.at.has(uint16(port))) //nolint:gosec // a port
}
