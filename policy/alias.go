package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// How aliases are read.
//
// An alias is a resource type, a slash and a path: its segments are looked up
// one after the other from the properties (from the body where it is not
// there), at each step looking into "properties" where the name is not found.
// Two sorts of segments may be passed over, because they name no property:
//
//   - discriminators, which say which kind of object is meant and stand in
//     PascalCase or with a hyphen, "#" or "$": conditions[*].QueryString.parameters;
//   - the type or name of the child resource that an alias is about, as its
//     first segments: Microsoft.Web/sites/config/web.http20Enabled,
//     Microsoft.ContainerService/managedClusters/agentPools.count.
//
// [exceptions] holds the aliases that go another way.

// stepKind is what a step of a path does.
type stepKind uint8

const (
	stepKey   stepKind = iota // a member, or that member of properties
	stepEach                  // every element: [*]
	stepIndex                 // one element: [2]
)

type step struct {
	kind  stepKind
	skip  bool // pass over it where there is no such member
	last  bool // with nothing behind it: pass over it only where the object is of that kind
	index int
	key   *jsondoc.Key
}

var (
	propertiesKey = jsondoc.NewKey("properties")
	tagsKey       = jsondoc.NewKey("tags")
	locationKey   = jsondoc.NewKey("location")
)

// tokens splits a path at dots; "[*]", "[2]" and "['x']" become tokens of their own.
func tokens(path string) []string {
	var out []string
	for len(path) > 0 {
		switch path[0] {
		case '.':
			path = path[1:]
		case '[':
			end := strings.IndexByte(path, ']')
			if len(path) > 1 && (path[1] == '\'' || path[1] == '"') {
				if i := strings.Index(path[2:], path[1:2]+"]"); i >= 0 {
					end = i + 3
				}
			}
			if end < 0 {
				return append(out, path)
			}
			inner := path[1:end]
			if n := len(inner); n >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner[n-1] == inner[0] {
				out = append(out, inner[1:n-1])
			} else if _, err := strconv.Atoi(inner); err == nil || inner == "*" {
				out = append(out, path[:end+1])
			} else {
				out = append(out, inner)
			}
			path = path[end+1:]
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			out = append(out, path[:end])
			path = path[end:]
		}
	}
	return out
}

// makeSteps turns a path into steps. Of an alias, discriminators may be passed
// over; of a literal path, only "properties".
func makeSteps(path string, alias bool) []step {
	words := tokens(path)
	out := make([]step, 0, len(words))
	for i, w := range words {
		switch {
		case w == "":
			continue
		case w == "[*]":
			out = append(out, step{kind: stepEach})
			continue
		case w[0] == '[' && len(w) > 2 && w[len(w)-1] == ']':
			if n, err := strconv.Atoi(w[1 : len(w)-1]); err == nil {
				out = append(out, step{kind: stepIndex, index: n})
				continue
			}
		}
		s := step{kind: stepKey, key: jsondoc.NewKey(w)}
		if alias {
			if s.skip = discriminates(w) || kindWords[strings.ToLower(w)]; s.skip && i+1 < len(words) && strings.EqualFold(w, words[i+1]) {
				continue // secrets.Certificate.certificate: the kind and the property are called the same
			}
		} else {
			s.skip = strings.EqualFold(w, "properties")
		}
		out = append(out, s)
	}
	if n := len(out); n > 0 && alias {
		out[n-1].last = true
	}
	return out
}

// discriminates tells whether a segment may name a kind of object.
func discriminates(word string) bool {
	c := word[0]
	return 'A' <= c && c <= 'Z' || c == '#' || c == '$' || strings.ContainsAny(word, "-@")
}

// get reads one member of an object by the rule.
func (s *step) get(v jsondoc.Value) jsondoc.Value {
	if m := v.Lookup(s.key); m.Exists() {
		return m
	}
	if p := v.Lookup(propertiesKey); p.Exists() {
		if m := p.Lookup(s.key); m.Exists() {
			return m
		}
		if p = p.Lookup(propertiesKey); p.Exists() { // properties of properties, as bot channels have
			if m := p.Lookup(s.key); m.Exists() {
				return m
			}
		}
	}
	if s.skip && v.Kind() == jsondoc.Object && (!s.last || ofKind(v, s.key.Name())) || isHole(v) {
		return v // a member of what cannot be known cannot be known
	}
	return jsondoc.Value{}
}

