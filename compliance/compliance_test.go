package compliance

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/azward/azward/content"
)

func shipped(t *testing.T) []*Framework {
	t.Helper()
	names, err := fs.Glob(content.Files, "frameworks/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []*Framework
	for _, name := range names {
		text, err := content.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseFramework(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "/"+f.ID+".yaml") {
			t.Errorf("%s holds framework %s", name, f.ID)
		}
		out = append(out, f)
	}
	return out
}

func TestShippedFrameworks(t *testing.T) {
	least := map[string]int{"cis-azure-3.0": 140, "mcsb-v1": 80, "nist-800-53-r5": 400, "iso-27001-2022": 93, "soc2": 61, "hipaa": 55, "pci-dss-4.0": 245}
	got := shipped(t)
	if len(got) != len(least) {
		t.Errorf("%d frameworks, want %d", len(got), len(least))
	}
	for _, f := range got {
		if len(f.Requirements) < least[f.ID] {
			t.Errorf("%s has %d requirements, want %d or more", f.ID, len(f.Requirements), least[f.ID])
		}
		if (f.ID == "nist-800-53-r5" || f.ID == "iso-27001-2022") && !f.Derived {
			t.Errorf("%s does not say that its split is derived", f.ID)
		}
	}
}

const small = `
id: f
name: F
split: by hand
requirements:
  - {id: '1', title: Doors are locked, owner: microsoft}
  - {id: '2', title: Access is restricted, owner: both}
  - {id: '3', title: People are trained, owner: customer}
  - {id: '4', title: Data is encrypted, owner: customer}
  - {id: '5', title: Keys rotate, owner: customer}
  - {id: '6', title: Doors have alarms, owner: microsoft}
`

func TestAssess(t *testing.T) {
	f, err := ParseFramework("f.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Tally{"a": {Compliant: 3}, "b": {Compliant: 1, Open: 1}, "c": {Compliant: 2, Unknown: 1}, "idle": {}, "e": {Exempt: 1}}
	got := f.Assess(map[string][]string{"2": {"a", "b"}, "4": {"c"}, "5": {"a", "idle", "e"}, "6": {"idle"}}, func(id string) (Tally, bool) { return found[id], id == "e" })
	want := map[string]State{"1": Inherited, "2": NotMet, "3": NotAssessed, "4": Unknown, "5": Met, "6": Inherited}
	for _, r := range got.Requirements {
		if r.State != want[r.ID] {
			t.Errorf("requirement %s is %s, want %s", r.ID, r.State, want[r.ID])
		}
	}
	if a := got.Requirements[4].Controls; a[0].Policy || !a[2].Policy {
		t.Errorf("answers = %+v", a)
	}
	if got.Summary != (Summary{Met: 1, NotMet: 1, Unknown: 1, NotAssessed: 1, Inherited: 2}) {
		t.Errorf("summary = %+v", got.Summary)
	}
}

// Names of groups as the built-in regulatory initiatives have them.
func TestRequirementOfGroup(t *testing.T) {
	all := map[string]*Framework{}
	for _, f := range shipped(t) {
		all[f.ID] = f
	}
	for _, c := range []struct{ framework, group, want string }{
		{"nist-800-53-r5", "NIST_SP_800-53_R5_AC-2(1)", "AC-2(1)"},
		{"nist-800-53-r5", "NIST_SP_800-53_R5.1.1_AC.2.1", "AC-2(1)"},
		{"nist-800-53-r5", "NIST_SP_800-53_R5.1.1_SC.13", "SC-13"},
		{"nist-800-53-r5", "NIST_SP_800-53_R4_AC-2", ""},
		{"nist-800-53-r5", "NIST_SP_800-53_R5_AC-999", ""},
		{"nist-800-53-r5", "NIST_SP_800-53_R5_", ""},
		{"mcsb-v1", "azure_security_benchmark_v3.0_ns-1", "NS-1"},
		{"soc2", "SOC_2_CC6.1", "CC6.1"},
		{"cis-azure-3.0", "CIS_Azure_Foundations_v3.0.0_3.1.1.1", "3.1.1.1"},
		{"iso-27001-2022", "ISO_IEC_27002_2022_8.22", "A.8.22"},
		{"iso-27001-2022", "ISO_IEC_27001_2022_7.5.3", ""},
		{"pci-dss-4.0", "PCI_DSS_v4.0_10.2.1.2", "10.2.1.2"},
		{"pci-dss-4.0", "PCI_DSS_v4.0.1_8.3.10", "8.3.10"},
	} {
		got := ""
		if r := all[c.framework].RequirementOfGroup(c.group); r != nil {
			got = r.ID
		}
		if got != c.want {
			t.Errorf("%s is %q, want %q", c.group, got, c.want)
		}
	}
	for _, f := range all {
		for _, r := range f.Requirements {
			if f.bare[bareID(r.ID)] < 0 {
				t.Errorf("%s: another requirement is written like %s", f.ID, r.ID)
			}
		}
	}
}

func TestParseFrameworkNamesThePlace(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(small, "'3'", "'2'", 1):               "f.yaml:8:5: requirement 2 stands twice",
		strings.Replace(small, "owner: both", "owner: us", 1): `f.yaml:7:5: 2: no owner is called "us"`,
		strings.Replace(small, "split: by hand", "", 1):       "needs an id, a name and a split",
		"id: [": "f.yaml",
	} {
		if _, err := ParseFramework("f.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func shippedModel(t *testing.T) *Model {
	t.Helper()
	text, err := content.Files.ReadFile("responsibility/model.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseModel("responsibility/model.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Rows of Microsoft's table in "Shared responsibility in the cloud".
func TestModelFollowsMicrosoftsTable(t *testing.T) {
	m := shippedModel(t)
	for _, c := range []struct {
		typ, service, area string
		want               Owner
	}{
		{"Microsoft.Compute/virtualMachines", "iaas", "operating system", Customer},
		{"microsoft.compute/VIRTUALMACHINES", "iaas", "physical", Microsoft},
		{"Microsoft.Sql/servers/databases", "paas", "operating system", Microsoft},
		{"Microsoft.Sql/servers/databases", "paas", "data and encryption", Customer},
		{"Microsoft.Web/sites", "paas", "operating system", Microsoft},
		{"Microsoft.Web/sites", "paas", "network configuration", Both},
		{"Microsoft.ContainerService/managedClusters", "paas", "operating system", Both},
		{"Microsoft.Graph/users", "saas", "application", Microsoft},
		{"Microsoft.Graph/users", "saas", "data and encryption", Customer},
		{"Contoso.Unheard/of", "paas", "host", Microsoft},
	} {
		service, owners, _ := m.Of(c.typ)
		if service != c.service || owners[c.area] != c.want {
			t.Errorf("%s is %s and its %s is %s's; want %s and %s", c.typ, service, c.area, owners[c.area], c.service, c.want)
		}
	}
}

func TestMatrix(t *testing.T) {
	m := shippedModel(t)
	rows := m.Matrix(map[string]int{"Microsoft.Sql/servers": 9, "Microsoft.Compute/virtualMachines": 2}, map[TypeArea]Tally{
		{"microsoft.compute/virtualmachines", "operating system"}: {Open: 1, Compliant: 1},
		{"microsoft.sql/servers", "host"}:                         {Compliant: 1},
	})
	if rows[0].Type != "Microsoft.Compute/virtualMachines" {
		t.Fatalf("rows begin with %s, want the type that has findings", rows[0].Type)
	}
	cell := func(r Row, area string) Cell {
		for _, c := range r.Cells {
			if c.Area == area {
				return c
			}
		}
		t.Fatalf("no cell %s", area)
		return Cell{}
	}
	if c := cell(rows[0], "operating system"); c.State != NotMet || c.Owner != Customer {
		t.Errorf("operating system = %+v", c)
	}
	if c := cell(rows[0], "physical"); c.State != Inherited {
		t.Errorf("physical = %+v, want inherited", c)
	}
	if c := cell(rows[0], "application"); c.State != NotAssessed {
		t.Errorf("application = %+v, want not assessed", c)
	}
	if c := cell(rows[1], "host"); c.Owner != Both || c.State != Met {
		t.Errorf("host with a finding = %+v, want both", c)
	}
}

func FuzzParseFramework(f *testing.F) {
	f.Add([]byte(small))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = ParseFramework("f", text)
		_, _ = ParseModel("m", text)
	})
}
