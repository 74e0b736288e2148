package assign

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// The types of ARM that this package reads.
const (
	TypeDefinition  = "Microsoft.Authorization/policyDefinitions"
	TypeInitiative  = "Microsoft.Authorization/policySetDefinitions"
	TypeAssignment  = "Microsoft.Authorization/policyAssignments"
	TypeExemption   = "Microsoft.Authorization/policyExemptions"
	TypeEnrollment  = "Microsoft.Authorization/policyEnrollments"
	TypeAttestation = "Microsoft.PolicyInsights/attestations"
)

// Document is a definition or an initiative as it was read, one version of it.
type Document struct {
	ID, Name    string
	DisplayName string
	Category    string
	Version     string
	Initiative  bool
	Body        jsondoc.Value // its properties
	Doc         jsondoc.Value // with its envelope
	Source      *diag.Source  // its text; nil where it came from the inventory
}

// Library holds definitions and initiatives by id and name. It is filled
// first and read afterwards, then by many goroutines at once.
type Library struct {
	docs []*Document
	byID map[string][]*Document // whole ids and names, in lower case; every version
}

// NewLibrary returns an empty library.
func NewLibrary() *Library { return &Library{byID: map[string][]*Document{}} }

// Add adds a definition or an initiative, with or without its envelope, and
// tells whether doc is one. name stands in where it has none of its own. Of
// two documents of one id and version the first stays.
func (l *Library) Add(doc jsondoc.Value, name string, src *diag.Source) bool {
	d := &Document{ID: doc.Get("id").TextOr(""), Name: doc.Get("name").TextOr(""), Doc: doc, Body: doc, Source: src}
	if p := doc.Get("properties"); p.Kind() == jsondoc.Object {
		d.Body = p
	}
	switch {
	case d.Body.Get("policyRule").Kind() == jsondoc.Object:
	case d.Body.Get("policyDefinitions").Kind() == jsondoc.Array:
		d.Initiative = true
	default:
		return false
	}
	if d.Name == "" {
		d.Name = d.ID[strings.LastIndexByte(d.ID, '/')+1:]
	}
	if d.Name == "" {
		d.Name = name
	}
	d.DisplayName, d.Category = d.Body.Get("displayName").TextOr(d.Name), d.Body.Path("metadata", "category").TextOr("")
	d.Version = d.Body.Get("version").TextOr(d.Body.Path("metadata", "version").TextOr(""))
	for _, key := range []string{d.ID, d.Name} {
		key = strings.ToLower(key)
		if key == "" {
			continue
		}
		if slices.ContainsFunc(l.byID[key], func(o *Document) bool { return o.Version == d.Version && o.Initiative == d.Initiative && o.ID == d.ID }) {
			continue
		}
		l.byID[key] = append(l.byID[key], d)
	}
	l.docs = append(l.docs, d)
	return true
}

// AddInventory adds the definitions and initiatives that the inventory has.
func (l *Library) AddInventory(inv *inventory.Inventory) {
	for _, typ := range []string{TypeDefinition, TypeInitiative} {
		for r := range inv.OfType(typ) {
			l.Add(r.Body, r.Name(), nil)
		}
	}
}

// Documents lists everything in the order added.
func (l *Library) Documents() []*Document { return l.docs }

// Find returns the document of an id or name and version ("1.2.*", "" for the
// newest); custom ones are also found by the last part of the id alone. Where
// no version fits, the newest is returned with ok false.
func (l *Library) Find(id, version string, initiative bool) (d *Document, ok bool) {
	id = strings.ToLower(strings.TrimSuffix(id, "/"))
	for _, key := range []string{id, id[strings.LastIndexByte(id, '/')+1:]} {
		var best, fits *Document
		for _, o := range l.byID[key] {
			if o.Initiative != initiative {
				continue
			}
			if best == nil || compareVersions(o.Version, best.Version) > 0 {
				best = o
			}
			if versionFits(o.Version, version) && (fits == nil || compareVersions(o.Version, fits.Version) > 0) {
				fits = o
			}
		}
		if fits != nil {
			return fits, true
		}
		if best != nil {
			return best, false
		}
	}
	return nil, false
}

// Named returns the document of an id, name or display name.
func (l *Library) Named(want string, initiative bool) *Document {
	if d, _ := l.Find(want, "", initiative); d != nil {
		return d
	}
	for _, d := range l.docs {
		if d.Initiative == initiative && strings.EqualFold(d.DisplayName, want) {
			return d
		}
	}
	return nil
}

// versionFits tells whether a version is one of a pattern such as "1.*.*",
// "1.2.*-preview" or "1.2.3".
func versionFits(version, pattern string) bool {
	if pattern == "" {
		return true
	}
	v, suffix, _ := strings.Cut(version, "-")
	p, wanted, _ := strings.Cut(pattern, "-")
	if wanted != "" && !strings.EqualFold(wanted, suffix) {
		return false
	}
	vs, ps := strings.Split(v, "."), strings.Split(p, ".")
	for i, one := range ps {
		if one == "*" {
			continue
		}
		if i >= len(vs) || vs[i] != one {
			return false
		}
	}
	return true
}

func compareVersions(a, b string) int {
	as, bs := strings.Split(strings.SplitN(a, "-", 2)[0], "."), strings.Split(strings.SplitN(b, "-", 2)[0], ".")
	for i := range max(len(as), len(bs)) {
		x, y := 0, 0
		if i < len(as) {
			x, _ = strconv.Atoi(as[i])
		}
		if i < len(bs) {
			y, _ = strconv.Atoi(bs[i])
		}
		if x != y {
			return x - y
		}
	}
	return 0
}
