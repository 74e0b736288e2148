package template_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/template"
)

// BenchmarkExpand measures templates of growing size, and the published ones.
func BenchmarkExpand(b *testing.B) {
	for _, n := range []int{8, 80, 800} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "[concat(parameters('p'), '%d')]", "location": "[resourceGroup().location]",
				"properties": {"minimumTlsVersion": "[if(equals(parameters('p'), 'x'), 'TLS1_0', 'TLS1_2')]", "networkAcls": {"defaultAction": "Deny"}}}`, i))
		}
		text := []byte(head + `"parameters": {"p": {"type": "string", "defaultValue": "st"}}, "resources": [` + strings.Join(list, ",") + `]}`)
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if e := template.Expand(text, template.Options{File: "b.json"}); len(e.Resources) != n {
					b.Fatal(e.Diagnostics)
				}
			}
		})
	}
	text, err := os.ReadFile("testdata/examples/clinic.json")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("clinic", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			template.Expand(text, template.Options{File: "clinic.json"})
		}
	})
}
