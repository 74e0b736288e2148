package network

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Access is the answer for a flow.
type Access uint8

// A flow is allowed, denied, or it depends on what is not known.
const (
	Unknown Access = iota
	Deny
	Allow
)

// String returns Azure's word, or Unknown.
func (a Access) String() string { return [...]string{"Unknown", "Deny", "Allow"}[a] }

// Flow is the first packet of a connection, seen from a network interface;
// answers to it are let through without a rule of their own.
type Flow struct {
	Direction Direction
	Protocol  Protocol   // one
	Remote    netip.Addr // the other end
	// LocalPort and RemotePort are the ports of either end; -1 is a port that
	// nobody chose, as that of a client, and the only value for ICMP, ESP and AH.
	LocalPort, RemotePort int
}

// Layer is what one network security group says of a flow.
type Layer struct {
	Level   string // "subnet" or "network interface"
	Group   *Group // nil where there is none: everything passes
	Access  Access
	Rule    *Rule    // what decided, nil where there is no group or it is not known
	Missing []string // what would have to be known
}

// Decision is the answer for a flow at one network interface.
type Decision struct {
	Access  Access
	Layers  []Layer // in the order in which Azure asks them; those behind one that denies are not asked
	Missing []string
}

// Verify answers a flow as Network Watcher's IP flow verify does: inbound, the
// rules of the subnet's group are taken first and then those of the interface's;
// outbound the other way round. Each must allow it, and where there is no group
// everything passes.
//
// Source: "How network security groups filter network traffic", "IP flow verify
// overview".
func (n *Network) Verify(c *Config, f Flow) Decision {
	v := c.network()
	local, remote := end{c.Address, c}, n.endOf(f.Remote, v)
	d := Decision{Access: Allow}
	for _, layer := range c.Layers(f.Direction) {
		if layer.Group != nil {
			layer.Access, layer.Rule, layer.Missing = n.decide(layer.Group, f, local, remote, v)
		}
		d.Layers = append(d.Layers, layer)
		if layer.Access == Deny {
			return Decision{Access: Deny, Layers: d.Layers}
		}
		if layer.Access == Unknown {
			d.Access = Unknown
			d.Missing = append(d.Missing, layer.Missing...)
		}
	}
	return d
}

// Layers are the network security groups that flows of a direction go through,
// in order, before any is asked: Allow where there is none, Unknown where that
// was not read.
func (c *Config) Layers(d Direction) []Layer {
	own := Layer{Level: "network interface", Group: c.Interface.Group}
	of := Layer{Level: "subnet"}
	unread := c.unread
	if c.subnet != nil {
		of.Group = c.subnet.group
	}
	if c.Interface.endpoint && c.subnet != nil && !c.subnet.filters {
		of.Group, unread = nil, "" // "Manage network policies for private endpoints": disabled unless asked for
	}
	out := []Layer{of.or(unread), own.or(c.Interface.unread)}
	if d == Outbound {
		slices.Reverse(out)
	}
	return out
}

// or fills in what is known without asking a group.
func (l Layer) or(unread string) Layer {
	switch {
	case unread != "":
		l.Group, l.Missing = nil, []string{unread}
	case l.Group == nil:
		l.Access = Allow
	}
	return l
}

// decide takes the rules of a group by priority. A rule of which it is not
// known whether it matches is passed over as long as what comes after it says
// the same.
func (n *Network) decide(g *Group, f Flow, local, remote end, v *vnet) (Access, *Rule, []string) {
	if g.unread != "" {
		return Unknown, nil, []string{g.unread}
	}
	allowed, denied := false, false // by rules that may match
	var missing []string
	for _, r := range g.Rules(f.Direction) {
		t, lack := n.matchesFlow(r, f, local, remote, v)
		if t == no {
			continue
		}
		allowed, denied = allowed || r.Allow, denied || !r.Allow
		if t == maybe {
			missing = append(missing, lack)
			continue
		}
		switch {
		case allowed && denied:
			slices.Sort(missing)
			return Unknown, nil, slices.Compact(missing)
		case r.Allow:
			return Allow, r, nil
		default:
			return Deny, r, nil
		}
	}
	return Unknown, nil, append(missing, "no rule of "+g.Resource.Name()+" speaks of the flow")
}

func (n *Network) matchesFlow(r *Rule, f Flow, local, remote end, v *vnet) (tri, string) {
	if r.unread != "" {
		return maybe, r.unread
	}
	if r.Protocol&f.Protocol == 0 {
		return no, ""
	}
	if f.Protocol&(TCP|UDP) == 0 && !(slices.Contains(r.DestinationPorts, AllPorts) && slices.Contains(r.SourcePorts, AllPorts)) {
		return no, "" // what has no ports is matched by all of them only
	}
	source, destination := remote, local
	sourcePort, destinationPort := f.RemotePort, f.LocalPort
	if f.Direction == Outbound {
		source, destination = local, remote
		sourcePort, destinationPort = f.LocalPort, f.RemotePort
	}
	if f.Protocol&(TCP|UDP) == 0 {
		sourcePort, destinationPort = 0, 0
	}
	out, why := yes, ""
	for _, t := range []func() (tri, string){
		func() (tri, string) { return matchesPort(r.DestinationPorts, destinationPort, "destination", r) },
		func() (tri, string) { return matchesPort(r.SourcePorts, sourcePort, "source", r) },
		func() (tri, string) { return n.matches(&r.Source, source, v) },
		func() (tri, string) { return n.matches(&r.Destination, destination, v) },
	} {
		switch got, lack := t(); got {
		case no:
			return no, ""
		case maybe:
			out, why = maybe, cmp.Or(why, lack)
		case yes:
		}
	}
	return out, why
}

func matchesPort(list []Ports, port int, end string, r *Rule) (tri, string) {
	if slices.Contains(list, AllPorts) {
		return yes, ""
	}
	if port < 0 {
		return maybe, "the " + end + " port, of which the rule " + r.Name + " speaks, is not given"
	}
	if coversPort(list, uint16(port)) { //nolint:gosec // a port
		return yes, ""
	}
	return no, ""
}

// IsInternet tells whether an address belongs to the Internet for this
// interface: it is publicly routed and not one of its virtual network's.
func (c *Config) IsInternet(a netip.Addr) bool {
	if v := c.network(); v != nil {
		return v.outside.Contains(a)
	}
	return internet.Contains(a)
}

// String names the configuration and its interface.
func (c *Config) String() string {
	return strings.TrimSuffix(c.Interface.Resource.Name()+"/"+c.Name, "/")
}
