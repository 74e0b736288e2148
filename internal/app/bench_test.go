package app

import (
	"context"
	"fmt"
	"math/rand"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// generated makes an inventory of n resources of the types that tenants have
// most of, the same for the same n.
func generated(tb testing.TB, n int) *inventory.Inventory {
	tb.Helper()
	r := rand.New(rand.NewSource(1))
	in := jsondoc.NewInterner()
	b := inventory.NewBuilder()
	pick := func(words ...string) string { return words[r.Intn(len(words))] }
	for i := range n {
		group := fmt.Sprintf("/subscriptions/%08d-0000-0000-0000-000000000000/resourceGroups/rg%d", i%5, i%(n/100+1))
		var typ, props string
		switch r.Intn(6) {
		case 0:
			typ = "Microsoft.Storage/storageAccounts"
			props = fmt.Sprintf(`{"allowBlobPublicAccess": %t, "minimumTlsVersion": %q, "supportsHttpsTrafficOnly": true, "networkAcls": {"defaultAction": %q, "bypass": "AzureServices", "ipRules": []}, "encryption": {"keySource": "Microsoft.Storage"}}`,
				r.Intn(10) == 0, pick("TLS1_0", "TLS1_2"), pick("Allow", "Deny"))
		case 1:
			typ = "Microsoft.KeyVault/vaults"
			props = fmt.Sprintf(`{"enableSoftDelete": true, "enablePurgeProtection": %t, "enableRbacAuthorization": %t, "networkAcls": {"defaultAction": %q}}`, r.Intn(2) == 0, r.Intn(2) == 0, pick("Allow", "Deny"))
		case 2:
			typ = "Microsoft.Compute/virtualMachines"
			props = fmt.Sprintf(`{"hardwareProfile": {"vmSize": "Standard_D2s_v5"}, "securityProfile": {"securityType": %q}, "osProfile": {"linuxConfiguration": {"disablePasswordAuthentication": %t}}, "storageProfile": {"osDisk": {"osType": "Linux", "managedDisk": {"id": "%s/providers/Microsoft.Compute/disks/d%d"}}}}`, pick("Standard", "TrustedLaunch"), r.Intn(2) == 0, group, i)
		case 3:
			typ = "Microsoft.Network/networkInterfaces"
			props = `{"ipConfigurations": [{"name": "ipconfig1", "properties": {"privateIPAddress": "10.0.0.4"}}], "enableIPForwarding": false}`
		case 4:
			typ = "Microsoft.Sql/servers"
			props = fmt.Sprintf(`{"minimalTlsVersion": %q, "publicNetworkAccess": %q, "administrators": null}`, pick("1.0", "1.2"), pick("Enabled", "Disabled"))
		default:
			typ = "Microsoft.Web/sites"
			props = fmt.Sprintf(`{"httpsOnly": %t, "siteConfig": {"minTlsVersion": %q, "ftpsState": %q}}`, r.Intn(3) > 0, pick("1.0", "1.2"), pick("AllAllowed", "Disabled"))
		}
		text := fmt.Sprintf(`{"id": "%s/providers/%s/r%d", "name": "r%d", "type": %q, "location": "westeurope", "tags": {"env": %q}, "properties": %s}`, group, typ, i, i, typ, pick("prod", "dev"), props)
		body, err := jsondoc.ParseInterned([]byte(text), in)
		if err != nil {
			tb.Fatal(err)
		}
		res, err := resource.New(body, typ, resource.Origin{File: "generated"})
		if err != nil {
			tb.Fatal(err)
		}
		b.Add(res)
	}
	b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/", State: inventory.Complete})
	return b.Build()
}

func BenchmarkAssess(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 200_000} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			inv := generated(b, n)
			b.ReportAllocs()
			for b.Loop() {
				a, err := Assess(context.Background(), Options{Inventory: inv, Now: testNow})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(a.Timings.Evaluations), "verdicts")
			}
		})
	}
}

func BenchmarkAssessDemo(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		assessDemo(b, nil)
	}
}
