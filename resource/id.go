package resource

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Level is a place in Azure's scope tree.
type Level uint8

// The levels, from the root down. A resource of any depth, extension resources
// included, is at LevelResource.
const (
	LevelTenant Level = iota
	LevelManagementGroup
	LevelSubscription
	LevelResourceGroup
	LevelResource
)

// String returns the level as Azure's documentation names it.
func (l Level) String() string {
	return [...]string{"tenant", "management group", "subscription", "resource group", "resource"}[l]
}

// Types of the scopes themselves, as Azure Policy and Resource Graph name them.
const (
	TypeTenant          = "Microsoft.Resources/tenants"
	TypeManagementGroup = "Microsoft.Management/managementGroups"
	TypeSubscription    = "Microsoft.Resources/subscriptions"
	TypeResourceGroup   = "Microsoft.Resources/subscriptions/resourceGroups"
)

// ErrNotID is wrapped by every error of [ParseID].
var ErrNotID = errors.New("not a resource id")

// Limits on what is read as an id. Azure's own longest ids are far below both.
const (
	MaxIDLength   = 4096
	MaxIDSegments = 64
)

// ID is a parsed Azure Resource Manager id, the id of a scope, or the id of a
// Microsoft Graph object, which azward writes as
// /providers/Microsoft.Graph/{collection}/{id}. The zero ID is no id.
//
// Ids are equal without regard to case: compare and index by [ID.Key].
type ID struct {
	raw    string
	key    string
	scope  int // length in raw of the scope that the last provider part extends
	typ    string
	name   string // of the last segment
	level  Level
	parent int // length in raw of the parent's id; -1 where there is none
}

// ParseID reads an id. It accepts every form of
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules:
// tenant ("/"), management group, subscription, resource group, resource,
// child at any depth and extension resource, in any casing, with or without a
// slash at the end.
func ParseID(s string) (ID, error) {
	raw := s
	if len(raw) > MaxIDLength {
		return ID{}, fmt.Errorf("%w: longer than %d bytes", ErrNotID, MaxIDLength)
	}
	if raw == "/" {
		return TenantID(), nil
	}
	if !strings.HasPrefix(raw, "/") {
		return ID{}, fmt.Errorf("%w: %q does not begin with a slash", ErrNotID, clip(raw))
	}
	raw = strings.TrimRight(raw, "/")
	if raw == "" {
		return ID{}, fmt.Errorf("%w: %q has only slashes", ErrNotID, clip(s))
	}
	seg := strings.Split(raw[1:], "/")
	if len(seg) > MaxIDSegments {
		return ID{}, fmt.Errorf("%w: more than %d segments", ErrNotID, MaxIDSegments)
	}
	if slices.Contains(seg, "") {
		return ID{}, fmt.Errorf("%w: %q has an empty segment", ErrNotID, clip(raw))
	}
	id := ID{raw: raw, key: strings.ToLower(raw), parent: -1}
	off := func(n int) int { // length of the id made of the first n segments
		l := 0
		for _, x := range seg[:n] {
			l += 1 + len(x)
		}
		return l
	}
	i := 0
	if strings.EqualFold(seg[0], "subscriptions") {
		if len(seg) < 2 {
			return ID{}, fmt.Errorf("%w: %q names no subscription", ErrNotID, clip(raw))
		}
		id.level, id.typ, id.name, id.parent, i = LevelSubscription, TypeSubscription, seg[1], 0, 2
		if len(seg) > 2 && strings.EqualFold(seg[2], "resourceGroups") {
			if len(seg) < 4 {
				return ID{}, fmt.Errorf("%w: %q names no resource group", ErrNotID, clip(raw))
			}
			id.level, id.typ, id.name, id.parent, i = LevelResourceGroup, TypeResourceGroup, seg[3], off(2), 4
		}
	}
	id.scope = off(i)
	for i < len(seg) {
		if !strings.EqualFold(seg[i], "providers") {
			return ID{}, fmt.Errorf("%w: %q: expected \"providers\", found %q", ErrNotID, clip(raw), seg[i])
		}
		start := i
		end := i + 1
		for end < len(seg) && !strings.EqualFold(seg[end], "providers") {
			end++
		}
		// A resource may itself be named "providers"; only an even tail is a new provider part.
		part := seg[i+1 : end]
		for (len(part) < 3 || len(part)%2 == 0) && end < len(seg) {
			end++
			for end < len(seg) && !strings.EqualFold(seg[end], "providers") {
				end++
			}
			part = seg[i+1 : end]
		}
		if len(part) < 3 || len(part)%2 == 0 {
			return ID{}, fmt.Errorf("%w: %q: expected namespace, type and name after \"providers\"", ErrNotID, clip(raw))
		}
		id.scope = off(start)
		var t strings.Builder
		t.WriteString(part[0])
		for k := 1; k < len(part); k += 2 {
			t.WriteByte('/')
			t.WriteString(part[k])
		}
		id.typ, id.name = t.String(), part[len(part)-1]
		if len(part) == 3 {
			id.parent = id.scope
		} else {
			id.parent = off(end - 2)
		}
		if start == 0 && strings.EqualFold(id.typ, TypeManagementGroup) {
			id.level = LevelManagementGroup
		} else {
			id.level = LevelResource
		}
		i = end
	}
	return id, nil
}

