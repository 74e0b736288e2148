package main

import (
	"slices"
	"strings"
)

// smallMistakes is what years do to a tenant that was built well: settings that
// somebody changed for an afternoon, a team that was never told, a vendor who
// forbids. None of it is grave alone. STORY.md lists it with the rest.
func smallMistakes(t *tenant) {
	// The vendor of PACS supports no other agent on its machines.
	for _, vm := range []string{"vm-pacs-01", "vm-pacs-02", "vm-pacs-03"} {
		t.drop("/virtualMachines/" + vm + "/extensions/MDE.Windows")
	}
	// Made before encryption at the host was the rule.
	for _, vm := range []string{"vm-fin-reports", "vm-hr-files", "vm-modality-gw"} {
		t.at("/virtualMachines/" + vm)["securityProfile"].(o)["encryptionAtHost"] = false
	}
	t.at("/virtualMachines/vm-research-01")["osProfile"].(o)["linuxConfiguration"].(o)["disablePasswordAuthentication"] = false
	for _, disk := range []string{"disk-vm-modality-gw-os", "disk-vm-modality-gw-data"} {
		d := t.at("/disks/" + disk)
		d["networkAccessPolicy"], d["publicNetworkAccess"] = "AllowAll", "Enabled"
	}

	// The research unit looks after its own.
	sql := t.at("/servers/sql-lh-research")
	sql["minimalTlsVersion"] = "1.1"
	sql["administrators"].(o)["azureADOnlyAuthentication"] = false
	t.at("/servers/sql-lh-research/azureADOnlyAuthentications/Default")["azureADOnlyAuthentication"] = false
	t.at("/servers/sql-lh-research/sqlVulnerabilityAssessments/Default")["state"] = "Disabled"
	t.drop("/vaults/kv-lh-research/providers/Microsoft.Insights/diagnosticSettings/to-log-lindhaven")
	for _, vault := range []string{"kv-lh-research", "kv-lh-corporate"} {
		delete(t.at("/vaults/" + vault + "/secrets/connection-main")["attributes"].(o), "exp")
	}
	cluster := t.at("/managedClusters/aks-dev")
	cluster["autoUpgradeProfile"] = o{"upgradeChannel": "none", "nodeOSUpgradeChannel": "None"}
	cluster["addonProfiles"].(o)["azurepolicy"] = o{"enabled": false}
	t.at(t.subs["dev"].scope() + "/providers/Microsoft.Security/pricings/VirtualMachines")["subPlan"] = "P1"
	t.at("/vaults/rsv-dev")["securitySettings"].(o)["softDeleteSettings"] = o{"softDeleteState": "Disabled", "softDeleteRetentionPeriodInDays": 0, "enhancedSecurityState": "Disabled"}

	// Turned off while a restore was tested.
	for _, account := range []string{"stlhlegacyfax", "stlhhrfiles", "stlhresearch"} {
		t.at("/storageAccounts/" + account + "/blobServices/default")["deleteRetentionPolicy"] = o{"enabled": false, "allowPermanentDelete": false}
	}
	for _, account := range []string{"stlhlegacyfax", "stlhscanshare"} {
		t.at("/storageAccounts/" + account)["allowSharedKeyAccess"] = true
	}
	// The day on which the portal broke, and the day on which a firewall rule was looked for.
	t.at("/ApplicationGatewayWebApplicationFirewallPolicies/waf-agw-portal")["policySettings"].(o)["mode"] = "Detection"
	t.at("/firewallPolicies/afwp-hub")["threatIntelMode"] = "Alert"
	t.at("/namespaces/sb-lh-hl7")["disableLocalAuth"] = false
	feedback := t.at("/sites/app-lh-feedback/config/web")
	feedback["minTlsVersion"], feedback["remoteDebuggingEnabled"] = "1.1", true
	for _, alert := range []string{"alert-nsg-deleted", "alert-sql-firewall-written"} {
		t.drop(t.subs["imaging"].rg("rg-alerts") + "/providers/Microsoft.Insights/activityLogAlerts/" + alert)
	}

	// People without a desk, a computer or a reason.
	for _, d := range t.graph["userRegistrationDetails"] {
		department := ""
		for _, u := range t.graph["users"] {
			if u["id"] == d["id"] {
				department, _ = u["department"].(string)
			}
		}
		if department != "Estates" && department != "Procurement" {
			continue
		}
		d["methodsRegistered"], d["userPreferredMethodForSecondaryAuthentication"], d["systemPreferredAuthenticationMethods"] = l{}, "none", l{}
		for _, k := range []string{"isMfaCapable", "isMfaRegistered", "isPasswordlessCapable", "isSsprCapable", "isSsprRegistered"} {
			d[k] = false
		}
	}
}

// record returns the one record whose id ends so.
func (t *tenant) record(end string) int {
	found := -1
	for i, r := range t.records {
		if strings.HasSuffix(strings.ToLower(r.body["id"].(string)), strings.ToLower(end)) {
			if found >= 0 {
				panic("two records end in " + end)
			}
			found = i
		}
	}
	if found < 0 {
		panic("no record ends in " + end)
	}
	return found
}

// at returns the properties of the one record whose id ends so.
func (t *tenant) at(end string) o { return t.records[t.record(end)].body["properties"].(o) }

// drop takes the one record whose id ends so away.
func (t *tenant) drop(end string) {
	i := t.record(end)
	t.records = slices.Delete(t.records, i, i+1)
}
