package main

import "fmt"

// governance is what every subscription has of Defender, alerts and policy.
func governance(t *tenant) {
	plans := []struct{ name, sub string }{
		{"VirtualMachines", "P2"}, {"SqlServers", ""}, {"AppServices", ""}, {"StorageAccounts", "DefenderForStorageV2"}, {"SqlServerVirtualMachines", ""}, {"KeyVaults", "PerKeyVault"}, {"Arm", "PerSubscription"},
		{"OpenSourceRelationalDatabases", ""}, {"CosmosDbs", ""}, {"Containers", ""}, {"CloudPosture", ""}, {"Api", "P1"}, {"AI", ""},
	}
	alerts := []struct{ name, operation, category string }{
		{"policy-assignment-created", "Microsoft.Authorization/policyAssignments/write", "Administrative"},
		{"policy-assignment-deleted", "Microsoft.Authorization/policyAssignments/delete", "Administrative"},
		{"nsg-written", "Microsoft.Network/networkSecurityGroups/write", "Administrative"},
		{"nsg-deleted", "Microsoft.Network/networkSecurityGroups/delete", "Administrative"},
		{"security-solution-written", "Microsoft.Security/securitySolutions/write", "Administrative"},
		{"security-solution-deleted", "Microsoft.Security/securitySolutions/delete", "Administrative"},
		{"sql-firewall-written", "Microsoft.Sql/servers/firewallRules/write", "Administrative"},
		{"sql-firewall-deleted", "Microsoft.Sql/servers/firewallRules/delete", "Administrative"},
		{"public-ip-written", "Microsoft.Network/publicIPAddresses/write", "Administrative"},
		{"public-ip-deleted", "Microsoft.Network/publicIPAddresses/delete", "Administrative"},
		{"service-health", "", "ServiceHealth"},
	}
	for _, n := range subscriptionOrder {
		s := t.subs[n]
		for _, p := range plans {
			tier, sub := "Standard", any(nil)
			if p.sub != "" {
				sub = p.sub
			}
			// Paid for in every subscription but the one for development.
			if n == "dev" && (p.name == "AppServices" || p.name == "KeyVaults" || p.name == "Api" || p.name == "AI") {
				tier, sub = "Free", nil
			}
			properties := o{"pricingTier": tier, "subPlan": sub, "freeTrialRemainingTime": "PT0S", "deprecated": false, "replacedBy": nil, "enforce": "True", "resourcesCoverageStatus": "FullyCovered"}
			if tier == "Standard" {
				properties["enablementTime"] = daysAgo(500, n, p.name)
				if x := planExtensions[p.name]; x != nil {
					list := l{}
					for _, e := range x {
						list = append(list, o{"name": e, "isEnabled": "True"})
					}
					properties["extensions"] = list
				}
			} else {
				properties["resourcesCoverageStatus"] = "NotCovered"
			}
			s.extension(s.scope(), "Microsoft.Security/pricings", p.name, properties)
		}
		s.extension(s.scope(), "Microsoft.Security/securityContacts", "default", o{"isEnabled": true, "emails": "security@" + domain, "phone": "", "alertNotifications": o{"state": "On", "minimalSeverity": "Medium"},
			"notificationsByRole": o{"state": "On", "roles": l{"Owner"}}, "notificationsSources": l{o{"sourceType": "Alert", "minimalSeverity": "Medium"}, o{"sourceType": "AttackPath", "minimalRiskLevel": "Medium"}}})
		s.extension(s.scope(), "Microsoft.Security/autoProvisioningSettings", "default", o{"autoProvision": "On"})
		for _, setting := range []string{"WDATP", "MCAS"} {
			id := s.scope() + "/providers/Microsoft.Security/settings/" + setting
			s.put(id, "Microsoft.Security/settings", setting, o{"location": noLocation, "kind": "DataExportSettings", "properties": o{"enabled": true}})
		}
		logs := l{}
		for _, c := range []string{"Administrative", "Security", "ServiceHealth", "Alert", "Recommendation", "Policy", "Autoscale", "ResourceHealth"} {
			logs = append(logs, o{"category": c, "categoryGroup": nil, "enabled": true})
		}
		s.extension(s.scope(), "Microsoft.Insights/diagnosticSettings", "activity-log", o{"workspaceId": t.workspace, "storageAccountId": nil, "eventHubAuthorizationRuleId": nil, "eventHubName": nil, "serviceBusRuleId": nil, "logs": logs, "metrics": l{}})

		group := "rg-alerts"
		if n == "platform" {
			group = "rg-management"
		}
		action := s.add(group, "Microsoft.Insights/actionGroups", "ag-security", o{"location": "Global", "tags": o{}, "properties": o{"groupShortName": "security", "enabled": true, "emailReceivers": l{o{"name": "security", "emailAddress": "security@" + domain, "status": "Enabled", "useCommonAlertSchema": true}},
			"smsReceivers": l{}, "webhookReceivers": l{}, "itsmReceivers": l{}, "azureAppPushReceivers": l{}, "automationRunbookReceivers": l{}, "voiceReceivers": l{}, "logicAppReceivers": l{}, "azureFunctionReceivers": l{}, "armRoleReceivers": l{}, "eventHubReceivers": l{}}})
		for _, a := range alerts {
			if n == "dev" && (a.name == "public-ip-written" || a.name == "public-ip-deleted") {
				continue // nobody thought of it there
			}
			condition := l{o{"field": "category", "equals": a.category, "containsAny": nil}}
			if a.operation != "" {
				condition = append(condition, o{"field": "operationName", "equals": a.operation, "containsAny": nil})
			}
			s.add(group, "Microsoft.Insights/activityLogAlerts", "alert-"+a.name, o{"location": "global", "tags": o{}, "properties": o{"enabled": true, "description": "", "scopes": l{s.scope()}, "condition": o{"allOf": condition}, "actions": o{"actionGroups": l{o{"actionGroupId": action, "webhookProperties": o{}}}}}})
		}
	}
	policies(t)
}

