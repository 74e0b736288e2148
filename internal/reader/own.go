package reader

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
)

// isStatement tells whether v is a manifest of azward: what was asked for when
// the files beside it were written.
func isStatement(v jsondoc.Value) bool { return v.Get("azward").TextOr("") == "manifest" }

// folder is where a file stands, the archive it is in included.
func folder(name string) string {
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		return name[:i+1] + filepath.Dir(name[i+1:])
	}
	return filepath.Dir(name)
}

// statement takes a manifest.
func (f *fileRun) statement(v jsondoc.Value, at place) {
	if n, ok := v.Get("version").Int(); !ok || n > 1 {
		f.damage(at, CodeSnapshot, "a manifest of a version that this azward does not know")
		return
	}
	f.values++
	if f.stated == nil {
		f.stated = make(map[string]bool)
	}
	f.stated[folder(f.name)] = true
	for i, e := range v.Get("entries").Elements() {
		entry, err := snapshot.ParseEntry(e)
		if err != nil {
			f.damage(at, CodeSnapshot, fmt.Sprintf("entry %d of the manifest: %v", i, err))
			continue
		}
		f.b.Cover(entry)
	}
}

// bundleMembers are the lists that exporters of whole tenants put side by side
// into one object, by the names they give them.
var bundleMembers = map[string]string{
	"conditional_access_policies": "conditionalAccessPolicies",
	"authorization_policies":      "authorizationPolicies",
	"authentication_method":       "authenticationMethodsPolicies",
	"tenant_details":              "organization",
	"privileged_users":            "users",
}

// bundled tells whether an object is such a bundle: it has no id, and at least
// two of its members are lists of objects of Microsoft Graph.
func bundled(v jsondoc.Value) bool {
	if v.Get("id").Exists() || v.Get("type").Exists() || v.Get("properties").Exists() {
		return false
	}
	n := 0
	for name, list := range v.Members() {
		if list.Kind() == jsondoc.Array && bundleCollection(name, list) != "" {
			n++
		}
	}
	return n >= 2
}

func bundleCollection(name string, list jsondoc.Value) string {
	if c := bundleMembers[strings.ToLower(name)]; c != "" {
		return c
	}
	first := list.At(0)
	if first.Kind() == jsondoc.Object && looksLikeGraph(first) {
		return shapeOf(first)
	}
	return ""
}

// bundle takes the lists of Microsoft Graph that a bundle holds and says what
// else it has, which is not read.
func (f *fileRun) bundle(v jsondoc.Value, at place) {
	f.values++
	f.lists++
	why := bundleFailures(v)
	var passed []string
	for name, list := range v.Members() {
		collection := bundleCollection(name, list)
		switch {
		case collection == "users" && list.Kind() == jsondoc.Object:
			// Users by their id, with few of their properties.
			for id, user := range list.Members() {
				if user.Kind() == jsondoc.Object {
					f.addOf(collection, user.With("id", jsondoc.NewString(id)), at, nil)
				}
			}
			f.held.collection(collection, "only users with a privileged role are here", false)
		case collection != "" && list.Kind() == jsondoc.Array:
			for _, e := range list.Elements() {
				if collection == "organization" {
					e = e.With("id", e.Get("TenantId"))
				}
				f.addOf(collection, e, at, nil)
			}
			// An empty list may be one that could not be read.
			if list.Len() > 0 || why != "" {
				f.held.collection(collection, why, false)
			}
		case strings.EqualFold(name, "privileged_roles") && list.Len() > 0:
			for _, role := range list.Elements() {
				f.privilegedRole(role, at)
			}
		case list.Len() > 0:
			passed = append(passed, name)
		}
	}
	if len(passed) > 0 {
		f.skip(diag.Info, at, CodeNoResource, fmt.Sprintf("%d other members of the export are not read, among them %q", len(passed), clip(passed[0])), "")
	}
}

// privilegedRole takes a role as exporters write it: with its assignments and
// with the rules of its policy in Privileged Identity Management side by side.
// The policy and its assignment get ids made of the role's.
func (f *fileRun) privilegedRole(role jsondoc.Value, at place) {
	id := textOf(role, "RoleTemplateId")
	if id == "" {
		f.skip(diag.Warning, at, CodeNoID, "a privileged role without a template", "")
		return
	}
	object := func(pairs ...string) jsondoc.Value {
		v := jsondoc.NewObject()
		for i := 0; i < len(pairs); i += 2 {
			v = v.With(pairs[i], jsondoc.NewString(pairs[i+1]))
		}
		return v
	}
	take := func(collection string, v jsondoc.Value) {
		f.addOf(collection, v, at, nil)
		f.held.collection(collection, "only what belongs to privileged roles is here", false)
	}
	take("roleDefinitions", object("id", id, "templateId", id, "displayName", textOf(role, "DisplayName")))
	if rules := role.Get("Rules"); rules.Kind() == jsondoc.Array {
		take("roleManagementPolicies", object("id", "DirectoryRole_"+id, "displayName", textOf(role, "DisplayName")).With("rules", rules))
		take("roleManagementPolicyAssignments", object("id", "DirectoryRole_"+id+"_assignment", "policyId", "DirectoryRole_"+id, "roleDefinitionId", id, "scopeId", "/", "scopeType", "DirectoryRole"))
	}
	for _, a := range role.Get("Assignments").Elements() {
		if textOf(a, "Id") != "" {
			take("roleAssignmentScheduleInstances", a)
		}
	}
}

// bundleFailures says which of the commands behind a bundle failed, where it
// tells of them.
func bundleFailures(v jsondoc.Value) string {
	n, first := 0, ""
	for name, list := range v.Members() {
		if strings.HasSuffix(strings.ToLower(name), "_unsuccessful_commands") && list.Len() > 0 {
			n += list.Len()
			if first == "" {
				first = list.At(0).TextOr(name)
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d commands of the export failed, %s among them", n, clip(first))
}
