package demo

import (
	"fmt"
	"strconv"
)

// plans are Defender's plans and the alerts of a subscription.
func (g *generator) plans(n int) {
	scope := "/subscriptions/" + g.sub
	for _, p := range []string{"VirtualMachines", "SqlServers", "AppServices", "StorageAccounts", "KeyVaults", "Arm", "Containers"} {
		g.emit(`{"id":"%s/providers/Microsoft.Security/pricings/%s","name":"%s","type":"Microsoft.Security/pricings","properties":{"pricingTier":"%s"}}`, scope, p, p, g.either("Standard", "Free"))
	}
	g.emit(`{"id":"%s/providers/Microsoft.Security/securityContacts/default","name":"default","type":"Microsoft.Security/securityContacts","properties":{"isEnabled":true,"emails":"security-%d@generated.example","alertNotifications":{"state":"On","minimalSeverity":"Medium"},"notificationsByRole":{"state":"On","roles":["Owner"]}}}`, scope, n)
}

// network is a virtual network with two subnets and their security group.
func (g *generator) network() {
	net := g.number % 250
	source := g.either("10.0.0.0/8", "Internet")
	nsg := "Microsoft.Network/networkSecurityGroups/nsg-" + g.name
	g.put("Microsoft.Network/networkSecurityGroups", "nsg-"+g.name, nsg, `"provisioningState":"Succeeded","securityRules":[`+
		rule(g.id(nsg), "allow-https", 200, "Tcp", "Internet", "443", "Allow")+","+
		rule(g.id(nsg), "allow-admin", 300, "Tcp", source, pick(g, "22", "3389"), "Allow")+","+
		rule(g.id(nsg), "deny-all", 4096, "*", "*", "*", "Deny")+`],"subnets":[]`)
	vnet := "Microsoft.Network/virtualNetworks/vnet-" + g.name
	attached := `"networkSecurityGroup":{"id":"` + g.id(nsg) + `"}`
	second := g.either(","+attached, "")
	g.put("Microsoft.Network/virtualNetworks", "vnet-"+g.name, vnet, fmt.Sprintf(`"provisioningState":"Succeeded","addressSpace":{"addressPrefixes":["10.%d.0.0/16"]},"enableDdosProtection":%s,"subnets":[`+
		`{"name":"app","id":"%s/subnets/app","type":"Microsoft.Network/virtualNetworks/subnets","properties":{"addressPrefix":"10.%d.1.0/24",%s}},`+
		`{"name":"data","id":"%s/subnets/data","type":"Microsoft.Network/virtualNetworks/subnets","properties":{"addressPrefix":"10.%d.2.0/24"%s}}]`,
		net, g.either("true", "false"), g.id(vnet), net, attached, g.id(vnet), net, second))
}

func rule(nsg, name string, priority int, protocol, source, port, access string) string {
	return fmt.Sprintf(`{"name":"%s","id":"%s/securityRules/%s","type":"Microsoft.Network/networkSecurityGroups/securityRules","properties":{"protocol":"%s","sourcePortRange":"*","destinationPortRange":"%s","sourceAddressPrefix":"%s","destinationAddressPrefix":"*","access":"%s","priority":%d,"direction":"Inbound","sourcePortRanges":[],"destinationPortRanges":[],"sourceAddressPrefixes":[],"destinationAddressPrefixes":[]}}`,
		name, nsg, name, protocol, port, source, access, priority)
}

