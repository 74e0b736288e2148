package main

import (
	"encoding/json"
	"sort"
)

const graphRoot = "https://graph.microsoft.com/v1.0/$metadata#"

// address is where Graph answers a collection.
type address struct {
	context string
	single  bool
}

var collections = map[string]address{
	"users":                                        {context: "users"},
	"groups":                                       {context: "groups(members(id),owners(id))"},
	"servicePrincipals":                            {context: "servicePrincipals"},
	"applications":                                 {context: "applications"},
	"devices":                                      {context: "devices"},
	"administrativeUnits":                          {context: "directory/administrativeUnits"},
	"directoryRoles":                               {context: "directoryRoles"},
	"roleDefinitions":                              {context: "roleManagement/directory/roleDefinitions"},
	"roleAssignments":                              {context: "roleManagement/directory/roleAssignments"},
	"roleAssignmentScheduleInstances":              {context: "roleManagement/directory/roleAssignmentScheduleInstances"},
	"roleEligibilityScheduleInstances":             {context: "roleManagement/directory/roleEligibilityScheduleInstances"},
	"roleManagementPolicies":                       {context: "policies/roleManagementPolicies(rules())"},
	"roleManagementPolicyAssignments":              {context: "policies/roleManagementPolicyAssignments"},
	"groupEligibilityScheduleInstances":            {context: "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"},
	"groupAssignmentScheduleInstances":             {context: "identityGovernance/privilegedAccess/group/assignmentScheduleInstances"},
	"conditionalAccessPolicies":                    {context: "identity/conditionalAccess/policies"},
	"namedLocations":                               {context: "identity/conditionalAccess/namedLocations"},
	"authenticationStrengthPolicies":               {context: "policies/authenticationStrengthPolicies"},
	"authenticationContextClassReferences":         {context: "identity/conditionalAccess/authenticationContextClassReferences"},
	"organization":                                 {context: "organization"},
	"domains":                                      {context: "domains"},
	"userRegistrationDetails":                      {context: "reports/authenticationMethods/userRegistrationDetails"},
	"oauth2PermissionGrants":                       {context: "oauth2PermissionGrants"},
	"appRoleAssignments":                           {context: "appRoleAssignments"},
	"servicePrincipalSignInActivities":             {context: "reports/servicePrincipalSignInActivities"},
	"crossTenantAccessPolicies":                    {context: "policies/crossTenantAccessPolicy/default/$entity", single: true},
	"crossTenantAccessPolicyConfigurationPartners": {context: "policies/crossTenantAccessPolicy/partners"},
	"identitySecurityDefaultsEnforcementPolicies":  {context: "policies/identitySecurityDefaultsEnforcementPolicy/$entity", single: true},
	"authorizationPolicies":                        {context: "policies/authorizationPolicy/$entity", single: true},
	"authenticationMethodsPolicies":                {context: "policies/authenticationMethodsPolicy/$entity", single: true},
}

