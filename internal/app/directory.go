package app

import (
	"strings"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

const graphTypes = "Microsoft.Graph/"

// DirectoryOf makes the directory of the Microsoft Graph objects of an
// inventory. A collection counts as read where the manifest says that all of
// it was; one of which only a part arrived does not.
func DirectoryOf(inv *inventory.Inventory) *directory.Directory {
	var b directory.Builder
	for r := range inv.All() {
		b.AddResource(r)
	}
	tenant := resource.TenantID()
	for _, e := range inv.Manifest().Entries() {
		if collection, ok := cutFold(e.Type, graphTypes); ok && inv.Coverage(e.Type, tenant).Complete() {
			b.DeclareRead(collection)
		}
	}
	return b.Build()
}

// directoryGap says why a collection of the directory is not known whole, ""
// where it is.
func directoryGap(inv *inventory.Inventory, collection string) string {
	cov := inv.Coverage(graphTypes+collection, resource.TenantID())
	switch {
	case cov.Complete():
		return ""
	case cov.Reason != "":
		return graphTypes + collection + ": " + strings.TrimSuffix(cov.Reason, ".")
	default:
		return graphTypes + collection + " was not read"
	}
}
