package assign

import (
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// Judges tells whether an assigned definition looks at a resource of an
// inventory, which may be nil, at all:
//
//   - Azure evaluates what is in a subscription; objects of the directory are
//     looked at only by a definition that names their type;
//   - mode Indexed leaves out what has no tags and location;
//   - of Microsoft.Resources only subscriptions and resource groups are looked at;
//   - a rule that asks for a location is not of subscriptions;
//   - modify of identity.type is of virtual machines and scale sets alone.
//
// Source: "Overview of Azure Policy", Azure Policy and Azure RBAC; "Azure
// Policy definition structure basics", Resource Manager modes; "What is
// applicability in Azure Policy?"; "Azure Policy definitions modify effect",
// Skipped modification.
func Judges(def *policy.Definition, r *resource.Resource, inv *inventory.Inventory) bool {
	return Overlooks(def, r, inv) == ""
}

// Overlooks says why an assigned definition does not look at a resource, in a
// sentence; "" where it does.
func Overlooks(def *policy.Definition, r *resource.Resource, inv *inventory.Inventory) string {
	if r.IsGraph() {
		if def.Types() == nil {
			return "a definition that names no type does not look at objects of the directory"
		}
		return ""
	}
	if r.ID.IsZero() {
		return ""
	}
	if r.ID.Subscription() == "" {
		return "Azure evaluates what is in a subscription"
	}
	switch typ := r.TypeKey(); {
	case typ != "microsoft.compute/virtualmachines" && typ != "microsoft.compute/virtualmachinescalesets" && def.ChangesIdentity():
		return "modify of identity.type is of virtual machines and scale sets alone"
	case typ == "microsoft.resources/subscriptions":
		if def.AsksLocation() {
			return "a definition that asks for a location does not look at subscriptions"
		}
	case typ == "microsoft.resources/subscriptions/resourcegroups", typ == "microsoft.resources/resourcegroups":
	case strings.HasPrefix(typ, "microsoft.resources/"):
		return "of Microsoft.Resources, Azure evaluates subscriptions and resource groups only"
	}
	if def.Indexed() && !tracked(r, inv) {
		return "mode Indexed looks at what has tags and a location only"
	}
	return ""
}

// untracked are types that answer with a location but are no resources with
// tags of their own.
var untracked = []string{"microsoft.authorization/", "microsoft.web/sites/config", "microsoft.web/sites/slots/config", "microsoft.web/sites/basicpublishingcredentialspolicies",
	"microsoft.web/sites/hostnamebindings", "microsoft.web/sites/publiccertificates", "microsoft.web/sites/functions", "microsoft.web/sites/host", "microsoft.web/sites/virtualnetworkconnections",
	"microsoft.insights/diagnosticsettings", "microsoft.resources/deployments"}

// tracked tells whether a resource has tags and a location, which may not have
// been read.
func tracked(r *resource.Resource, inv *inventory.Inventory) bool {
	if r.ID.Level() != resource.LevelResource {
		return false
	}
	if r.Location() == "" && r.Tags().IsMissing() {
		if inv == nil {
			return false
		}
		if _, lost := inv.Unread(r, "location"); !lost {
			return false
		}
	}
	for _, prefix := range untracked {
		if strings.HasPrefix(r.TypeKey(), prefix) {
			return false
		}
	}
	return true
}
