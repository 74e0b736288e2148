package app

import (
	"cmp"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/azward/azward/network"
)

// ExposedPort is a range of ports that public addresses reach.
type ExposedPort struct {
	ResourceID string   `json:"resourceId"` // the virtual machine's, or the interface's where it has none
	Name       string   `json:"name"`
	Interface  string   `json:"interfaceId"`
	Address    string   `json:"publicIpAddress,omitempty"`
	Way        string   `json:"way"`
	Rule       string   `json:"loadBalancerRule,omitempty"`
	Device     string   `json:"loadBalancerId,omitempty"`
	Protocol   string   `json:"protocol"`
	Ports      string   `json:"ports"`      // at the interface
	FrontPorts string   `json:"frontPorts"` // as the Internet sees them
	Everyone   bool     `json:"everyone"`
	Sources    []string `json:"sources"`               // prefixes; "Internet" for all of it, "Internet (IPv4)" for all of that
	Except     []string `json:"except,omitempty"`      // prefixes that Sources names and that do not get in
	Tags       []string `json:"serviceTags,omitempty"` // that get in, and whose addresses are not known

	ports network.Ports
	proto network.Protocol
}

// Covers tells whether a TCP or UDP port is among the ports.
func (p *ExposedPort) Covers(from, to uint16) bool {
	return p.proto != network.ICMP && p.ports.From <= to && from <= p.ports.To
}

// Unexposed is a way from the Internet on which nothing gets in, or of which it
// is not known.
type Unexposed struct {
	ResourceID string `json:"resourceId"`
	Name       string `json:"name"`
	Address    string `json:"publicIpAddress,omitempty"`
	Reason     string `json:"reason"`
}

// ExposedAnswer is all that the Internet reaches in an inventory.
type ExposedAnswer struct {
	Interfaces int           `json:"interfaces"` // how many were looked at
	Exposed    []ExposedPort `json:"exposed"`
	Closed     []Unexposed   `json:"closed"`  // a public address leads there, and nothing gets in
	Unknown    []Unexposed   `json:"unknown"` // whether more gets in
}

// Exposed lists every port of every network interface that the Internet
// reaches; with some, those that only some of its addresses reach as well.
func (r *Reachability) Exposed(some bool) *ExposedAnswer {
	out := &ExposedAnswer{Exposed: []ExposedPort{}, Closed: []Unexposed{}, Unknown: []Unexposed{}}
	for _, i := range r.net.Interfaces() {
		out.Interfaces++
		id, name := r.owner(i)
		if len(i.Configs) == 0 && i.Unread() != "" {
			out.Unknown = append(out.Unknown, Unexposed{id, name, "", i.Unread()})
		}
		for _, c := range i.Configs {
			for _, e := range r.net.Exposures(c) {
				row := ExposedPort{ResourceID: id, Name: name, Interface: i.Resource.ID.String(), Address: e.Address, Way: string(e.Way), Rule: e.Name}
				if e.Device != nil {
					row.Device = e.Device.ID.String()
				}
				rows := exposedRows(row, &e, some)
				out.Exposed = append(out.Exposed, rows...)
				switch {
				case e.Unread != "":
					out.Unknown = append(out.Unknown, Unexposed{id, name, e.Address, e.Unread})
				case e.Closed != "":
					out.Closed = append(out.Closed, Unexposed{id, name, e.Address, e.Closed})
				case len(e.Openings) == 0:
					out.Closed = append(out.Closed, Unexposed{id, name, e.Address, "its network security groups let nothing in from the Internet"})
				}
			}
		}
	}
	slices.SortStableFunc(out.Exposed, func(a, b ExposedPort) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ResourceID, b.ResourceID), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.ports.From, b.ports.From))
	})
	for _, list := range [][]Unexposed{out.Closed, out.Unknown} {
		slices.SortStableFunc(list, func(a, b Unexposed) int {
			return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ResourceID, b.ResourceID))
		})
	}
	return out
}

// exposedRows writes the openings of one way; three protocols over the same
// ports are one row.
func exposedRows(row ExposedPort, e *network.Exposure, some bool) []ExposedPort {
	var out []ExposedPort
	for _, o := range e.Openings {
		if !o.Everyone && !some {
			continue
		}
		row.proto, row.ports, row.Protocol, row.Ports, row.FrontPorts = o.Protocol, o.Ports, o.Protocol.String(), o.Ports.String(), e.FrontTo(o.Ports).String()
		row.Everyone, row.Tags = o.Everyone, o.Tags
		row.Sources, row.Except = sourcesOf(o, e.Config)
		merged := false
		for k := range out {
			if was := &out[k]; was.ports == row.ports && was.Everyone == row.Everyone && slices.Equal(was.Sources, row.Sources) && slices.Equal(was.Except, row.Except) && slices.Equal(was.Tags, row.Tags) {
				was.proto |= row.proto
				if was.Protocol = was.proto.String(); was.proto == network.ICMP|network.TCP|network.UDP {
					was.Protocol = "*"
				}
				merged = true
			}
		}
		if !merged {
			out = append(out, row)
		}
	}
	return out
}

// sourcesOf writes the addresses that get in: as all of the Internet, or all of
// its IPv4, without a few prefixes, where that is shorter than the prefixes.
func sourcesOf(o network.Opening, c *network.Config) (sources, except []string) {
	prefixes := func(s *netipx.IPSet) []string {
		out := []string{}
		for _, p := range s.Prefixes() {
			out = append(out, p.String())
		}
		return out
	}
	sources = prefixes(o.Sources)
	shortest := len(sources)
	for _, whole := range []struct {
		name string
		set  *netipx.IPSet
	}{{"Internet", c.Internet()}, {"Internet (IPv4)", c.InternetV4()}} {
		var b netipx.IPSetBuilder
		b.AddSet(whole.set)
		b.RemoveSet(o.Sources)
		rest, err := b.IPSet()
		if err != nil {
			continue
		}
		b = netipx.IPSetBuilder{}
		b.AddSet(o.Sources)
		b.RemoveSet(whole.set)
		more, err := b.IPSet()
		if err != nil || len(more.Ranges()) > 0 {
			continue
		}
		if out := prefixes(rest); len(out) < shortest {
			sources, except, shortest = []string{whole.name}, out, len(out)
		}
	}
	return sources, except
}

// owner is what an interface belongs to: a virtual machine, or itself.
func (r *Reachability) owner(i *network.Interface) (id, name string) {
	if vm, ok := r.inv.Lookup(i.Machine); ok {
		return vm.ID.String(), vm.Name()
	}
	return i.Resource.ID.String(), i.Resource.Name()
}
