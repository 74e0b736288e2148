package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const testGroup = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg"

// factsOf derives the facts of a group with rules written as
// "priority access protocol source ports".
func factsOf(t *testing.T, rules ...string) string {
	t.Helper()
	var list []string
	for _, r := range rules {
		f := strings.Fields(r)
		list = append(list, fmt.Sprintf(`{"properties": {"direction": "Inbound", "priority": %s, "access": %q, "protocol": %q, "sourceAddressPrefix": %q, "destinationAddressPrefix": "*", "destinationPortRanges": ["%s"]}}`,
			f[0], f[1], f[2], f[3], strings.Join(strings.Split(f[4], ","), `","`)))
	}
	body, err := jsondoc.ParseString(`{"id": "` + testGroup + `", "type": "Microsoft.Network/networkSecurityGroups", "properties": {"securityRules": [` + strings.Join(list, ",") + `]}}`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := resource.New(body, "", resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	b := inventory.NewBuilder()
	b.Add(r)
	inv := b.Build()
	var out []string
	for _, o := range networkFacts(inv, newTenant(inv, testNow))[r.ID.Key()].Get("internetInbound").Elements() {
		from, _ := o.Get("fromPort").Int()
		to, _ := o.Get("toPort").Int()
		out = append(out, fmt.Sprintf("%s %d-%d", o.Get("protocol").TextOr(""), from, to))
	}
	return strings.Join(out, ", ")
}

// source: "How network security groups filter network traffic": the rule of
// the lowest priority number that matches decides.
func TestEffectiveRules(t *testing.T) {
	for _, c := range []struct {
		want  string
		rules []string
	}{
		{"", nil},
		{"tcp 22-22", []string{"100 Allow Tcp Internet 22"}},
		{"tcp 22-22, tcp 80-90", []string{"100 Allow Tcp * 22,80-90"}},
		{"* 0-65535", []string{"100 Allow * 0.0.0.0/0 *"}},
		{"", []string{"100 Deny * * *", "200 Allow Tcp * 22"}},
		{"tcp 22-22", []string{"200 Deny * * *", "100 Allow Tcp * 22"}},
		{"tcp 20-21, tcp 23-30", []string{"100 Deny Tcp Internet 22", "200 Allow Tcp * 20-30"}},
		{"", []string{"100 Allow Tcp 10.0.0.0/8 22", "110 Allow Tcp VirtualNetwork 22"}},
		{"tcp 22-22", []string{"100 Deny Tcp 203.0.113.0/24 22", "200 Allow Tcp * 22"}},
		{"tcp 3389-3389", []string{"100 Allow Tcp 0.0.0.0/1 3389"}},
	} {
		if got := factsOf(t, c.rules...); got != c.want {
			t.Errorf("%q let in %q, want %q", c.rules, got, c.want)
		}
	}
}
