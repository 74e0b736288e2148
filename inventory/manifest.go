package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/resource"
)

// State says what came of asking for the resources of a type under a scope.
// The zero State is NotRequested: what nobody asked for is not known.
type State uint8

// The states of an entry of the manifest.
const (
	NotRequested State = iota
	Complete           // everything there is was read
	Partial            // some of it was read
	Denied             // refused for lack of permission
	Failed             // asked for and not obtained
)

var stateNames = [...]string{"notRequested", "complete", "partial", "denied", "failed"}

// String returns the state as manifests spell it.
func (s State) String() string { return stateNames[s] }

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name.
func (s *State) UnmarshalText(text []byte) error {
	for i, n := range stateNames {
		if strings.EqualFold(n, string(text)) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("unknown coverage %q: expected one of %s", text, strings.Join(stateNames[:], ", "))
}

// AnyType is the type of an entry that speaks of every type under its scope.
const AnyType = "*"

// Entry is one line of the manifest: what was asked for and what came of it.
type Entry struct {
	Type   string   `json:"type"`             // full type, or AnyType
	Scope  string   `json:"scope"`            // id of the scope: "/", a subscription, a resource, ...
	State  State    `json:"state"`            //
	Reason string   `json:"reason,omitempty"` // a sentence, where State is not Complete
	Count  int      `json:"count"`            // resources that arrived
	Unread []string `json:"unread,omitempty"` // paths of properties that were not read in these resources, "properties.networkAcls"
	Source string   `json:"source,omitempty"` // file or service
	Here   bool     `json:"here,omitempty"`   // speaks of the scope itself, and not of what is below it
}

// Manifest is everything that was asked for. It never changes once built.
type Manifest struct {
	entries []Entry
	byType  map[string]*typeEntries
}

type typeEntries struct {
	byScope map[string]*Entry // merged per scope
	scopes  []string          // keys of byScope, sorted
	unread  bool              // any entry has unread paths
}

// Entries returns the entries, one for each type, scope and source, ordered by
// type and scope.
func (m *Manifest) Entries() []Entry { return slices.Clone(m.entries) }

func newManifest(list []Entry) *Manifest {
	m := &Manifest{byType: make(map[string]*typeEntries)}
	type place struct{ typ, scope, source string }
	at := make(map[place]int, len(list))
	for _, e := range list {
		k := place{strings.ToLower(e.Type), scopeKey(e.Scope), e.Source}
		if i, ok := at[k]; ok {
			merge(&m.entries[i], e)
			continue
		}
		at[k] = len(m.entries)
		e.Unread = slices.Clone(e.Unread)
		m.entries = append(m.entries, e)
	}
	slices.SortStableFunc(m.entries, func(a, b Entry) int {
		if c := strings.Compare(strings.ToLower(a.Type), strings.ToLower(b.Type)); c != 0 {
			return c
		}
		if c := strings.Compare(scopeKey(a.Scope), scopeKey(b.Scope)); c != 0 {
			return c
		}
		return strings.Compare(a.Source, b.Source)
	})
	for _, e := range m.entries {
		tk := strings.ToLower(e.Type)
		te := m.byType[tk]
		if te == nil {
			te = &typeEntries{byScope: make(map[string]*Entry)}
			m.byType[tk] = te
		}
		sk := scopeKey(e.Scope)
		if old := te.byScope[sk]; old != nil {
			merge(old, e)
		} else {
			te.byScope[sk] = &Entry{e.Type, e.Scope, e.State, e.Reason, e.Count, slices.Clone(e.Unread), "", e.Here}
			te.scopes = append(te.scopes, sk)
		}
		te.unread = te.unread || len(e.Unread) > 0
	}
	for _, te := range m.byType {
		slices.Sort(te.scopes)
	}
	return m
}

func scopeKey(scope string) string {
	if scope == "" || scope == "/" {
		return "/"
	}
	return strings.ToLower(strings.TrimRight(scope, "/"))
}

// merge joins what two sources say of one type and scope. What one of them
// read completely is read, whatever became of the other; a path is unread only
// where neither read it.
func merge(into *Entry, e Entry) {
	rank := [...]int{NotRequested: 0, Failed: 1, Denied: 2, Partial: 3, Complete: 4}
	into.Count = max(into.Count, e.Count)
	switch {
	case rank[e.State] > rank[into.State]:
		into.State, into.Reason, into.Here = e.State, e.Reason, e.Here
		into.Unread = slices.Clone(e.Unread)
	case e.State == into.State:
		into.Here = into.Here && e.Here
		if into.Reason == "" {
			into.Reason = e.Reason
		}
		if e.State == Complete || e.State == Partial {
			into.Unread = slices.DeleteFunc(into.Unread, func(p string) bool { return !slices.Contains(e.Unread, p) })
		}
	}
}

// Coverage says how much of the resources of a type under a scope was read.
type Coverage struct {
	State  State
	Reason string // a sentence for a person; empty where State is Complete
}

// Complete tells whether everything was read.
func (c Coverage) Complete() bool { return c.State == Complete }

// Coverage answers how much was read of the resources of a type at or below a
// scope. The nearest entry of the manifest at or above the scope decides; what
// was lost below it makes it partial. Without such an entry, the child type of
// a resource is complete where the resource's own body holds the array of
// those children ("securityRules", "subnets"), and a wider scope is complete
// where all its parts are. Everything else is NotRequested.
func (inv *Inventory) Coverage(typ string, scope resource.ID) Coverage {
	if scope.IsZero() {
		return Coverage{NotRequested, "no scope was named"}
	}
	return inv.coverage(strings.ToLower(typ), typ, scope, 0, true)
}

// Stated is [Inventory.Coverage] with only the reasons that the manifest itself
// gives; the others, which name the type and the scope, take time to write.
func (inv *Inventory) Stated(typ string, scope resource.ID) Coverage {
	if scope.IsZero() {
		return Coverage{State: NotRequested}
	}
	return inv.coverage(strings.ToLower(typ), typ, scope, 0, false)
}

// maxCoverageSteps bounds the descent from parents' types to children's.
const maxCoverageSteps = 4

// coverage is Coverage of a type in lower case and as it is to be written. Where
// why is false, no reasons are made up.
func (inv *Inventory) coverage(tk, typ string, scope resource.ID, depth int, why bool) Coverage {
	te, anyType := inv.Manifest().byType[tk], inv.Manifest().byType[AnyType]
	if e := inv.nearest(te, anyType, scope); e != nil {
		c := Coverage{State: e.State, Reason: e.Reason}
		if why {
			c.Reason = reason(e, typ)
		}
		if e.Here && c.State == Complete && (scope.Level() == resource.LevelTenant || scope.Level() == resource.LevelManagementGroup) {
			// The list of the scope itself; its subscriptions have lists of their own.
			if depth < maxCoverageSteps {
				if parts, ok := inv.byParts(te, tk, typ, scope, depth, why); ok {
					return parts
				}
			}
			c.State = Partial
			if why {
				c.Reason = fmt.Sprintf("%s was read of %s itself only", typ, scope)
			}
			return c
		}
		if c.State == Complete {
			if lost := inv.lostBelow(te, scope); lost != nil {
				return Coverage{Partial, reason(lost, typ)}
			}
			return Coverage{State: Complete}
		}
		// The parent's own body is better evidence than a wider list that was refused.
		if depth < maxCoverageSteps && inv.inBody(tk, scope) {
			return Coverage{State: Complete}
		}
		return c
	}
	if inv.inBody(tk, scope) {
		return Coverage{State: Complete}
	}
	if depth < maxCoverageSteps {
		if c, ok := inv.byParts(te, tk, typ, scope, depth, why); ok {
			return c
		}
	}
	if !why {
		return Coverage{State: NotRequested}
	}
	return Coverage{NotRequested, fmt.Sprintf("%s under %s was not asked for", typ, scope)}
}

func reason(e *Entry, typ string) string {
	if e.Reason != "" {
		return e.Reason
	}
	switch e.State {
	case Denied:
		return fmt.Sprintf("reading %s under %s was denied", typ, e.Scope)
	case Failed:
		return fmt.Sprintf("reading %s under %s failed", typ, e.Scope)
	case Partial:
		return fmt.Sprintf("only some of %s under %s was read", typ, e.Scope)
	case NotRequested:
		return fmt.Sprintf("%s under %s was not asked for", typ, e.Scope)
	case Complete:
	}
	return ""
}

// nearest returns the entry of the nearest scope at or above scope; at one
// scope, the type's own entry comes before that of every type.
func (inv *Inventory) nearest(te, anyType *typeEntries, scope resource.ID) *Entry {
	if te == nil && anyType == nil {
		return nil
	}
	at := func(key string, itself bool) *Entry {
		for _, t := range []*typeEntries{te, anyType} {
			if t != nil {
				if e := t.byScope[key]; e != nil && (itself || !e.Here) {
					return e
				}
			}
		}
		return nil
	}
	for key, n := scope.Key(), 0; n < resource.MaxIDSegments+maxGroupDepth; n++ {
		if e := at(key, n == 0); e != nil {
			return e
		}
		if key == "/" {
			return nil
		}
		key = inv.scopeAbove(key)
	}
	return nil
}

// scopeAbove returns the key of the scope that holds the scope of key.
func (inv *Inventory) scopeAbove(key string) string {
	var id resource.ID
	var err error
	if r, ok := inv.ByKey(key); ok {
		id = r.ID // nothing to parse
	} else {
		id, err = resource.ParseID(key)
	}
	if err == nil {
		switch id.Level() {
		case resource.LevelSubscription, resource.LevelManagementGroup:
			return inv.tree.upOrRoot(key)
		case resource.LevelTenant, resource.LevelResourceGroup, resource.LevelResource:
		}
		return id.ParentKey()
	}
	return "/"
}

// lostBelow returns an entry strictly below scope of which something was lost.
func (inv *Inventory) lostBelow(te *typeEntries, scope resource.ID) *Entry {
	if te == nil {
		return nil
	}
	for _, e := range inv.entriesBelow(te, scope) {
		if e.State == Denied || e.State == Failed || e.State == Partial {
			return e
		}
	}
	return nil
}

func (inv *Inventory) entriesBelow(te *typeEntries, scope resource.ID) []*Entry {
	var out []*Entry
	keys := []string{scope.Key()}
	switch scope.Level() {
	case resource.LevelTenant:
		for _, k := range te.scopes {
			if k != "/" {
				out = append(out, te.byScope[k])
			}
		}
		return out
	case resource.LevelManagementGroup:
		keys = inv.tree.below(scope.Key())
	case resource.LevelSubscription, resource.LevelResourceGroup, resource.LevelResource:
	}
	for n, key := range keys {
		if n > 0 && te.byScope[key] != nil {
			out = append(out, te.byScope[key])
		}
		i, _ := slices.BinarySearch(te.scopes, key+"/")
		for ; i < len(te.scopes) && strings.HasPrefix(te.scopes[i], key+"/"); i++ {
			out = append(out, te.byScope[te.scopes[i]])
		}
	}
	return out
}

// inBody tells whether scope is a resource whose body holds the array of its
// children of the type, empty or not.
func (inv *Inventory) inBody(tk string, scope resource.ID) bool {
	parent, member, ok := cutLast(tk)
	if !ok || scope.Level() != resource.LevelResource {
		return false
	}
	r, ok := inv.Get(scope)
	if !ok || parent != r.TypeKey() && !strings.EqualFold(parent, r.ID.Type()) {
		return false
	}
	list := r.Properties().Get(member)
	if !list.Exists() {
		list = r.Body.Get(member)
	}
	if n := list.Len(); n > 0 {
		// Only an array of children as such; references and inline settings are none.
		return childBody(r.ID, list.At(0))
	}
	return isEmptyArray(list)
}

func cutLast(typ string) (parent, last string, ok bool) {
	i := strings.LastIndexByte(typ, '/')
	if i < 0 || !strings.Contains(typ[:i], "/") {
		return "", "", false
	}
	return typ[:i], typ[i+1:], true
}

// byParts answers for a scope that no entry covers as a whole from what is
// known of its parts.
func (inv *Inventory) byParts(te *typeEntries, tk, typ string, scope resource.ID, depth int, why bool) (Coverage, bool) {
	// Every parent resource was read, and each says all of its children.
	if parent, _, ok := cutLast(tk); ok && scope.Level() != resource.LevelResource {
		if pc := inv.coverage(parent, parent, scope, depth+1, false); pc.State == Complete {
			whole := true
			for p := range inv.Under(scope, parent) {
				if c := inv.coverage(tk, typ, p.ID, depth+1, false); c.State != Complete {
					whole = false
					break
				}
			}
			if whole {
				return Coverage{State: Complete}, true
			}
		}
	}
	if te == nil {
		return Coverage{}, false
	}
	below := inv.entriesBelow(te, scope)
	if len(below) == 0 {
		return Coverage{}, false
	}
	// Every subscription of the tenant or management group was read.
	if scope.Level() == resource.LevelTenant || scope.Level() == resource.LevelManagementGroup {
		subs, whole := 0, true
		for _, s := range inv.Subscriptions() {
			if !inv.Within(s, scope) {
				continue
			}
			subs++
			if c := inv.coverage(tk, typ, s, depth+1, false); c.State != Complete {
				whole = false
				break
			}
		}
		if whole && subs > 0 {
			return Coverage{State: Complete}, true
		}
	}
	state := below[0].State
	for _, e := range below {
		if e.State != state {
			state = Partial
		}
	}
	if state == Complete || state == NotRequested {
		state = Partial
	}
	c := Coverage{State: state}
	if i := slices.IndexFunc(below, func(e *Entry) bool { return e.State != Complete }); i >= 0 {
		c.Reason = below[i].Reason
		if why {
			c.Reason = reason(below[i], typ)
		}
	} else if why {
		c.Reason = fmt.Sprintf("only parts of %s were read for %s", scope, typ)
	}
	return c, true
}
