package policy

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// What subscription(), resourceGroup(), requestContext() and policy() answer.
// Source: "Azure Policy definition structure policy rule", Policy functions,
// and the ARM template functions of the same names.

func member(name, text string) jsondoc.Member {
	return jsondoc.Member{Name: name, Value: jsondoc.NewString(text)}
}

// owner is the resource of the rule's if.
func (f *frame) owner() *resource.Resource {
	if f.primary != nil {
		return f.primary
	}
	return f.res
}

func (f *frame) subscription() arm.Value {
	if f.o.Subscription.Exists() {
		return arm.Of(f.o.Subscription)
	}
	id := f.owner().ID.Subscription()
	if f.roots.subscription.Exists() && f.roots.subscriptionID == id {
		return arm.Of(f.roots.subscription)
	}
	if id == "" {
		return arm.Unknown("the subscription of the resource")
	}
	v := jsondoc.NewObject(member("id", "/subscriptions/"+id), member("subscriptionId", id))
	hole := arm.Hole("the subscription " + id + " was not read")
	for _, name := range []string{"displayName", "tenantId", "tags"} {
		got := hole
		if f.inv != nil {
			if r, ok := f.inv.Lookup("/subscriptions/" + id); ok {
				if got = r.Body.Get(name); got.IsMissing() {
					got = r.Properties().Get(name)
				}
			}
		}
		if got.Exists() {
			v = v.With(name, got)
		}
	}
	f.roots.subscriptionID, f.roots.subscription = id, v
	return arm.Of(v)
}

func (f *frame) resourceGroup() arm.Value {
	if f.o.ResourceGroup.Exists() {
		return arm.Of(f.o.ResourceGroup)
	}
	id := f.owner().ID
	if f.roots.groupValue.Exists() && f.roots.valueKey != "" && strings.HasPrefix(id.Key(), f.roots.valueKey) {
		return arm.Of(f.roots.groupValue)
	}
	if id.ResourceGroup() == "" {
		return arm.Unknown("the resource group of the resource")
	}
	f.roots.valueKey, f.roots.groupValue = "", jsondoc.Value{}
	v := f.readGroup(id)
	if own, ok := f.roots.groupOf(id); ok {
		f.roots.valueKey, f.roots.groupValue = own.Key()+"/", v
	}
	return arm.Of(v)
}

func (f *frame) readGroup(id resource.ID) jsondoc.Value {
	group := "/subscriptions/" + id.Subscription() + "/resourceGroups/" + id.ResourceGroup()
	if f.inv != nil {
		if r, ok := f.inv.Lookup(group); ok {
			return r.Body
		}
	}
	hole := arm.Hole("the resource group " + group + " was not read")
	return jsondoc.NewObject(member("id", group), member("name", id.ResourceGroup()),
		jsondoc.Member{Name: "location", Value: hole}, jsondoc.Member{Name: "tags", Value: hole}, jsondoc.Member{Name: "managedBy", Value: hole})
}

// latest is the API version of an evaluation without a request: compliance of
// what is there is judged with the latest version, which is later than any
// that a rule names. Source: "Azure Policy definition structure policy rule",
// Policy functions, requestContext.
const latest = "9999-12-31"

func (f *frame) request() arm.Value {
	if f.asked.Exists() {
		return arm.Of(f.asked)
	}
	v := f.o.Request
	version := f.o.APIVersion
	if version == "" {
		version = latest
	}
	if v.Get("apiVersion").IsMissing() {
		v = v.With("apiVersion", jsondoc.NewString(version))
	}
	if f.o.Request.IsMissing() {
		v = v.With("identity", arm.Hole("who sends the request"))
	}
	f.asked = v // the same for every resource
	return arm.Of(v)
}

// utcNow answers in ISO 8601 with the fraction of a second where there is one.
func (f *frame) utcNow() arm.Value {
	if f.o.Now.IsZero() {
		return arm.Unknown("the time of the evaluation")
	}
	if f.now == "" {
		layout := "2006-01-02T15:04:05.0000000Z"
		now := f.o.Now.UTC()
		if now.Nanosecond() == 0 {
			layout = "2006-01-02T15:04:05Z"
		}
		f.now = now.Format(layout)
	}
	return arm.Text(f.now)
}

func (f *frame) policy() arm.Value {
	if f.o.Policy.Exists() {
		return arm.Of(f.o.Policy)
	}
	return arm.Of(jsondoc.NewObject(
		member("assignmentId", f.def.AssignmentID), member("definitionId", f.def.ID),
		member("setDefinitionId", f.def.InitiativeID), member("definitionReferenceId", f.def.ReferenceID),
	))
}
