package policy

import "testing"

func TestAliasesNearest(t *testing.T) {
	list, err := ParseAliases([]byte("Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly,properties.a\nMicrosoft.Storage/storageAccounts/minimumTlsVersion,properties.b\n" +
		"Microsoft.Storage/storageAccounts/networkAcls.ipRules[*].value,properties.c\nMicrosoft.Web/sites/httpsOnly,properties.d\n"))
	if err != nil {
		t.Fatal(err)
	}
	for alias, want := range map[string]string{
		"Microsoft.Storage/storageAccounts/supportHttpsTrafficOnly": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly",
		"Microsoft.Storage/storageAccount/minimumTlsVersion":        "Microsoft.Storage/storageAccounts/minimumTlsVersion",
		"Microsoft.Web/site/httpOnly":                               "Microsoft.Web/sites/httpsOnly",
		"Microsoft.Web/sites/nothingLikeIt":                         "",
		"type":                                                      "",
	} {
		if got := list.Nearest(alias); got != want {
			t.Errorf("%s: %q, want %q", alias, got, want)
		}
	}
	if !list.Known("microsoft.storage/storageaccounts/networkAcls.ipRules[3].value") || list.Known("Microsoft.Storage/storageAccounts/x") {
		t.Error("an index stands for [*]")
	}
}