// ofKind tells whether an object says of itself that it is of a kind: one of
// its members is the word. An alias that ends in a PascalCase word names an
// object of that kind, or a property that is not there.
func ofKind(v jsondoc.Value, word string) bool {
	for _, m := range v.Members() {
		if s, ok := m.Text(); ok && len(s) >= len(word) && sameWord(s, word) {
			return true
		}
	}
	return false
}

// sameWord compares without regard to case; aliases write a hyphen for a dot.
func sameWord(s, word string) bool {
	return strings.EqualFold(s, word) || strings.EqualFold(strings.ReplaceAll(s, ".", "-"), word)
}

// walkOne follows steps without [*].
func walkOne(v jsondoc.Value, steps []step) jsondoc.Value {
	for i := range steps {
		if v.IsMissing() {
			return v
		}
		if s := &steps[i]; s.kind == stepIndex {
			v = v.At(s.index)
		} else {
			v = s.get(v)
		}
	}
	return v
}

// walkAll follows steps with [*] and appends what it finds: nothing for the
// elements of an array that is empty or not there, a missing value for a
// property that an element lacks.
func walkAll(dst []jsondoc.Value, v jsondoc.Value, steps []step) []jsondoc.Value {
	for i := range steps {
		switch s := &steps[i]; s.kind {
		case stepEach:
			if isHole(v) {
				return append(dst, v)
			}
			for _, e := range v.Elements() {
				dst = walkAll(dst, e, steps[i+1:])
			}
			return dst
		case stepIndex:
			v = v.At(s.index)
		case stepKey:
			v = s.get(v)
		}
	}
	return append(dst, v)
}

// afterEach returns the steps behind the n-th [*].
func afterEach(steps []step, n int) []step {
	for i := range steps {
		if steps[i].kind == stepEach {
			if n--; n == 0 {
				return steps[i+1:]
			}
		}
	}
	return nil
}

func countEach(steps []step) int {
	n := 0
	for i := range steps {
		if steps[i].kind == stepEach {
			n++
		}
	}
	return n
}

// fieldKind is what a field's name means.
type fieldKind uint8

const (
	fieldPath     fieldKind = iota // a path from the body
	fieldAlias                     // an alias
	fieldType                      // type
	fieldName                      // name
	fieldFullName                  // fullName
	fieldID                        // id
	fieldLocation                  // location
	fieldTag                       // tags['x'], tags.x
	fieldBound                     // of the element that a count is at
)

// fieldRef is a field's name made ready. It never changes once made.
type fieldRef struct {
	name    string
	kind    fieldKind
	typ     string // of an alias: the resource type
	path    string // behind the type, as the manifest knows it
	key     string // of a tag
	tag     *jsondoc.Key
	steps   []step
	each    bool // holds [*]
	fact    bool // what an analyzer derived
	slot    int  // where an evaluator remembers its value, from 1; 0: nowhere
	level   int  // of a bound one: which count
	detours []detour
	listed  bool // the detours are a list's with paths by version, and the only way
}

// versionedPath is a path that holds for some API versions only.
type versionedPath struct {
	versions []string
	steps    []step
}

