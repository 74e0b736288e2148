package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

const typeCAPolicies = "Microsoft.Graph/conditionalAccessPolicies"

// ConditionalAccess is the Conditional Access of an inventory: its policies
// compiled for its directory, named locations and strengths. It never changes.
type ConditionalAccess struct {
	Policies []*condaccess.Policy
	Tenant   condaccess.Tenant
	Set      *condaccess.Set
	problems diag.List
}

// NewConditionalAccess compiles the policies of an inventory. What could not be
// understood is in Problems, and answers that depend on it are unknown.
func NewConditionalAccess(inv *inventory.Inventory, now time.Time) *ConditionalAccess {
	c := &ConditionalAccess{}
	for r := range inv.OfType(typeCAPolicies) {
		p, list := condaccess.ParsePolicy(r.Body)
		for _, d := range list {
			d.Source = r.From.File
			c.problems.Add(d)
		}
		if p != nil {
			c.Policies = append(c.Policies, p)
		}
	}
	slices.SortStableFunc(c.Policies, func(a, b *condaccess.Policy) int { return strings.Compare(lower(a.Name()), lower(b.Name())) })
	for r := range inv.OfType("Microsoft.Graph/namedLocations") {
		_, list := condaccess.ParseLocation(r.Body)
		c.problems = append(c.problems, list...)
	}
	c.Tenant = condaccess.TenantOf(DirectoryOf(inv), now)
	c.problems = append(c.problems, c.Tenant.Directory.Diagnostics()...)
	c.Tenant.Whole = func(collection string) bool { return directoryGap(inv, collection) == "" }
	c.Set = condaccess.Compile(c.Policies, c.Tenant)
	return c
}

// With returns the same tenant with other policies, as a trial.
func (c *ConditionalAccess) With(policies []*condaccess.Policy) *ConditionalAccess {
	out := *c
	out.Policies = policies
	out.Set = condaccess.Compile(policies, c.Tenant)
	return &out
}

// Problems says what could not be understood, object by object.
func (c *ConditionalAccess) Problems() diag.List { return c.problems }

// FindUser returns the id of a user by id, principal name or display name.
func (c *ConditionalAccess) FindUser(name string) (string, error) {
	dir := c.Tenant.Directory
	if u, ok := dir.User(name); ok {
		return u.ID, nil
	}
	var found, known []string
	for _, u := range dir.Users() {
		known = append(known, u.UPN, u.DisplayName)
		if strings.EqualFold(u.DisplayName, name) {
			found = append(found, u.ID)
		}
	}
	return one("user", name, found, known)
}

// FindApp returns the app id of an application by id or display name. An id that
// nothing knows stands for itself.
func (c *ConditionalAccess) FindApp(name string) (string, error) {
	dir := c.Tenant.Directory
	var found, known []string
	for _, sp := range dir.ServicePrincipals() {
		known = append(known, sp.DisplayName)
		if strings.EqualFold(sp.AppID, name) || strings.EqualFold(sp.ID, name) {
			return sp.AppID, nil
		}
		if strings.EqualFold(sp.DisplayName, name) {
			found = append(found, sp.AppID)
		}
	}
	if len(found) == 0 && strings.Count(name, "-") == 4 || strings.EqualFold(name, "Office365") {
		return name, nil
	}
	return one("application", name, found, known)
}

// FindWorkload returns the id of a service principal by id, app id or display name.
func (c *ConditionalAccess) FindWorkload(name string) (string, error) {
	dir := c.Tenant.Directory
	if sp, ok := dir.ServicePrincipal(name); ok {
		return sp.ID, nil
	}
	var found, known []string
	for _, sp := range dir.ServicePrincipals() {
		known = append(known, sp.DisplayName)
		if strings.EqualFold(sp.DisplayName, name) {
			found = append(found, sp.ID)
		}
	}
	return one("service principal", name, found, known)
}

func one(what, name string, found, known []string) (string, error) {
	switch len(found) {
	case 0:
		return "", usagef("no %s is called %q in the inventory%s", what, name, didYouMean(name, known))
	case 1:
		return found[0], nil
	default:
		return "", usagef("%d %ss are called %q; give an id: %s", len(found), what, name, strings.Join(found, ", "))
	}
}

// WhatIfLine answers one line of `azward ca whatif --batch`: an object with id,
// policies, namedLocations, directory and signIn. What is absent from the line is
// taken from base, which may be nil. graph asks for the shape of Graph's response.
func WhatIfLine(line jsondoc.Value, base *ConditionalAccess, now time.Time, graph bool) (answer jsondoc.Value) {
	id := line.Get("id")
	defer func() {
		if r := recover(); r != nil { // a bug of ours must not end the batch
			answer = whatIfError(id, "CAP0001", fmt.Sprintf("bug: %v", r), "evaluate")
		}
	}()
	if line.Kind() != jsondoc.Object {
		return whatIfError(id, "CAP0001", "a line must be a JSON object", "parse")
	}
	set, list := lineSet(line, base, now)
	if set == nil {
		return whatIfError(id, codeOf(list, "CAP0101"), list.Error(), "parse")
	}
	in := line.Get("signIn")
	if !in.Exists() { // Graph's request itself
		in = line
	}
	s, bad := condaccess.ParseSignIn(in)
	if bad.HasErrors() {
		return whatIfError(id, codeOf(bad, "CAP0401"), bad.Error(), "parse")
	}
	var d condaccess.Decision
	var out jsondoc.Value
	if graph {
		set.DecideAsGraph(&s, &d)
		only, _ := in.Get("appliedPoliciesOnly").Bool()
		if !only {
			only, _ = line.Get("appliedPoliciesOnly").Bool()
		}
		out = set.GraphJSON(&d, only)
		if !id.Exists() {
			return out
		}
	} else {
		set.Decide(&s, &d)
		out = set.JSON(&d)
	}
	ms := []jsondoc.Member{{Name: "id", Value: id}}
	for name, v := range out.Members() {
		ms = append(ms, jsondoc.Member{Name: name, Value: v})
	}
	if len(list) > 0 {
		var notes []jsondoc.Value
		for _, n := range list {
			notes = append(notes, jsondoc.NewString(n.Error()))
		}
		ms = append(ms, jsondoc.Member{Name: "notes", Value: jsondoc.NewArray(notes...)})
	}
	return jsondoc.NewObject(ms...)
}

