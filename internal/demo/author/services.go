package main

// Applications and platform services: App Service and Functions, AKS,
// Container Registry, Service Bus, Event Hubs, AI services, Application Gateway.

type site struct {
	group, name, plan, owner, data string
	function                       bool
	subnet, peSubnet, address      string
	change, config                 o
	open                           bool // reachable from the Internet, on purpose
	noDiagnostics                  bool
}

func (s *subscription) plan(group, name string) string {
	return s.add(group, "Microsoft.Web/serverfarms", name, o{"kind": "linux", "sku": o{"name": "P1v3", "tier": "PremiumV3", "size": "P1v3", "family": "Pv3", "capacity": 3}, "tags": tags("web-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "status": "Ready", "reserved": true, "zoneRedundant": true, "perSiteScaling": false, "elasticScaleEnabled": false, "maximumElasticWorkerCount": 1, "numberOfSites": 2, "hyperV": false, "isSpot": false, "isXenon": false, "targetWorkerCount": 0, "targetWorkerSizeId": 0}})
}

func (s *subscription) site(w site) string {
	id := resourceID(s.rg(w.group), "Microsoft.Web/sites", w.name)
	kind, runtime := "app,linux", "DOTNETCORE|8.0"
	if w.function {
		kind, runtime = "functionapp,linux", "Python|3.12"
	}
	public, connections := "Disabled", l{}
	if w.open {
		public = "Enabled"
	} else {
		connections = s.privateEndpoint(w.group, "pe-"+w.name, w.peSubnet, id, "sites", w.address)
	}
	config := merged(o{
		"numberOfWorkers": 3, "linuxFxVersion": runtime, "alwaysOn": true, "http20Enabled": true, "minTlsVersion": "1.2", "scmMinTlsVersion": "1.2", "minTlsCipherSuite": "TLS_AES_256_GCM_SHA384", "ftpsState": "Disabled", "remoteDebuggingEnabled": false, "remoteDebuggingVersion": "VS2022", "webSocketsEnabled": false,
		"httpLoggingEnabled": true, "detailedErrorLoggingEnabled": true, "requestTracingEnabled": true, "logsDirectorySizeLimit": 35, "vnetRouteAllEnabled": true, "vnetPrivatePortsCount": 0, "managedPipelineMode": "Integrated", "use32BitWorkerProcess": false,
		"cors": o{"allowedOrigins": l{"https://intranet." + domain}, "supportCredentials": false}, "localMySqlEnabled": false, "publicNetworkAccess": public, "healthCheckPath": "/health",
		"ipSecurityRestrictions":              l{o{"ipAddress": "Any", "action": "Deny", "priority": 2147483647, "name": "Deny all", "description": "Deny all access"}},
		"scmIpSecurityRestrictions":           l{o{"ipAddress": "Any", "action": "Deny", "priority": 2147483647, "name": "Deny all", "description": "Deny all access"}},
		"ipSecurityRestrictionsDefaultAction": "Deny", "scmIpSecurityRestrictionsDefaultAction": "Deny", "scmIpSecurityRestrictionsUseMain": false,
		"acrUseManagedIdentityCreds": true, "managedServiceIdentityId": 1, "autoHealEnabled": true, "minimumElasticInstanceCount": 1, "functionAppScaleLimit": 0, "elasticWebAppScaleLimit": 0, "netFrameworkVersion": "v8.0", "phpVersion": "", "pythonVersion": "", "nodeVersion": "", "javaVersion": nil, "azureStorageAccounts": o{},
	}, w.config)
	if w.open && w.config["ipSecurityRestrictionsDefaultAction"] == nil {
		config["ipSecurityRestrictions"] = l{o{"ipAddress": "AzureFrontDoor.Backend", "action": "Allow", "tag": "ServiceTag", "priority": 100, "name": "front-door"}, o{"ipAddress": "Any", "action": "Deny", "priority": 2147483647, "name": "Deny all", "description": "Deny all access"}}
	}
	s.add(w.group, "Microsoft.Web/sites", w.name, o{"kind": kind, "tags": tags(w.owner, w.data), "identity": systemIdentity(s.t, w.name), "properties": merged(o{
		"state": "Running", "hostNames": l{w.name + ".azurewebsites.net"}, "defaultHostName": w.name + ".azurewebsites.net", "enabled": true, "enabledHostNames": l{w.name + ".azurewebsites.net"}, "serverFarmId": w.plan, "reserved": true, "isXenon": false, "hyperV": false,
		"httpsOnly": true, "clientAffinityEnabled": false, "clientCertEnabled": true, "clientCertMode": "Required", "clientCertExclusionPaths": nil, "redundancyMode": "None", "publicNetworkAccess": public, "virtualNetworkSubnetId": w.subnet, "keyVaultReferenceIdentity": "SystemAssigned",
		"vnetRouteAllEnabled": true, "vnetImagePullEnabled": true, "vnetContentShareEnabled": true, "vnetBackupRestoreEnabled": true, "endToEndEncryptionEnabled": true, "storageAccountRequired": false, "availabilityState": "Normal", "lastModifiedTimeUtc": daysAgo(20+pick(60, w.name), w.name), "outboundVnetRouting": o{"allTraffic": true, "imagePullTraffic": true, "contentShareTraffic": true},
		"hostNameSslStates": l{o{"name": w.name + ".azurewebsites.net", "sslState": "Disabled", "hostType": "Standard"}, o{"name": w.name + ".scm.azurewebsites.net", "sslState": "Disabled", "hostType": "Repository"}},
		"siteConfig":        config, "privateEndpointConnections": connections,
	}, w.change)})
	s.add(w.group, "Microsoft.Web/sites/config", w.name+"/web", o{"location": s.location, "properties": config})
	s.child(w.group, "Microsoft.Web/sites/config", w.name+"/authsettingsV2", o{"platform": o{"enabled": true, "runtimeVersion": "~1"}, "globalValidation": o{"requireAuthentication": true, "unauthenticatedClientAction": "RedirectToLoginPage", "redirectToProvider": "azureactivedirectory"},
		"identityProviders": o{"azureActiveDirectory": o{"enabled": true, "registration": o{"openIdIssuer": "https://sts.windows.net/" + s.t.id + "/v2.0", "clientId": s.t.appIDs["Intranet"]}}}, "login": o{"tokenStore": o{"enabled": true}}, "httpSettings": o{"requireHttps": true}})
	s.child(w.group, "Microsoft.Web/sites/config", w.name+"/logs", o{"applicationLogs": o{"fileSystem": o{"level": "Warning"}}, "httpLogs": o{"fileSystem": o{"retentionInMb": 35, "retentionInDays": 30, "enabled": true}}, "failedRequestsTracing": o{"enabled": true}, "detailedErrorMessages": o{"enabled": true}})
	ftp := config["ftpsState"] == "AllAllowed"
	s.child(w.group, "Microsoft.Web/sites/basicPublishingCredentialsPolicies", w.name+"/ftp", o{"allow": ftp})
	s.child(w.group, "Microsoft.Web/sites/basicPublishingCredentialsPolicies", w.name+"/scm", o{"allow": false})
	if !w.noDiagnostics {
		s.diagnostics(id, true)
	}
	return id
}

type cluster struct {
	group, name, owner, subnet string
	localAccounts              bool
}

func (s *subscription) aks(c cluster) string {
	id := s.add(c.group, "Microsoft.ContainerService/managedClusters", c.name, o{"kind": "Base", "sku": o{"name": "Base", "tier": "Standard"}, "tags": tags(c.owner, "internal"), "identity": systemIdentity(s.t, c.name), "properties": o{
		"provisioningState": "Succeeded", "powerState": o{"code": "Running"}, "kubernetesVersion": "1.33", "currentKubernetesVersion": "1.33.4", "dnsPrefix": c.name, "privateFQDN": c.name + ".privatelink." + s.location + ".azmk8s.io", "fqdn": nil,
		"nodeResourceGroup": "MC_" + c.group + "_" + c.name + "_" + s.location, "enableRBAC": true, "supportPlan": "KubernetesOfficial", "disableLocalAccounts": !c.localAccounts, "maxAgentPools": 100,
		"aadProfile":             o{"managed": true, "enableAzureRBAC": true, "adminGroupObjectIDs": l{s.t.group("az-subscription-owners")}, "tenantID": s.t.id},
		"apiServerAccessProfile": o{"enablePrivateCluster": true, "enablePrivateClusterPublicFQDN": false, "privateDNSZone": "system", "disableRunCommand": true, "authorizedIPRanges": l{}},
		"networkProfile":         o{"networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "cilium", "networkDataplane": "cilium", "loadBalancerSku": "standard", "outboundType": "userDefinedRouting", "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.10", "ipFamilies": l{"IPv4"}},
		"autoUpgradeProfile":     o{"upgradeChannel": "stable", "nodeOSUpgradeChannel": "NodeImage"}, "oidcIssuerProfile": o{"enabled": true, "issuerURL": "https://" + s.location + ".oic.prod-aks.azure.com/" + s.t.id + "/" + guid("oidc", c.name) + "/"},
		"publicNetworkAccess": "Disabled", "diskEncryptionSetID": s.diskEncryptionSet(), "storageProfile": o{"diskCSIDriver": o{"enabled": true}, "fileCSIDriver": o{"enabled": true}, "snapshotController": o{"enabled": true}, "blobCSIDriver": o{"enabled": false}},
		"securityProfile": o{"defender": o{"logAnalyticsWorkspaceResourceId": s.t.workspace, "securityMonitoring": o{"enabled": true}}, "imageCleaner": o{"enabled": true, "intervalHours": 48}, "workloadIdentity": o{"enabled": true},
			"azureKeyVaultKms": o{"enabled": true, "keyId": "https://kv-lh-platform.vault.azure.net/keys/etcd/" + guid("etcd")[:8], "keyVaultNetworkAccess": "Private", "keyVaultResourceId": resourceID(s.t.subs["platform"].rg("rg-security"), "Microsoft.KeyVault/vaults", "kv-lh-platform")}},
		"addonProfiles": o{"azurepolicy": o{"enabled": true, "config": o{"version": "v2"}}, "omsagent": o{"enabled": true, "config": o{"logAnalyticsWorkspaceResourceID": s.t.workspace, "useAADAuth": "true"}}, "azureKeyvaultSecretsProvider": o{"enabled": true, "config": o{"enableSecretRotation": "true", "rotationPollInterval": "2m"}}, "httpApplicationRouting": o{"enabled": false}, "kubeDashboard": o{"enabled": false}},
		"agentPoolProfiles": l{o{"name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4ds_v5", "osType": "Linux", "osSKU": "AzureLinux", "type": "VirtualMachineScaleSets", "vnetSubnetID": c.subnet, "availabilityZones": l{"1", "2", "3"}, "enableAutoScaling": true, "minCount": 3, "maxCount": 6, "enableNodePublicIP": false,
			"enableEncryptionAtHost": true, "enableFIPS": false, "enableUltraSSD": false, "osDiskType": "Ephemeral", "osDiskSizeGB": 128, "kubeletDiskType": "OS", "maxPods": 60, "orchestratorVersion": "1.33", "currentOrchestratorVersion": "1.33.4", "nodeImageVersion": "AKSAzureLinux-V3gen2-202610.06.0", "provisioningState": "Succeeded", "powerState": o{"code": "Running"},
			"securityProfile": o{"enableSecureBoot": true, "enableVTPM": true, "sshAccess": "Disabled"}, "upgradeSettings": o{"maxSurge": "10%"}}},
		"servicePrincipalProfile": o{"clientId": "msi"}, "identityProfile": o{"kubeletidentity": o{"resourceId": s.keyIdentity(), "clientId": guid("miappid", "id-cmk-"+s.name), "objectId": s.t.principal("id-cmk-" + s.name)}},
	}})
	s.diagnostics(id, true)
	return id
}

func (s *subscription) diskEncryptionSet() string {
	return resourceID(s.rg(resourceGroups[s.name][0].name), "Microsoft.Compute/diskEncryptionSets", "des-"+s.name)
}

func (s *subscription) diskEncryptionSetResource() {
	s.add(resourceGroups[s.name][0].name, "Microsoft.Compute/diskEncryptionSets", "des-"+s.name, o{"identity": systemIdentity(s.t, "des-"+s.name), "tags": tags("platform-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "encryptionType": "EncryptionAtRestWithPlatformAndCustomerKeys", "rotationToLatestKeyVersionEnabled": true, "lastKeyRotationTimestamp": daysAgo(40, s.name),
		"activeKey": o{"keyUrl": "https://kv-lh-platform.vault.azure.net/keys/disks/" + guid("diskkey", s.name)[:8], "sourceVault": ref(resourceID(s.t.subs["platform"].rg("rg-security"), "Microsoft.KeyVault/vaults", "kv-lh-platform"))}}})
}

func (s *subscription) registry(group, name, subnet, address string) string {
	id := resourceID(s.rg(group), "Microsoft.ContainerRegistry/registries", name)
	connections := s.privateEndpoint(group, "pe-"+name, subnet, id, "registry", address)
	s.add(group, "Microsoft.ContainerRegistry/registries", name, o{"sku": o{"name": "Premium", "tier": "Premium"}, "tags": tags("platform-team", "internal"), "identity": systemIdentity(s.t, name), "properties": o{
		"provisioningState": "Succeeded", "loginServer": name + ".azurecr.io", "creationDate": daysAgo(500, name), "adminUserEnabled": false, "anonymousPullEnabled": false, "publicNetworkAccess": "Disabled", "networkRuleBypassOptions": "AzureServices", "networkRuleSet": o{"defaultAction": "Deny", "ipRules": l{}},
		"zoneRedundancy": "Enabled", "dataEndpointEnabled": true, "dataEndpointHostNames": l{}, "privateEndpointConnections": connections, "metadataSearch": "Disabled",
		"encryption": o{"status": "enabled", "keyVaultProperties": o{"keyIdentifier": "https://kv-lh-platform.vault.azure.net/keys/acr", "keyRotationEnabled": true, "identity": guid("miappid", "id-cmk-"+s.name)}},
		"policies":   o{"quarantinePolicy": o{"status": "enabled"}, "trustPolicy": o{"type": "Notary", "status": "enabled"}, "retentionPolicy": o{"days": 30, "status": "enabled"}, "exportPolicy": o{"status": "disabled"}, "azureADAuthenticationAsArmPolicy": o{"status": "disabled"}, "softDeletePolicy": o{"retentionDays": 7, "status": "disabled"}},
	}})
	s.diagnostics(id, true)
	return id
}

// messaging records a Service Bus or Event Hubs namespace.
func (s *subscription) messaging(group, provider, name, owner, subnet, address string, children ...string) string {
	typ := provider + "/namespaces"
	id := resourceID(s.rg(group), typ, name)
	connections := s.privateEndpoint(group, "pe-"+name, subnet, id, "namespace", address)
	s.add(group, typ, name, o{"sku": o{"name": "Premium", "tier": "Premium", "capacity": 1}, "tags": tags(owner, "patient"), "identity": systemIdentity(s.t, name), "properties": o{
		"provisioningState": "Succeeded", "status": "Active", "createdAt": daysAgo(500, name), "updatedAt": daysAgo(30, name), "minimumTlsVersion": "1.2", "publicNetworkAccess": "Disabled", "disableLocalAuth": true, "zoneRedundant": true, "premiumMessagingPartitions": 1, "isAutoInflateEnabled": false, "kafkaEnabled": true,
		"serviceBusEndpoint": "https://" + name + ".servicebus.windows.net:443/", "metricId": s.id + ":" + name, "privateEndpointConnections": connections,
		"encryption": o{"keySource": "Microsoft.KeyVault", "requireInfrastructureEncryption": true, "keyVaultProperties": l{o{"keyName": "messaging", "keyVaultUri": "https://kv-lh-platform.vault.azure.net", "keyVersion": ""}}},
	}})
	s.child(group, typ+"/networkRuleSets", name+"/default", o{"publicNetworkAccess": "Disabled", "defaultAction": "Deny", "trustedServiceAccessEnabled": true, "virtualNetworkRules": l{}, "ipRules": l{}})
	kind := "queues"
	if provider == "Microsoft.EventHub" {
		kind = "eventhubs"
	}
	for _, c := range children {
		p := o{"status": "Active", "createdAt": daysAgo(400, c), "updatedAt": daysAgo(30, c), "maxMessageSizeInKilobytes": 1024, "lockDuration": "PT1M", "requiresDuplicateDetection": true, "deadLetteringOnMessageExpiration": true}
		if kind == "eventhubs" {
			p = o{"status": "Active", "createdAt": daysAgo(400, c), "updatedAt": daysAgo(30, c), "messageRetentionInDays": 7, "partitionCount": 4, "partitionIds": l{"0", "1", "2", "3"}}
		}
		s.child(group, typ+"/"+kind, name+"/"+c, p)
	}
	s.diagnostics(id, true)
	return id
}

// ai records a Cognitive Services account.
func (s *subscription) ai(group, name, kind, owner, subnet, address string) string {
	id := resourceID(s.rg(group), "Microsoft.CognitiveServices/accounts", name)
	connections := s.privateEndpoint(group, "pe-"+name, subnet, id, "account", address)
	s.add(group, "Microsoft.CognitiveServices/accounts", name, o{"kind": kind, "sku": o{"name": "S0"}, "tags": tags(owner, "patient"), "identity": systemIdentity(s.t, name), "etag": etag(name), "properties": o{
		"provisioningState": "Succeeded", "endpoint": "https://" + name + ".cognitiveservices.azure.com/", "customSubDomainName": name, "publicNetworkAccess": "Disabled", "disableLocalAuth": true, "restrictOutboundNetworkAccess": true, "allowedFqdnList": l{}, "dateCreated": daysAgo(200, name), "isMigrated": false, "internalId": guid("ai", name)[:32],
		"networkAcls": o{"defaultAction": "Deny", "ipRules": l{}, "virtualNetworkRules": l{}}, "privateEndpointConnections": connections,
		"encryption": o{"keySource": "Microsoft.KeyVault", "keyVaultProperties": o{"keyName": "ai", "keyVaultUri": "https://kv-lh-platform.vault.azure.net/", "keyVersion": guid("aikey")[:8]}},
	}})
	s.diagnostics(id, true)
	return id
}

// applicationGateway records a WAF_v2 gateway and its policy.
func (s *subscription) applicationGateway(group, name, subnet, pip, backend string) string {
	id := resourceID(s.rg(group), "Microsoft.Network/applicationGateways", name)
	waf := s.add(group, "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies", "waf-"+name, o{"etag": etag("waf", name), "tags": tags("network-team", "internal"), "properties": o{
		"provisioningState": "Succeeded", "resourceState": "Enabled", "applicationGateways": refs(id), "customRules": l{},
		"policySettings": o{"state": "Enabled", "mode": "Prevention", "requestBodyCheck": true, "requestBodyEnforcement": true, "requestBodyInspectLimitInKB": 128, "maxRequestBodySizeInKb": 128, "fileUploadLimitInMb": 100, "fileUploadEnforcement": true, "jsChallengeCookieExpirationInMins": 30},
		"managedRules":   o{"managedRuleSets": l{o{"ruleSetType": "Microsoft_DefaultRuleSet", "ruleSetVersion": "2.1", "ruleGroupOverrides": l{}}, o{"ruleSetType": "Microsoft_BotManagerRuleSet", "ruleSetVersion": "1.1", "ruleGroupOverrides": l{}}}, "exclusions": l{}},
	}})
	part := func(kind, n string, p o) l {
		p["provisioningState"] = "Succeeded"
		return l{o{"name": n, "id": id + "/" + kind + "/" + n, "etag": etag(id), "type": "Microsoft.Network/applicationGateways/" + kind, "properties": p}}
	}
	sub := func(kind, n string) o { return ref(id + "/" + kind + "/" + n) }
	s.add(group, "Microsoft.Network/applicationGateways", name, o{"etag": etag(id), "zones": l{"1", "2", "3"}, "tags": tags("network-team", "internal"),
		"identity": o{"type": "UserAssigned", "userAssignedIdentities": o{s.keyIdentity(): o{"principalId": s.t.principal("id-cmk-" + s.name), "clientId": guid("miappid", "id-cmk-"+s.name)}}},
		"properties": o{
			"provisioningState": "Succeeded", "operationalState": "Running", "resourceGuid": guid("agw", name), "sku": o{"name": "WAF_v2", "tier": "WAF_v2", "family": "Generation_1"}, "autoscaleConfiguration": o{"minCapacity": 2, "maxCapacity": 6}, "enableHttp2": true,
			"firewallPolicy": ref(waf), "forceFirewallPolicyAssociation": true, "sslPolicy": o{"policyType": "Predefined", "policyName": "AppGwSslPolicy20220101S"},
			"gatewayIPConfigurations":       part("gatewayIPConfigurations", "gateway", o{"subnet": ref(subnet)}),
			"frontendIPConfigurations":      part("frontendIPConfigurations", "public", o{"privateIPAllocationMethod": "Dynamic", "publicIPAddress": ref(pip)}),
			"frontendPorts":                 part("frontendPorts", "https", o{"port": 443}),
			"sslCertificates":               part("sslCertificates", "portal", o{"keyVaultSecretId": "https://kv-lh-clinical.vault.azure.net/secrets/portal-certificate"}),
			"backendAddressPools":           part("backendAddressPools", "portal", o{"backendAddresses": l{o{"fqdn": backend}}}),
			"backendHttpSettingsCollection": part("backendHttpSettingsCollection", "https", o{"port": 443, "protocol": "Https", "cookieBasedAffinity": "Disabled", "pickHostNameFromBackendAddress": true, "requestTimeout": 30}),
			"httpListeners":                 part("httpListeners", "https", o{"frontendIPConfiguration": sub("frontendIPConfigurations", "public"), "frontendPort": sub("frontendPorts", "https"), "protocol": "Https", "hostNames": l{"portal." + domain}, "requireServerNameIndication": true, "sslCertificate": sub("sslCertificates", "portal")}),
			"requestRoutingRules":           part("requestRoutingRules", "portal", o{"ruleType": "Basic", "priority": 100, "httpListener": sub("httpListeners", "https"), "backendAddressPool": sub("backendAddressPools", "portal"), "backendHttpSettings": sub("backendHttpSettingsCollection", "https")}),
			"probes":                        l{}, "redirectConfigurations": l{}, "rewriteRuleSets": l{}, "urlPathMaps": l{}, "authenticationCertificates": l{}, "trustedRootCertificates": l{}, "trustedClientCertificates": l{}, "sslProfiles": l{}, "privateEndpointConnections": l{}, "privateLinkConfigurations": l{},
		}})
	s.diagnostics(id, true)
	return id
}
