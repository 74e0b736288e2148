package network

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Direction is which way a flow goes, seen from the network interface.
type Direction uint8

// Inbound comes to the interface, Outbound leaves it.
const (
	Inbound Direction = iota
	Outbound
)

// String returns Azure's word.
func (d Direction) String() string {
	if d == Outbound {
		return "Outbound"
	}
	return "Inbound"
}

// Protocol is a set of protocols that rules tell apart.
type Protocol uint8

// The protocols of security rules.
const (
	TCP Protocol = 1 << iota
	UDP
	ICMP
	ESP
	AH
	anyProtocol = TCP | UDP | ICMP | ESP | AH
)

var protocolNames = []struct {
	p    Protocol
	name string
}{{TCP, "Tcp"}, {UDP, "Udp"}, {ICMP, "Icmp"}, {ESP, "Esp"}, {AH, "Ah"}}

// ParseProtocol reads Tcp, Udp, Icmp, Esp or Ah in any case; "*" and "Any" are all.
func ParseProtocol(text string) (Protocol, bool) {
	if text == "*" || strings.EqualFold(text, "any") {
		return anyProtocol, true
	}
	for _, n := range protocolNames {
		if strings.EqualFold(text, n.name) {
			return n.p, true
		}
	}
	return 0, false
}

// String returns Azure's word; "*" is every protocol.
func (p Protocol) String() string {
	if p == anyProtocol {
		return "*"
	}
	var out []string
	for _, n := range protocolNames {
		if p&n.p != 0 {
			out = append(out, n.name)
		}
	}
	return strings.Join(out, ",")
}

// Ports is a range of ports, both ends included.
type Ports struct{ From, To uint16 }

// AllPorts is every port.
var AllPorts = Ports{0, 65535}

func (p Ports) has(port uint16) bool { return p.From <= port && port <= p.To }

// String returns 22 or 80-90, and * for all.
func (p Ports) String() string {
	switch {
	case p == AllPorts:
		return "*"
	case p.From == p.To:
		return strconv.Itoa(int(p.From))
	default:
		return strconv.Itoa(int(p.From)) + "-" + strconv.Itoa(int(p.To))
	}
}

// ParsePorts reads a port, a range of ports, or "*".
func ParsePorts(text string) (Ports, bool) {
	text = strings.TrimSpace(text)
	if text == "*" {
		return AllPorts, true
	}
	a, b, isRange := strings.Cut(text, "-")
	if !isRange {
		b = a
	}
	from, err1 := strconv.ParseUint(strings.TrimSpace(a), 10, 16)
	to, err2 := strconv.ParseUint(strings.TrimSpace(b), 10, 16)
	return Ports{uint16(from), uint16(to)}, err1 == nil && err2 == nil && from <= to
}

// Rule is a security rule.
type Rule struct {
	Group               *Group
	Name                string
	Priority            int
	Allow               bool
	Direction           Direction
	Default             bool // one that Azure adds to every group
	Protocol            Protocol
	Source, Destination Peer
	SourcePorts         []Ports
	DestinationPorts    []Ports
	Offset              int    // of its properties in the text that it was read from
	unread              string // why it cannot be told what it matches
}

// Peer is one end of what a rule matches.
type Peer struct {
	Any       bool
	Addresses *netipx.IPSet // of prefixes written out
	Tags      []string      // service tags, as they are written
	Groups    []string      // keys of application security groups
	Text      []string      // as it is written
}

// Group is a network security group with its rules in the order in which Azure
// takes them.
type Group struct {
	Resource *resource.Resource
	inbound  []*Rule
	outbound []*Rule
	unread   string // why its rules are not known
}

// Rules are the group's rules of a direction by priority, the default ones last.
func (g *Group) Rules(d Direction) []*Rule {
	if d == Outbound {
		return g.outbound
	}
	return g.inbound
}

// Unread says why the group's rules are not known, "" where they are.
func (g *Group) Unread() string { return g.unread }

// ToPort tells whether the rule speaks of a destination port.
func (r *Rule) ToPort(port uint16) bool { return coversPort(r.DestinationPorts, port) }

// ReadRules reads a group's own rules of a direction, in the order in which
// they are written.
func ReadRules(group *resource.Resource, d Direction) []*Rule {
	g := &Group{Resource: group}
	var out []*Rule
	for _, v := range group.Properties().Get("securityRules").Elements() {
		if r := readRule(g, v); r.Direction == d {
			out = append(out, r)
		}
	}
	return out
}

// defaultRules are what Azure adds to every group. Source: "Network security
// groups overview", "Default security rules".
var defaultRules = []struct {
	name, from, to string
	priority       int
	allow          bool
	direction      Direction
}{
	{"AllowVnetInBound", "VirtualNetwork", "VirtualNetwork", 65000, true, Inbound},
	{"AllowAzureLoadBalancerInBound", "AzureLoadBalancer", "*", 65001, true, Inbound},
	{"DenyAllInBound", "*", "*", 65500, false, Inbound},
	{"AllowVnetOutBound", "VirtualNetwork", "VirtualNetwork", 65000, true, Outbound},
	{"AllowInternetOutBound", "*", "Internet", 65001, true, Outbound},
	{"DenyAllOutBound", "*", "*", 65500, false, Outbound},
}