// machines are virtual machines with an interface, two disks and their agents.
func (g *generator) machines(n int) {
	vault := "Microsoft.RecoveryServices/vaults/rsv-" + g.name
	g.put("Microsoft.RecoveryServices/vaults", "rsv-"+g.name, vault, fmt.Sprintf(`"provisioningState":"Succeeded","publicNetworkAccess":"Disabled","securitySettings":{"immutabilitySettings":{"state":"%s"},"softDeleteSettings":{"softDeleteState":"%s","softDeleteRetentionPeriodInDays":14}}`,
		g.either("Unlocked", "Disabled"), g.either("AlwaysON", "Disabled")))
	for i := range n {
		name := "vm-" + g.name + "-" + strconv.Itoa(i)
		vm, nic := "Microsoft.Compute/virtualMachines/"+name, "Microsoft.Network/networkInterfaces/nic-"+name
		address := ""
		if g.wrong() {
			pip := "Microsoft.Network/publicIPAddresses/pip-" + name
			g.put("Microsoft.Network/publicIPAddresses", "pip-"+name, pip, `"provisioningState":"Succeeded","publicIPAllocationMethod":"Static","ipAddress":"198.51.100.7","ipConfiguration":{"id":"`+g.id(nic)+`/ipConfigurations/ipconfig1"}`)
			address = `,"publicIPAddress":{"id":"` + g.id(pip) + `"}`
		}
		g.put("Microsoft.Network/networkInterfaces", "nic-"+name, nic, fmt.Sprintf(`"provisioningState":"Succeeded","enableIPForwarding":%s,"virtualMachine":{"id":"%s"},"ipConfigurations":[{"name":"ipconfig1","id":"%s/ipConfigurations/ipconfig1","properties":{"primary":true,"privateIPAddress":"10.%d.1.%d","subnet":{"id":"%s/subnets/app"}%s}}]`,
			g.either("false", "true"), g.id(vm), g.id(nic), g.number%250, 4+i, g.id("Microsoft.Network/virtualNetworks/vnet-"+g.name), address))
		disks := [2]string{}
		for k, role := range [2]string{"os", "data"} {
			disk := "Microsoft.Compute/disks/disk-" + name + "-" + role
			disks[k] = g.id(disk)
			g.put("Microsoft.Compute/disks", "disk-"+name+"-"+role, disk, fmt.Sprintf(`"provisioningState":"Succeeded","diskSizeGB":128,"diskState":"Attached","encryption":{"type":"%s"},"networkAccessPolicy":"%s","publicNetworkAccess":"%s"`,
				g.either("EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformKey"), g.either("DenyAll", "AllowAll"), g.either("Disabled", "Enabled")))
		}
		system, profile := "Linux", `"linuxConfiguration":{"disablePasswordAuthentication":`+g.either("true", "false")+`,"patchSettings":{"patchMode":"AutomaticByPlatform","assessmentMode":"AutomaticByPlatform"}}`
		if i%2 == 0 {
			system, profile = "Windows", `"windowsConfiguration":{"enableAutomaticUpdates":true,"patchSettings":{"patchMode":"`+g.either("AutomaticByPlatform", "Manual")+`","assessmentMode":"AutomaticByPlatform"}}`
		}
		g.put("Microsoft.Compute/virtualMachines", name, vm, fmt.Sprintf(`"provisioningState":"Succeeded","vmId":"%s","hardwareProfile":{"vmSize":"Standard_D4s_v5"},"osProfile":{"computerName":"%s","adminUsername":"local",%s},"securityProfile":{"encryptionAtHost":%s,"securityType":"%s","uefiSettings":{"secureBootEnabled":true,"vTpmEnabled":true}},"storageProfile":{"osDisk":{"osType":"%s","managedDisk":{"id":"%s"}},"dataDisks":[{"lun":0,"managedDisk":{"id":"%s"}}]},"networkProfile":{"networkInterfaces":[{"id":"%s"}]}`,
			g.guid(), name, profile, g.either("true", "false"), g.either("TrustedLaunch", "Standard"), system, disks[0], disks[1], g.id(nic)))
		if !g.wrong() {
			item := "vm;iaasvmcontainerv2;rg-" + g.name + ";" + name
			g.put("Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems", item, vault+"/backupFabrics/Azure/protectionContainers/iaasvmcontainer;"+item[3:]+"/protectedItems/"+item,
				`"protectedItemType":"Microsoft.Compute/virtualMachines","protectionState":"Protected","sourceResourceId":"`+g.id(vm)+`"`)
		}
		for _, agent := range []string{"AzureMonitor" + system + "Agent", "MDE." + system} {
			if g.wrong() {
				continue
			}
			g.put("Microsoft.Compute/virtualMachines/extensions", agent, vm+"/extensions/"+agent, `"provisioningState":"Succeeded","publisher":"Microsoft.Azure","type":"`+agent+`","autoUpgradeMinorVersion":true`)
		}
	}
}

// web is a plan with its sites.
func (g *generator) web(n int) {
	plan := "Microsoft.Web/serverfarms/plan-" + g.name
	g.put("Microsoft.Web/serverfarms", "plan-"+g.name, plan, `"provisioningState":"Succeeded","numberOfSites":`+strconv.Itoa(n))
	for i := range n {
		name := "app-" + g.name + "-" + strconv.Itoa(i)
		site := "Microsoft.Web/sites/" + name
		g.put("Microsoft.Web/sites", name, site, fmt.Sprintf(`"state":"Running","enabled":true,"serverFarmId":"%s","httpsOnly":%s,"publicNetworkAccess":"%s","clientCertEnabled":%s,"siteConfig":{"minTlsVersion":"%s","ftpsState":"%s"}`,
			g.id(plan), g.either("true", "false"), g.either("Disabled", "Enabled"), g.either("true", "false"), g.either("1.2", "1.0"), g.either("Disabled", "AllAllowed")))
		g.put("Microsoft.Web/sites/config", "web", site+"/config/web", fmt.Sprintf(`"minTlsVersion":"%s","ftpsState":"%s","remoteDebuggingEnabled":%s,"http20Enabled":true,"alwaysOn":true`,
			g.either("1.2", "1.1"), g.either("Disabled", "AllAllowed"), g.either("false", "true")))
		for _, way := range []string{"ftp", "scm"} {
			g.put("Microsoft.Web/sites/basicPublishingCredentialsPolicies", way, site+"/basicPublishingCredentialsPolicies/"+way, `"allow":`+g.either("false", "true"))
		}
		g.diagnostics(site)
	}
}