// WhatIfText is WhatIfLine for a line as it was written.
func WhatIfText(line []byte, base *ConditionalAccess, now time.Time, graph bool) jsondoc.Value {
	doc, err := jsondoc.Parse(append([]byte(nil), line...))
	if err != nil {
		return whatIfError(jsondoc.Nothing, "CAP0001", err.Error(), "parse")
	}
	return WhatIfLine(doc, base, now, graph)
}

// EmptyDirectory returns a directory of which nothing was read.
func EmptyDirectory() *directory.Directory { return new(directory.Builder).Build() }

func codeOf(list diag.List, def string) string {
	for _, d := range list {
		if d.Severity == diag.Error && d.Code != "" {
			return d.Code
		}
	}
	return def
}

func whatIfError(id jsondoc.Value, code, message, stage string) jsondoc.Value {
	str := jsondoc.NewString
	return jsondoc.NewObject(jsondoc.Member{Name: "id", Value: id}, jsondoc.Member{Name: "error", Value: jsondoc.NewObject(
		jsondoc.Member{Name: "code", Value: str(code)}, jsondoc.Member{Name: "message", Value: str(message)}, jsondoc.Member{Name: "stage", Value: str(stage)})})
}

// lineSet compiles what a line brings along; nil and the reason where it brings
// nothing to decide with.
func lineSet(line jsondoc.Value, base *ConditionalAccess, now time.Time) (*condaccess.Set, diag.List) {
	var list diag.List
	policies, named, dir := line.Get("policies"), line.Get("namedLocations"), line.Get("directory")
	if !policies.Exists() && !named.Exists() && !dir.Exists() && base != nil {
		return base.Set, nil
	}
	var t condaccess.Tenant
	var ps []*condaccess.Policy
	if base != nil {
		t, ps = base.Tenant, base.Policies
	}
	if dir.Exists() || base == nil {
		t = condaccess.TenantOf(lineDirectory(dir), now)
		t.ID = firstText(t.ID, dir.Get("tenantId"), line.Get("tenantId"))
		if b, ok := dir.Get("securityDefaults").Bool(); ok {
			t.SecurityDefaults = map[bool]condaccess.Tri{true: condaccess.True, false: condaccess.False}[b]
		}
	}
	if named.Exists() {
		t.Locations, t.LocationsKnown = nil, true
		items := named
		if named.Kind() == jsondoc.Object {
			items = named.Get("value")
		}
		for _, v := range items.Elements() {
			l, notes := condaccess.ParseLocation(v)
			list = append(list, notes...)
			if l != nil {
				t.Locations = append(t.Locations, l)
			}
		}
	}
	for _, v := range line.Get("authenticationStrengths").Elements() {
		t.Strengths = append(t.Strengths, condaccess.ParseStrength(v))
	}
	if policies.Exists() {
		var notes diag.List
		ps, notes = condaccess.ParsePolicies(policies)
		list = append(list, notes...)
	} else if base == nil {
		list.Add(diag.Diagnostic{Code: "CAP0101", Message: `"policies" is missing`, Hint: "give a list of conditionalAccessPolicy objects"})
		return nil, list
	}
	return condaccess.Compile(ps, t), list
}

func firstText(def string, vs ...jsondoc.Value) string {
	for _, v := range vs {
		if s, ok := v.Text(); ok && s != "" {
			return s
		}
	}
	return def
}

// lineDirectory reads the directory of a line: an object with a list for each of
// Graph's collections, or one list of objects with @odata.type.
func lineDirectory(v jsondoc.Value) *directory.Directory {
	var b directory.Builder
	kinds := map[string]string{"user": directory.Users, "group": directory.Groups, "serviceprincipal": directory.ServicePrincipals, "application": directory.Applications,
		"device": directory.Devices, "unifiedroleassignment": directory.RoleAssignments, "unifiedroledefinition": directory.RoleDefinitions, "directoryrole": directory.DirectoryRoles}
	typed := func(e jsondoc.Value) {
		typ := lower(strings.TrimPrefix(e.Get("@odata.type").TextOr(""), "#microsoft.graph."))
		if c, ok := kinds[typ]; ok {
			b.Add(c, e)
		}
	}
	for _, e := range v.Elements() {
		typed(e)
	}
	for name, list := range v.Members() {
		if list.Kind() == jsondoc.Object && list.Get("value").Kind() == jsondoc.Array {
			list = list.Get("value")
		}
		if list.Kind() != jsondoc.Array {
			continue
		}
		b.DeclareRead(name)
		for _, e := range list.Elements() {
			b.Add(name, e)
		}
	}
	return b.Build()
}
