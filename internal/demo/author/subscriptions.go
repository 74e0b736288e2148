package main

import "fmt"

const hubSpace = "10.40.0.0/20"

// platform is the hub: network, logs, keys.
func platform(t *tenant) {
	s := t.subs["platform"]
	const net, mgmt, sec = "rg-hub-network", "rg-management", "rg-security"
	s.keyIdentityResource()
	s.diskEncryptionSetResource()
	s.add(net, "Microsoft.Network/ddosProtectionPlans", "ddos-lindhaven", o{"etag": etag("ddos"), "tags": tags("network-team", "internal"), "properties": o{"provisioningState": "Succeeded", "resourceGuid": guid("ddos"), "virtualNetworks": l{}, "publicIPAddresses": l{}}})

	shared := s.nsg(net, "nsg-hub-shared", allowIn("allow-bastion", 200, "Tcp", "10.40.2.0/26", "22", "3389"), denyAllIn)
	s.network(net, "vnet-hub", hubSpace, nil,
		subnet{name: "AzureFirewallSubnet", prefix: "10.40.0.0/26"}, subnet{name: "GatewaySubnet", prefix: "10.40.1.0/26"}, subnet{name: "AzureBastionSubnet", prefix: "10.40.2.0/26"},
		subnet{name: "snet-shared", prefix: "10.40.4.0/24", nsg: shared})
	pe := s.subnetID(net, "vnet-hub", "snet-shared")

	firewall := resourceID(s.rg(net), "Microsoft.Network/azureFirewalls", "afw-hub")
	pip := s.publicIP(net, "pip-afw-hub", "198.51.100.4", firewall+"/azureFirewallIpConfigurations/ipconfig")
	policy := s.add(net, "Microsoft.Network/firewallPolicies", "afwp-hub", o{"etag": etag("afwp"), "tags": tags("network-team", "internal"), "identity": o{"type": "UserAssigned", "userAssignedIdentities": o{s.keyIdentity(): o{"principalId": t.principal("id-cmk-platform"), "clientId": guid("miappid", "id-cmk-platform")}}}, "properties": o{
		"provisioningState": "Succeeded", "sku": o{"tier": "Premium"}, "size": "0.9MB", "threatIntelMode": "Deny", "threatIntelWhitelist": o{"ipAddresses": l{}, "fqdns": l{}}, "intrusionDetection": o{"mode": "Deny", "profile": "Standard", "configuration": o{"signatureOverrides": l{}, "bypassTrafficSettings": l{}}},
		"dnsSettings": o{"servers": l{}, "enableProxy": true}, "transportSecurity": o{"certificateAuthority": o{"name": "inspection", "keyVaultSecretId": "https://kv-lh-platform.vault.azure.net/secrets/inspection"}}, "firewalls": refs(firewall), "childPolicies": l{}, "ruleCollectionGroups": l{}, "sql": o{"allowSqlRedirect": false}, "snat": o{"autoLearnPrivateRanges": "Disabled"},
		"insights": o{"isEnabled": true, "retentionDays": 90, "logAnalyticsResources": o{"defaultWorkspaceId": ref(t.workspace)}}}})
	s.add(net, "Microsoft.Network/azureFirewalls", "afw-hub", o{"etag": etag("afw"), "zones": l{"1", "2", "3"}, "tags": tags("network-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "sku": o{"name": "AZFW_VNet", "tier": "Premium"}, "threatIntelMode": "Deny", "additionalProperties": o{}, "networkRuleCollections": l{}, "applicationRuleCollections": l{}, "natRuleCollections": l{}, "firewallPolicy": ref(policy),
		"ipConfigurations": l{o{"name": "ipconfig", "id": firewall + "/azureFirewallIpConfigurations/ipconfig", "etag": etag("afwip"), "type": "Microsoft.Network/azureFirewalls/azureFirewallIpConfigurations", "properties": o{"provisioningState": "Succeeded", "privateIPAddress": "10.40.0.4", "privateIPAllocationMethod": "Dynamic", "publicIPAddress": ref(pip), "subnet": ref(s.subnetID(net, "vnet-hub", "AzureFirewallSubnet"))}}}}})
	s.diagnostics(firewall, true)
	bastion := resourceID(s.rg(net), "Microsoft.Network/bastionHosts", "bas-hub")
	bpip := s.publicIP(net, "pip-bas-hub", "198.51.100.5", bastion+"/bastionHostIpConfigurations/ipconfig")
	s.add(net, "Microsoft.Network/bastionHosts", "bas-hub", o{"etag": etag("bas"), "sku": o{"name": "Premium"}, "tags": tags("network-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "dnsName": "bst-lindhaven.bastion.azure.com", "scaleUnits": 2, "enableTunneling": true, "enableIpConnect": false, "disableCopyPaste": true, "enableShareableLink": false, "enableKerberos": false, "enableSessionRecording": true,
		"ipConfigurations": l{o{"name": "ipconfig", "id": bastion + "/bastionHostIpConfigurations/ipconfig", "type": "Microsoft.Network/bastionHosts/bastionHostIpConfigurations", "properties": o{"provisioningState": "Succeeded", "privateIPAllocationMethod": "Dynamic", "publicIPAddress": ref(bpip), "subnet": ref(s.subnetID(net, "vnet-hub", "AzureBastionSubnet"))}}}}})
	s.diagnostics(bastion, true)
	gateway := resourceID(s.rg(net), "Microsoft.Network/virtualNetworkGateways", "vpng-hub")
	gpip := s.publicIP(net, "pip-vpng-hub", "198.51.100.6", gateway+"/ipConfigurations/default")
	s.add(net, "Microsoft.Network/virtualNetworkGateways", "vpng-hub", o{"etag": etag("vpng"), "tags": tags("network-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "resourceGuid": guid("vpng"), "gatewayType": "Vpn", "vpnType": "RouteBased", "vpnGatewayGeneration": "Generation2", "sku": o{"name": "VpnGw2AZ", "tier": "VpnGw2AZ", "capacity": 2}, "enableBgp": true, "activeActive": false, "enablePrivateIpAddress": true, "disableIPSecReplayProtection": false, "allowRemoteVnetTraffic": true, "natRules": l{}, "enableBgpRouteTranslationForNat": false, "packetCaptureDiagnosticState": "None",
		"ipConfigurations": l{o{"name": "default", "id": gateway + "/ipConfigurations/default", "type": "Microsoft.Network/virtualNetworkGateways/ipConfigurations", "properties": o{"provisioningState": "Succeeded", "privateIPAllocationMethod": "Dynamic", "publicIPAddress": ref(gpip), "subnet": ref(s.subnetID(net, "vnet-hub", "GatewaySubnet"))}}}}})
	s.diagnostics(gateway, true)
	for _, zone := range []string{"privatelink.blob.core.windows.net", "privatelink.vaultcore.azure.net", "privatelink.database.windows.net", "privatelink.postgres.database.azure.com", "privatelink.mysql.database.azure.com", "privatelink.azurewebsites.net"} {
		s.add(net, "Microsoft.Network/privateDnsZones", zone, o{"location": "global", "etag": guid("dns", zone), "tags": o{}, "properties": o{"provisioningState": "Succeeded", "numberOfRecordSets": 4, "maxNumberOfRecordSets": 25000, "numberOfVirtualNetworkLinks": 5, "maxNumberOfVirtualNetworkLinks": 1000, "numberOfVirtualNetworkLinksWithRegistration": 0, "maxNumberOfVirtualNetworkLinksWithRegistration": 100}})
	}

	s.add(mgmt, "Microsoft.OperationalInsights/workspaces", "log-lindhaven", o{"etag": etag("law"), "tags": tags("security-team", "confidential"), "properties": o{
		"provisioningState": "Succeeded", "customerId": guid("workspace"), "sku": o{"name": "PerGB2018", "lastSkuUpdate": daysAgo(900)}, "retentionInDays": 730, "createdDate": daysAgo(900), "modifiedDate": daysAgo(60), "publicNetworkAccessForIngestion": "Disabled", "publicNetworkAccessForQuery": "Disabled", "forceCmkForQuery": true,
		"workspaceCapping": o{"dailyQuotaGb": -1, "quotaNextResetTime": daysAhead(1), "dataIngestionStatus": "RespectQuota"}, "features": o{"enableLogAccessUsingOnlyResourcePermissions": true, "disableLocalAuth": true, "legacy": 0, "searchVersion": 1, "clusterResourceId": nil}}})
	s.diagnostics(t.workspace, false)
	s.add(mgmt, "Microsoft.OperationsManagement/solutions", "SecurityInsights(log-lindhaven)", o{"tags": o{}, "plan": o{"name": "SecurityInsights(log-lindhaven)", "publisher": "Microsoft", "product": "OMSGallery/SecurityInsights", "promotionCode": ""}, "properties": o{"provisioningState": "Succeeded", "workspaceResourceId": t.workspace, "containedResources": l{}, "referencedResources": l{}, "creationTime": daysAgo(800)}})
	s.keyVault(sec, "kv-lh-platform", "platform-team", pe, "10.40.4.10", nil)
	logs := s.storage(mgmt, "stlhlogs", "security-team", "confidential", pe, "10.40.4.11", nil, container{"vulnerability-assessment", "None"}, container{"insights-logs-flowlogflowevent", "None"})
	s.recoveryVault(mgmt, "rsv-platform")
	s.registry(mgmt, "acrlindhaven", pe, "10.40.4.12")
	s.watcher(t.hub(), logs, 365)
	s.put(t.hubChild(), "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "to-clinical", o{"location": noLocation, "etag": etag("peer"), "properties": o{"provisioningState": "Succeeded", "peeringState": "Connected", "peeringSyncLevel": "FullyInSync", "remoteVirtualNetwork": ref(resourceID(t.subs["clinical"].rg("rg-clinical-network"), "Microsoft.Network/virtualNetworks", "vnet-clinical")), "allowVirtualNetworkAccess": true, "allowForwardedTraffic": true, "allowGatewayTransit": true, "useRemoteGateways": false}})
}

func (t *tenant) hubChild() string { return t.hub() + "/virtualNetworkPeerings/to-clinical" }

// spoke is what every workload subscription has of network: a route through
// the firewall, an NSG for applications and one for data, and private
// endpoints in a subnet of their own.
type spoke struct {
	s                *subscription
	group, name      string
	second           int // second octet's host part: 10.{second}.0.0/16
	app, data        *securityGroup
	route, networkID string
}

func newSpoke(s *subscription, group string, second int, more ...subnet) *spoke {
	k := &spoke{s: s, group: group, name: "vnet-" + s.name, second: second}
	s.keyIdentityResource()
	s.diskEncryptionSetResource()
	k.route = s.routeToFirewall(group, "rt-"+s.name)
	space := fmt.Sprintf("10.%d.0.0/16", second)
	k.app = s.nsg(group, "nsg-"+s.name+"-app", allowIn("allow-https-from-hub", 200, "Tcp", hubSpace, "443"), allowIn("allow-management-from-bastion", 210, "Tcp", "10.40.2.0/26", "22", "3389"), denyAllIn)
	k.data = s.nsg(group, "nsg-"+s.name+"-data", allowIn("allow-from-app", 200, "Tcp", fmt.Sprintf("10.%d.1.0/24", second), "443", "1433", "5432", "3306", "6432"), denyAllIn)
	list := []subnet{
		{name: "snet-app", prefix: fmt.Sprintf("10.%d.1.0/24", second), nsg: k.app, route: k.route},
		{name: "snet-data", prefix: fmt.Sprintf("10.%d.2.0/24", second), nsg: k.data, route: k.route},
		{name: "snet-endpoints", prefix: fmt.Sprintf("10.%d.3.0/24", second), nsg: k.data},
		{name: "snet-web", prefix: fmt.Sprintf("10.%d.4.0/24", second), nsg: k.app, route: k.route, delegation: "Microsoft.Web/serverFarms"},
	}
	k.networkID = s.network(group, k.name, space, s.peerWithHub(resourceID(s.rg(group), "Microsoft.Network/virtualNetworks", k.name), hubSpace), append(list, more...)...)
	return k
}

func (k *spoke) subnet(name string) string { return k.s.subnetID(k.group, k.name, name) }

func (k *spoke) address(subnet, host int) string {
	return fmt.Sprintf("10.%d.%d.%d", k.second, subnet, host)
}

// clinical runs the electronic health record.
func clinical(t *tenant) {
	s := t.subs["clinical"]
	const net, app, data, backup = "rg-clinical-network", "rg-ehr-app", "rg-ehr-data", "rg-clinical-backup"
	edge := s.nsg(net, "nsg-clinical-edge", allowIn("allow-https", 200, "Tcp", "Internet", "443"), allowIn("allow-gateway-manager", 210, "Tcp", "GatewayManager", "65200-65535"), allowIn("allow-load-balancer", 220, "*", "AzureLoadBalancer", "*"), denyAllIn)
	k := newSpoke(s, net, 41, subnet{name: "snet-gateway", prefix: "10.41.5.0/24", nsg: edge}, subnet{name: "snet-aks", prefix: "10.41.8.0/22"})
	aksNSG := s.nsg(net, "nsg-clinical-aks", allowIn("allow-https-from-spoke", 200, "Tcp", "10.41.0.0/16", "443"), denyAllIn)
	attachSubnetNSG(s, k, "snet-aks", aksNSG)
	pe := k.subnet("snet-endpoints")
	gateway := resourceID(s.rg(net), "Microsoft.Network/applicationGateways", "agw-portal")
	pip := s.publicIP(net, "pip-agw-portal", "198.51.100.20", gateway+"/frontendIPConfigurations/public")
	s.applicationGateway(net, "agw-portal", k.subnet("snet-gateway"), pip, "app-lh-portal.azurewebsites.net")

	var machines []string
	for i := 1; i <= 4; i++ {
		machines = append(machines, s.vm(machine{group: app, name: fmt.Sprintf("vm-ehr-app-%02d", i), subnet: k.subnet("snet-app"), address: k.address(1, 10+i), windows: true, size: "Standard_D8ds_v5", owner: "ehr-team", data: "patient", diskSet: s.diskEncryptionSet()}))
	}
	for i := 1; i <= 2; i++ {
		machines = append(machines, s.vm(machine{group: app, name: fmt.Sprintf("vm-hl7-%02d", i), subnet: k.subnet("snet-app"), address: k.address(1, 30+i), size: "Standard_D4ds_v5", owner: "ehr-team", data: "patient", diskSet: s.diskEncryptionSet()}))
	}
	s.recoveryVault(backup, "rsv-clinical")
	for _, m := range machines {
		s.protect(backup, "rsv-clinical", app, m)
	}
	s.sqlServer(data, "sql-lh-ehr", sqlOptions{subnet: pe, pe: k.address(3, 10), owner: "ehr-team"}, database{name: "ehr"}, database{name: "ehr-reporting"})
	s.keyVault(data, "kv-lh-clinical", "ehr-team", pe, k.address(3, 11), nil)
	s.storage(data, "stlhehrdocs", "ehr-team", "patient", pe, k.address(3, 12), nil, container{"documents", "None"}, container{"letters", "None"})
	s.messaging(data, "Microsoft.ServiceBus", "sb-lh-hl7", "ehr-team", pe, k.address(3, 13), "adt-in", "orders-out")
	s.messaging(data, "Microsoft.EventHub", "evh-lh-devices", "ehr-team", pe, k.address(3, 14), "bedside")
	s.aks(cluster{group: app, name: "aks-clinical", owner: "ehr-team", subnet: k.subnet("snet-aks")})
	plan := s.plan(app, "plan-portal")
	s.site(site{group: app, name: "app-lh-portal", plan: plan, owner: "ehr-team", data: "patient", subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 15)})
	s.site(site{group: app, name: "func-lh-letters", plan: plan, owner: "ehr-team", data: "patient", function: true, subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 16)})
	logs := s.storage(net, "stlhclinflow", "network-team", "internal", pe, k.address(3, 17), nil, container{"insights-logs-flowlogflowevent", "None"})
	s.watcher(k.networkID, logs, 365)
}