// newFieldRef makes a field's name ready.
func newFieldRef(name string, aliases *Aliases) *fieldRef {
	r := &fieldRef{name: name, path: name, each: strings.Contains(name, "[*]")}
	switch strings.ToLower(name) {
	case "type":
		r.kind = fieldType
		return r
	case "name":
		r.kind = fieldName
		return r
	case "fullname":
		r.kind = fieldFullName
		return r
	case "id":
		r.kind = fieldID
		return r
	case "location":
		r.kind = fieldLocation
		return r
	}
	if key, ok := tagName(name); ok {
		r.kind, r.key, r.tag, r.each = fieldTag, key, jsondoc.NewKey(key), false
		return r
	}
	slash := aliasSlash(name)
	if slash < 0 {
		r.steps = makeSteps(name, false)
		r.fact = strings.HasPrefix(name, resource.Facts)
		return r
	}
	r.kind, r.typ, r.path = fieldAlias, name[:slash], name[slash+1:]
	r.fact = strings.HasPrefix(r.path, resource.Facts)
	if list := aliases.lookup(name); list != nil && (list[0].typ != "" || strings.Contains(r.typ, "/")) {
		for _, a := range list {
			r.listed = r.listed || len(a.paths) > 0
			d := detour{typ: a.typ, path: a.path, steps: makeSteps(a.path, false)}
			for _, p := range a.paths {
				d.versions = append(d.versions, versionedPath{p.versions, makeSteps(p.path, false)})
			}
			r.detours = append(r.detours, d)
		}
	} else {
		r.detours = detours(name)
	}
	r.steps = makeSteps(r.path, true)
	for i := range r.detours { // of an array's elements, though the name does not say so
		d := &r.detours[i]
		r.each = r.each || countEach(d.steps) > 0
		for _, v := range d.versions {
			r.each = r.each || countEach(v.steps) > 0
		}
	}
	return r
}

// tagName returns the tag that tags.x, tags[x] or tags['x'] names.
func tagName(name string) (string, bool) {
	if rest, ok := cutFold(name, "tags."); ok && rest != "" {
		return rest, true
	}
	rest, ok := cutFold(name, "tags[")
	if !ok || !strings.HasSuffix(rest, "]") {
		return "", false
	}
	rest = rest[:len(rest)-1]
	if n := len(rest); n >= 2 && (rest[0] == '\'' || rest[0] == '"') && rest[n-1] == rest[0] {
		return strings.ReplaceAll(rest[1:n-1], "''", "'"), true
	}
	return rest, true
}

// aliasSlash returns where the type of an alias ends, and -1 where a name is
// no alias: identity.userAssignedIdentities['/subscriptions/...'] is none.
func aliasSlash(name string) int {
	end := len(name)
	if i := strings.IndexByte(name, '['); i >= 0 {
		end = i
	}
	i := strings.LastIndexByte(name[:end], '/')
	if i <= 0 || !strings.Contains(name[:i], ".") {
		return -1
	}
	// An alias may hold further slashes behind an array only in discriminators, which it does not split.
	return i
}

// about tells whether the alias speaks of a resource type. A resource whose
// type nobody knows is taken for what the alias means.
func (r *fieldRef) about(typ string) bool {
	if typ == r.typ || typ == "" || len(typ) == len(r.typ) && strings.EqualFold(typ, r.typ) {
		return true
	}
	if r.detours == nil && len(typ) > len(r.typ) && typ[len(r.typ)] == '/' && strings.EqualFold(typ[:len(r.typ)], r.typ) {
		return r.child(typ) > 0
	}
	for i := range r.detours {
		if t := r.detours[i].typ; t != "" && strings.EqualFold(t, typ) {
			return true
		}
	}
	// A discriminator may stand between the type and the path.
	return len(r.typ) > len(typ) && r.typ[len(typ)] == '/' && strings.EqualFold(r.typ[:len(typ)], typ) && strings.Contains(typ, "/")
}

// child returns how many leading steps of the alias name the child type that a
// resource of a longer type is: agentPools of managedClusters/agentPools.
func (r *fieldRef) child(typ string) int {
	rest := typ[len(r.typ)+1:]
	if !strings.Contains(r.typ, "/") { // Microsoft.Sql/securityAlertPolicies.state: whatever has them
		rest = rest[strings.LastIndexByte(rest, '/')+1:]
	}
	n := 0
	for n < len(r.steps) && r.steps[n].kind == stepKey {
		seg, more, _ := strings.Cut(rest, "/")
		if !strings.EqualFold(seg, r.steps[n].key.Name()) {
			return 0
		}
		if n++; more == "" {
			return n
		}
		rest = more
	}
	return 0
}

