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

// Way is how the Internet comes to an interface.
type Way string

// The ways that the engine follows.
const (
	ByAddress  Way = "public address"
	ByNATRule  Way = "inbound NAT rule"
	ByRule     Way = "load balancing rule"
	ByFirewall Way = "firewall DNAT rule"
)

// front is one way from a public address to a configuration.
type front struct {
	way      Way
	name     string             // of the rule, "" for an address of its own
	device   *resource.Resource // the load balancer, nil for an address of its own
	address  string             // public, "" where it has none yet or it is not known
	public   string             // the id of the public address
	basic    bool               // open where no group says otherwise
	protocol Protocol
	in       Ports // as the Internet sees it; equal in number to at
	at       Ports // at the interface
	unread   string
}

// Exposure is one way from the Internet to a network interface, and what gets
// through on it.
type Exposure struct {
	Config   *Config
	Way      Way
	Name     string             // of the load balancer's or firewall's rule
	Device   *resource.Resource // the load balancer or firewall, nil for the interface's own address
	Address  string             // public, "" where it is not known
	PublicIP string             // the id of the public address
	Openings []Opening          // ports are those at the interface
	// Closed says why nothing gets in although no rule denies it, "" otherwise.
	Closed string
	Unread string // why it is not known whether more gets in, "" where it is

	front front
}

// FrontTo are the ports in front of those of an opening. A NAT rule for a pool
// has a range of them, one for each member; which is whose is not in its body.
func (e *Exposure) FrontTo(p Ports) Ports {
	if e.front.in.To-e.front.in.From != e.front.at.To-e.front.at.From {
		return e.front.in
	}
	shift := int(e.front.in.From) - int(e.front.at.From)
	return Ports{uint16(int(p.From) + shift), uint16(int(p.To) + shift)} //nolint:gosec // both ranges are of ports
}

// Exposures follows every way from the Internet to a configuration: its public
// address, the rules of load balancers in front of it, and what firewalls
// translate to it.
//
// A Standard address lets nothing in where there is no network security group;
// a Basic one lets everything in. Source: "Public IP addresses", "SKU".
func (n *Network) Exposures(c *Config) []Exposure {
	fronts := n.fronts[c]
	if len(fronts) == 0 {
		return n.translated(c)
	}
	open, unread := n.openings(c)
	none := unread == "" && c.Interface.Group == nil && (c.subnet == nil || c.subnet.group == nil)
	out := make([]Exposure, 0, len(fronts))
	for _, f := range fronts {
		e := Exposure{Config: c, Way: f.way, Name: f.name, Device: f.device, Address: f.address, PublicIP: f.public, Unread: cmp.Or(f.unread, unread), front: f}
		if none && !f.basic && f.unread == "" {
			e.Closed = "a Standard address lets nothing in without a network security group"
			out = append(out, e)
			continue
		}
		for _, o := range open {
			if o.Protocol&f.protocol == 0 {
				continue
			}
			if p := o.Ports; f.at != AllPorts {
				o.Ports = Ports{max(p.From, f.at.From), min(p.To, f.at.To)}
				if o.Ports.From > o.Ports.To {
					continue
				}
			}
			if f.basic || f.unread == "" || !none {
				e.Openings = append(e.Openings, o)
			}
		}
		out = append(out, e)
	}
	return append(out, n.translated(c)...)
}

// HasFront tells whether any way leads from the Internet to a configuration.
func (n *Network) HasFront(c *Config) bool { return len(n.fronts[c])+len(n.translations[c]) > 0 }

// readFronts reads the public addresses of configurations and the rules of
// public load balancers.
func (n *Network) readFronts() {
	for _, i := range n.interfaces {
		for k, e := range i.Resource.Properties().Get("ipConfigurations").Elements() {
			ref := e.Path("properties", "publicIPAddress")
			if k >= len(i.Configs) || ref.IsMissing() || ref.IsNull() {
				continue
			}
			c := i.Configs[k]
			f := n.address(ref)
			f.way, f.protocol, f.in, f.at = ByAddress, anyProtocol, AllPorts, AllPorts
			n.fronts[c] = append(n.fronts[c], f)
		}
	}
	pools := n.readPools()
	for r := range n.inv.OfType(TypeBalancer) {
		n.readBalancer(r, pools)
	}
}