func newGroup(inv *inventory.Inventory, r *resource.Resource) *Group {
	g := &Group{Resource: r}
	if why, is := inv.Unread(r, "properties.securityRules"); is {
		g.unread = cmp.Or(why, "the rules of "+r.Name()+" were not read")
		return g
	}
	add := func(rule *Rule) {
		if rule.Direction == Outbound {
			g.outbound = append(g.outbound, rule)
		} else {
			g.inbound = append(g.inbound, rule)
		}
	}
	for _, v := range r.Properties().Get("securityRules").Elements() {
		add(readRule(g, v))
	}
	for _, d := range defaultRules {
		rule := &Rule{Group: g, Name: d.name, Priority: d.priority, Allow: d.allow, Direction: d.direction, Default: true, Protocol: anyProtocol, SourcePorts: []Ports{AllPorts}, DestinationPorts: []Ports{AllPorts}}
		rule.Source.add(d.from)
		rule.Destination.add(d.to)
		rule.Source.finish()
		rule.Destination.finish()
		add(rule)
	}
	for _, list := range [][]*Rule{g.inbound, g.outbound} {
		slices.SortStableFunc(list, func(a, b *Rule) int { return cmp.Compare(a.Priority, b.Priority) })
	}
	return g
}

// readRule reads a rule as ARM or `az network nsg rule list` gives it, the
// latter without "properties".
func readRule(g *Group, v jsondoc.Value) *Rule {
	p := v.Get("properties")
	if p.IsMissing() {
		p = v
	}
	r := &Rule{Group: g, Name: v.Get("name").TextOr(""), Offset: p.Offset()}
	lack := func(what string) {
		if r.unread == "" {
			r.unread = what + " of the rule " + cmp.Or(r.Name, "without a name") + " of " + g.Resource.Name() + " is not known"
		}
	}
	switch text := p.Get("direction").TextOr(""); {
	case strings.EqualFold(text, "Outbound"):
		r.Direction = Outbound
	case !strings.EqualFold(text, "Inbound"):
		lack("the direction")
	}
	switch text := p.Get("access").TextOr(""); {
	case strings.EqualFold(text, "Allow"):
		r.Allow = true
	case !strings.EqualFold(text, "Deny"):
		lack("the access")
	}
	priority, ok := p.Get("priority").Int()
	if !ok {
		lack("the priority")
	}
	r.Priority = int(min(max(priority, 0), 65535))
	if r.Protocol, ok = ParseProtocol(p.Get("protocol").TextOr("*")); !ok {
		lack("the protocol")
	}
	readPeer(&r.Source, p, "source", lack)
	readPeer(&r.Destination, p, "destination", lack)
	if r.SourcePorts = readPorts(p, "sourcePortRange", lack); len(r.SourcePorts) == 0 {
		r.SourcePorts = []Ports{AllPorts} // nobody writes them out by hand
	}
	if r.DestinationPorts = readPorts(p, "destinationPortRange", lack); len(r.DestinationPorts) == 0 {
		lack("a port")
	}
	return r
}

func readPeer(to *Peer, p jsondoc.Value, end string, lack func(string)) {
	for _, v := range both(p, end+"AddressPrefix", end+"AddressPrefixes") {
		text, ok := v.Text()
		if !ok || text != "" && text[0] == 0 || !to.add(text) {
			lack("the " + end)
		}
	}
	for _, v := range p.Get(end + "ApplicationSecurityGroups").Elements() {
		key := idKey(v.Get("id"))
		if key == "" {
			lack("the " + end)
			continue
		}
		to.Groups = append(to.Groups, key)
		to.Text = append(to.Text, v.Get("id").TextOr(""))
	}
	if len(to.Text) == 0 {
		lack("the " + end)
	}
	to.finish()
}

// add takes in what a rule writes for an end: *, a prefix, or a service tag.
func (to *Peer) add(text string) bool {
	to.Text = append(to.Text, text)
	if text == "*" || text == "0.0.0.0/0" || text == "::/0" || strings.EqualFold(text, "any") {
		to.Any = true
		return true
	}
	var b netipx.IPSetBuilder
	if to.Addresses != nil {
		b.AddSet(to.Addresses)
	}
	if addPrefix(&b, text) {
		to.Addresses = built(&b)
		return true
	}
	if !isTag(text) {
		return false
	}
	to.Tags = append(to.Tags, text)
	return true
}

func (to *Peer) finish() {
	if to.Addresses == nil {
		to.Addresses = &netipx.IPSet{}
	}
}

// isTag tells whether a text can be a service tag: Storage, Storage.WestEurope.
func isTag(text string) bool {
	for i, c := range text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '.' && c != '_' && c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return text != ""
}

// both returns what a member that is given once and its plural hold.
func both(p jsondoc.Value, one, many string) []jsondoc.Value {
	var out []jsondoc.Value
	if v := p.Get(one); v.Exists() && !v.IsNull() {
		if text, ok := v.Text(); !ok || text != "" {
			out = append(out, v)
		}
	}
	list := p.Get(many)
	if _, ok := list.Text(); ok { // not an array before deployment
		return append(out, list)
	}
	for _, v := range list.Elements() {
		out = append(out, v)
	}
	return out
}

func readPorts(p jsondoc.Value, name string, lack func(string)) []Ports {
	var out []Ports
	for _, v := range both(p, name, name+"s") {
		text, ok := v.Text()
		if i, isNumber := v.Int(); isNumber && !ok {
			text, ok = strconv.FormatInt(i, 10), true
		}
		r, good := ParsePorts(text)
		if !ok || !good {
			lack("a port")
			continue
		}
		out = append(out, r)
	}
	return out
}

func coversPort(list []Ports, port uint16) bool {
	return slices.ContainsFunc(list, func(p Ports) bool { return p.has(port) })
}