// alsoAsked are the types that were asked for and of which there are none.
var alsoAsked = []string{
	"Microsoft.Authorization/classicAdministrators", "Microsoft.Authorization/denyAssignments", "Microsoft.Authorization/locks", "Microsoft.Authorization/roleAssignmentScheduleInstances",
	"Microsoft.Authorization/roleManagementPolicies", "Microsoft.Authorization/roleManagementPolicyAssignments", "Microsoft.Authorization/policySetDefinitions",
	"Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Compute/snapshots", "Microsoft.Compute/images", "Microsoft.Cache/Redis", "Microsoft.Cdn/profiles", "Microsoft.DataProtection/backupVaults",
	"Microsoft.Network/frontDoors", "Microsoft.Network/loadBalancers", "Microsoft.Network/natGateways", "Microsoft.Network/applicationSecurityGroups", "Microsoft.Network/networkSecurityGroups/securityRules",
	"Microsoft.Network/privateLinkServices", "Microsoft.Network/privateDnsZones/virtualNetworkLinks", "Microsoft.Storage/storageAccounts/fileServices", "Microsoft.Storage/storageAccounts/queueServices", "Microsoft.Storage/storageAccounts/tableServices",
	"Microsoft.Storage/storageAccounts/managementPolicies", "Microsoft.DBforPostgreSQL/servers", "Microsoft.DBforMySQL/servers", "Microsoft.DBforMariaDB/servers", "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",
	"Microsoft.DBforMySQL/flexibleServers/firewallRules", "Microsoft.Sql/managedInstances", "Microsoft.Sql/servers/firewallRules", "Microsoft.Sql/servers/virtualNetworkRules", "Microsoft.Logic/workflows", "Microsoft.Automation/automationAccounts",
	"Microsoft.Automation/automationAccounts/variables", "Microsoft.MachineLearningServices/workspaces", "Microsoft.Search/searchServices", "Microsoft.Web/sites/slots", "Microsoft.Web/sites/hostNameBindings", "Microsoft.App/containerApps", "Microsoft.App/managedEnvironments",
	"Microsoft.Insights/components", "Microsoft.Insights/metricAlerts", "Microsoft.Security/assessments", "Microsoft.Security/workspaceSettings", "Microsoft.KeyVault/vaults/certificates", "Microsoft.KeyVault/managedHSMs",
	"Microsoft.RecoveryServices/vaults/backupconfig", "Microsoft.ApiManagement/service", "Microsoft.DataFactory/factories", "Microsoft.Synapse/workspaces", "Microsoft.Databricks/workspaces", "Microsoft.Kusto/clusters",
	"Microsoft.EventGrid/topics", "Microsoft.EventGrid/domains", "Microsoft.SignalRService/signalR", "Microsoft.ContainerInstance/containerGroups", "Microsoft.HybridCompute/machines", "Microsoft.GuestConfiguration/guestConfigurationAssignments",
	"Microsoft.ServiceBus/namespaces/authorizationRules", "Microsoft.EventHub/namespaces/authorizationRules",
	"Microsoft.Network/frontDoorWebApplicationFirewallPolicies", "Microsoft.Network/trafficManagerProfiles", "Microsoft.ServiceFabric/clusters", "Microsoft.DocumentDB/mongoClusters",
	"Microsoft.EventGrid/namespaces", "Microsoft.Devices/IotHubs", "Microsoft.AppConfiguration/configurationStores", "Microsoft.Batch/batchAccounts",
}

// manifest says that everything was asked for, over the whole tenant, and
// arrived: one entry a type, so that a reader who takes one away makes what
// depends on it unknown.
func manifest(t *tenant) ([]byte, error) {
	counts := map[string]int{}
	for _, typ := range alsoAsked {
		counts[typ] = 0
	}
	for _, r := range t.records {
		counts[r.body["type"].(string)]++
	}
	if n := counts["Microsoft.Resources/resourceGroups"]; n > 0 {
		delete(counts, "Microsoft.Resources/resourceGroups")
		counts["Microsoft.Resources/subscriptions/resourceGroups"] = n
	}
	for name, objects := range t.graph {
		counts["Microsoft.Graph/"+name] = len(objects)
	}
	types := make([]string, 0, len(counts))
	for typ := range counts {
		types = append(types, typ)
	}
	sort.Strings(types)
	var entries []any
	for _, typ := range types {
		entries = append(entries, struct {
			Type  string `json:"type"`
			Scope string `json:"scope"`
			State string `json:"state"`
			Count int    `json:"count"`
		}{typ, "/", "complete", counts[typ]})
	}
	out := struct {
		Azward  string `json:"azward"`
		Version int    `json:"version"`
		ReadAt  string `json:"readAt"`
		Tenant  string `json:"tenantId"`
		Entries []any  `json:"entries"`
	}{"manifest", 1, now.Format("2006-01-02T15:04:05Z"), t.id, entries}
	data, err := json.MarshalIndent(out, "", " ")
	return append(data, '\n'), err
}
