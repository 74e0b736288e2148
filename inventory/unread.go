package inventory

import (
	"fmt"
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Unread tells whether a property of a resource was not read, and why, in a
// sentence. path is the way to it from the body, as "properties.networkAcls"
// or "networkAcls.defaultAction", with or without "properties." before it and
// "[*]" behind arrays, without regard to case. A property is unread where
//
//   - the manifest says so for the type and a scope of the resource,
//   - it lies in the properties of an ARM resource whose record has none at all
//     (`az resource list` lists them so),
//   - it is a member that Microsoft Graph was not asked to select: Graph answers
//     null for what is selected and not set,
//   - it is a derived fact (azward.x) that no analyser could give.
//
// An absent property of a resource that was read is not unread: it is missing.
func (inv *Inventory) Unread(r *resource.Resource, path string) (reason string, unread bool) {
	path = trimPath(path)
	first, _, _ := strings.Cut(path, ".")
	if strings.EqualFold(first, resource.Facts) {
		return unreadFact(r, path)
	}
	if why, ok := inv.unreadByManifest(r, path); ok {
		return why, true
	}
	if r.IsGraph() {
		if first != "" && !r.Body.Get(first).Exists() && !ofAnotherKind(r, first) {
			return fmt.Sprintf("%q of this object was not read from Microsoft Graph", first), true
		}
		return "", false
	}
	if r.ID.Level() != resource.LevelResource || path == "" {
		return "", false
	}
	if r.Body.Get(first).Exists() || IsEnvelope(first) {
		return "", false
	}
	if hasOnlyEnvelope(r.Body) {
		return "the resource was listed without its properties (az graph query has them)", true
	}
	return "", false
}

// kindMembers names, for collections of Microsoft Graph that hold objects of
// several kinds, the members that only one kind has. Source: the resource types
// ipNamedLocation and countryNamedLocation.
var kindMembers = map[string]map[string]string{
	"microsoft.graph/namedlocations": {
		"istrusted": "#microsoft.graph.ipnamedlocation", "ipranges": "#microsoft.graph.ipnamedlocation",
		"countriesandregions": "#microsoft.graph.countrynamedlocation", "includeunknowncountriesandregions": "#microsoft.graph.countrynamedlocation",
		"countrylookupmethod": "#microsoft.graph.countrynamedlocation",
	},
}

// ofAnotherKind tells whether a member is one that an object of this kind never
// has: it is missing, not unread.
func ofAnotherKind(r *resource.Resource, member string) bool {
	kind := kindMembers[r.TypeKey()][strings.ToLower(member)]
	own, ok := r.Body.Get("@odata.type").Text()
	return kind != "" && ok && !strings.EqualFold(own, kind)
}

func unreadFact(r *resource.Resource, path string) (string, bool) {
	facts := r.Body.Get(resource.Facts)
	_, rest, _ := strings.Cut(path, ".")
	name, _, _ := strings.Cut(rest, ".")
	if name == "" {
		return "no analyser looked at this resource", !facts.Exists()
	}
	if facts.Get(name).Exists() {
		return "", false
	}
	if why, ok := facts.Path(UnknownFacts, name).Text(); ok {
		return why, true
	}
	return fmt.Sprintf("the fact %q could not be derived", name), true
}

func (inv *Inventory) unreadByManifest(r *resource.Resource, path string) (string, bool) {
	te := inv.Manifest().byType[r.TypeKey()]
	if te == nil || !te.unread {
		return "", false
	}
	bare := withoutProperties(path)
	first, _, _ := strings.Cut(path, ".")
	for key, n := r.ID.Key(), 0; key != "" && n < resource.MaxIDSegments+maxGroupDepth; n++ {
		if e := te.byScope[key]; e != nil {
			for _, p := range e.Unread {
				q := withoutProperties(trimPath(p))
				if q == "" && IsEnvelope(first) {
					continue
				}
				if covers(q, bare) {
					if e.Reason != "" {
						return fmt.Sprintf("%s was not read: %s", p, e.Reason), true
					}
					return p + " was not read", true
				}
			}
			return "", false // the nearest entry speaks for the resource
		}
		if key == "/" {
			break
		}
		key = inv.scopeAbove(key)
	}
	return "", false
}

// covers tells whether the unread path takes path with it: the same, or an
// ancestor. A path above an unread one is read only in part, so it is unread
// as well.
func covers(unread, path string) bool {
	a, b := strings.ToLower(unread), strings.ToLower(path)
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || strings.HasPrefix(b, a) && (a == "" || b[len(a)] == '.')
}

func trimPath(p string) string {
	p = strings.ReplaceAll(p, "[*]", "")
	if i := strings.IndexByte(p, '['); i >= 0 { // tags['a']
		p = strings.NewReplacer("['", ".", `["`, ".", "']", "", `"]`, "").Replace(p)
	}
	return strings.Trim(p, ".")
}

func withoutProperties(p string) string {
	const lead = "properties"
	if len(p) >= len(lead) && strings.EqualFold(p[:len(lead)], lead) {
		if len(p) == len(lead) {
			return ""
		}
		if p[len(lead)] == '.' {
			return p[len(lead)+1:]
		}
	}
	return p
}

// isEmptyArray tells whether v is an array without elements.
func isEmptyArray(v jsondoc.Value) bool { return v.Kind() == jsondoc.Array && v.Len() == 0 }
