package inventory

import (
	"testing"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// A country location has no ranges, and an address location no countries:
// that is no gap. What either could have and has not was not read.
func TestMembersOfAnotherKindAreMissing(t *testing.T) {
	for _, c := range []struct {
		kind, path string
		unread     bool
	}{
		{"countryNamedLocation", "isTrusted", false},
		{"countryNamedLocation", "ipRanges[*].cidrAddress", false},
		{"countryNamedLocation", "countriesAndRegions", true},
		{"ipNamedLocation", "countriesAndRegions", false},
		{"ipNamedLocation", "isTrusted", true},
	} {
		v, err := jsondoc.Parse([]byte(`{"id": "/providers/Microsoft.Graph/namedLocations/x", "name": "x", "type": "Microsoft.Graph/namedLocations", "@odata.type": "#microsoft.graph.` + c.kind + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.New(v, "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		if _, got := NewBuilder().Build().Unread(r, c.path); got != c.unread {
			t.Errorf("%s of a %s: unread is %v, want %v", c.path, c.kind, got, c.unread)
		}
	}
}
