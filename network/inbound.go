package network

import (
	"cmp"
	"slices"
	"strings"

	"go4.org/netipx"
)

// Opening is a range of ports of one protocol that some public addresses reach.
type Opening struct {
	Protocol Protocol
	Ports    Ports
	Sources  *netipx.IPSet // public addresses that are let in
	Tags     []string      // service tags that are let in and whose addresses are not known
	Everyone bool          // Sources is as good as all of the Internet
}

// segment is an opening while it is worked out: one protocol, its ports, and
// who gets in.
type segment struct {
	ports   Ports
	sources *netipx.IPSet
	tags    []string
}

type sweepKey struct {
	group    *Group
	universe *netipx.IPSet
	protocol Protocol
	matching string // which rules speak of the destination, a bit each
}

// bound is one of the two answers that an unknown leaves open: what gets in at
// least, and what gets in at most.
type bound uint8

const (
	atLeast bound = iota
	atMost
)

// ofGroup works out, port by port, what a group lets in from a set of public
// addresses to a destination. Rules are taken by priority: each decides for the
// addresses that none before it decided for.
func (n *Network) ofGroup(g *Group, universe *netipx.IPSet, p Protocol, to end, v *vnet, b bound) []segment {
	rules := make([]*Rule, 0, len(g.inbound))
	bits := make([]byte, 0, len(g.inbound))
	for _, r := range g.inbound {
		takes := r.Protocol&p != 0
		if takes && r.unread != "" {
			takes = r.Allow == (b == atMost)
		} else if takes {
			switch t, _ := n.matches(&r.Destination, to, v); t {
			case no:
				takes = false
			case maybe:
				takes = r.Allow == (b == atMost)
			case yes:
			}
		}
		if takes {
			rules, bits = append(rules, r), append(bits, '1')
		} else {
			bits = append(bits, '0')
		}
	}
	key := sweepKey{g, universe, p, string(bits)}
	if out, ok := n.sweeps[key]; ok {
		return out
	}
	out := n.sweep(rules, universe, p, v)
	n.sweeps[key] = out
	return out
}

func (n *Network) sweep(rules []*Rule, universe *netipx.IPSet, p Protocol, v *vnet) []segment {
	sources := make([]*netipx.IPSet, len(rules))
	unknown := make([][]string, len(rules))
	for i, r := range rules {
		sources[i], unknown[i] = n.publicSources(r, universe, v)
	}
	var out []segment
	for _, ports := range cut(rules, p) {
		rest, in := universe, &netipx.IPSet{}
		var tags []string
		for i, r := range rules {
			if !speaksOf(r.DestinationPorts, ports, p) || empty(sources[i]) && len(unknown[i]) == 0 {
				continue
			}
			if r.Allow {
				tags = append(tags, unknown[i]...)
			}
			if !slices.Contains(r.SourcePorts, AllPorts) && (!r.Allow || p&(TCP|UDP) == 0) {
				continue // who is denied chooses another port to come from; what has no ports is not spoken of
			}
			in, rest = take(in, rest, sources[i], r.Allow)
			if empty(rest) {
				break
			}
		}
		if empty(in) && len(tags) == 0 {
			continue
		}
		slices.Sort(tags)
		out = append(out, segment{ports, in, slices.Compact(tags)})
	}
	return joined(out)
}

// take gives the addresses of a rule that are still undecided to those let in,
// or to those kept out.
func take(in, rest, sources *netipx.IPSet, allow bool) (newIn, newRest *netipx.IPSet) {
	switch {
	case sources == rest && !allow:
		return in, &netipx.IPSet{}
	case sources == rest && empty(in):
		return rest, &netipx.IPSet{}
	}
	if allow {
		var b netipx.IPSetBuilder
		b.AddSet(rest)
		b.Intersect(sources)
		b.AddSet(in)
		in = built(&b)
	}
	var b netipx.IPSetBuilder
	b.AddSet(rest)
	b.RemoveSet(sources)
	return in, built(&b)
}

// publicSources are the public addresses that a rule speaks of, and the service
// tags in it whose addresses are not known.
func (n *Network) publicSources(r *Rule, universe *netipx.IPSet, v *vnet) (*netipx.IPSet, []string) {
	if r.Source.Any || r.unread != "" {
		return universe, nil
	}
	var b netipx.IPSetBuilder
	b.AddSet(r.Source.Addresses)
	var unknown []string
	for _, tag := range r.Source.Tags {
		set, known := n.tagged(tag, v)
		switch {
		case strings.EqualFold(tag, "Internet"):
			return universe, nil
		case known:
			b.AddSet(set)
		case !strings.EqualFold(tag, "VirtualNetwork"): // whose addresses are private
			unknown = append(unknown, tag)
		}
	}
	b.Intersect(universe)
	set := built(&b)
	if set.Equal(universe) {
		set = universe
	}
	return set, unknown
}

