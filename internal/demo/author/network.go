package main

import (
	"fmt"
	"maps"
)

// Network building blocks: the same shapes in every subscription.

type rule struct {
	name                  string
	priority              int
	access, direction     string
	protocol              string
	sources, destinations []string
	ports                 []string
}

func allowIn(name string, priority int, protocol, source string, ports ...string) rule {
	return rule{name, priority, "Allow", "Inbound", protocol, []string{source}, []string{"*"}, ports}
}

func denyIn(name string, priority int, protocol, source string, ports ...string) rule {
	return rule{name, priority, "Deny", "Inbound", protocol, []string{source}, []string{"*"}, ports}
}

// denyAllIn is the last rule of every NSG here.
var denyAllIn = denyIn("deny-all-inbound", 4096, "*", "*", "*")

func (r rule) body(nsg string) o {
	p := o{
		"provisioningState": "Succeeded", "protocol": r.protocol, "sourcePortRange": "*", "access": r.access, "priority": r.priority, "direction": r.direction,
		"sourcePortRanges": l{}, "destinationPortRanges": l{}, "sourceAddressPrefixes": l{}, "destinationAddressPrefixes": l{},
	}
	set := func(one, many string, values []string) {
		if len(values) == 1 {
			p[one] = values[0]
			return
		}
		p[many] = strs(values...)
	}
	set("sourceAddressPrefix", "sourceAddressPrefixes", r.sources)
	set("destinationAddressPrefix", "destinationAddressPrefixes", r.destinations)
	set("destinationPortRange", "destinationPortRanges", r.ports)
	return o{"name": r.name, "id": nsg + "/securityRules/" + r.name, "etag": etag(nsg), "type": "Microsoft.Network/networkSecurityGroups/securityRules", "properties": p}
}

func etag(words ...string) string { return `W/"` + guid(append([]string{"etag"}, words...)...) + `"` }

// nsg records a network security group with Azure's six default rules.
func (s *subscription) nsg(group, name string, rules ...rule) *securityGroup {
	id := resourceID(s.rg(group), "Microsoft.Network/networkSecurityGroups", name)
	own, fixed := l{}, l{}
	for _, r := range rules {
		own = append(own, r.body(id))
	}
	for _, d := range []struct {
		name, description, from, to, access, direction string
		priority                                       int
	}{
		{"AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow", "Inbound", 65000},
		{"AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer", "AzureLoadBalancer", "*", "Allow", "Inbound", 65001},
		{"DenyAllInBound", "Deny all inbound traffic", "*", "*", "Deny", "Inbound", 65500},
		{"AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow", "Outbound", 65000},
		{"AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "*", "Internet", "Allow", "Outbound", 65001},
		{"DenyAllOutBound", "Deny all outbound traffic", "*", "*", "Deny", "Outbound", 65500},
	} {
		b := rule{d.name, d.priority, d.access, d.direction, "*", []string{d.from}, []string{d.to}, []string{"*"}}.body(id)
		b["id"], b["type"] = id+"/defaultSecurityRules/"+d.name, "Microsoft.Network/networkSecurityGroups/defaultSecurityRules"
		b["properties"].(o)["description"] = d.description
		fixed = append(fixed, b)
	}
	p := o{"provisioningState": "Succeeded", "resourceGuid": guid("nsg", id), "securityRules": own, "defaultSecurityRules": fixed}
	s.add(group, "Microsoft.Network/networkSecurityGroups", name, o{"etag": etag(id), "tags": tags("network-team", "internal"), "properties": p})
	s.diagnostics(id, false)
	return &securityGroup{id, p}
}

// securityGroup lets subnets and interfaces name themselves in the group, as
// ARM's answer does.
type securityGroup struct {
	id         string
	properties o
}

func (g *securityGroup) attach(member, id string) {
	list, _ := g.properties[member].(l)
	g.properties[member] = append(list, ref(id))
}

type subnet struct {
	name, prefix string
	nsg          *securityGroup
	route        string
	delegation   string
}

func (s *subscription) subnetID(group, network, name string) string {
	return resourceID(s.rg(group), "Microsoft.Network/virtualNetworks/subnets", network+"/"+name)
}

// network records a virtual network with its subnets and a peering to or from
// the hub.
func (s *subscription) network(group, name, space string, more o, subnets ...subnet) string {
	id := resourceID(s.rg(group), "Microsoft.Network/virtualNetworks", name)
	list := l{}
	for _, n := range subnets {
		sid := id + "/subnets/" + n.name
		p := o{
			"provisioningState": "Succeeded", "addressPrefix": n.prefix, "serviceEndpoints": l{}, "delegations": l{}, "privateEndpointNetworkPolicies": "NetworkSecurityGroupEnabled",
			"privateLinkServiceNetworkPolicies": "Enabled", "defaultOutboundAccess": false,
		}
		if n.nsg != nil {
			p["networkSecurityGroup"] = ref(n.nsg.id)
			n.nsg.attach("subnets", sid)
		}
		if n.route != "" {
			p["routeTable"] = ref(n.route)
		}
		if n.delegation != "" {
			p["delegations"] = l{o{"name": "delegation", "id": sid + "/delegations/delegation", "etag": etag(sid), "type": "Microsoft.Network/virtualNetworks/subnets/delegations",
				"properties": o{"provisioningState": "Succeeded", "serviceName": n.delegation, "actions": l{"Microsoft.Network/virtualNetworks/subnets/join/action"}}}}
		}
		list = append(list, o{"name": n.name, "id": sid, "etag": etag(sid), "type": "Microsoft.Network/virtualNetworks/subnets", "properties": p})
	}
	p := o{
		"provisioningState": "Succeeded", "resourceGuid": guid("vnet", id), "addressSpace": o{"addressPrefixes": l{space}}, "privateEndpointVNetPolicies": "Disabled",
		"encryption": o{"enabled": true, "enforcement": "AllowUnencrypted"}, "subnets": list, "virtualNetworkPeerings": l{},
		"enableDdosProtection": true, "ddosProtectionPlan": ref(s.t.ddosPlan()),
	}
	maps.Copy(p, more)
	s.add(group, "Microsoft.Network/virtualNetworks", name, o{"etag": etag(id), "tags": tags("network-team", "internal"), "properties": p})
	return id
}

func (t *tenant) ddosPlan() string {
	return resourceID(t.subs["platform"].rg("rg-hub-network"), "Microsoft.Network/ddosProtectionPlans", "ddos-lindhaven")
}

func (t *tenant) hub() string {
	return resourceID(t.subs["platform"].rg("rg-hub-network"), "Microsoft.Network/virtualNetworks", "vnet-hub")
}

// peerWithHub is a spoke's side of its peering.
func (s *subscription) peerWithHub(network, hubSpace string) o {
	id := network + "/virtualNetworkPeerings/to-hub"
	return o{"virtualNetworkPeerings": l{o{"name": "to-hub", "id": id, "etag": etag(id), "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "properties": o{
		"provisioningState": "Succeeded", "peeringState": "Connected", "peeringSyncLevel": "FullyInSync", "remoteVirtualNetwork": ref(s.t.hub()), "allowVirtualNetworkAccess": true,
		"allowForwardedTraffic": true, "allowGatewayTransit": false, "useRemoteGateways": true, "doNotVerifyRemoteGateways": false, "peerCompleteVnets": true,
		"remoteAddressSpace": o{"addressPrefixes": l{hubSpace}}, "remoteVirtualNetworkAddressSpace": o{"addressPrefixes": l{hubSpace}},
	}}}}
}

