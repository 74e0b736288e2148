package arm

import "testing"

// The expected values were published by others: the first by the test of
// Microsoft's commercial-marketplace-offer-deploy against Azure's own library,
// the second by the AzAPI provider's.
func TestHashesAgainstAzure(t *testing.T) {
	for in, want := range map[string]string{
		"/subscriptions/31e9f9a0-9fd2-4294-a0a3-0101246d9700/resourceGroups/rg-modm201-20230913120256/providers/Microsoft.Compute/virtualMachines/bobjacmodm201": "yvjxno3je5on2",
		"/subscriptions/00000000-0000-0000-0000-000000000000-resource-id":                                                                                        "cwvxuqg24sifi",
	} {
		if got := uniqueString(in); got != want {
			t.Errorf("uniqueString(%q) = %q, want %q", in, got, want)
		}
	}
	// Computed with an independent implementation, Python's uuid.uuid5.
	if got := nameGUID("a-b-c"); got != "a98fa280-e03f-5afa-8d8e-92d0a9c201e8" {
		t.Errorf("guid = %q", got)
	}
}