// address reads a reference to a public address.
func (n *Network) address(ref jsondoc.Value) front {
	id, _ := ref.Get("id").Text()
	f := front{public: id}
	ip, ok := n.inv.Lookup(id)
	if !ok {
		f.unread = "the public address " + cmp.Or(id, "of an interface") + " was not read"
		return f
	}
	f.address = ip.Properties().Get("ipAddress").TextOr("")
	f.basic = isBasic(ip)
	return f
}

// isBasic tells whether an address or a load balancer is of the Basic SKU,
// which is what one without a SKU is.
func isBasic(r *resource.Resource) bool {
	return strings.EqualFold(r.Body.Path("sku", "name").TextOr("Basic"), "Basic")
}

// readPools finds the members of load balancers' pools: those that the pool
// names, by configuration or by address, and those that name the pool.
func (n *Network) readPools() map[string][]*Config {
	pools := map[string][]*Config{}
	add := func(pool string, c *Config) {
		if pool = strings.ToLower(pool); pool != "" && c != nil && !slices.Contains(pools[pool], c) {
			pools[pool] = append(pools[pool], c)
		}
	}
	for _, i := range n.interfaces {
		for k, e := range i.Resource.Properties().Get("ipConfigurations").Elements() {
			if k >= len(i.Configs) {
				break
			}
			for _, p := range e.Path("properties", "loadBalancerBackendAddressPools").Elements() {
				add(p.Get("id").TextOr(""), i.Configs[k])
			}
		}
	}
	for r := range n.inv.OfType(TypeBalancer) {
		for _, p := range r.Properties().Get("backendAddressPools").Elements() {
			id := memberID(r, "backendAddressPools", p)
			for _, c := range p.Path("properties", "backendIPConfigurations").Elements() {
				add(id, n.configs[strings.ToLower(c.Get("id").TextOr(""))])
			}
			for _, a := range p.Path("properties", "loadBalancerBackendAddresses").Elements() {
				a = a.Get("properties")
				if c := n.configs[strings.ToLower(a.Path("networkInterfaceIPConfiguration", "id").TextOr(""))]; c != nil {
					add(id, c)
					continue
				}
				addr, err := netip.ParseAddr(a.Get("ipAddress").TextOr(""))
				if err != nil {
					continue
				}
				if v := n.networks[idKey(a.Path("virtualNetwork", "id"))]; v != nil {
					add(id, v.hosts[addr])
				} else if s := n.subnets[idKey(a.Path("subnet", "id"))]; s != nil {
					add(id, s.net.hosts[addr])
				}
			}
		}
	}
	return pools
}

// memberID is the id of an element of a load balancer's array.
func memberID(r *resource.Resource, kind string, v jsondoc.Value) string {
	return v.Get("id").TextOr(r.ID.String() + "/" + kind + "/" + v.Get("name").TextOr(""))
}

func (n *Network) readBalancer(r *resource.Resource, pools map[string][]*Config) {
	public := map[string]front{} // by id of the frontend, in lower case
	for _, v := range r.Properties().Get("frontendIPConfigurations").Elements() {
		ref := v.Path("properties", "publicIPAddress")
		if ref.IsMissing() || ref.IsNull() {
			continue // private
		}
		f := n.address(ref)
		f.device, f.basic = r, isBasic(r)
		public[strings.ToLower(memberID(r, "frontendIPConfigurations", v))] = f
	}
	if len(public) == 0 {
		return
	}
	for _, kind := range []struct {
		member string
		way    Way
	}{{"inboundNatRules", ByNATRule}, {"loadBalancingRules", ByRule}} {
		for _, v := range r.Properties().Get(kind.member).Elements() {
			p := v.Get("properties")
			f, ok := public[strings.ToLower(p.Path("frontendIPConfiguration", "id").TextOr(""))]
			if !ok {
				continue
			}
			f.way, f.name = kind.way, v.Get("name").TextOr("")
			n.readForward(&f, p)
			for _, c := range n.behind(p, pools) {
				n.fronts[c] = append(n.fronts[c], f)
			}
		}
	}
}