// TenantID returns the id of the tenant itself, "/": the scope above all others.
func TenantID() ID {
	return ID{raw: "/", key: "/", typ: TypeTenant, level: LevelTenant, parent: -1}
}

// GraphID returns the id of a Microsoft Graph object: collection as in
// Microsoft Graph's URLs ("users", "identity/conditionalAccess/policies" is
// written by its last segment's type name), id as Graph gives it.
func GraphID(collection, id string) ID {
	raw := "/providers/Microsoft.Graph/" + collection + "/" + id
	return ID{raw: raw, key: strings.ToLower(raw), typ: "Microsoft.Graph/" + collection, name: id, level: LevelResource, parent: 0}
}

func clip(s string) string {
	const most = 120
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// String returns the id as it was written, without a slash at the end.
func (id ID) String() string { return id.raw }

// Key returns the form to compare and index by: equal ids have equal keys.
func (id ID) Key() string { return id.key }

// IsZero tells whether id is no id at all.
func (id ID) IsZero() bool { return id.raw == "" }

// Equal compares without regard to case.
func (id ID) Equal(other ID) bool { return id.key == other.key }

// Level returns where in the scope tree id stands.
func (id ID) Level() Level { return id.level }

// Type returns the full type, "Microsoft.Sql/servers/databases", in the id's
// own casing; scopes have the types above.
func (id ID) Type() string { return id.typ }

// Name returns the last name of the id.
func (id ID) Name() string { return id.name }

// FullName returns the names of a resource joined by slashes, as ARM's child
// resources are named: "server/database".
func (id ID) FullName() string {
	if id.level != LevelResource {
		return id.name
	}
	seg := strings.Split(id.raw[id.scope+1:], "/") // providers, namespace, type, name, ...
	var names []string
	for i := 3; i < len(seg); i += 2 {
		names = append(names, seg[i])
	}
	return strings.Join(names, "/")
}

// Parent returns the id that id is a child of: the parent resource, the
// resource that an extension resource extends, the resource group, the
// subscription, the tenant. The tenant has none. A management group's parent
// is not in its id; the tenant is returned.
func (id ID) Parent() (ID, bool) {
	switch {
	case id.parent < 0:
		return ID{}, false
	case id.parent == 0:
		return ID{raw: "/", key: "/", typ: TypeTenant, level: LevelTenant, parent: -1}, true
	}
	p, err := ParseID(id.raw[:id.parent])
	return p, err == nil
}

// ParentKey returns the key of [ID.Parent] without parsing it, and "" for the
// tenant, which has none.
func (id ID) ParentKey() string {
	switch {
	case id.parent < 0:
		return ""
	case id.parent == 0:
		return "/"
	}
	if len(id.key) != len(id.raw) { // folding changed the length of a letter outside ASCII
		return strings.ToLower(id.raw[:id.parent])
	}
	return id.key[:id.parent]
}

// Scope returns the id that the last provider part stands under: the resource
// group of a resource, the extended resource of an extension resource.
func (id ID) Scope() ID {
	if id.level != LevelResource {
		return id
	}
	if id.scope == 0 {
		return ID{raw: "/", key: "/", typ: TypeTenant, level: LevelTenant, parent: -1}
	}
	p, err := ParseID(id.raw[:id.scope])
	if err != nil {
		return ID{}
	}
	return p
}

// Subscription returns the subscription's id (a GUID as a rule), or "".
func (id ID) Subscription() string {
	if rest, ok := cutFold(id.raw, "/subscriptions/"); ok {
		s, _, _ := strings.Cut(rest, "/")
		return s
	}
	return ""
}

// ResourceGroup returns the resource group's name, or "".
func (id ID) ResourceGroup() string {
	rest, ok := cutFold(id.raw, "/subscriptions/")
	if !ok {
		return ""
	}
	_, rest, _ = strings.Cut(rest, "/")
	if rest, ok = cutFold("/"+rest, "/resourcegroups/"); !ok {
		return ""
	}
	s, _, _ := strings.Cut(rest, "/")
	return s
}

// Within tells whether id is scope or lies below it by its own text.
// Management groups hold subscriptions by a tree that ids do not show; ask the
// inventory for those.
func (id ID) Within(scope ID) bool {
	if scope.level == LevelTenant && !scope.IsZero() {
		return true
	}
	return id.key == scope.key || strings.HasPrefix(id.key, scope.key) && id.key[len(scope.key)] == '/'
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