// attachSubnetNSG gives a subnet that was made before its NSG that NSG.
func attachSubnetNSG(s *subscription, k *spoke, name string, g *securityGroup) {
	for _, r := range s.t.records {
		if r.body["id"] != k.networkID {
			continue
		}
		for _, sn := range r.body["properties"].(o)["subnets"].(l) {
			if sn.(o)["name"] == name {
				sn.(o)["properties"].(o)["networkSecurityGroup"] = ref(g.id)
				g.attach("subnets", k.subnet(name))
			}
		}
	}
}

// imaging runs PACS, and is where most of the story happens.
func imaging(t *tenant) {
	s := t.subs["imaging"]
	const net, pacs, data, ml = "rg-imaging-network", "rg-pacs", "rg-pacs-data", "rg-imaging-ai"
	// Reads as open: priority 300 lets RDP in from the Internet. It is closed: 200 denies everything from there first.
	closed := s.nsg(net, "nsg-pacs",
		denyIn("deny-internet", 200, "*", "Internet", "*"),
		allowIn("allow-rdp-vendor", 300, "Tcp", "Internet", "3389"),
		allowIn("allow-dicom", 310, "Tcp", "10.42.0.0/16", "104", "11112"), denyAllIn)
	// Reads as closed: a rule named deny-rdp-internet stands in it. It is open: 310 comes before 400, holds 3389
	// in a range, and its two halves of the address space are the whole Internet.
	open := s.nsg(net, "nsg-modality",
		rule{"allow-modalities", 310, "Allow", "Inbound", "Tcp", []string{"0.0.0.0/1", "128.0.0.0/1"}, []string{"*"}, []string{"104", "3300-3400"}},
		denyIn("deny-rdp-internet", 400, "Tcp", "Internet", "3389"), denyIn("deny-ssh-internet", 410, "Tcp", "*", "22"), denyAllIn)
	k := newSpoke(s, net, 42, subnet{name: "snet-pacs", prefix: "10.42.5.0/24", nsg: closed}, subnet{name: "snet-modality", prefix: "10.42.6.0/24", nsg: open},
		subnet{name: "snet-postgres", prefix: "10.42.7.0/24", delegation: "Microsoft.DBforPostgreSQL/flexibleServers"})
	attachSubnetNSG(s, k, "snet-postgres", k.data)
	pe := k.subnet("snet-endpoints")
	var machines []string
	for i := 1; i <= 3; i++ {
		machines = append(machines, s.vm(machine{group: pacs, name: fmt.Sprintf("vm-pacs-%02d", i), subnet: k.subnet("snet-pacs"), address: k.address(5, 10+i), windows: true, size: "Standard_E8ds_v5", owner: "imaging-team", data: "patient", diskSet: s.diskEncryptionSet()}))
	}
	pip := s.publicIP(pacs, "pip-modality-gw", "198.51.100.40", resourceID(s.rg(pacs), "Microsoft.Network/networkInterfaces/ipConfigurations", "nic-vm-modality-gw/ipconfig1"))
	machines = append(machines, s.vm(machine{group: pacs, name: "vm-modality-gw", subnet: k.subnet("snet-modality"), address: k.address(6, 10), windows: true, size: "Standard_D4ds_v5", pip: pip, owner: "imaging-team", data: "patient", diskSet: s.diskEncryptionSet()}))
	s.recoveryVault(pacs, "rsv-imaging")
	for _, m := range machines {
		s.protect(pacs, "rsv-imaging", pacs, m)
	}
	s.storage(data, "stlhimaging", "imaging-team", "patient", pe, k.address(3, 10), nil, container{"dicom-archive", "None"}, container{"worklists", "None"})
	// The mistake of the story: a share for a second opinion, made public for a weekend in spring.
	s.storage(data, "stlhscanshare", "imaging-team", "patient", "", "", o{
		"allowBlobPublicAccess": true, "publicNetworkAccess": "Enabled", "networkAcls": o{"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": l{}, "virtualNetworkRules": l{}, "resourceAccessRules": l{}, "ipv6Rules": l{}},
	}, container{"patient-scans-2026", "Container"}, container{"drafts", "None"})
	s.postgres(data, "psql-lh-pacs", "imaging-team", k.subnet("snet-postgres"))
	s.cosmos(data, "cosmos-lh-worklist", "imaging-team", pe, k.address(3, 11))
	s.keyVault(data, "kv-lh-imaging", "imaging-team", pe, k.address(3, 12), nil)
	s.ai(ml, "ai-lh-triage", "CognitiveServices", "imaging-team", pe, k.address(3, 13))
	s.ai(ml, "oai-lh-reports", "OpenAI", "imaging-team", pe, k.address(3, 14))
	plan := s.plan(pacs, "plan-dicom")
	s.site(site{group: pacs, name: "func-lh-dicom-router", plan: plan, owner: "imaging-team", data: "patient", function: true, subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 15)})
	s.site(site{group: pacs, name: "app-lh-viewer", plan: plan, owner: "imaging-team", data: "patient", subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 16)})
	logs := s.storage(net, "stlhimgflow", "network-team", "internal", pe, k.address(3, 17), nil, container{"insights-logs-flowlogflowevent", "None"})
	// Kept for a week.
	s.watcher(k.networkID, logs, 7)
}

