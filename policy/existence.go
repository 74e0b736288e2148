package policy

import (
	"fmt"
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// What auditIfNotExists and deployIfNotExists look for.
// Source: "Azure Policy definitions auditIfNotExists effect" and
// "... deployIfNotExists effect", properties.

type existence struct {
	typ   operand
	name  operand
	kind  operand
	group operand // resourceGroupName
	scope operand // existenceScope
	when  *node   // existenceCondition; nil: being there is enough

	extension bool   // the type stands on the resource that it extends
	lower     string // the type in lower case, where it is constant
}

func (c *compiler) existence(v jsondoc.Value, pointer string) {
	d := &c.def.details
	e := &existence{}
	c.remedy = false
	defer func() { c.remedy = true }()
	typ := v.Get("type")
	if typ.Kind() != jsondoc.String || typ.TextOr("") == "" {
		c.add(errDetails(spanOf(v), c.def.Effect.String(), "a type"))
		return
	}
	e.typ, e.name, e.kind = c.operand(typ), c.operand(v.Get("name")), c.operand(v.Get("kind"))
	e.group, e.scope = c.operand(v.Get("resourceGroupName")), c.operand(v.Get("existenceScope"))
	if e.typ.constant() {
		e.lower = strings.ToLower(e.typ.value.TextOr(""))
		e.extension = extensions[e.lower]
	}
	d.delay = c.operand(v.Get("evaluationDelay"))
	d.roles = c.operand(v.Get("roleDefinitionIds"))
	if when := v.Get("existenceCondition"); when.Exists() {
		e.when = c.condition(when, pointer+"/existenceCondition")
	}
	d.existence = e
	dep := v.Get("deployment")
	if dep.IsMissing() {
		return
	}
	c.remedy = true
	props := dep.Get("properties")
	d.deployment = &deployment{
		scope: c.operand(v.Get("deploymentScope")), location: c.operand(dep.Get("location")), body: props, parameters: c.operand(props.Get("parameters")),
	}
}

// str evaluates an operand that is a text; known is false where it cannot be known.
func (o *operand) str(f *frame) (s string, known bool) {
	v, unknown := o.eval(f)
	if unknown {
		return "", false
	}
	s, _ = scalarText(v)
	return s, true
}

// search is a look for the related resource of an if-not-exists effect.
type search struct {
	name, kind string
	seen       int // resources that have the name and the kind
	best       finding.Truth
	missing    []string
	moved      bool // the frame points at a related resource
}

// related answers whether a resource as the details ask for is there. seen is
// how many of the type were looked at.
func (f *frame) related(e *existence) (t finding.Truth, seen int) {
	typ, ok := e.typ.str(f)
	if !ok {
		return finding.Maybe, 0
	}
	name, okName := e.name.str(f)
	kind, okKind := e.kind.str(f)
	if !okName || !okKind {
		return finding.Maybe, 0
	}
	s := &f.search
	*s = search{name: name, kind: kind}
	own, trace := f.res, f.trace
	if f.o.Related != nil {
		scope, ok := f.givenRoot(e, own, typ)
		if !ok {
			return finding.Maybe, 0
		}
		for _, r := range f.o.Related {
			if given(r, typ, scope) && f.found(e, own, r) {
				f.back(own, trace)
				return finding.True, s.seen
			}
		}
		f.back(own, trace)
		f.missing = s.missing
		return s.best, s.seen
	}
	if f.inv == nil {
		f.missing = []string{"related resources of type " + typ}
		return finding.Maybe, 0
	}
	scope, ok := f.existenceRoot(e, own, typ)
	if !ok {
		return finding.Maybe, 0
	}
	folded := typ
	if e.lower != "" {
		folded = e.lower // which the inventory need not fold again
	}
	if f.brief {
		typ = folded // nobody reads it
	}
	if f.inv.Count(folded) > 0 {
		for r := range f.inv.Under(scope, folded) {
			if f.found(e, own, r) {
				f.back(own, trace)
				return finding.True, s.seen
			}
		}
	}
	f.back(own, trace)
	f.missing = s.missing
	if cov := f.covered(typ, scope); !cov.Complete() {
		if !f.brief {
			f.missing = []string{notRead(typ, cov)}
		}
		return finding.Maybe, s.seen
	}
	return s.best, s.seen
}

// found tells whether r is what the search looks for.
func (f *frame) found(e *existence, own, r *resource.Resource) bool {
	s := &f.search
	if !s.fits(r) {
		return false
	}
	s.seen++
	if e.when == nil {
		s.best = finding.True
		return true
	}
	f.missing = nil
	f.trace = false
	s.moved = true
	f.at(r)
	f.primary = own
	t := e.when.eval(f)
	f.primary = nil
	switch t {
	case finding.True:
		s.best = finding.True
		return true
	case finding.Maybe:
		s.best = finding.Maybe
		s.missing = append(s.missing, f.missing...)
	case finding.False:
	}
	return false
}

func (s *search) fits(r *resource.Resource) bool {
	return named(r, s.name) && (s.kind == "" || strings.EqualFold(s.kind, r.Kind()))
}

// back points the frame at the resource of the if again.
func (f *frame) back(own *resource.Resource, trace bool) {
	f.trace, f.primary = trace, nil
	if f.search.moved {
		f.at(own)
	}
}

// candidates counts the resources that a search would look at, where it is
// known that none of them is what it looks for.
func (f *frame) candidates(e *existence) int {
	typ, ok := e.typ.str(f)
	if !ok {
		return 0
	}
	s := &f.search
	*s = search{}
	s.name, _ = e.name.str(f)
	s.kind, _ = e.kind.str(f)
	if f.o.Related != nil {
		scope, _ := f.givenRoot(e, f.res, typ)
		for _, r := range f.o.Related {
			if given(r, typ, scope) && s.fits(r) {
				s.seen++
			}
		}
	}
	if f.o.Related != nil || f.inv == nil || f.inv.Count(typ) == 0 {
		return s.seen
	}
	scope, ok := f.existenceRoot(e, f.res, typ)
	if !ok {
		return 0
	}
	for r := range f.inv.Under(scope, typ) {
		if s.fits(r) {
			s.seen++
		}
	}
	return s.seen
}

// givenRoot is existenceRoot for related resources that were given: without an
// id of the resource of the if they are taken for what is in its scope.
func (f *frame) givenRoot(e *existence, own *resource.Resource, typ string) (resource.ID, bool) {
	if own.ID.IsZero() {
		return resource.ID{}, true
	}
	return f.existenceRoot(e, own, typ)
}

// given tells whether a related resource that was given is of a type and in a
// scope; one without a type or an id is taken for what is looked for.
func given(r *resource.Resource, typ string, scope resource.ID) bool {
	return (r.Type == "" || strings.EqualFold(r.Type, typ)) && (r.ID.IsZero() || scope.IsZero() || r.ID.Within(scope))
}

// named tells whether a resource has the name that the details give, which may
// be the last name or the full one; "" and "*" are any, and "parent/?" is
// whatever stands below the parent.
func named(r *resource.Resource, name string) bool {
	if name == "" || name == "*" {
		return true
	}
	own := r.Name()
	if own == "" {
		return true // given without a name
	}
	if parent, ok := strings.CutSuffix(name, "/?"); ok {
		full := r.ID.FullName()
		if r.ID.IsZero() {
			full = r.Body.Lookup(nameKey).TextOr(own)
		}
		i := strings.LastIndexByte(full, '/')
		return i < 0 && r.ID.IsZero() || i >= 0 && strings.EqualFold(full[:i], parent)
	}
	if strings.EqualFold(name, own) || !r.ID.IsZero() && strings.EqualFold(name, r.ID.FullName()) {
		return true
	}
	return strings.EqualFold(name[strings.LastIndexByte(name, '/')+1:], own) && strings.Contains(name, "/") && r.ID.IsZero()
}

// extensions are types of resources that stand on the resource that they
// extend, wherever that is; they are looked for there and not in its group.
var extensions = map[string]bool{
	"microsoft.insights/diagnosticsettings":                         true,
	"microsoft.insights/diagnosticsettingscategories":               true,
	"microsoft.authorization/locks":                                 true,
	"microsoft.guestconfiguration/guestconfigurationassignments":    true,
	"microsoft.security/defenderforstoragesettings":                 true,
	"microsoft.security/advancedthreatprotectionsettings":           true,
	"microsoft.security/assessments":                                true,
	"microsoft.insights/datacollectionruleassociations":             true,
	"microsoft.automanage/configurationprofileassignments":          true,
	"microsoft.maintenance/configurationassignments":                true,
	"microsoft.kubernetesconfiguration/extensions":                  true,
	"microsoft.kubernetesconfiguration/fluxconfigurations":          true,
	"microsoft.kubernetesconfiguration/sourcecontrolconfigurations": true,
	"microsoft.resources/links":                                     true,
	"microsoft.policyinsights/remediations":                         true,
	"microsoft.changeanalysis/profile":                              true,
}

// rootCache remembers what depends on the resource group alone: resources are
// evaluated group by group.
type rootCache struct {
	groupKey       string
	group          resource.ID
	coverage       map[coverageKey]inventory.Coverage
	valueKey       string // of groupValue: the id of the group and a slash
	groupValue     jsondoc.Value
	scopeOf        string // of scopeID: the subscription
	scopeID        resource.ID
	subscriptionID string
	subscription   jsondoc.Value
}

type coverageKey struct{ typ, scope string }

const maxCoverageCache = 4096

// groupOf returns the id of the resource group of a resource.
func (c *rootCache) groupOf(id resource.ID) (resource.ID, bool) {
	key := id.Key()
	n := 0
	for i := range len(key) {
		if key[i] == '/' {
			if n++; n == 5 {
				key = key[:i]
				break
			}
		}
	}
	if n < 4 {
		return resource.ID{}, false
	}
	if c.groupKey != key {
		group, err := resource.ParseID(id.String()[:len(key)])
		if err != nil {
			return resource.ID{}, false
		}
		c.groupKey, c.group = key, group
	}
	return c.group, true
}

// covered is the inventory's coverage, remembered for scopes wider than a resource.
func (f *frame) covered(typ string, scope resource.ID) inventory.Coverage {
	if scope.Level() == resource.LevelResource {
		return f.inv.Stated(typ, scope)
	}
	key := coverageKey{typ, scope.Key()}
	if got, ok := f.roots.coverage[key]; ok {
		return got
	}
	if f.roots.coverage == nil || len(f.roots.coverage) >= maxCoverageCache {
		f.roots.coverage = map[coverageKey]inventory.Coverage{}
	}
	got := f.inv.Coverage(typ, scope)
	f.roots.coverage[key] = got
	return got
}

// notRead says that related resources were not wholly read, and why.
func notRead(typ string, cov inventory.Coverage) string {
	why := cov.Reason
	if why == "" {
		switch cov.State {
		case inventory.Denied:
			why = "reading them was denied"
		case inventory.Failed:
			why = "reading them failed"
		case inventory.Partial:
			why = "only some were"
		case inventory.NotRequested, inventory.Complete:
			why = "nobody asked for them"
		}
	}
	return typ + " under this resource were not read: " + why
}

// isChild tells whether a type continues another.
func isChild(typ, of string) bool {
	return len(typ) > len(of) && typ[len(of)] == '/' && strings.EqualFold(typ[:len(of)], of)
}

// existenceRoot returns the scope in which the related resource is looked for.
func (f *frame) existenceRoot(e *existence, own *resource.Resource, typ string) (resource.ID, bool) {
	if isChild(typ, own.Type) || (e.extension || e.typ.program != nil && extensions[strings.ToLower(typ)]) && !strings.EqualFold(typ, own.Type) {
		return own.ID, true
	}
	scope, ok := e.scope.str(f)
	if !ok {
		return resource.ID{}, false
	}
	sub := own.ID.Subscription()
	if sub != "" && strings.EqualFold(scope, "subscription") {
		if f.roots.scopeOf != sub {
			id, err := resource.ParseID("/subscriptions/" + sub)
			if err != nil {
				return id, false
			}
			f.roots.scopeOf, f.roots.scopeID = sub, id
		}
		return f.roots.scopeID, true
	}
	if own.ID.Subscription() == "" {
		return own.ID, true
	}
	group, ok := e.group.str(f)
	if !ok {
		return resource.ID{}, false
	}
	if group == "" || strings.EqualFold(group, own.ID.ResourceGroup()) {
		if id, ok := f.roots.groupOf(own.ID); ok {
			return id, true
		}
		return own.ID, true
	}
	if sub == "" {
		return own.ID, true
	}
	id, err := resource.ParseID("/subscriptions/" + sub + "/resourceGroups/" + group)
	if err != nil {
		f.lack(fmt.Sprintf("the resource group %q", group))
		return resource.ID{}, false
	}
	return id, true
}
