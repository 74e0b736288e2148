package inventory

import (
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// UnknownFacts is the member of the facts that says why a fact is absent: an
// object from the name of the fact to a sentence.
const UnknownFacts = "unknown"

// WithFacts answers an inventory whose resources carry derived facts: facts
// maps the key of an id ([resource.ID.Key]) to an object of facts, which is
// merged into the member "azward" of the body. A fact that stands there already
// is replaced; the objects "unknown" and "gaps" are merged member by member,
// and a fact that is now known leaves "unknown". Keys that name no resource are
// passed over. The cost is one pointer per resource and one object per
// resource with facts; inv itself does not change.
func (inv *Inventory) WithFacts(facts map[string]jsondoc.Value) *Inventory {
	out := *inv
	out.all = make([]*resource.Resource, len(inv.all))
	copy(out.all, inv.all)
	for key, f := range facts {
		i, ok := inv.byKey[key]
		if !ok || f.Kind() != jsondoc.Object {
			continue
		}
		r := *inv.all[i]
		r.Body = r.Body.With(resource.Facts, mergeFacts(r.Body.Get(resource.Facts), f))
		out.all[i] = &r
	}
	return &out
}

func mergeFacts(old, more jsondoc.Value) jsondoc.Value {
	if old.Kind() != jsondoc.Object {
		return more
	}
	unknown := old.Get(UnknownFacts)
	for name, v := range more.Members() {
		was := old.Get(name)
		switch {
		case (name == UnknownFacts || name == "gaps") && was.Kind() == jsondoc.Object && v.Kind() == jsondoc.Object:
			for k, e := range v.Members() {
				was = was.With(k, e)
			}
			v = was
			if name == UnknownFacts {
				unknown = v
			}
		case unknown.Get(name).Exists():
			unknown = unknown.Without(name)
			old = old.With(UnknownFacts, unknown)
		}
		old = old.With(name, v)
	}
	if unknown.Exists() && unknown.Len() == 0 {
		old = old.Without(UnknownFacts)
	}
	return old
}