// routeToFirewall sends everything of a spoke to the firewall.
func (s *subscription) routeToFirewall(group, name string) string {
	id := resourceID(s.rg(group), "Microsoft.Network/routeTables", name)
	return s.add(group, "Microsoft.Network/routeTables", name, o{"etag": etag(id), "tags": tags("network-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "resourceGuid": guid("rt", id), "disableBgpRoutePropagation": true,
		"routes": l{o{"name": "default", "id": id + "/routes/default", "etag": etag(id), "type": "Microsoft.Network/routeTables/routes", "properties": o{
			"provisioningState": "Succeeded", "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.40.0.4", "hasBgpOverride": false}}},
	}})
}

// publicIP records a Standard, static, zone-redundant address.
func (s *subscription) publicIP(group, name, address, usedBy string) string {
	id := resourceID(s.rg(group), "Microsoft.Network/publicIPAddresses", name)
	s.add(group, "Microsoft.Network/publicIPAddresses", name, o{"etag": etag(id), "sku": o{"name": "Standard", "tier": "Regional"}, "zones": l{"1", "2", "3"}, "tags": tags("network-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "resourceGuid": guid("pip", id), "ipAddress": address, "publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 4,
		"ipTags": l{}, "ipConfiguration": ref(usedBy), "ddosSettings": o{"protectionMode": "VirtualNetworkInherited"},
	}})
	s.diagnostics(id, true)
	return id
}

