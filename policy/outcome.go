package policy

import (
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Outcome is what a definition does to a resource.
type Outcome struct {
	Result
	Effect Effect
	// Details are those of the rule that belong to the effect, their
	// expressions evaluated; missing where the effect does not take place.
	Details jsondoc.Value
	// Remediation is what deployIfNotExists, modify or append would do.
	Remediation *Remediation
}

// Bare makes a resource of a body that may lack an id.
func Bare(body jsondoc.Value) *resource.Resource {
	if r, err := resource.New(body, "", resource.Origin{}); err == nil {
		return r
	}
	return &resource.Resource{Type: body.Get("type").TextOr(""), Body: body}
}
