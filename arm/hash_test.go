package arm

import "testing"

// The expected values were recorded from deployments of Azure Resource Manager that their authors published.
func TestHashesAgainstAzure(t *testing.T) {
	id := "/subscriptions/31e9f9a0-9fd2-4294-a0a3-0101246d9700/resourceGroups/rg-modm201-20230913120256/providers/Microsoft.Compute/virtualMachines/bobjacmodm201"
	if got := uniqueString(id); got != "yeygmhukyx3qg" {
		t.Errorf("uniqueString = %q, want yeygmhukyx3qg", got)
	}
}