// behind are the configurations that a rule of a load balancer sends to: the one
// that it names, or the members of its pools.
func (n *Network) behind(p jsondoc.Value, pools map[string][]*Config) []*Config {
	if c := n.configs[strings.ToLower(p.Path("backendIPConfiguration", "id").TextOr(""))]; c != nil {
		return []*Config{c}
	}
	out := slices.Clone(pools[strings.ToLower(p.Path("backendAddressPool", "id").TextOr(""))])
	for _, b := range p.Get("backendAddressPools").Elements() {
		for _, c := range pools[strings.ToLower(b.Get("id").TextOr(""))] {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// readForward reads which ports a rule of a load balancer sends where.
func (n *Network) readForward(f *front, p jsondoc.Value) {
	switch text := p.Get("protocol").TextOr(""); {
	case strings.EqualFold(text, "All"):
		f.protocol, f.in, f.at = TCP|UDP, AllPorts, AllPorts
		return
	case strings.EqualFold(text, "Udp"):
		f.protocol = UDP
	case strings.EqualFold(text, "Tcp"):
		f.protocol = TCP
	default:
		f.protocol, f.unread = TCP|UDP, cmp.Or(f.unread, "the protocol of the rule "+f.name+" of a load balancer is not known")
	}
	front, ok1 := p.Get("frontendPort").Int()
	last := front
	if start, ok := p.Get("frontendPortRangeStart").Int(); ok && start > 0 {
		front = start
		last, ok1 = p.Get("frontendPortRangeEnd").Int()
	}
	back, ok2 := p.Get("backendPort").Int()
	if !ok1 || !ok2 || front < 0 || front > last || last > 65535 || back < 0 || back > 65535 {
		f.in, f.at, f.unread = AllPorts, AllPorts, cmp.Or(f.unread, "the ports of the rule "+f.name+" of a load balancer are not known")
		return
	}
	if front == 0 && back == 0 { // all ports
		f.in, f.at = AllPorts, AllPorts
		return
	}
	f.in, f.at = Ports{uint16(front), uint16(last)}, Ports{uint16(back), uint16(back)}
}

// Everyone merges what is open to all of the Internet on every way, by protocol
// and port.
func Everyone(list []Exposure) []Opening {
	var out []Opening
	for _, p := range []Protocol{ICMP, TCP, UDP} {
		var ports []Ports
		for _, e := range list {
			for _, o := range e.Openings {
				if o.Protocol == p && o.Everyone {
					ports = append(ports, o.Ports)
				}
			}
		}
		for _, r := range mergePorts(ports) {
			out = append(out, Opening{Protocol: p, Ports: r, Sources: internet, Everyone: true})
		}
	}
	return out
}

func mergePorts(list []Ports) []Ports {
	slices.SortFunc(list, func(a, b Ports) int {
		if a.From != b.From {
			return int(a.From) - int(b.From)
		}
		return int(a.To) - int(b.To)
	})
	var out []Ports
	for _, p := range list {
		if k := len(out) - 1; k >= 0 && int(p.From) <= int(out[k].To)+1 {
			out[k].To = max(out[k].To, p.To)
			continue
		}
		out = append(out, p)
	}
	return out
}

// Internet is the set of addresses that the Internet has for a configuration.
func (c *Config) Internet() *netipx.IPSet {
	if v := c.network(); v != nil {
		return v.outside
	}
	return internet
}

// InternetV4 is the part of [Config.Internet] that is IPv4.
func (c *Config) InternetV4() *netipx.IPSet {
	var b netipx.IPSetBuilder
	b.AddSet(c.Internet())
	b.RemovePrefix(netip.MustParsePrefix("::/0"))
	return built(&b)
}