// data is a SQL server with its databases, and a PostgreSQL or Cosmos DB now and then.
func (g *generator) data(n int) {
	name := "sql-" + g.name
	server := "Microsoft.Sql/servers/" + name
	g.put("Microsoft.Sql/servers", name, server, fmt.Sprintf(`"version":"12.0","state":"Ready","minimalTlsVersion":"%s","publicNetworkAccess":"%s","administrators":{"administratorType":"ActiveDirectory","azureADOnlyAuthentication":%s,"login":"dba"}`,
		g.either("1.2", "1.0"), g.either("Disabled", "Enabled"), g.either("true", "false")))
	g.put("Microsoft.Sql/servers/auditingSettings", "Default", server+"/auditingSettings/Default", `"state":"`+g.either("Enabled", "Disabled")+`","retentionDays":`+g.either("0", "7")+`,"isAzureMonitorTargetEnabled":true`)
	g.put("Microsoft.Sql/servers/sqlVulnerabilityAssessments", "Default", server+"/sqlVulnerabilityAssessments/Default", `"state":"`+g.either("Enabled", "Disabled")+`"`)
	if g.wrong() {
		g.put("Microsoft.Sql/servers/firewallRules", "AllowAllWindowsAzureIps", server+"/firewallRules/AllowAllWindowsAzureIps", `"startIpAddress":"0.0.0.0","endIpAddress":"0.0.0.0"`)
	}
	for i := range n {
		db := server + "/databases/db" + strconv.Itoa(i)
		g.put("Microsoft.Sql/servers/databases", "db"+strconv.Itoa(i), db, `"status":"Online","zoneRedundant":true,"currentBackupStorageRedundancy":"Geo","databaseId":"`+g.guid()+`"`)
		g.put("Microsoft.Sql/servers/databases/transparentDataEncryption", "current", db+"/transparentDataEncryption/current", `"state":"`+g.either("Enabled", "Disabled")+`"`)
		g.diagnostics(db)
	}
	switch g.rng.IntN(3) {
	case 0:
		pg := "Microsoft.DBforPostgreSQL/flexibleServers/psql-" + g.name
		g.put("Microsoft.DBforPostgreSQL/flexibleServers", "psql-"+g.name, pg, fmt.Sprintf(`"version":"16","state":"Ready","network":{"publicNetworkAccess":"%s"},"authConfig":{"activeDirectoryAuth":"Enabled","passwordAuth":"%s"},"backup":{"backupRetentionDays":35,"geoRedundantBackup":"%s"}`,
			g.either("Disabled", "Enabled"), g.either("Disabled", "Enabled"), g.either("Enabled", "Disabled")))
		g.put("Microsoft.DBforPostgreSQL/flexibleServers/configurations", "require_secure_transport", pg+"/configurations/require_secure_transport", `"value":"`+g.either("on", "off")+`"`)
	case 1:
		g.put("Microsoft.DocumentDB/databaseAccounts", "cosmos-"+g.name, "Microsoft.DocumentDB/databaseAccounts/cosmos-"+g.name, fmt.Sprintf(`"databaseAccountOfferType":"Standard","publicNetworkAccess":"%s","disableLocalAuth":%s,"minimalTlsVersion":"%s","disableKeyBasedMetadataWriteAccess":true,"backupPolicy":{"type":"Continuous"},"capabilities":[]`,
			g.either("Disabled", "Enabled"), g.either("true", "false"), g.either("Tls12", "Tls")))
	}
}

// cluster is a Kubernetes cluster with its registry.
func (g *generator) cluster() {
	g.put("Microsoft.ContainerService/managedClusters", "aks-"+g.name, "Microsoft.ContainerService/managedClusters/aks-"+g.name, fmt.Sprintf(`"provisioningState":"Succeeded","kubernetesVersion":"1.33","enableRBAC":true,"disableLocalAccounts":%s,"aadProfile":{"managed":true,"enableAzureRBAC":%s},"networkProfile":{"networkPlugin":"azure","networkPolicy":"%s","loadBalancerSku":"standard"},"apiServerAccessProfile":{"enablePrivateCluster":%s},"addonProfiles":{"azurepolicy":{"enabled":%s}},"securityProfile":{"defender":{"securityMonitoring":{"enabled":true}}},"autoUpgradeProfile":{"upgradeChannel":"stable","nodeOSUpgradeChannel":"NodeImage"}`,
		g.either("true", "false"), g.either("true", "false"), g.either("azure", ""), g.either("true", "false"), g.either("true", "false")))
	g.put("Microsoft.ContainerRegistry/registries", "acr"+g.name, "Microsoft.ContainerRegistry/registries/acr"+g.name, fmt.Sprintf(`"provisioningState":"Succeeded","adminUserEnabled":%s,"anonymousPullEnabled":%s,"publicNetworkAccess":"%s"`,
		g.either("false", "true"), g.either("false", "true"), g.either("Disabled", "Enabled")))
}