// detour returns the other way that an alias goes on a resource of a type for
// an API version, or nil.
func (r *fieldRef) detour(typ, version string) []step {
	for i := range r.detours {
		d := &r.detours[i]
		if d.typ != "" && typ != "" && (len(d.typ) != len(typ) || !strings.EqualFold(d.typ, typ)) {
			continue
		}
		if version != "" {
			for _, p := range d.versions {
				if slices.Contains(p.versions, version) {
					return p.steps
				}
			}
		}
		return d.steps
	}
	return nil
}

// one reads an alias without [*].
func (r *fieldRef) one(f *frame) jsondoc.Value {
	if r.detours == nil && len(r.steps) > 0 && r.steps[0].kind == stepKey {
		if v := f.props.Lookup(r.steps[0].key); v.Exists() { // nearly always
			return walkOne(v, r.steps[1:])
		}
	}
	if r.detours != nil {
		if way := r.detour(f.res.Type, f.o.APIVersion); way != nil {
			if v := walkOne(f.body, way); v.Exists() || r.listed {
				return v
			}
		}
	}
	return walkOne(r.start(f.res, f.body, r.steps))
}

// all reads an alias with [*].
func (r *fieldRef) all(f *frame, dst []jsondoc.Value) []jsondoc.Value {
	if r.detours != nil {
		if way := r.detour(f.res.Type, f.o.APIVersion); way != nil {
			n := len(dst)
			dst = walkAll(dst, f.body, way)
			if r.listed || slices.ContainsFunc(dst[n:], jsondoc.Value.Exists) {
				return dst
			}
			dst = dst[:n]
		}
	}
	v, steps := r.start(f.res, f.body, r.steps)
	return walkAll(dst, v, steps)
}

// start returns the value and the steps that reading an alias begins with.
func (r *fieldRef) start(res *resource.Resource, body jsondoc.Value, steps []step) (jsondoc.Value, []step) {
	if len(steps) == 0 || steps[0].kind != stepKey {
		return body, steps
	}
	if p := body.Lookup(propertiesKey); p.Kind() == jsondoc.Object && p.Lookup(steps[0].key).Exists() {
		return p, steps
	}
	if len(steps) == 1 || body.Lookup(steps[0].key).Exists() {
		return body, steps
	}
	if len(res.Type) > len(r.typ)+1 {
		if n := r.child(res.Type); n > 0 && n < len(steps) {
			steps = steps[n:]
			return r.start(res, body, steps)
		}
	}
	if name := steps[0].key.Name(); !steps[0].skip && strings.EqualFold(name, lastName(res)) {
		return body, steps[1:]
	}
	return body, steps
}

func lastName(res *resource.Resource) string {
	if name := res.ID.Name(); name != "" {
		return name
	}
	name := res.Body.Lookup(nameKey).TextOr("")
	return name[strings.LastIndexByte(name, '/')+1:]
}

// scalarField reads the fields that every resource has.
func (r *fieldRef) envelope(res *resource.Resource) (v jsondoc.Value, ok bool) {
	switch r.kind {
	case fieldType:
		return textOrMissing(res.Type, res.Body, "type"), true
	case fieldName:
		if v := res.Body.Get("name"); v.Kind() == jsondoc.String {
			return v, true
		}
		return textOrMissing(res.ID.Name(), res.Body, "name"), true
	case fieldFullName:
		if res.ID.IsZero() {
			if v := res.Body.Get("fullName"); v.Exists() {
				return v, true
			}
			return res.Body.Get("name"), true
		}
		return jsondoc.NewString(res.ID.FullName()), true
	case fieldID:
		if res.ID.IsZero() {
			return res.Body.Get("id"), true
		}
		return jsondoc.NewString(res.ID.String()), true
	case fieldLocation:
		return res.Body.Lookup(locationKey), true
	case fieldTag:
		if tags := res.Body.Lookup(tagsKey); tags.Exists() {
			return tags.Lookup(r.tag), true
		}
		return res.Body.Lookup(propertiesKey).Lookup(tagsKey).Lookup(r.tag), true
	default:
		return jsondoc.Value{}, false
	}
}

func textOrMissing(s string, body jsondoc.Value, member string) jsondoc.Value {
	if s == "" {
		return body.Get(member)
	}
	return jsondoc.NewString(s)
}
