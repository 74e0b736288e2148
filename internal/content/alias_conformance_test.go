package content

import (
	"bufio"
	"compress/gzip"
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
)

// knownWithoutAlias are fields that Azure's list of aliases lacks, with the
// reason why a control reads them all the same.
var knownWithoutAlias = map[string]string{
	"Microsoft.ContainerService/managedClusters/addonProfiles.httpApplicationRouting.enabled":                           "Azure has the add-on profiles only as a whole",
	"Microsoft.ContainerService/managedClusters/addonProfiles.azureKeyvaultSecretsProvider.enabled":                     "Azure has the add-on profiles only as a whole",
	"Microsoft.ContainerService/managedClusters/addonProfiles.azureKeyvaultSecretsProvider.config.enableSecretRotation": "Azure has the add-on profiles only as a whole",
	"Microsoft.DocumentDB/mongoClusters/authConfig.allowedModes":                                                        "newer than the list",
	"Microsoft.Storage/storageAccounts/blobServices/containers/publicAccess":                                            "Azure judges the account; the container's own setting says what is open",
}

// TestConformanceAliases checks that the properties that controls read are
// aliases of Azure Policy, so that the definitions can be deployed. Objects of
// Microsoft Graph and facts that azward derives have no aliases.
func TestConformanceAliases(t *testing.T) {
	f, err := os.Open(testdata.File(t, "policy", "aliases.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	aliases := map[string]bool{}
	for lines := bufio.NewScanner(z); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), ",")
		aliases[strings.ToLower(name)] = true
	}
	good, all := 0, 0
	for _, c := range shipped(t) {
		seen := map[string]bool{}
		var look func(v jsondoc.Value)
		look = func(v jsondoc.Value) {
			if v.Kind() == jsondoc.Array {
				for _, e := range v.Elements() {
					look(e)
				}
				return
			}
			for name, e := range v.Members() {
				field, isText := e.Text()
				if !strings.EqualFold(name, "field") || !isText {
					look(e)
					continue
				}
				low := strings.ToLower(field)
				if !strings.Contains(field, "/") || strings.HasPrefix(field, "[") || strings.HasPrefix(low, "microsoft.graph/") || strings.Contains(low, "/azward.") || seen[low] {
					continue
				}
				seen[low] = true
				all++
				switch {
				case aliases[low]:
					good++
					if knownWithoutAlias[field] != "" {
						t.Errorf("%s has an alias now: take it off the list", field)
					}
				case knownWithoutAlias[field] == "":
					t.Errorf("%s: %s is no alias of Azure Policy", c.ID, field)
				}
			}
		}
		look(c.Definition.Get("policyRule"))
	}
	t.Logf("conformance: controls-read-aliases %d of %d", good, all)
}
