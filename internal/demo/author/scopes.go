package main

// The scope tree: the tenant, three management groups, five subscriptions.

const (
	mgTop       = "/providers/Microsoft.Management/managementGroups/lindhaven"
	mgPlatform  = "/providers/Microsoft.Management/managementGroups/lindhaven-platform"
	mgWorkloads = "/providers/Microsoft.Management/managementGroups/lindhaven-workloads"
)

func newTenant() *tenant {
	t := &tenant{
		id: guid("tenant"), graph: map[string][]o{}, subs: map[string]*subscription{},
		users: map[string]string{}, groups: map[string]string{}, roles: map[string]string{},
		principals: map[string]string{}, appIDs: map[string]string{},
	}
	for _, s := range []struct{ name, location string }{
		{"platform", "westeurope"}, {"clinical", "westeurope"}, {"imaging", "westeurope"},
		{"corporate", "northeurope"}, {"dev", "northeurope"},
	} {
		t.subs[s.name] = &subscription{t: t, id: guid("subscription", s.name), name: s.name, file: s.name, location: s.location}
	}
	t.workspace = resourceID(t.subs["platform"].rg("rg-management"), "Microsoft.OperationalInsights/workspaces", "log-lindhaven")

	root := "/providers/Microsoft.Management/managementGroups/" + t.id
	group := func(id, name, parent, parentName string, children l) {
		p := o{"tenantId": t.id, "displayName": name, "details": o{"version": 3, "updatedTime": daysAgo(640, id), "updatedBy": t.userID("adm-hedda.lorne")}}
		if parent != "" {
			p["details"].(o)["parent"] = o{"id": parent, "name": lastName(parent), "displayName": parentName}
		}
		p["children"] = children
		t.records = append(t.records, record{"scopes", o{"id": id, "name": lastName(id), "type": "Microsoft.Management/managementGroups", "properties": p}})
	}
	mg := func(id, name string) o {
		return o{"type": "Microsoft.Management/managementGroups", "id": id, "name": lastName(id), "displayName": name}
	}
	sub := func(names ...string) l {
		var out l
		for _, n := range names {
			s := t.subs[n]
			out = append(out, o{"type": "/subscriptions", "id": s.scope(), "name": s.id, "displayName": "lh-" + n})
		}
		return out
	}
	group(root, "Tenant Root Group", "", "", l{mg(mgTop, "Lindhaven Hospitals")})
	group(mgTop, "Lindhaven Hospitals", root, "Tenant Root Group", l{mg(mgPlatform, "Platform"), mg(mgWorkloads, "Workloads")})
	group(mgPlatform, "Platform", mgTop, "Lindhaven Hospitals", sub("platform"))
	group(mgWorkloads, "Workloads", mgTop, "Lindhaven Hospitals", sub("clinical", "imaging", "corporate", "dev"))

	for _, n := range subscriptionOrder {
		s := t.subs[n]
		parent, parentName := mgWorkloads, "Workloads"
		if n == "platform" {
			parent, parentName = mgPlatform, "Platform"
		}
		t.records = append(t.records, record{"scopes", o{
			"id": s.scope(), "name": "lh-" + n, "type": "Microsoft.Resources/subscriptions",
			"subscriptionId": s.id, "tenantId": t.id, "displayName": "lh-" + n, "state": "Enabled", "authorizationSource": "RoleBased",
			"managedByTenants":     l{},
			"tags":                 tags("lh-"+n, "internal"),
			"subscriptionPolicies": o{"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"},
			"properties": o{
				"state": "Enabled", "managedByTenants": l{},
				"subscriptionPolicies": o{"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"},
				"managementGroupAncestorsChain": l{
					o{"name": lastName(parent), "displayName": parentName},
					o{"name": "lindhaven", "displayName": "Lindhaven Hospitals"},
					o{"name": t.id, "displayName": "Tenant Root Group"},
				},
			},
		}})
		for _, g := range resourceGroups[n] {
			t.records = append(t.records, record{"scopes", o{
				"id": s.rg(g.name), "name": g.name, "type": "Microsoft.Resources/resourceGroups", "location": s.location,
				"tags": tags(g.owner, g.data), "properties": o{"provisioningState": "Succeeded"},
			}})
		}
	}
	return t
}

var subscriptionOrder = []string{"platform", "clinical", "imaging", "corporate", "dev"}

type groupOfResources struct{ name, owner, data string }

var resourceGroups = map[string][]groupOfResources{
	"platform":  {{"rg-hub-network", "network-team", "internal"}, {"rg-management", "platform-team", "internal"}, {"rg-security", "security-team", "confidential"}, {"NetworkWatcherRG", "network-team", "internal"}},
	"clinical":  {{"rg-clinical-network", "network-team", "internal"}, {"rg-ehr-app", "ehr-team", "patient"}, {"rg-ehr-data", "ehr-team", "patient"}, {"rg-clinical-backup", "platform-team", "patient"}, {"rg-alerts", "platform-team", "internal"}, {"NetworkWatcherRG", "network-team", "internal"}},
	"imaging":   {{"rg-imaging-network", "network-team", "internal"}, {"rg-pacs", "imaging-team", "patient"}, {"rg-pacs-data", "imaging-team", "patient"}, {"rg-imaging-ai", "imaging-team", "patient"}, {"rg-alerts", "platform-team", "internal"}, {"NetworkWatcherRG", "network-team", "internal"}},
	"corporate": {{"rg-corp-network", "network-team", "internal"}, {"rg-finance", "finance-systems", "confidential"}, {"rg-hr", "hr-systems", "confidential"}, {"rg-intranet", "web-team", "internal"}, {"rg-alerts", "platform-team", "internal"}, {"NetworkWatcherRG", "network-team", "internal"}},
	"dev":       {{"rg-dev-network", "network-team", "internal"}, {"rg-dev-apps", "development", "test"}, {"rg-research", "research-unit", "pseudonymised"}, {"rg-alerts", "platform-team", "internal"}, {"NetworkWatcherRG", "network-team", "internal"}},
}