var planExtensions = map[string][]string{
	"VirtualMachines": {"MdeDesignatedSubscription", "AgentlessVmScanning", "FileIntegrityMonitoring"},
	"StorageAccounts": {"OnUploadMalwareScanning", "SensitiveDataDiscovery"},
	"Containers":      {"ContainerRegistriesVulnerabilityAssessments", "AgentlessDiscoveryForKubernetes", "AgentlessVmScanning", "ContainerSensor"},
	"CloudPosture":    {"SensitiveDataDiscovery", "ContainerRegistriesVulnerabilityAssessments", "AgentlessDiscoveryForKubernetes", "AgentlessVmScanning", "EntraPermissionsManagement", "ApiPosture"},
	"AI":              {"AIPromptEvidence"},
}

// policies writes the policy assignments, two definitions of the hospital's own
// and the exemptions.
func policies(t *tenant) {
	put := func(scope, typ, name string, body o) {
		body["id"], body["name"], body["type"] = scope+"/providers/"+typ+"/"+name, name, typ
		t.records = append(t.records, record{"governance", body})
	}
	own := func(name, display, category string, rule o) string {
		put(mgTop, "Microsoft.Authorization/policyDefinitions", name, o{"properties": o{"displayName": display, "policyType": "Custom", "mode": "Indexed", "version": "1.0.0", "metadata": o{"category": category, "version": "1.0.0", "createdOn": daysAgo(500, name), "createdBy": t.user("adm-hedda.lorne")},
			"parameters": o{"effect": o{"type": "String", "allowedValues": l{"Audit", "Deny", "Disabled"}, "defaultValue": "Audit"}}, "policyRule": rule}})
		return mgTop + "/providers/Microsoft.Authorization/policyDefinitions/" + name
	}
	owner := own("lh-tag-owner", "Resources name their owner", "Tags", o{"if": o{"field": "tags['owner']", "exists": "false"}, "then": o{"effect": "[parameters('effect')]"}})
	region := own("lh-regions", "Resources stay in our two regions", "General", o{"if": o{"allOf": l{o{"field": "location", "notIn": l{"westeurope", "northeurope", "global"}}, o{"field": "type", "notEquals": "Microsoft.AzureActiveDirectory/b2cDirectories"}}}, "then": o{"effect": "[parameters('effect')]"}})
	assign := func(scope, name, display, definition, effect string) string {
		put(scope, "Microsoft.Authorization/policyAssignments", name, o{"location": "westeurope", "identity": o{"type": "SystemAssigned", "principalId": t.principal("assignment-" + name), "tenantId": t.id}, "properties": o{
			"displayName": display, "policyDefinitionId": definition, "definitionVersion": "1.*.*", "scope": scope, "notScopes": l{}, "parameters": o{"effect": o{"value": effect}}, "enforcementMode": "Default", "nonComplianceMessages": l{}, "metadata": o{"assignedBy": "Hedda Lorne (admin)", "createdOn": daysAgo(480, name), "createdBy": t.user("adm-hedda.lorne")}}})
		return scope + "/providers/Microsoft.Authorization/policyAssignments/" + name
	}
	const builtIn = "/providers/Microsoft.Authorization/policyDefinitions/"
	assign(mgTop, "lh-tag-owner", "Resources name their owner", owner, "Audit")
	assign(mgTop, "lh-regions", "Resources stay in our two regions", region, "Deny")
	blob := assign(mgWorkloads, "no-public-blobs", "Storage account public access should be disallowed", builtIn+"4fa4b6c0-31ca-4c0d-b10d-24b96f62a751", "Audit")
	purge := assign(mgTop, "kv-purge-protection", "Key vaults should have deletion protection enabled", builtIn+"0b60c0b2-2dc2-4e1c-b5c9-abbed971de53", "Audit")
	put(mgTop, "Microsoft.Authorization/policyAssignments", "mcsb", o{"properties": o{"displayName": "Microsoft cloud security benchmark", "policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8", "definitionVersion": "57.*.*", "scope": mgTop, "notScopes": l{}, "parameters": o{}, "enforcementMode": "Default", "metadata": o{"assignedBy": "Security Center"}}})

	exempt := func(scope, name, assignment, category, description string, expires any) {
		put(scope, "Microsoft.Authorization/policyExemptions", name, o{"properties": o{"policyAssignmentId": assignment, "policyDefinitionReferenceIds": l{}, "exemptionCategory": category, "displayName": name, "description": description, "expiresOn": expires, "assignmentScopeValidation": "Default", "metadata": o{"requestedBy": "Yara Solberg", "approvedBy": "Ines Varga"}},
			"systemData": o{"createdBy": "ines.varga@" + domain, "createdByType": "User", "createdAt": daysAgo(300, name), "lastModifiedBy": "ines.varga@" + domain, "lastModifiedByType": "User", "lastModifiedAt": daysAgo(300, name)}})
	}
	dev, img := t.subs["dev"], t.subs["imaging"]
	exempt(resourceID(dev.rg("rg-research"), "Microsoft.KeyVault/vaults", "kv-lh-research"), "until-the-study-starts", purge, "Waiver", "Until the cohort study starts in spring.", daysAgo(154))
	exempt(resourceID(img.rg("rg-pacs-data"), "Microsoft.Storage/storageAccounts", "stlhscanshare"), "second-opinion-weekend", blob, "Waiver", "Scans shared with the university hospital over one weekend.", daysAgo(196))
}

