// Package network answers what an Azure virtual network lets through: which
// rule of which network security group decides a flow (as Network Watcher's IP
// flow verify and effective security rules do), whether one machine reaches
// another, and what of an inventory can be reached from the Internet.
//
// A [Network] is made of an inventory once and never changes. Addresses are
// sets (netipx.IPSet), ports are ranges, and rules are taken in the order of
// their priorities, so that an answer about all of the Internet is exact and
// not the answer about a few addresses that were tried. What depends on
// something that was not read, or on the addresses of a service tag that nobody
// gave, is [Unknown] with what is missing.
//
// Sources: "How network security groups filter network traffic", "Network
// security groups overview", "Virtual network service tags", "Public IP
// addresses", "Virtual network traffic routing", "Manage inbound NAT rules for
// Azure Load Balancer".
package network

import (
	"cmp"
	"net/netip"
	"strings"

	"go4.org/netipx"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Types of resources that the engine reads.
const (
	TypeGroup     = "Microsoft.Network/networkSecurityGroups"
	TypeInterface = "Microsoft.Network/networkInterfaces"
	TypeMachine   = "Microsoft.Compute/virtualMachines"
	TypeNetwork   = "Microsoft.Network/virtualNetworks"
	TypeSubnet    = "Microsoft.Network/virtualNetworks/subnets"
	TypePublicIP  = "Microsoft.Network/publicIPAddresses"
	TypeBalancer  = "Microsoft.Network/loadBalancers"
	typePeering   = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
	typeRoutes    = "Microsoft.Network/routeTables"
)

// Options are what an inventory does not say.
type Options struct {
	Tags *ServiceTags // nil: the addresses of service tags are not known
}

// Network is the network of an inventory, made ready to answer.
type Network struct {
	inv          *inventory.Inventory
	tags         *ServiceTags
	groups       map[string]*Group         // by key of the id
	networks     map[string]*vnet          // by key of the id
	subnets      map[string]*subnet        // by key of the id
	interfaces   []*Interface              // in the inventory's order
	byKey        map[string]*Interface     // by key of the interface's id
	byMachine    map[string][]*Interface   // by key of the machine's id
	configs      map[string]*Config        // by key of the configuration's id
	fronts       map[*Config][]front       // ways from the Internet to a configuration
	translations map[*Config][]translation // by firewalls
	sweeps       map[sweepKey][]segment
}

// Interface is a network interface with its IP configurations.
type Interface struct {
	Resource *resource.Resource
	Machine  string // the id of the virtual machine that it belongs to, "" where it belongs to none
	Group    *Group // its own network security group, nil where it has none
	Configs  []*Config
	endpoint bool   // of a private endpoint
	unread   string // why its group or its configurations are not known
}

// Unread says why the interface's group or its configurations are not known, ""
// where they are.
func (i *Interface) Unread() string { return i.unread }

// HasGroup tells whether a network security group filters what comes to the
// interface, its own or its subnet's; unread says why that is not known.
func (i *Interface) HasGroup() (has bool, unread string) {
	has, unread = i.Group != nil, i.unread
	for _, c := range i.Configs {
		has = has || c.subnet != nil && c.subnet.group != nil
		unread = cmp.Or(unread, c.unread)
	}
	return has, unread
}

// Config is one IP configuration of a network interface.
type Config struct {
	Interface *Interface
	Name      string
	Address   netip.Addr // private; not valid where it is not known
	subnet    *subnet
	groups    []string // keys of its application security groups
	unread    string   // why its subnet, or its subnet's group, is not known
}

// subnet is a subnet with what filters and routes its traffic.
type subnet struct {
	res      *resource.Resource
	net      *vnet
	prefixes *netipx.IPSet
	group    *Group
	filters  bool // its group filters what goes to private endpoints, too
	routes   []route
	unread   string // why its group is not known
	noRoutes string // why its routes are not known
}

// vnet is a virtual network: its own addresses, and those that the service tag
// VirtualNetwork stands for in its rules.
type vnet struct {
	res     *resource.Resource
	space   *netipx.IPSet
	tag     *netipx.IPSet
	outside *netipx.IPSet // of the Internet, without the tag
	subnets []*subnet
	hosts   map[netip.Addr]*Config
	gateway string // why the tag may hold more private addresses than are known, "" where it does not
	peers   []peering
}

type peering struct {
	name      string
	remote    string // key of the remote network's id
	space     *netipx.IPSet
	connected bool
	access    bool // allowVirtualNetworkAccess
	forwarded bool
}

// New makes the network of an inventory ready. The cost grows with the number
// of rules, subnets and interfaces; questions are answered from it.
func New(inv *inventory.Inventory, o Options) *Network {
	n := &Network{
		inv: inv, tags: o.Tags,
		groups: map[string]*Group{}, networks: map[string]*vnet{}, subnets: map[string]*subnet{},
		byKey: map[string]*Interface{}, byMachine: map[string][]*Interface{}, configs: map[string]*Config{},
		fronts: map[*Config][]front{}, translations: map[*Config][]translation{}, sweeps: map[sweepKey][]segment{},
	}
	for r := range inv.OfType(TypeGroup) {
		n.groups[r.ID.Key()] = newGroup(inv, r)
	}
	n.readNetworks()
	n.readInterfaces()
	n.readFronts()
	n.readFirewalls()
	return n
}

// Interfaces are the network interfaces of the inventory, in its order.
func (n *Network) Interfaces() []*Interface { return n.interfaces }

// OfMachine are the interfaces of a virtual machine, by the key of its id.
func (n *Network) OfMachine(key string) []*Interface { return n.byMachine[key] }

// Interface returns an interface by the key of its id.
func (n *Network) Interface(key string) (*Interface, bool) {
	i, ok := n.byKey[key]
	return i, ok
}

// Group returns a network security group by the key of its id.
func (n *Network) Group(key string) (*Group, bool) {
	g, ok := n.groups[key]
	return g, ok
}

// readNetworks reads virtual networks and subnets, and then what the tag
// VirtualNetwork means in each: its own addresses, those of its peers, those
// behind its gateway, and the prefixes of its routes.
func (n *Network) readNetworks() {
	for r := range n.inv.OfType(TypeNetwork) {
		v := &vnet{res: r, space: setOf(r.Properties().Path("addressSpace", "addressPrefixes")), hosts: map[netip.Addr]*Config{}}
		n.networks[r.ID.Key()] = v
		for _, e := range r.Properties().Get("virtualNetworkPeerings").Elements() {
			v.addPeer(e)
		}
		if r.Properties().Get("virtualNetworkPeerings").IsMissing() { // listed by themselves
			for p := range n.inv.ChildrenOfType(r.ID, typePeering) {
				v.addPeer(p.Body)
			}
		}
	}
	for r := range n.inv.OfType(TypeSubnet) {
		parent, _ := r.ID.Parent()
		v := n.networks[parent.Key()]
		if v == nil {
			v = &vnet{space: &netipx.IPSet{}, hosts: map[netip.Addr]*Config{}}
			n.networks[parent.Key()] = v
		}
		n.subnets[r.ID.Key()] = n.readSubnet(r, v)
	}
	for _, v := range n.networks {
		n.expand(v)
	}
}

func (v *vnet) addPeer(body jsondoc.Value) {
	p := body.Get("properties")
	space := p.Path("remoteVirtualNetworkAddressSpace", "addressPrefixes")
	if space.Len() == 0 {
		space = p.Path("remoteAddressSpace", "addressPrefixes")
	}
	access, given := p.Get("allowVirtualNetworkAccess").Bool()
	forwarded, _ := p.Get("allowForwardedTraffic").Bool()
	v.peers = append(v.peers, peering{
		name: body.Get("name").TextOr(""), remote: idKey(p.Path("remoteVirtualNetwork", "id")), space: setOf(space),
		connected: strings.EqualFold(p.Get("peeringState").TextOr("Connected"), "Connected"), access: access || !given, forwarded: forwarded,
	})
	if yes, _ := p.Get("useRemoteGateways").Bool(); yes {
		v.gateway = "networks behind the gateway of the peered network"
	}
}

func (n *Network) readSubnet(r *resource.Resource, v *vnet) *subnet {
	s := &subnet{res: r, net: v}
	v.subnets = append(v.subnets, s)
	p := r.Properties()
	var b netipx.IPSetBuilder
	addPrefix(&b, p.Get("addressPrefix").TextOr(""))
	addPrefixes(&b, p.Get("addressPrefixes"))
	s.prefixes = built(&b)
	if strings.EqualFold(r.ID.Name(), "GatewaySubnet") {
		v.gateway = "networks behind its gateway"
	}
	policies := p.Get("privateEndpointNetworkPolicies").TextOr("Disabled")
	s.filters = strings.EqualFold(policies, "Enabled") || strings.EqualFold(policies, "NetworkSecurityGroupEnabled")
	s.group, s.unread = n.groupOf(r, "properties.networkSecurityGroup")
	if id := p.Path("routeTable", "id").TextOr(""); id != "" {
		table, ok := n.inv.Lookup(id)
		if !ok {
			s.noRoutes = "the route table " + id + " was not read"
		} else {
			s.routes = readRoutes(table)
		}
	}
	return s
}

// groupOf reads the network security group that a resource names.
func (n *Network) groupOf(r *resource.Resource, path string) (g *Group, unread string) {
	if why, is := n.inv.Unread(r, path); is {
		return nil, cmp.Or(why, "its network security group was not read")
	}
	ref := r.Properties().Get("networkSecurityGroup")
	if ref.IsMissing() || ref.IsNull() {
		return nil, ""
	}
	id, ok := ref.Get("id").Text()
	if !ok {
		return nil, "the id of its network security group is not known"
	}
	if id == "" {
		return nil, ""
	}
	res, ok := n.inv.Lookup(id)
	if !ok {
		return nil, "the network security group " + id + " was not read"
	}
	g = n.groups[res.ID.Key()]
	if g == nil {
		return nil, id + " is no network security group"
	}
	return g, ""
}

// expand works out the tag VirtualNetwork of a network.
//
// Source: "Virtual network service tags": "The virtual network address space,
// all connected on-premises address spaces, peered virtual networks, virtual
// networks connected to a virtual network gateway, the virtual IP address of
// the host, and address prefixes used on user-defined routes." A default route
// is left out: it would make all of the Internet a part of the network.
func (n *Network) expand(v *vnet) {
	var b netipx.IPSetBuilder
	b.AddSet(v.space)
	b.Add(hostAddress)
	for _, p := range v.peers {
		if !p.connected || !p.access {
			continue
		}
		b.AddSet(p.space)
		if remote := n.networks[p.remote]; remote != nil {
			b.AddSet(remote.space)
		}
	}
	for _, s := range v.subnets {
		b.AddSet(s.prefixes)
		for _, r := range s.routes {
			if r.prefix.Bits() > 0 {
				b.AddPrefix(r.prefix)
			}
		}
	}
	v.tag = built(&b)
	var out netipx.IPSetBuilder
	out.AddSet(internet)
	out.RemoveSet(v.tag)
	v.outside = built(&out)
	if v.outside.Equal(internet) {
		v.outside = internet // one set for nearly all networks: what is worked out for one serves all
	}
}

func (n *Network) readInterfaces() {
	for r := range n.inv.OfType(TypeInterface) {
		i := &Interface{Resource: r, Machine: r.Properties().Path("virtualMachine", "id").TextOr("")}
		i.endpoint = r.Properties().Path("privateEndpoint", "id").Exists()
		n.interfaces = append(n.interfaces, i)
		n.byKey[r.ID.Key()] = i
		if vm, ok := n.inv.Lookup(i.Machine); ok {
			n.byMachine[vm.ID.Key()] = append(n.byMachine[vm.ID.Key()], i)
		}
		i.Group, i.unread = n.groupOf(r, "properties.networkSecurityGroup")
		if why, is := n.inv.Unread(r, "properties.ipConfigurations"); is {
			i.unread = cmp.Or(why, "its IP configurations were not read")
			continue
		}
		for _, e := range r.Properties().Get("ipConfigurations").Elements() {
			n.readConfig(i, e)
		}
	}
}

func (n *Network) readConfig(i *Interface, e jsondoc.Value) {
	p := e.Get("properties")
	c := &Config{Interface: i, Name: e.Get("name").TextOr("")}
	c.Address, _ = netip.ParseAddr(p.Get("privateIPAddress").TextOr(""))
	i.Configs = append(i.Configs, c)
	id := e.Get("id").TextOr("")
	if id == "" {
		id = i.Resource.ID.String() + "/ipConfigurations/" + c.Name
	}
	n.configs[strings.ToLower(id)] = c
	if ref := p.Get("subnet"); ref.Exists() {
		id, _ := ref.Get("id").Text()
		s, ok := n.inv.Lookup(id)
		if ok {
			c.subnet = n.subnets[s.ID.Key()]
		}
		switch {
		case c.subnet == nil:
			c.unread = "the subnet " + cmp.Or(id, "of "+c.Name) + " was not read"
		case c.subnet.unread != "":
			c.unread = c.subnet.unread
		}
	}
	for _, g := range p.Get("applicationSecurityGroups").Elements() {
		c.groups = append(c.groups, idKey(g.Get("id")))
	}
	if v := c.network(); v != nil && c.Address.IsValid() {
		v.hosts[c.Address] = c
	}
}

// network is the virtual network that a configuration lies in, nil where it is
// not known.
func (c *Config) network() *vnet {
	if c.subnet == nil {
		return nil
	}
	return c.subnet.net
}

// idKey is the key of the id that a value holds, "" where it holds none.
func idKey(v jsondoc.Value) string {
	text, ok := v.Text()
	if !ok {
		return ""
	}
	id, err := resource.ParseID(text)
	if err != nil {
		return ""
	}
	return id.Key()
}
