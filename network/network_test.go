package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const prefix = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/"

// world makes a network of resources, each written as "type name properties",
// the properties as JSON; a sku may stand between slashes behind the name.
func world(t testing.TB, o Options, list ...string) *Network {
	t.Helper()
	b := inventory.NewBuilder()
	for _, text := range list {
		f := strings.SplitN(text, " ", 3)
		name, sku, _ := strings.Cut(f[1], ":")
		id := prefix + f[0] + "/" + name
		typ := "Microsoft.Network/" + f[0]
		if parent, child, nested := strings.Cut(f[0], "/"); nested {
			outer, inner, _ := strings.Cut(name, "/")
			id = prefix + parent + "/" + outer + "/" + child + "/" + inner
		}
		body := fmt.Sprintf(`{"id": %q, "name": %q, "type": %q, "sku": {"name": %q}, "properties": %s}`, id, name, typ, sku, f[2])
		if sku == "" {
			body = strings.Replace(body, `"sku": {"name": ""}, `, "", 1)
		}
		v, err := jsondoc.ParseString(body)
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		r, err := resource.New(v, "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
	}
	return New(b.Build(), o)
}

// rules writes security rules, each as "priority access protocol source
// destination ports", inbound unless it begins with ">".
func rules(list ...string) string {
	var out []string
	for i, text := range list {
		direction := "Inbound"
		if rest, ok := strings.CutPrefix(text, ">"); ok {
			direction, text = "Outbound", rest
		}
		f := strings.Fields(text)
		end := func(side, what string) string {
			if group, ok := strings.CutPrefix(what, "asg:"); ok {
				return fmt.Sprintf(`"%sApplicationSecurityGroups": [{"id": "%sapplicationSecurityGroups/%s"}]`, side, prefix, group)
			}
			return fmt.Sprintf(`"%sAddressPrefixes": ["%s"]`, side, strings.Join(strings.Split(what, ","), `","`))
		}
		out = append(out, fmt.Sprintf(`{"name": "r%d", "properties": {"priority": %s, "access": %q, "protocol": %q, "direction": %q, "sourcePortRange": "*", %s, %s, "destinationPortRanges": ["%s"]}}`,
			i+1, f[0], f[1], f[2], direction, end("source", f[3]), end("destination", f[4]), strings.Join(strings.Split(f[5], ","), `","`)))
	}
	return `{"securityRules": [` + strings.Join(out, ", ") + `]}`
}

func ref(kind, name string) string { return fmt.Sprintf(`{"id": "%s%s/%s"}`, prefix, kind, name) }

// subnetOf writes a virtual network 10.0.0.0/16 with one subnet 10.0.1.0/24.
func subnetOf(more string) string {
	return `virtualNetworks v {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"id": "` + prefix + `virtualNetworks/v/subnets/a", "name": "a", "properties": {"addressPrefix": "10.0.1.0/24"` + more + `}}]}`
}

// nicOf writes an interface in that subnet.
func nicOf(name, address, config, more string) string {
	return fmt.Sprintf(`networkInterfaces %s {"ipConfigurations": [{"name": "c", "properties": {"privateIPAddress": %q, "subnet": %s%s}}]%s}`, name, address, ref("virtualNetworks", "v/subnets/a"), config, more)
}

func config(t testing.TB, n *Network, name string) *Config {
	t.Helper()
	id, err := resource.ParseID(prefix + "networkInterfaces/" + name)
	if err != nil {
		t.Fatal(err)
	}
	i, ok := n.Interface(id.Key())
	if !ok || len(i.Configs) == 0 {
		t.Fatalf("no interface %s", name)
	}
	return i.Configs[0]
}

// said writes a decision as "Allow subnet:rule nic:rule".
func said(d Decision) string {
	out := d.Access.String()
	for _, l := range d.Layers {
		rule := "-"
		if l.Rule != nil {
			rule = l.Rule.Name
		}
		out += " " + strings.Replace(l.Level, "network interface", "nic", 1) + ":" + rule
	}
	return out
}

// Sources: "How network security groups filter network traffic", "Network
// security groups overview" (default rules), "Application security groups".
func TestVerify(t *testing.T) {
	sub := `, "networkSecurityGroup": ` + ref("networkSecurityGroups", "sub")
	own := `, "networkSecurityGroup": ` + ref("networkSecurityGroups", "own")
	asg := `, "applicationSecurityGroups": [` + ref("applicationSecurityGroups", "web") + `]`
	for _, c := range []struct {
		name     string
		sub, own []string // nil: no group
		flow     Flow
		want     string
	}{
		{"no group at all", nil, nil, Flow{Inbound, TCP, netip.MustParseAddr("10.0.1.9"), 22, -1}, "Allow subnet:- nic:-"},
		{"default: from the network", nil, []string{}, Flow{Inbound, TCP, netip.MustParseAddr("10.0.200.9"), 22, -1}, "Allow subnet:- nic:AllowVnetInBound"},
		{"default: from a peer", nil, []string{}, Flow{Inbound, TCP, netip.MustParseAddr("10.7.0.9"), 22, -1}, "Allow subnet:- nic:AllowVnetInBound"},
		{"default: from elsewhere", nil, []string{}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:- nic:DenyAllInBound"},
		{"default: probes", nil, []string{}, Flow{Inbound, TCP, hostAddress, 22, -1}, "Allow subnet:- nic:AllowVnetInBound"},
		{"default: to the Internet", []string{}, nil, Flow{Outbound, TCP, netip.MustParseAddr("198.51.100.1"), -1, 443}, "Allow nic:- subnet:AllowInternetOutBound"},
		{"default: to somebody's private address", []string{}, nil, Flow{Outbound, TCP, netip.MustParseAddr("192.168.7.7"), -1, 443}, "Deny nic:- subnet:DenyAllOutBound"},
		{"both must allow", []string{"100 Allow Tcp * * 22"}, []string{"100 Allow Tcp * * 80"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:r1 nic:DenyAllInBound"},
		{"the subnet's group comes first", []string{"100 Deny Tcp * * 22"}, []string{"100 Allow Tcp * * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:r1"},
		{"outbound the interface's comes first", []string{}, []string{">100 Deny Tcp * Internet 443"}, Flow{Outbound, TCP, netip.MustParseAddr("198.51.100.1"), -1, 443}, "Deny nic:r1"},
		{"the lowest number decides", nil, []string{"200 Allow Tcp * * 22", "100 Deny * * * *"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:- nic:r2"},
		{"another protocol", nil, []string{"100 Allow Udp * * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:- nic:DenyAllInBound"},
		{"the destination is the private address", nil, []string{"100 Allow Tcp * 10.0.1.4 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Allow subnet:- nic:r1"},
		{"another destination", nil, []string{"100 Allow Tcp * 10.0.1.5 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:- nic:DenyAllInBound"},
		{"to the application security group", nil, []string{"100 Allow Tcp * asg:web 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Allow subnet:- nic:r1"},
		{"to another one", nil, []string{"100 Allow Tcp * asg:db 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:- nic:DenyAllInBound"},
		{"from the application security group", nil, []string{"100 Deny Tcp asg:web * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("10.0.1.4"), 22, -1}, "Deny subnet:- nic:r1"},
		{"from an interface that nobody read", nil, []string{"100 Deny Tcp asg:web * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("10.0.1.77"), 22, -1}, "Unknown subnet:- nic:-"},
		{"Internet is not the network", nil, []string{"100 Allow Tcp Internet * 22", "110 Deny * * * *"}, Flow{Inbound, TCP, netip.MustParseAddr("10.0.1.9"), 22, -1}, "Deny subnet:- nic:r2"},
		{"a tag of a service", nil, []string{"100 Allow Tcp AzureCloud * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Unknown subnet:- nic:-"},
		{"a tag whose addresses are given", nil, []string{"100 Allow Tcp Storage.WestEurope * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("20.60.1.1"), 22, -1}, "Allow subnet:- nic:r1"},
		{"and one that is not of it", nil, []string{"100 Allow Tcp Storage.WestEurope * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("20.61.1.1"), 22, -1}, "Deny subnet:- nic:DenyAllInBound"},
		{"a tag that changes nothing", nil, []string{"100 Deny Tcp AzureCloud * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1}, "Deny subnet:- nic:DenyAllInBound"},
		{"services have no private addresses", nil, []string{"100 Deny Tcp AzureCloud * 22"}, Flow{Inbound, TCP, netip.MustParseAddr("10.0.1.9"), 22, -1}, "Allow subnet:- nic:AllowVnetInBound"},
		{"ICMP has no ports", nil, []string{"100 Allow * * * *"}, Flow{Inbound, ICMP, netip.MustParseAddr("198.51.100.1"), -1, -1}, "Allow subnet:- nic:r1"},
	} {
		list := []string{nicOf("n", "10.0.1.4", asg, "")}
		network := subnetOf("")
		if c.own != nil {
			list = []string{nicOf("n", "10.0.1.4", asg, own), "networkSecurityGroups own " + rules(c.own...)}
		}
		if c.sub != nil {
			network = subnetOf(sub)
			list = append(list, "networkSecurityGroups sub "+rules(c.sub...))
		}
		network = strings.TrimSuffix(network, "}") + `, "virtualNetworkPeerings": [{"name": "p", "properties": {"peeringState": "Connected", "allowVirtualNetworkAccess": true, "remoteAddressSpace": {"addressPrefixes": ["10.7.0.0/16"]}, "remoteVirtualNetwork": ` + ref("virtualNetworks", "w") + `}}]}`
		tags, err := ParseServiceTags([]byte(`{"values": [{"name": "Storage.WestEurope", "properties": {"addressPrefixes": ["20.60.0.0/16", "2603:1020::/32"]}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		n := world(t, Options{Tags: tags}, append(list, network)...)
		if got := said(n.Verify(config(t, n, "n"), c.flow)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What is unread leaves an answer Unknown, and says what is missing.
func TestVerifyUnread(t *testing.T) {
	for _, c := range []struct{ name, nic, missing string }{
		{"the subnet", nicOf("n", "10.0.1.4", "", ""), "was not read"},
		{"the group", nicOf("n", "10.0.1.4", "", `, "networkSecurityGroup": `+ref("networkSecurityGroups", "gone")), "networkSecurityGroups/gone was not read"},
	} {
		n := world(t, Options{}, c.nic)
		d := n.Verify(config(t, n, "n"), Flow{Inbound, TCP, netip.MustParseAddr("198.51.100.1"), 22, -1})
		if d.Access != Unknown || !strings.Contains(strings.Join(d.Missing, "; "), c.missing) {
			t.Errorf("%s: %s, missing %q", c.name, d.Access, d.Missing)
		}
	}
}

// exposed writes exposures as "way:front->port address".
func exposed(n *Network, c *Config) string {
	var out []string
	for _, e := range n.Exposures(c) {
		line := string(e.Way)
		if e.Closed != "" {
			line += " closed"
		}
		if e.Unread != "" {
			line += " unread"
		}
		for _, o := range e.Openings {
			if !o.Everyone {
				line += " partly"
			}
			line += fmt.Sprintf(" %s/%s", o.Protocol, o.Ports)
			if front := e.FrontTo(o.Ports); front != o.Ports {
				line += "<-" + front.String()
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// Sources: "Public IP addresses" (SKU), "Manage inbound NAT rules for Azure Load
// Balancer", "Azure Load Balancer SKUs" (secure by default).
func TestExposures(t *testing.T) {
	own := `, "networkSecurityGroup": ` + ref("networkSecurityGroups", "own")
	pip := `, "publicIPAddress": ` + ref("publicIPAddresses", "p")
	ssh := "networkSecurityGroups own " + rules("100 Allow Tcp Internet * 22", "110 Allow Tcp 198.51.100.0/24 * 443")
	balancer := func(sku, more string) string {
		return "loadBalancers b:" + sku + ` {"frontendIPConfigurations": [{"id": "` + prefix + `loadBalancers/b/frontendIPConfigurations/f", "name": "f", "properties": {"publicIPAddress": ` + ref("publicIPAddresses", "p") + `}}], ` + more + `}`
	}
	nat := `"inboundNatRules": [{"name": "ssh", "properties": {"frontendIPConfiguration": ` + ref("loadBalancers", "b/frontendIPConfigurations/f") + `, "protocol": "Tcp", "frontendPort": 50001, "backendPort": 22, "backendIPConfiguration": ` + ref("networkInterfaces", "n/ipConfigurations/c") + `}}]`
	rule := `"backendAddressPools": [{"name": "pool", "properties": {}}], "loadBalancingRules": [{"name": "web", "properties": {"frontendIPConfiguration": ` + ref("loadBalancers", "b/frontendIPConfigurations/f") + `, "protocol": "Tcp", "frontendPort": 443, "backendPort": 8443, "backendAddressPool": ` + ref("loadBalancers", "b/backendAddressPools/pool") + `}}]`
	natPool := `"backendAddressPools": [{"name": "pool", "properties": {}}], "inboundNatRules": [{"name": "ssh", "properties": {"frontendIPConfiguration": ` + ref("loadBalancers", "b/frontendIPConfigurations/f") + `, "protocol": "Tcp", "frontendPortRangeStart": 500, "frontendPortRangeEnd": 599, "backendPort": 22, "backendAddressPool": ` + ref("loadBalancers", "b/backendAddressPools/pool") + `}}]`
	inPool := `, "loadBalancerBackendAddressPools": [` + ref("loadBalancers", "b/backendAddressPools/pool") + `]`
	for _, c := range []struct {
		name string
		list []string
		want string
	}{
		{"no way", []string{nicOf("n", "10.0.1.4", "", own), ssh}, ""},
		{"its own address", []string{nicOf("n", "10.0.1.4", pip, own), ssh, "publicIPAddresses p:Standard {}"}, "public address Tcp/22 partly Tcp/443"},
		{"Standard without a group", []string{nicOf("n", "10.0.1.4", pip, ""), "publicIPAddresses p:Standard {}"}, "public address closed"},
		{"Basic without a group", []string{nicOf("n", "10.0.1.4", pip, ""), "publicIPAddresses p:Basic {}"}, "public address Icmp/* Tcp/* Udp/*"},
		{"the address was not read", []string{nicOf("n", "10.0.1.4", pip, own), ssh}, "public address unread Tcp/22 partly Tcp/443"},
		{"the group was not read", []string{nicOf("n", "10.0.1.4", pip, own), "publicIPAddresses p:Standard {}"}, "public address unread"},
		{"inbound NAT", []string{nicOf("n", "10.0.1.4", "", own), ssh, "publicIPAddresses p:Standard {}", balancer("Standard", nat)}, "inbound NAT rule Tcp/22<-50001"},
		{"inbound NAT for a pool: one of a range of ports", []string{nicOf("n", "10.0.1.4", inPool, own), ssh, "publicIPAddresses p:Standard {}", balancer("Standard", natPool)}, "inbound NAT rule Tcp/22<-500-599"},
		{"a rule to a port that the group keeps shut", []string{nicOf("n", "10.0.1.4", inPool, own), ssh, "publicIPAddresses p:Standard {}", balancer("Standard", rule)}, "load balancing rule"},
		{"a rule to one that it opens", []string{nicOf("n", "10.0.1.4", inPool, own), "networkSecurityGroups own " + rules("100 Allow Tcp Internet * 8000-9000"), "publicIPAddresses p:Standard {}", balancer("Standard", rule)}, "load balancing rule Tcp/8443<-443"},
		{"Basic balancer, no group", []string{nicOf("n", "10.0.1.4", inPool, ""), "publicIPAddresses p:Basic {}", balancer("Basic", rule)}, "load balancing rule Tcp/8443<-443"},
		{"Standard balancer, no group", []string{nicOf("n", "10.0.1.4", inPool, ""), "publicIPAddresses p:Standard {}", balancer("Standard", rule)}, "load balancing rule closed"},
	} {
		n := world(t, Options{}, append(c.list, subnetOf(""))...)
		if got := exposed(n, config(t, n, "n")); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Who is denied by source port comes from another one; who is allowed by it
// comes from it.
func TestSourcePorts(t *testing.T) {
	for _, c := range []struct{ access, want string }{{"Deny", "Tcp/22"}, {"Allow", "Tcp/22"}} {
		group := `networkSecurityGroups own {"securityRules": [
			{"name": "a", "properties": {"priority": 100, "access": "` + c.access + `", "protocol": "Tcp", "direction": "Inbound", "sourcePortRange": "53", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "22"}},
			{"name": "b", "properties": {"priority": 200, "access": "` + map[string]string{"Deny": "Allow", "Allow": "Deny"}[c.access] + `", "protocol": "Tcp", "direction": "Inbound", "sourcePortRange": "*", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "22"}}]}`
		n := world(t, Options{}, subnetOf(""), nicOf("n", "10.0.1.4", `, "publicIPAddress": `+ref("publicIPAddresses", "p"), `, "networkSecurityGroup": `+ref("networkSecurityGroups", "own")), "publicIPAddresses p:Standard {}", group)
		if got := exposed(n, config(t, n, "n")); got != "public address "+c.want {
			t.Errorf("%s first: %s", c.access, got)
		}
	}
}

// Openings are what asking flow by flow would find: random groups, every
// address and port at which an answer can change.
func TestOpeningsAgainstFlows(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	addresses := []string{"*", "Internet", "VirtualNetwork", "AzureLoadBalancer", "0.0.0.0/1", "128.0.0.0/2", "8.8.8.8", "8.0.0.0/8", "8.8.0.0/16", "198.51.100.0/24", "10.0.0.0/8", "10.0.1.0/24", "8.8.8.8,9.9.9.9", "2001:db8::/32", "2000::/4"}
	destinations := []string{"*", "VirtualNetwork", "10.0.1.4", "10.0.1.0/25", "10.0.1.128/25", "10.0.2.0/24", "asg:web", "asg:db"}
	ports := []string{"*", "22", "22,80", "20-30", "0-1023", "80-90,443", "1024-65535"}
	var probes []netip.Addr
	for _, a := range []string{"1.0.0.0", "8.0.0.0", "8.7.255.255", "8.8.0.0", "8.8.8.7", "8.8.8.8", "8.8.8.9", "8.8.255.255", "8.9.0.0", "9.9.9.9", "9.9.9.10", "127.255.255.255", "128.0.0.0", "191.255.255.255", "192.0.0.0", "198.51.100.0", "198.51.100.255", "198.51.101.0", "223.255.255.255", "2000::1", "2001:db8::1", "3000::1"} {
		probes = append(probes, netip.MustParseAddr(a))
	}
	checked := 0
	for range 300 {
		group := func() string {
			var list []string
			for k := range 1 + random.IntN(6) {
				list = append(list, fmt.Sprintf("%d %s %s %s %s %s", 100+10*random.IntN(8)+k, pick("Allow", "Deny"), pick("Tcp", "Udp", "*", "Icmp"), pick(addresses...), pick(destinations...), pick(ports...)))
			}
			return rules(list...)
		}
		n := world(t, Options{}, subnetOf(`, "networkSecurityGroup": `+ref("networkSecurityGroups", "sub")),
			nicOf("n", "10.0.1.4", `, "publicIPAddress": `+ref("publicIPAddresses", "p")+`, "applicationSecurityGroups": [`+ref("applicationSecurityGroups", "web")+`]`, `, "networkSecurityGroup": `+ref("networkSecurityGroups", "own")),
			"publicIPAddresses p:Standard {}", "networkSecurityGroups sub "+group(), "networkSecurityGroups own "+group())
		c := config(t, n, "n")
		open := n.Exposures(c)[0].Openings
		for _, p := range []Protocol{TCP, UDP, ICMP} {
			for _, port := range []int{0, 19, 20, 21, 22, 23, 30, 31, 79, 80, 81, 90, 91, 442, 443, 444, 1023, 1024, 65535} {
				if p == ICMP {
					port = -1
				}
				for _, a := range probes {
					if !c.IsInternet(a) {
						continue
					}
					d := n.Verify(c, Flow{Inbound, p, a, port, 50000})
					in := slices.ContainsFunc(open, func(o Opening) bool {
						return o.Protocol == p && (port < 0 || o.Ports.has(uint16(port))) && o.Sources.Contains(a)
					})
					if d.Access == Unknown || in != (d.Access == Allow) {
						t.Fatalf("%s from %s to %d: open %t, %s", p, a, port, in, said(d))
					}
					checked++
				}
			}
		}
	}
	if checked < 100000 {
		t.Errorf("only %d flows were checked", checked)
	}
}

// Source: "Virtual network traffic routing", "How Azure selects a route".
func TestReach(t *testing.T) {
	far := `virtualNetworks far {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": [{"id": "` + prefix + `virtualNetworks/far/subnets/a", "name": "a", "properties": {"addressPrefix": "10.9.1.0/24"}}], "virtualNetworkPeerings": []}`
	farNIC := strings.ReplaceAll(nicOf("m", "10.9.1.4", "", ""), "virtualNetworks/v/subnets/a", "virtualNetworks/far/subnets/a")
	peered := func(state string) string {
		return strings.TrimSuffix(subnetOf(""), "}") + `, "virtualNetworkPeerings": [{"name": "to-far", "properties": {"peeringState": "` + state + `", "allowVirtualNetworkAccess": true, "remoteAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "remoteVirtualNetwork": ` + ref("virtualNetworks", "far") + `}}]}`
	}
	routed := func(prefixes, hop string) string {
		return `routeTables rt {"routes": [{"name": "r", "properties": {"addressPrefix": "` + prefixes + `", "nextHopType": "` + hop + `", "nextHopIpAddress": "10.0.1.250"}}]}`
	}
	withTable := subnetOf(`, "routeTable": ` + ref("routeTables", "rt"))
	near := []string{nicOf("n", "10.0.1.4", "", ""), nicOf("m", "10.0.1.5", "", "")}
	for _, c := range []struct {
		name string
		list []string
		want string
	}{
		{"in one subnet", append([]string{subnetOf("")}, near...), "Allow"},
		{"no peering", []string{subnetOf(""), far, nicOf("n", "10.0.1.4", "", ""), farNIC}, "Deny no route"},
		{"peered", []string{peered("Connected"), far, nicOf("n", "10.0.1.4", "", ""), farNIC}, "Allow"},
		{"a peering that is down", []string{peered("Disconnected"), far, nicOf("n", "10.0.1.4", "", ""), farNIC}, "Deny the peering to-far is not connected"},
		{"a default route is shorter than the network", append([]string{withTable, routed("0.0.0.0/0", "VirtualAppliance")}, near...), "Allow"},
		{"a route to an appliance", append([]string{withTable, routed("10.0.0.0/16", "VirtualAppliance")}, near...), "Unknown the route r of rt sends it to the appliance 10.0.1.250"},
		{"a route to nowhere", append([]string{withTable, routed("10.0.1.0/24", "None")}, near...), "Deny the route r of rt drops it"},
		{"a table that nobody read", append([]string{withTable}, near...), "Unknown the route table"},
		{"the other side's group", []string{subnetOf(""), near[0], nicOf("m", "10.0.1.5", "", `, "networkSecurityGroup": `+ref("networkSecurityGroups", "own")), "networkSecurityGroups own " + rules("100 Deny * VirtualNetwork * *")}, "Deny the rule r1 of own denies what comes in to m/c"},
	} {
		n := world(t, Options{}, c.list...)
		p := n.Reach(config(t, n, "n"), config(t, n, "m"), TCP, 22)
		got := p.Access.String() + " " + p.Stopped + strings.Join(p.Missing, "; ")
		if !strings.HasPrefix(strings.TrimSpace(got), c.want) || c.want == "Allow" && got != "Allow " {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestReceive(t *testing.T) {
	own := `, "networkSecurityGroup": ` + ref("networkSecurityGroups", "own")
	ssh := "networkSecurityGroups own " + rules("100 Allow Tcp Internet * 22")
	from := netip.MustParseAddr("198.51.100.1")
	for _, c := range []struct {
		name string
		list []string
		want string
	}{
		{"no public address", []string{nicOf("n", "10.0.1.4", "", own), ssh}, "Deny no public address"},
		{"a public address", []string{nicOf("n", "10.0.1.4", `, "publicIPAddress": `+ref("publicIPAddresses", "p"), own), ssh, "publicIPAddresses p:Standard {}"}, "Allow"},
		{"Standard and no group", []string{nicOf("n", "10.0.1.4", `, "publicIPAddress": `+ref("publicIPAddresses", "p"), ""), "publicIPAddresses p:Standard {}"}, "Deny a Standard address"},
	} {
		n := world(t, Options{}, append(c.list, subnetOf(""))...)
		p := n.Receive(from, config(t, n, "n"), TCP, 22)
		if got := p.Access.String() + " " + p.Stopped; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Sources: "Filter inbound Internet traffic with Azure Firewall DNAT", "Azure
// Firewall policy rule sets": what is translated comes from the firewall.
func TestFirewalls(t *testing.T) {
	hub := `virtualNetworks hub {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [{"id": "` + prefix + `virtualNetworks/hub/subnets/AzureFirewallSubnet", "name": "AzureFirewallSubnet", "properties": {"addressPrefix": "10.1.1.0/26"}}], "virtualNetworkPeerings": [{"name": "s", "properties": {"peeringState": "Connected", "remoteVirtualNetwork": ` + ref("virtualNetworks", "v") + `, "remoteAddressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}]}`
	spoke := strings.TrimSuffix(subnetOf(""), "}") + `, "virtualNetworkPeerings": [{"name": "h", "properties": {"peeringState": "Connected", "remoteVirtualNetwork": ` + ref("virtualNetworks", "hub") + `, "remoteAddressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}]}`
	firewall := func(more string) string {
		return `azureFirewalls fw {"ipConfigurations": [{"name": "c", "properties": {"privateIPAddress": "10.1.1.4", "subnet": ` + ref("virtualNetworks", "hub/subnets/AzureFirewallSubnet") + `}}], ` + more + `}`
	}
	rule := func(protocols, source string) string {
		return `{"name": "rdp", "` + protocols + `": ["TCP"], "sourceAddresses": ["` + source + `"], "destinationAddresses": ["203.0.113.1"], "destinationPorts": ["33890"], "translatedAddress": "10.0.1.4", "translatedPort": "3389"}`
	}
	classic := firewall(`"natRuleCollections": [{"name": "n", "properties": {"priority": 100, "rules": [` + rule("protocols", "*") + `]}}]`)
	withPolicy := []string{
		firewall(`"firewallPolicy": ` + ref("firewallPolicies", "child")),
		`firewallPolicies child {"basePolicy": ` + ref("firewallPolicies", "base") + `}`,
		`firewallPolicies base {}`,
		`firewallPolicies/ruleCollectionGroups base/g {"ruleCollections": [{"ruleCollectionType": "FirewallPolicyNatRuleCollection", "rules": [` + rule("ipProtocols", "198.51.100.0/24") + `]}]}`,
	}
	own := `, "networkSecurityGroup": ` + ref("networkSecurityGroups", "own")
	for _, c := range []struct {
		name, want, receive string
		list                []string
	}{
		{"default rules let the network in", "firewall DNAT rule Tcp/3389<-33890", "Allow", []string{classic, nicOf("n", "10.0.1.4", "", own), "networkSecurityGroups own " + rules()}},
		{"a rule against the Internet says nothing", "firewall DNAT rule Tcp/3389<-33890", "Allow", []string{classic, nicOf("n", "10.0.1.4", "", own), "networkSecurityGroups own " + rules("100 Deny * Internet * *")}},
		{"a rule against the network does", "firewall DNAT rule", "Deny", []string{classic, nicOf("n", "10.0.1.4", "", own), "networkSecurityGroups own " + rules("100 Deny * VirtualNetwork * 3389")}},
		{"of a policy that is inherited, for some", "firewall DNAT rule partly Tcp/3389<-33890", "Allow", append([]string{nicOf("n", "10.0.1.4", "", own), "networkSecurityGroups own " + rules()}, withPolicy...)},
		{"to another machine", "", "Deny", []string{classic, nicOf("n", "10.0.1.5", "", own), "networkSecurityGroups own " + rules()}},
	} {
		n := world(t, Options{}, append(c.list, hub, spoke)...)
		if got := exposed(n, config(t, n, "n")); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := n.Receive(netip.MustParseAddr("198.51.100.7"), config(t, n, "n"), TCP, 3389); got.Access.String() != c.receive {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Access, got.Stopped, c.receive)
		}
	}
}