// corporate runs finance, HR and the intranet.
func corporate(t *tenant) {
	s := t.subs["corporate"]
	const net, finance, hr, web = "rg-corp-network", "rg-finance", "rg-hr", "rg-intranet"
	k := newSpoke(s, net, 43, subnet{name: "snet-mysql", prefix: "10.43.7.0/24", delegation: "Microsoft.DBforMySQL/flexibleServers"})
	attachSubnetNSG(s, k, "snet-mysql", k.data)
	pe := k.subnet("snet-endpoints")
	// Never enrolled in backup: it was to be a test machine.
	s.vm(machine{group: finance, name: "vm-fin-reports", subnet: k.subnet("snet-app"), address: k.address(1, 11), windows: true, size: "Standard_D4ds_v5", owner: "finance-systems", data: "confidential", diskSet: s.diskEncryptionSet()})
	files := s.vm(machine{group: hr, name: "vm-hr-files", subnet: k.subnet("snet-app"), address: k.address(1, 12), windows: true, size: "Standard_D4ds_v5", owner: "hr-systems", data: "confidential", diskSet: s.diskEncryptionSet()})
	s.recoveryVault(web, "rsv-corporate")
	s.protect(web, "rsv-corporate", hr, files)
	audit := s.storage(finance, "stlhfinaudit", "finance-systems", "confidential", pe, k.address(3, 10), nil, container{"sqldbauditlogs", "None"})
	s.sqlServer(finance, "sql-lh-finance", sqlOptions{subnet: pe, pe: k.address(3, 11), owner: "finance-systems", auditDays: 7, storageForLog: audit}, database{name: "ledger"}, database{name: "payroll", tdeOff: true})
	s.keyVault(finance, "kv-lh-corporate", "finance-systems", pe, k.address(3, 12), nil)
	s.mysql(web, "mysql-lh-intranet", "web-team", k.subnet("snet-mysql"))
	// The fax gateway speaks TLS 1.0.
	s.storage(hr, "stlhlegacyfax", "hr-systems", "confidential", pe, k.address(3, 13), o{"minimumTlsVersion": "TLS1_0"}, container{"incoming", "None"})
	s.storage(hr, "stlhhrfiles", "hr-systems", "confidential", pe, k.address(3, 14), nil, container{"contracts", "None"})
	plan := s.plan(web, "plan-intranet")
	for i, name := range []string{"app-lh-intranet", "app-lh-rota", "app-lh-feedback", "app-lh-expenses"} {
		w := site{group: web, name: name, plan: plan, owner: "web-team", data: "internal", subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 20+i)}
		if name == "app-lh-rota" {
			// The old phone app cannot present a client certificate nor speak HTTP/2.
			w.change = o{"clientCertEnabled": false, "clientCertMode": "Optional"}
		}
		s.site(w)
	}
	logs := s.storage(net, "stlhcorpflow", "network-team", "internal", pe, k.address(3, 30), nil, container{"insights-logs-flowlogflowevent", "None"})
	s.watcher(k.networkID, logs, 365)
}

