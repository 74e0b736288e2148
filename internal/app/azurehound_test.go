package app

import (
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/resource"
)

// The file is written after AzureHound's models; its ids are in both cases, as
// those of its versions are.
func houndText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/azurehound.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAzureHoundAnswersLikeAnyExport(t *testing.T) {
	inv := inventoryOf(t, houndText(t))
	a := NewAccess(inv)
	vmID := scopeID(t, "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1")
	ops, err := a.FindPrincipal("ops@example.com")
	if err != nil {
		t.Fatal(err)
	}
	e := a.Explain(ops, "Microsoft.Compute/virtualMachines/write", false, vmID)
	if e.Allowed != finding.True || len(e.Ways) != 1 || len(e.Ways[0].Via) != 2 || e.Ways[0].Via[0].Name != "Inner" || e.Ways[0].Role != "Owner" {
		t.Errorf("through the management group and two groups: %+v", e)
	}
	dev, _ := a.FindPrincipal("dev@example.com")
	if e := a.Explain(dev, "Microsoft.Compute/virtualMachines/runCommand/action", false, vmID); e.Allowed != finding.True {
		t.Errorf("by an assignment without an id of its own: %+v", e)
	}
	// AzureHound does not list every assignment: what is not granted is unknown.
	if e := a.Explain(dev, "Microsoft.Authorization/roleAssignments/write", false, vmID); e.Allowed != finding.Maybe || !strings.Contains(strings.Join(e.Missing, ";"), "AzureHound") {
		t.Errorf("%v %v", e.Allowed, e.Missing)
	}
	paths, err := a.AttackPaths(AttackPathOptions{From: "desk@example.com", To: "Global Administrator", Paths: 1, Changes: 1, Now: testNow})
	if err != nil || len(paths.Paths) != 1 {
		t.Fatalf("%v %+v", err, paths)
	}
	var rules []string
	for _, s := range paths.Paths[0].Steps {
		rules = append(rules, s.Rule)
	}
	if got := strings.Join(rules, " "); got != "holds-role resets-password owns-application signs-in-as permission-gives-role" {
		t.Errorf("path: %s", got)
	}
	found := map[string]bool{}
	for _, f := range a.Privilege(testNow) {
		found[f.Rule+" "+f.State.String()+" "+f.Subject] = true
	}
	for _, want := range []string{"dangerous-application-permission NonCompliant RoleManagement.ReadWrite.Directory", "owner-is-no-administrator NonCompliant the application Bridge"} {
		if !found[want] {
			t.Errorf("no finding %q among %v", want, found)
		}
	}
	if found["weak-activation NonCompliant Global Administrator"] || found["weak-activation Unknown Global Administrator"] {
		t.Error("the activation asks for an approval")
	}
	said := ""
	for _, d := range inv.Diagnostics() {
		said += d.Message + "\n"
	}
	if !strings.Contains(said, `"AZHologram" is not known`) || inv.Count("Microsoft.Graph/AZHologram") != 1 {
		t.Errorf("the unknown kind is lost: %s", said)
	}
	if cov := inv.Coverage("Microsoft.Graph/users", resource.TenantID()); !cov.Complete() {
		t.Errorf("users: %+v", cov)
	}
	if u := paths.Unknown; len(u) == 0 {
		t.Error("nothing is unknown, but not every assignment was read")
	}
}

func TestAzureHoundCutShort(t *testing.T) {
	text := houndText(t)
	for name, cut := range map[string]string{
		"in a record":         text[:strings.Index(text, `{"kind":"AZServicePrincipal"`)+60],
		"between records":     text[:strings.Index(text, `{"kind":"AZRole"`)],
		"fewer than it says":  strings.Replace(text, `"count":30`, `"count":300`, 1),
		"without its account": text[:strings.LastIndex(text, `],"meta"`)] + "]}",
	} {
		inv := inventoryOf(t, cut)
		if cov := inv.Coverage("Microsoft.Graph/users", resource.TenantID()); cov.Complete() || cov.Reason == "" {
			t.Errorf("%s: users count as all there are: %+v", name, cov)
		}
		if !inv.Diagnostics().HasErrors() && !strings.Contains(inv.Diagnostics()[0].Message+inv.Diagnostics()[len(inv.Diagnostics())-1].Message, "cut short") {
			t.Errorf("%s: %v", name, inv.Diagnostics())
		}
	}
}

// Every kind that AzureHound 3.1 writes is either understood or said not to be.
// Source: enums/kind.go of SpecterOps/AzureHound, by name only.
func TestAzureHoundKinds(t *testing.T) {
	kinds := strings.Fields(`AZApp AZAppMember AZAppOwner AZFederatedIdentityCredential AZDevice AZDeviceOwner AZGroup AZGroupMember AZGroupOwner AZKeyVault AZKeyVaultAccessPolicy AZKeyVaultContributor
		AZKeyVaultKVContributor AZKeyVaultOwner AZKeyVaultRoleAssignment AZKeyVaultUserAccessAdmin AZManagementGroup AZManagementGroupRoleAssignment AZManagementGroupContributor AZManagementGroupOwner
		AZManagementGroupDescendant AZManagementGroupUserAccessAdmin AZResourceGroup AZResourceGroupRoleAssignment AZResourceGroupContributor AZResourceGroupOwner AZResourceGroupUserAccessAdmin AZRole
		AZRoleAssignment AZServicePrincipal AZServicePrincipalOwner AZSubscription AZSubscriptionRoleAssignment AZSubscriptionContributor AZSubscriptionOwner AZSubscriptionUserAccessAdmin AZTenant AZUser AZVM
		AZVMAdminLogin AZVMAvereContributor AZVMContributor AZVMOwner AZVMRoleAssignment AZVMUserAccessAdmin AZVMVMContributor AZAppRoleAssignment AZStorageAccount AZStorageAccountRoleAssignment
		AZStorageContainer AZAutomationAccount AZAutomationAccountRoleAssignment AZLogicApp AZLogicAppRoleAssignment AZFunctionApp AZFunctionAppRoleAssignment AZContainerRegistry
		AZContainerRegistryRoleAssignment AZWebApp AZWebAppRoleAssignment AZManagedCluster AZManagedClusterRoleAssignment AZVMScaleSet AZVMScaleSetRoleAssignment AZRoleEligibilityScheduleInstance
		AZRoleManagementPolicyAssignment`)
	n := 0
	for _, kind := range kinds {
		inv := inventoryOf(t, `{"data":[{"kind":"AZUser","data":{"id":"u","userPrincipalName":"u@x"}},{"kind":"`+kind+`","data":{}}],"meta":{"type":"azure","count":2}}`)
		ok := true
		for _, d := range inv.Diagnostics() {
			if strings.Contains(d.Message, "is not known") {
				ok = false
				t.Errorf("%s: %s", kind, d.Message)
			}
		}
		if ok {
			n++
		}
	}
	t.Logf("conformance: azurehound kinds %d of %d", n, len(kinds))
}
