package template

import (
	"strings"

	"github.com/azward/azward/resource"
)

// place is what of a declaration makes a resource's id.
type place struct {
	typ, name string // full: "Microsoft.Sql/servers/databases", "server/db"
	scope     string // id of the resource that an extension extends; "" for the deployment's scope
}

// idOf returns the id of a resource in a scope, and how many segments its name
// should have and has where they do not go together.
//
// Sources: "Set name and type for child resources", "Set scope for extension
// resources in ARM templates", "Resource ID in the scope functions".
func idOf(t target, p place) (id string, want, got int) {
	segments := strings.Split(strings.Trim(p.typ, "/"), "/")
	names := strings.Split(strings.Trim(p.name, "/"), "/")
	prefix := t.prefix()
	switch {
	case p.scope == "/":
		prefix = ""
	case strings.HasPrefix(p.scope, "/"):
		prefix = strings.TrimRight(p.scope, "/")
	case p.scope != "":
		prefix += "/providers/" + relative(p.scope)
	}
	switch {
	case strings.EqualFold(p.typ, "Microsoft.Resources/resourceGroups"):
		sub := t
		sub.level = resource.LevelSubscription
		return sub.prefix() + "/resourceGroups/" + p.name, 1, 1
	case strings.EqualFold(p.typ, resource.TypeManagementGroup):
		return "/providers/" + resource.TypeManagementGroup + "/" + p.name, 1, 1
	case strings.EqualFold(p.typ, "Microsoft.Subscription/aliases"), strings.EqualFold(p.typ, "Microsoft.Management/managementGroups/subscriptions"):
		prefix = ""
	}
	if len(segments) < 2 {
		return "", 1, len(names)
	}
	if len(names) != len(segments)-1 {
		return "", len(segments) - 1, len(names)
	}
	var b strings.Builder
	b.WriteString(prefix)
	b.WriteString("/providers/")
	b.WriteString(segments[0])
	for i, n := range names {
		b.WriteByte('/')
		b.WriteString(segments[i+1])
		b.WriteByte('/')
		b.WriteString(n)
	}
	return b.String(), len(names), len(names)
}

// relative turns the scope "Microsoft.Storage/storageAccounts/x" (type and
// name, or types and names in turn) into the part of an id behind "providers".
func relative(scope string) string {
	seg := strings.Split(strings.Trim(scope, "/"), "/")
	if len(seg)%2 == 1 {
		return strings.Join(seg, "/")
	}
	return scope
}

// fullTypeName joins the type and the name of a child to its parent's.
func fullTypeName(parentType, parentName, typ, name string) (fullType, fullName string, extension bool) {
	switch {
	case parentType == "":
		return typ, name, false
	case strings.HasPrefix(lower(typ), lower(parentType)+"/"):
		if strings.Count(name, "/") == strings.Count(typ, "/")-1 {
			return typ, name, false
		}
		return typ, parentName + "/" + name, false
	case strings.HasPrefix(lower(typ), "providers/"):
		return parentType + "/" + typ, parentName + "/" + name, false
	case strings.Contains(before(typ), "."):
		return typ, name, true // Microsoft.Insights/diagnosticSettings inside what it extends
	}
	full := parentType + "/" + typ
	if strings.Count(name, "/") == strings.Count(full, "/")-1 && strings.HasPrefix(lower(name), lower(parentName)+"/") {
		return full, name, false
	}
	return full, parentName + "/" + name, false
}

func before(s string) string {
	head, _, _ := strings.Cut(s, "/")
	return head
}

// typeOfID is the type as Azure names it: of "A/b/providers/c" with the name
// "n/M.X/m" it is "M.X/c".
func typeOfID(id resource.ID, declared string) string {
	if strings.Contains(lower(declared), "/providers/") || declared == "" {
		return id.Type()
	}
	switch id.Level() {
	case resource.LevelResource:
		return declared
	default:
		return id.Type()
	}
}
