package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/azward/azward/jsondoc"
)

// ServiceTags are the addresses of Azure's service tags, from the file that
// Microsoft publishes every week ("Azure IP Ranges and Service Tags").
type ServiceTags struct {
	sets map[string]*netipx.IPSet // by name in lower case
}

// ParseServiceTags reads Microsoft's file, or the answer of ARM's list of
// service tags: {"values": [{"name": "Storage", "properties": {"addressPrefixes": [...]}}]}.
func ParseServiceTags(text []byte) (*ServiceTags, error) {
	doc, err := jsondoc.Parse(text)
	if err != nil {
		return nil, err
	}
	out := &ServiceTags{sets: map[string]*netipx.IPSet{}}
	for i, v := range doc.Get("values").Elements() {
		name, ok := v.Get("name").Text()
		if !ok || name == "" {
			return nil, fmt.Errorf("values[%d] has no name", i)
		}
		var b netipx.IPSetBuilder
		for _, p := range v.Path("properties", "addressPrefixes").Elements() {
			if !addPrefix(&b, p.TextOr("")) {
				return nil, fmt.Errorf("%s: %s is no prefix", name, p)
			}
		}
		out.sets[strings.ToLower(name)] = built(&b)
	}
	if len(out.sets) == 0 {
		return nil, fmt.Errorf("no service tags are in it: expected an object with \"values\", as in Microsoft's ServiceTags_Public.json")
	}
	return out, nil
}

// platformTags are tags of fixed addresses. Source: "Virtual network service tags".
var platformTags = map[string]*netipx.IPSet{
	"azureloadbalancer": one(hostAddress),
	"azureplatformdns":  one(hostAddress),
	"azureplatformimds": one(netip.MustParseAddr("169.254.169.254")),
}

func one(a netip.Addr) *netipx.IPSet {
	var b netipx.IPSetBuilder
	b.Add(a)
	return built(&b)
}

// tagged returns the addresses of a service tag in the rules of a network, and
// whether they are known. v may be nil.
func (n *Network) tagged(tag string, v *vnet) (set *netipx.IPSet, known bool) {
	switch lower := strings.ToLower(tag); lower {
	case "internet":
		if v == nil {
			return internet, true
		}
		return v.outside, true
	case "virtualnetwork":
		if v == nil {
			return &netipx.IPSet{}, false
		}
		return v.tag, true
	default:
		if set := platformTags[lower]; set != nil {
			return set, true
		}
		if n.tags != nil {
			set = n.tags.sets[lower]
		}
		if set == nil {
			return &netipx.IPSet{}, false
		}
		return set, true
	}
}

// answer of a test that may not be decided.
type tri uint8

const (
	no tri = iota
	maybe
	yes
)

// end is one end of a flow: an address, and the configuration that has it where
// the inventory knows one.
type end struct {
	addr   netip.Addr // not valid where it is not known
	config *Config
}

// endOf finds who has an address, as a network sees it.
func (n *Network) endOf(a netip.Addr, v *vnet) end {
	if v == nil {
		return end{addr: a}
	}
	if c := v.hosts[a]; c != nil {
		return end{a, c}
	}
	for _, p := range v.peers {
		if remote := n.networks[p.remote]; remote != nil && p.connected {
			if c := remote.hosts[a]; c != nil {
				return end{a, c}
			}
		}
	}
	return end{addr: a}
}

// matches tells whether an end of a flow is at an end of a rule, in the rules
// of a network. Where that is not known, lack says why.
func (n *Network) matches(p *Peer, e end, v *vnet) (t tri, lack string) {
	if p.Any {
		return yes, ""
	}
	if e.addr.IsValid() && p.Addresses.Contains(e.addr) {
		return yes, ""
	}
	for _, tag := range p.Tags {
		got, why := n.inTag(tag, e.addr, v)
		if got == yes {
			return yes, ""
		}
		if got > t {
			t, lack = got, why
		}
	}
	for _, g := range p.Groups {
		got, why := n.inAppGroup(g, e, v)
		if got == yes {
			return yes, ""
		}
		if got > t {
			t, lack = got, why
		}
	}
	if !e.addr.IsValid() && e.config != nil && !empty(p.Addresses) {
		return e.config.within(p.Addresses, t, lack)
	}
	return t, lack
}

// within tells whether an interface whose address is not known is among
// addresses: it is where all of its subnet is, and is not where none of it is.
func (c *Config) within(set *netipx.IPSet, t tri, lack string) (tri, string) {
	if c.subnet != nil && !empty(c.subnet.prefixes) {
		switch shared := common(set, c.subnet.prefixes); {
		case shared.Equal(c.subnet.prefixes):
			return yes, ""
		case empty(shared):
			return t, lack
		}
	}
	return maybe, "the private address of " + c.Interface.Resource.Name() + " is not known"
}

// inAppGroup tells whether an end is in an application security group, which
// has the interfaces that name it as its members.
func (n *Network) inAppGroup(group string, e end, v *vnet) (tri, string) {
	switch {
	case e.config != nil && slices.Contains(e.config.groups, group):
		return yes, ""
	case e.config != nil || internet.Contains(e.addr) || v != nil && v.res != nil && n.inv.Coverage(TypeInterface, v.res.ID.Scope()).Complete():
		return no, ""
	default:
		return maybe, "the network interface that has " + e.addr.String() + " was not read"
	}
}

func (n *Network) inTag(tag string, a netip.Addr, v *vnet) (tri, string) {
	set, known := n.tagged(tag, v)
	switch {
	case a.IsValid() && known && set.Contains(a):
		return yes, ""
	case strings.EqualFold(tag, "VirtualNetwork"):
		switch {
		case !a.IsValid():
			return yes, "" // an interface is always in its network
		case v == nil:
			return maybe, "the virtual network of the interface was not read"
		case v.gateway != "" && !internet.Contains(a):
			return maybe, "the service tag VirtualNetwork also takes in " + v.gateway
		}
		return no, ""
	case known && a.IsValid():
		return no, ""
	case known:
		return no, "" // what has no public address yet is in none of the other tags
	case a.IsValid() && !internet.Contains(a) && a != hostAddress:
		return no, "" // services have public addresses
	default:
		return maybe, "the addresses of the service tag " + tag + " are not known (give Microsoft's file of service tags)"
	}
}
