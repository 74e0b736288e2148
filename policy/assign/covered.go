package assign

import (
	"strings"

	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// judges tells whether an assigned definition looks at a resource at all:
//
//   - Azure evaluates what is in a subscription; objects of the directory are
//     looked at only by a definition that names their type;
//   - mode Indexed leaves out what has no tags and location.
//
// Source: "Overview of Azure Policy", Azure Policy and Azure RBAC, and "Azure
// Policy definition structure basics", Resource Manager modes.
func judges(def *policy.Definition, r *resource.Resource) bool {
	if r.IsGraph() {
		return def.Types() != nil
	}
	if r.ID.IsZero() {
		return true
	}
	if r.ID.Subscription() == "" {
		return false
	}
	return !def.Indexed() || tracked(r)
}

// untracked are types that answer with a location but are no resources with
// tags of their own.
var untracked = []string{"microsoft.authorization/", "microsoft.web/sites/config", "microsoft.web/sites/slots/config", "microsoft.web/sites/basicpublishingcredentialspolicies",
	"microsoft.web/sites/hostnamebindings", "microsoft.web/sites/publiccertificates", "microsoft.web/sites/functions", "microsoft.web/sites/host", "microsoft.web/sites/virtualnetworkconnections",
	"microsoft.insights/diagnosticsettings", "microsoft.resources/deployments"}

// tracked tells whether a resource has tags and a location.
func tracked(r *resource.Resource) bool {
	if r.ID.Level() != resource.LevelResource || r.Location() == "" && r.Tags().IsMissing() {
		return false
	}
	for _, prefix := range untracked {
		if strings.HasPrefix(r.TypeKey(), prefix) {
			return false
		}
	}
	return true
}