// development is for developers and the research unit.
func development(t *tenant) {
	s := t.subs["dev"]
	const net, apps, research = "rg-dev-network", "rg-dev-apps", "rg-research"
	k := newSpoke(s, net, 44, subnet{name: "snet-aks", prefix: "10.44.8.0/22"})
	attachSubnetNSG(s, k, "snet-aks", k.app)
	pe := k.subnet("snet-endpoints")
	s.aks(cluster{group: apps, name: "aks-dev", owner: "development", subnet: k.subnet("snet-aks"), localAccounts: true})
	plan := s.plan(apps, "plan-dev")
	s.site(site{group: apps, name: "app-lh-devportal", plan: plan, owner: "development", data: "test", subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 10), config: o{"ftpsState": "AllAllowed"}})
	s.site(site{group: apps, name: "func-lh-builds", plan: plan, owner: "development", data: "test", function: true, subnet: k.subnet("snet-web"), peSubnet: pe, address: k.address(3, 11)})
	// Any Azure customer's machine may knock.
	s.sqlServer(research, "sql-lh-research", sqlOptions{subnet: pe, pe: k.address(3, 12), owner: "research-unit", openToAzure: true, change: o{"publicNetworkAccess": "Enabled"}}, database{name: "cohorts"})
	// Purge protection was left off "until the study starts".
	s.keyVault(research, "kv-lh-research", "research-unit", pe, k.address(3, 13), o{"enablePurgeProtection": nil, "softDeleteRetentionInDays": 7})
	s.storage(research, "stlhresearch", "research-unit", "pseudonymised", pe, k.address(3, 14), nil, container{"cohort-exports", "None"})
	// Left from a machine that is gone.
	s.disk(research, "disk-old-study-data", "", false, false, 256, s.diskEncryptionSet(), "research-unit")
	s.vm(machine{group: research, name: "vm-research-01", subnet: k.subnet("snet-app"), address: k.address(1, 11), size: "Standard_E4ds_v5", owner: "research-unit", data: "pseudonymised", diskSet: s.diskEncryptionSet(), noHostEncryption: true})
	s.recoveryVault(research, "rsv-dev")
	s.protect(research, "rsv-dev", research, resourceID(s.rg(research), "Microsoft.Compute/virtualMachines", "vm-research-01"))
	logs := s.storage(net, "stlhdevflow", "network-team", "internal", pe, k.address(3, 15), nil, container{"insights-logs-flowlogflowevent", "None"})
	s.watcher(k.networkID, logs, 365)
}