// messages are queues, hubs and a cache.
func (g *generator) messages() {
	for _, m := range []struct{ typ, name string }{{"Microsoft.ServiceBus/namespaces", "sb-"}, {"Microsoft.EventHub/namespaces", "evh-"}} {
		path := m.typ + "/" + m.name + g.name
		g.put(m.typ, m.name+g.name, path, fmt.Sprintf(`"provisioningState":"Succeeded","disableLocalAuth":%s,"minimumTlsVersion":"%s","publicNetworkAccess":"%s"`, g.either("true", "false"), g.either("1.2", "1.0"), g.either("Disabled", "Enabled")))
		g.diagnostics(path)
	}
	g.put("Microsoft.Cache/Redis", "redis-"+g.name, "Microsoft.Cache/Redis/redis-"+g.name, fmt.Sprintf(`"provisioningState":"Succeeded","enableNonSslPort":%s,"minimumTlsVersion":"%s","publicNetworkAccess":"%s"`, g.either("false", "true"), g.either("1.2", "1.0"), g.either("Disabled", "Enabled")))
}

// storage is a storage account with its blob service and containers.
func (g *generator) storage(name string, containers int) {
	account := "Microsoft.Storage/storageAccounts/" + name
	g.put("Microsoft.Storage/storageAccounts", name, account, fmt.Sprintf(`"provisioningState":"Succeeded","allowBlobPublicAccess":%s,"allowSharedKeyAccess":%s,"minimumTlsVersion":"%s","supportsHttpsTrafficOnly":%s,"publicNetworkAccess":"%s","networkAcls":{"bypass":"AzureServices","defaultAction":"%s","ipRules":[],"virtualNetworkRules":[]},"encryption":{"keySource":"%s","services":{"blob":{"enabled":true,"keyType":"Account"},"file":{"enabled":true,"keyType":"Account"}}}`,
		g.either("false", "true"), g.either("false", "true"), g.either("TLS1_2", "TLS1_0"), g.either("true", "false"), g.either("Disabled", "Enabled"), g.either("Deny", "Allow"), g.either("Microsoft.Keyvault", "Microsoft.Storage")))
	g.put("Microsoft.Storage/storageAccounts/blobServices", "default", account+"/blobServices/default", fmt.Sprintf(`"deleteRetentionPolicy":{"enabled":%s,"days":14},"containerDeleteRetentionPolicy":{"enabled":true,"days":14}`, g.either("true", "false")))
	for i := range containers {
		c := "c" + strconv.Itoa(i)
		g.put("Microsoft.Storage/storageAccounts/blobServices/containers", c, account+"/blobServices/default/containers/"+c, `"publicAccess":"`+g.either("None", pick(g, "Blob", "Container"))+`","hasImmutabilityPolicy":false`)
	}
	g.diagnostics(account)
}

// vault is a key vault.
func (g *generator) vault() {
	path := "Microsoft.KeyVault/vaults/kv-" + g.name
	g.put("Microsoft.KeyVault/vaults", "kv-"+g.name, path, fmt.Sprintf(`"provisioningState":"Succeeded","enableSoftDelete":true,"enablePurgeProtection":%s,"enableRbacAuthorization":%s,"publicNetworkAccess":"%s","networkAcls":{"bypass":"AzureServices","defaultAction":"%s","ipRules":[],"virtualNetworkRules":[]},"sku":{"family":"A","name":"standard"}`,
		g.either("true", "false"), g.either("true", "false"), g.either("Disabled", "Enabled"), g.either("Deny", "Allow")))
	g.diagnostics(path)
}

// diagnostics sends a resource's logs away, unless that was forgotten.
func (g *generator) diagnostics(of string) {
	if g.wrong() {
		return
	}
	g.put("Microsoft.Insights/diagnosticSettings", "logs", of+"/providers/Microsoft.Insights/diagnosticSettings/logs", `"workspaceId":"/subscriptions/`+g.sub+`/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log","logs":[{"categoryGroup":"audit","enabled":true,"retentionPolicy":{"enabled":false,"days":0}}]`)
}