type grantOf struct {
	role, to, kind string // kind: User, Group, ServicePrincipal
	scope          string
	days           int
	condition      string
}

// azureRoles writes the role definitions in use and who holds them where.
func azureRoles(t *tenant) {
	type definition struct {
		id, name, description                            string
		actions, notActions, dataActions, notDataActions []string
		custom                                           string // scope a custom role may be assigned at
	}
	list := []definition{
		{id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", name: "Owner", description: "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", actions: []string{"*"}},
		{id: "b24988ac-6180-42a0-ab88-20f7382dd24c", name: "Contributor", description: "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.", actions: []string{"*"}, notActions: []string{"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action", "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete", "Microsoft.Resources/deploymentStacks/manageDenySetting/action", "Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action"}},
		{id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", name: "Reader", description: "View all resources, but does not allow you to make any changes.", actions: []string{"*/read"}},
		{id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", name: "User Access Administrator", description: "Lets you manage user access to Azure resources.", actions: []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}},
		{id: "39bc4728-0917-49c7-9d2c-d95423bc2eb4", name: "Security Reader", description: "Security Reader Role", actions: []string{"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/read", "Microsoft.Security/*/read", "Microsoft.Resources/deployments/*/read"}},
		{id: "4d97b98b-1d4f-4787-a291-c67834d212e7", name: "Network Contributor", description: "Lets you manage networks, but not access to them.", actions: []string{"Microsoft.Authorization/*/read", "Microsoft.Network/*", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read"}},
		{id: "5e467623-bb1f-42f4-a55d-6e525e11384b", name: "Backup Contributor", description: "Lets you manage backup service, but can't create vaults and give access to others.", actions: []string{"Microsoft.Authorization/*/read", "Microsoft.RecoveryServices/vaults/backupFabrics/*", "Microsoft.RecoveryServices/vaults/backupPolicies/*", "Microsoft.RecoveryServices/vaults/read", "Microsoft.Compute/virtualMachines/read"}},
		{id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", name: "Storage Blob Data Reader", description: "Allows for read access to Azure Storage blob containers and data.", actions: []string{"Microsoft.Storage/storageAccounts/blobServices/containers/read", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"}, dataActions: []string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"}},
		{id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe", name: "Storage Blob Data Contributor", description: "Allows for read, write and delete access to Azure Storage blob containers and data.", actions: []string{"Microsoft.Storage/storageAccounts/blobServices/containers/delete", "Microsoft.Storage/storageAccounts/blobServices/containers/read", "Microsoft.Storage/storageAccounts/blobServices/containers/write", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"}, dataActions: []string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"}},
		{id: "4633458b-17de-408a-b874-0445c86b69e6", name: "Key Vault Secrets User", description: "Read secret contents.", dataActions: []string{"Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}},
		{id: "e147488a-f6f5-4113-8e2d-b22465e65bf6", name: "Key Vault Crypto Service Encryption User", description: "Read metadata of keys and perform wrap/unwrap operations.", actions: []string{"Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read", "Microsoft.EventGrid/eventSubscriptions/delete"}, dataActions: []string{"Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/keys/wrap/action", "Microsoft.KeyVault/vaults/keys/unwrap/action"}},
		{id: "7f951dda-4ed3-4680-a7ca-43fe172d538d", name: "AcrPull", description: "acr pull", actions: []string{"Microsoft.ContainerRegistry/registries/pull/read"}},
		{id: "de139f84-1756-47ae-9be6-808fbbe84772", name: "Website Contributor", description: "Lets you manage websites, but not access to them.", actions: []string{"Microsoft.Authorization/*/read", "Microsoft.Web/sites/*", "Microsoft.Web/serverFarms/join/action", "Microsoft.Web/serverFarms/read"}},
		{id: guid("customrole", "ehr"), name: "Lindhaven Health Record Operator", description: "Restarts and resizes the machines of the health record.", actions: []string{"*/read", "Microsoft.Compute/virtualMachines/*/action", "Microsoft.Compute/virtualMachines/write"}, notActions: []string{"Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Compute/virtualMachines/runCommands/*"}, custom: t.subs["clinical"].scope()},
	}
	ids := map[string]string{}
	for _, d := range list {
		id := "/providers/Microsoft.Authorization/roleDefinitions/" + d.id
		kind, scopes := "BuiltInRole", l{"/"}
		if d.custom != "" {
			id, kind, scopes = d.custom+id, "CustomRole", l{d.custom}
		}
		ids[d.name] = d.id
		t.records = append(t.records, record{"governance", o{"id": id, "name": d.id, "type": "Microsoft.Authorization/roleDefinitions", "properties": o{
			"roleName": d.name, "type": kind, "description": d.description, "assignableScopes": scopes, "createdOn": "2015-02-02T21:55:09.8806423Z", "updatedOn": daysAgo(300, d.name), "createdBy": nil, "updatedBy": nil,
			"permissions": l{o{"actions": strs(d.actions...), "notActions": strs(d.notActions...), "dataActions": strs(d.dataActions...), "notDataActions": strs(d.notDataActions...)}}}}})
	}
	subs := t.subs
	in := func(sub, group string) string { return subs[sub].rg(group) }
	grants := []grantOf{
		{role: "Owner", to: "az-subscription-owners", kind: "Group", scope: mgTop, days: 620},
		{role: "Reader", to: "az-security-readers", kind: "Group", scope: mgTop, days: 620},
		{role: "Security Reader", to: "az-security-readers", kind: "Group", scope: mgTop, days: 610},
		{role: "Network Contributor", to: "az-network-operators", kind: "Group", scope: in("platform", "rg-hub-network"), days: 600},
		{role: "Lindhaven Health Record Operator", to: "az-ehr-operators", kind: "Group", scope: in("clinical", "rg-ehr-app"), days: 400},
		{role: "Backup Contributor", to: "az-backup-operators", kind: "Group", scope: in("clinical", "rg-clinical-backup"), days: 400},
		{role: "Website Contributor", to: "az-developers", kind: "Group", scope: in("dev", "rg-dev-apps"), days: 380},
		{role: "Contributor", to: "az-research-data", kind: "Group", scope: in("dev", "rg-research"), days: 360},
		{role: "Contributor", to: "az-finance-operators", kind: "Group", scope: in("corporate", "rg-finance"), days: 350},
		// The chain: night support is in support, support is in the operators, and the operators may write in the whole subscription.
		{role: "Contributor", to: "az-imaging-operators", kind: "Group", scope: subs["imaging"].scope(), days: 540},
		{role: "Storage Blob Data Contributor", to: "freja.quist", kind: "User", scope: in("imaging", "rg-pacs-data"), days: 300},
		// A consultant of the vendor, Owner since the migration.
		{role: "Owner", to: "gregor.nash_scanvendor.example#EXT#", kind: "User", scope: subs["imaging"].scope(), days: 410},
		// The migration ended; the assignment did not.
		{role: "Owner", to: "elin.sato", kind: "User", scope: subs["corporate"].scope(), days: 690},
		// Left in the spring, account disabled, assignment still there.
		{role: "Contributor", to: "rolf.danner", kind: "User", scope: in("clinical", "rg-ehr-data"), days: 800},
		// Backups need to read; this one owns.
		{role: "Owner", to: "Cloud Backup Connector", kind: "ServicePrincipal", scope: subs["clinical"].scope(), days: 450},
		{role: "Contributor", to: "Deployment Pipeline", kind: "ServicePrincipal", scope: in("dev", "rg-dev-apps"), days: 300},
		{role: "Reader", to: "Monitoring Exporter", kind: "ServicePrincipal", scope: mgTop, days: 300},
		{role: "AcrPull", to: "aks-clinical", kind: "ServicePrincipal", scope: resourceID(in("platform", "rg-management"), "Microsoft.ContainerRegistry/registries", "acrlindhaven"), days: 280},
		{role: "Key Vault Secrets User", to: "app-lh-portal", kind: "ServicePrincipal", scope: resourceID(in("clinical", "rg-ehr-data"), "Microsoft.KeyVault/vaults", "kv-lh-clinical"), days: 280},
		{role: "Key Vault Secrets User", to: "func-lh-dicom-router", kind: "ServicePrincipal", scope: resourceID(in("imaging", "rg-pacs-data"), "Microsoft.KeyVault/vaults", "kv-lh-imaging"), days: 280},
		{role: "Storage Blob Data Contributor", to: "func-lh-dicom-router", kind: "ServicePrincipal", scope: resourceID(in("imaging", "rg-pacs-data"), "Microsoft.Storage/storageAccounts", "stlhimaging"), days: 280},
		{role: "Storage Blob Data Reader", to: "app-lh-viewer", kind: "ServicePrincipal", scope: resourceID(in("imaging", "rg-pacs-data"), "Microsoft.Storage/storageAccounts", "stlhimaging"), days: 280},
		{role: "Storage Blob Data Reader", to: "az-research-data", kind: "Group", scope: resourceID(in("imaging", "rg-pacs-data"), "Microsoft.Storage/storageAccounts", "stlhimaging"), days: 200,
			condition: "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'pseudonymised'))"},
	}
	for _, n := range subscriptionOrder {
		grants = append(grants, grantOf{role: "Key Vault Crypto Service Encryption User", to: "id-cmk-" + n, kind: "ServicePrincipal", scope: resourceID(in("platform", "rg-security"), "Microsoft.KeyVault/vaults", "kv-lh-platform"), days: 500})
	}
	for i, g := range grants {
		var who string
		switch g.kind {
		case "User":
			who = t.user(g.to)
		case "Group":
			who = t.group(g.to)
		default:
			if _, ok := t.principals[g.to]; !ok {
				panic("no principal " + g.to)
			}
			who = t.principals[g.to]
		}
		if ids[g.role] == "" {
			panic("no role " + g.role)
		}
		roleScope := ""
		for _, d := range list {
			if d.name == g.role {
				roleScope = d.custom
			}
		}
		if roleScope == "" {
			if s := subscriptionOf(g.scope); s != "" {
				roleScope = s
			}
		}
		name := guid("grant", fmt.Sprint(i), g.role, g.to)
		version := any(nil)
		condition := any(nil)
		if g.condition != "" {
			condition, version = g.condition, "2.0"
		}
		t.records = append(t.records, record{"governance", o{"id": g.scope + "/providers/Microsoft.Authorization/roleAssignments/" + name, "name": name, "type": "Microsoft.Authorization/roleAssignments", "properties": o{
			"roleDefinitionId": roleScope + "/providers/Microsoft.Authorization/roleDefinitions/" + ids[g.role], "principalId": who, "principalType": g.kind, "scope": g.scope, "condition": condition, "conditionVersion": version,
			"createdOn": daysAgo(g.days, g.to), "updatedOn": daysAgo(g.days, g.to), "createdBy": t.user("adm-hedda.lorne"), "updatedBy": t.user("adm-hedda.lorne"), "delegatedManagedIdentityResourceId": nil, "description": nil}}})
	}
	// PIM for Azure resources: one eligible Owner, time-bound.
	s := subs["platform"]
	t.records = append(t.records, record{"governance", o{"id": s.scope() + "/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/" + guid("azpim"), "name": guid("azpim"), "type": "Microsoft.Authorization/roleEligibilityScheduleInstances", "properties": o{
		"roleEligibilityScheduleId": s.scope() + "/providers/Microsoft.Authorization/roleEligibilitySchedules/" + guid("azpims"), "scope": s.scope(), "roleDefinitionId": s.scope() + "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
		"principalId": t.user("adm-jonas.reik"), "principalType": "User", "status": "Provisioned", "memberType": "Direct", "startDateTime": daysAgo(90), "endDateTime": daysAhead(90), "condition": nil, "conditionVersion": nil, "createdOn": daysAgo(90)}}})
}

func subscriptionOf(scope string) string {
	const prefix = "/subscriptions/"
	if len(scope) >= len(prefix)+36 && scope[:len(prefix)] == prefix {
		return scope[:len(prefix)+36]
	}
	return ""
}