// privateEndpoint records a private endpoint of a service and, on the service's
// side, the connection object that its own body shows.
func (s *subscription) privateEndpoint(group, name, subnet, service, subresource, address string) (connections l) {
	nic := s.add(group, "Microsoft.Network/networkInterfaces", name+".nic."+guid("penic", name), o{"kind": "Regular", "tags": o{}, "properties": o{
		"provisioningState": "Succeeded", "resourceGuid": guid("nic", name), "enableAcceleratedNetworking": false, "enableIPForwarding": false, "primary": true, "nicType": "Standard",
		"ipConfigurations": l{o{"name": "privateEndpointIpConfig", "type": "Microsoft.Network/networkInterfaces/ipConfigurations", "properties": o{
			"provisioningState": "Succeeded", "privateIPAddress": address, "privateIPAllocationMethod": "Dynamic", "subnet": ref(subnet), "primary": true, "privateIPAddressVersion": "IPv4"}}},
		"dnsSettings": o{"dnsServers": l{}, "appliedDnsServers": l{}}, "hostedWorkloads": l{}, "tapConfigurations": l{},
		"privateEndpoint": ref(resourceID(s.rg(group), "Microsoft.Network/privateEndpoints", name)),
	}})
	pe := s.add(group, "Microsoft.Network/privateEndpoints", name, o{"etag": etag(name), "tags": o{}, "properties": o{
		"provisioningState": "Succeeded", "resourceGuid": guid("pe", name), "subnet": ref(subnet), "networkInterfaces": refs(nic), "manualPrivateLinkServiceConnections": l{}, "customDnsConfigs": l{},
		"customNetworkInterfaceName": "", "ipConfigurations": l{},
		"privateLinkServiceConnections": l{o{"name": name, "properties": o{"provisioningState": "Succeeded", "privateLinkServiceId": service, "groupIds": l{subresource},
			"privateLinkServiceConnectionState": o{"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"}}}},
	}})
	return l{o{"id": service + "/privateEndpointConnections/" + name, "name": name, "properties": o{
		"provisioningState": "Succeeded", "groupIds": l{subresource}, "privateEndpoint": ref(pe),
		"privateLinkServiceConnectionState": o{"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None", "actionRequired": "None"},
	}}}
}

// watcher records the network watcher of the region and a flow log of the
// virtual network.
func (s *subscription) watcher(network, storage string, days int) {
	w := s.add("NetworkWatcherRG", "Microsoft.Network/networkWatchers", "NetworkWatcher_"+s.location, o{"etag": etag(s.id), "tags": o{}, "properties": o{"provisioningState": "Succeeded", "runningOperationIds": l{}}})
	s.add("NetworkWatcherRG", "Microsoft.Network/networkWatchers/flowLogs", lastName(w)+"/fl-"+lastName(network), o{"etag": etag(network), "properties": o{
		"provisioningState": "Succeeded", "targetResourceId": network, "targetResourceGuid": guid("vnet", network), "storageId": storage, "enabled": true,
		"retentionPolicy": o{"days": days, "enabled": true}, "format": o{"type": "JSON", "version": 2},
		"flowAnalyticsConfiguration": o{"networkWatcherFlowAnalyticsConfiguration": o{"enabled": true, "workspaceId": guid("workspace"), "workspaceRegion": "westeurope", "workspaceResourceId": s.t.workspace, "trafficAnalyticsInterval": 10}},
	}})
}

// nic records a network interface; pip and nsg may be missing.
func (s *subscription) nic(group, name, machine, subnet, address, pip string, nsg *securityGroup) string {
	id := resourceID(s.rg(group), "Microsoft.Network/networkInterfaces", name)
	config := o{"provisioningState": "Succeeded", "privateIPAddress": address, "privateIPAllocationMethod": "Dynamic", "subnet": ref(subnet), "primary": true, "privateIPAddressVersion": "IPv4"}
	if pip != "" {
		config["publicIPAddress"] = ref(pip)
	}
	p := o{
		"provisioningState": "Succeeded", "resourceGuid": guid("nic", id), "enableAcceleratedNetworking": true, "enableIPForwarding": false, "disableTcpStateTracking": false, "primary": true,
		"macAddress": fmt.Sprintf("00-0D-3A-%02X-%02X-%02X", pick(256, id, "1"), pick(256, id, "2"), pick(256, id, "3")), "nicType": "Standard", "allowPort25Out": false, "auxiliaryMode": "None",
		"ipConfigurations": l{o{"name": "ipconfig1", "id": id + "/ipConfigurations/ipconfig1", "etag": etag(id), "type": "Microsoft.Network/networkInterfaces/ipConfigurations", "properties": config}},
		"dnsSettings":      o{"dnsServers": l{}, "appliedDnsServers": l{}}, "vnetEncryptionSupported": true, "hostedWorkloads": l{}, "tapConfigurations": l{}, "virtualMachine": ref(machine),
	}
	if nsg != nil {
		p["networkSecurityGroup"] = ref(nsg.id)
		nsg.attach("networkInterfaces", id)
	}
	s.add(group, "Microsoft.Network/networkInterfaces", name, o{"kind": "Regular", "etag": etag(id), "tags": tags("network-team", "internal"), "properties": p})
	return id
}