// cut returns the ranges of ports within which every rule says one thing.
// Protocols without ports have one.
func cut(rules []*Rule, p Protocol) []Ports {
	if p&(TCP|UDP) == 0 {
		return []Ports{AllPorts}
	}
	at := []int{0, 65536}
	for _, r := range rules {
		for _, x := range r.DestinationPorts {
			at = append(at, int(x.From), int(x.To)+1)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	out := make([]Ports, 0, len(at)-1)
	for i := range len(at) - 1 {
		out = append(out, Ports{uint16(at[i]), uint16(at[i+1] - 1)}) //nolint:gosec // between 0 and 65535
	}
	return out
}

// speaksOf tells whether a rule's ports take in a range that [cut] made. What
// has no ports is matched by all ports only.
func speaksOf(list []Ports, ports Ports, p Protocol) bool {
	if p&(TCP|UDP) == 0 {
		return slices.Contains(list, AllPorts)
	}
	return coversPort(list, ports.From)
}

// joined puts neighbors together that let in the same.
func joined(list []segment) []segment {
	var out []segment
	for _, s := range list {
		if k := len(out) - 1; k >= 0 && int(out[k].ports.To)+1 == int(s.ports.From) && slices.Equal(out[k].tags, s.tags) && (out[k].sources == s.sources || out[k].sources.Equal(s.sources)) {
			out[k].ports.To = s.ports.To
			continue
		}
		out = append(out, s)
	}
	return out
}

// through returns what two groups both let in, of one universe.
func through(a, b []segment, universe *netipx.IPSet) []segment {
	if len(a) == 1 && a[0].ports == AllPorts && a[0].sources == universe {
		return b // nothing stood in the way so far
	}
	var out []segment
	for _, x := range a {
		for _, y := range b {
			ports := Ports{max(x.ports.From, y.ports.From), min(x.ports.To, y.ports.To)}
			if ports.From > ports.To {
				continue
			}
			s := segment{ports: ports, sources: x.sources}
			if y.sources != universe {
				s.sources = y.sources
				if x.sources != universe {
					s.sources = common(x.sources, y.sources)
				}
			}
			for _, t := range x.tags {
				if slices.Contains(y.tags, t) || y.sources == universe {
					s.tags = append(s.tags, t)
				}
			}
			for _, t := range y.tags {
				if x.sources == universe && !slices.Contains(s.tags, t) {
					s.tags = append(s.tags, t)
				}
			}
			if slices.Sort(s.tags); !empty(s.sources) || len(s.tags) > 0 {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b segment) int { return cmp.Compare(a.ports.From, b.ports.From) })
	return joined(out)
}

// openings works out what of the Internet a configuration's groups let in.
// Where that depends on what was not read, unread says so, and the openings are
// those that are certain.
func (n *Network) openings(c *Config) (out []Opening, unread string) {
	if why := cmp.Or(c.unread, c.Interface.unread); why != "" {
		return nil, why
	}
	v := c.network()
	universe := internet
	if v != nil {
		universe = v.outside
	}
	var groups []*Group
	if c.subnet != nil && c.subnet.group != nil {
		groups = append(groups, c.subnet.group)
	}
	if c.Interface.Group != nil {
		groups = append(groups, c.Interface.Group)
	}
	for _, g := range groups {
		if g.unread != "" {
			return nil, g.unread
		}
	}
	for _, p := range []Protocol{ICMP, TCP, UDP} {
		var certain []segment
		for _, b := range []bound{atLeast, atMost} {
			list := []segment{{ports: AllPorts, sources: universe}}
			for _, g := range groups {
				list = through(list, n.ofGroup(g, universe, p, end{c.Address, c}, v, b), universe)
			}
			if b == atLeast {
				certain = list
			} else if unread == "" && !slices.EqualFunc(certain, list, sameSegment) {
				unread = n.whyOpen(groups, end{c.Address, c}, v)
			}
		}
		for _, s := range certain {
			out = append(out, opening(p, s))
		}
	}
	return out, unread
}

func opening(p Protocol, s segment) Opening {
	return Opening{Protocol: p, Ports: s.ports, Sources: s.sources, Tags: s.tags, Everyone: wide(s.sources)}
}

func sameSegment(a, b segment) bool {
	return a.ports == b.ports && slices.Equal(a.tags, b.tags) && (a.sources == b.sources || a.sources.Equal(b.sources))
}

// whyOpen says what keeps the rules of groups from being decided.
func (n *Network) whyOpen(groups []*Group, to end, v *vnet) string {
	for _, g := range groups {
		for _, r := range g.inbound {
			if r.unread != "" {
				return r.unread
			}
			if t, lack := n.matches(&r.Destination, to, v); t == maybe {
				return lack
			}
		}
	}
	return "a rule could not be read"
}

// LetsIn works out what a group's inbound rules let in from the Internet,
// wherever in the group it goes: a rule that denies counts where it denies for
// every destination. Where a rule could not be read, unread says so.
func (n *Network) LetsIn(g *Group) (out []Opening, unread string) {
	if g.unread != "" {
		return nil, g.unread
	}
	for _, p := range []Protocol{ICMP, TCP, UDP} {
		rules := make([]*Rule, 0, len(g.inbound))
		for _, r := range g.inbound {
			if r.Protocol&p == 0 {
				continue
			}
			if r.unread != "" {
				unread = cmp.Or(unread, r.unread)
				continue
			}
			if r.Allow || r.Destination.Any || slices.ContainsFunc(r.Destination.Tags, func(t string) bool { return strings.EqualFold(t, "VirtualNetwork") }) {
				rules = append(rules, r)
			}
		}
		for _, s := range n.sweep(rules, internet, p, nil) {
			out = append(out, opening(p, s))
		}
	}
	return out, unread
}
