package report

import "testing"

func TestWordsForAPerson(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"a file's place", shortPlace("/srv/export/vms.json:3:9"), "vms.json:3:9"},
		{"an id's place", shortPlace("/subscriptions/1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"), "…/vaults/kv"},
		{"a bare place", shortPlace("exemptions.yaml:1:1"), "exemptions.yaml:1:1"},
		{"a message that begins with an id", shortMessage("/subscriptions/1/resourceGroups/rg/providers/a.b/c/d: was read before"), "…/c/d: was read before"},
		{"a message that begins with a short path", shortMessage("/tmp/x is empty"), "/tmp/x is empty"},
		{"a message of words", shortMessage("no control is called that"), "no control is called that"},
		{"nothing to gain", gain(0.0004), ""},
		{"something to gain", gain(0.0126), "+1.3%"},
		{"nobody", who(matterOf()), ""},
		{"one", who(matterOf("vm1")), "vm1"},
		{"three", who(matterOf("vm1", "", "")), "vm1 and 2 more"},
		{"a type's name", string(breakable("Sql/serversAB<")), "Sql/<wbr>servers<wbr>AB&lt;"},
		{"an account", string(breakable("a.b@c.example")), "a<wbr>.b<wbr>@c<wbr>.example"},
		{"a state", spaced("NoInfoAvailable"), "no info available"},
		{"a state with a prefix", spaced("NonCompliant"), "non-compliant"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// matterOf is a control with a finding on each resource.
func matterOf(names ...string) *Matter {
	m := &Matter{}
	var list []Finding
	for i, name := range names {
		list = append(list, Finding{ResourceName: name})
		m.at = append(m.at, int32(i))
	}
	m.list = ListOf(list)
	return m
}
