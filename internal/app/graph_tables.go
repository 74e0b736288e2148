package app

import (
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
	"github.com/azward/azward/resource"
)

// graphColumns are the columns of Azure Resource Graph's tables, in its order.
func graphColumns() []kql.Column {
	var cols []kql.Column
	for _, n := range []string{"id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy"} {
		cols = append(cols, kql.Column{Name: n, Type: kql.String})
	}
	for _, n := range []string{"sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation"} {
		cols = append(cols, kql.Column{Name: n, Type: kql.Dynamic})
	}
	return cols
}

// graphTables says in which of Resource Graph's tables a type of resources
// lies, by type or, with a star at the end, by what types begin with; the first
// that matches counts. Types come from the reference page "Azure Resource Graph
// tables and resource types"; what is not listed is in the table resources if
// it is a resource that Azure tracks. Tables that are never filled from an
// inventory are left out.
func graphTables() [][2]string {
	return [][2]string{
		{"resourcecontainers", "microsoft.resources/subscriptions"},
		{"resourcecontainers", "microsoft.resources/subscriptions/resourcegroups"},
		{"resourcecontainers", "microsoft.management/managementgroups"},
		{"policyresources", "microsoft.authorization/policyassignments"},
		{"policyresources", "microsoft.authorization/policydefinitions"},
		{"policyresources", "microsoft.authorization/policysetdefinitions"},
		{"policyresources", "microsoft.authorization/policyexemptions"},
		{"policyresources", "microsoft.policyinsights/*"},
		{"authorizationresources", "microsoft.authorization/classicadministrators"},
		{"authorizationresources", "microsoft.authorization/denyassignments"},
		{"authorizationresources", "microsoft.authorization/role*"},
		{"securityresources", "microsoft.security/*"},
		{"advisorresources", "microsoft.advisor/*"},
		{"alertsmanagementresources", "microsoft.alertsmanagement/alerts"},
		{"appserviceresources", "microsoft.web/sites/config/web"},
		{"appserviceresources", "microsoft.web/sites/config"},
		{"appserviceresources", "microsoft.web/sites/slots/config"},
		{"dnsresources", "microsoft.network/dnszones/*"},
		{"dnsresources", "microsoft.network/privatednszones/a"},
		{"dnsresources", "microsoft.network/privatednszones/aaaa"},
		{"dnsresources", "microsoft.network/privatednszones/cname"},
		{"dnsresources", "microsoft.network/privatednszones/mx"},
		{"dnsresources", "microsoft.network/privatednszones/ptr"},
		{"dnsresources", "microsoft.network/privatednszones/soa"},
		{"dnsresources", "microsoft.network/privatednszones/srv"},
		{"dnsresources", "microsoft.network/privatednszones/txt"},
		{"guestconfigurationresources", "microsoft.guestconfiguration/*"},
		{"healthresources", "microsoft.resourcehealth/availabilitystatuses"},
		{"servicehealthresources", "microsoft.resourcehealth/events*"},
		{"insightsresources", "microsoft.insights/datacollectionruleassociations"},
		{"insightsresources", "microsoft.insights/diagnosticsettings"},
		{"kubernetesconfigurationresources", "microsoft.kubernetesconfiguration/*"},
		{"maintenanceresources", "microsoft.maintenance/configurationassignments"},
		{"maintenanceresources", "microsoft.maintenance/applyupdates"},
		{"maintenanceresources", "microsoft.maintenance/updates"},
		{"managedservicesresources", "microsoft.managedservices/*"},
		{"networkresources", "microsoft.network/networkmanagers/*"},
		{"networkresources", "microsoft.network/networkmanagerconnections"},
		{"networkresources", "microsoft.network/networkgroupmemberships"},
		{"patchassessmentresources", "microsoft.compute/virtualmachines/patchassessmentresults*"},
		{"recoveryservicesresources", "microsoft.recoveryservices/vaults/*"},
		{"recoveryservicesresources", "microsoft.dataprotection/backupvaults/*"},
	}
}

// ResourceGraph returns the resources of an inventory as Azure Resource Graph's
// tables, so that its queries run on a snapshot. Rows are made when a table is
// first read.
func ResourceGraph(inv *inventory.Inventory) *kql.MemDatabase {
	db := kql.NewMemDatabase()
	AddResourceGraph(db, inv)
	return db
}

// AddResourceGraph adds the tables of ResourceGraph to db.
func AddResourceGraph(db *kql.MemDatabase, inv *inventory.Inventory) {
	g := &resourceGraph{inv: inv, exact: map[string]string{}}
	names := []string{"resources"}
	seen := map[string]bool{"resources": true}
	for _, t := range graphTables() {
		if prefix, ok := strings.CutSuffix(t[1], "*"); ok {
			g.prefixes = append(g.prefixes, [2]string{prefix, t[0]})
		} else {
			g.exact[t[1]] = t[0]
		}
		if !seen[t[0]] {
			seen[t[0]] = true
			names = append(names, t[0])
		}
	}
	cols := graphColumns()
	for _, name := range names {
		db.AddFolded(name, kql.NewLazyTable(cols, func() (*kql.MemTable, error) {
			var rows [][]string
			for r := range inv.All() {
				if g.table(r) == name {
					rows = append(rows, g.row(r))
				}
			}
			return kqlio.NewTable(cols, rows)
		}))
	}
}

type resourceGraph struct {
	inv      *inventory.Inventory
	exact    map[string]string
	prefixes [][2]string
}

// table names the table that a resource lies in, "" for none.
func (g *resourceGraph) table(r *resource.Resource) string {
	if r.IsGraph() {
		return ""
	}
	typ := r.TypeKey()
	if t, ok := g.exact[typ]; ok {
		return t
	}
	for _, p := range g.prefixes {
		if strings.HasPrefix(typ, p[0]) {
			return p[1]
		}
	}
	if g.inv.Nested(r.ID) || r.ID.Level() != resource.LevelResource {
		return ""
	}
	// Azure tracks what has a place; other children are parts of their parents.
	if r.Location() != "" || strings.Count(typ, "/") == 1 && r.ID.Scope().Level() == resource.LevelResourceGroup {
		return "resources"
	}
	return ""
}

// row returns the cells of a resource, as Resource Graph writes them: type,
// group and location in lower case.
func (g *resourceGraph) row(r *resource.Resource) []string {
	text := func(name string) string { return r.Body.Get(name).TextOr("") }
	whole := func(name string) string {
		v := r.Body.Get(name)
		if v.IsNull() || v.IsMissing() {
			return ""
		}
		return v.String()
	}
	name := r.Name()
	props := whole("properties")
	if level := r.ID.Level(); level < resource.LevelResource {
		if s := text("displayName"); s != "" {
			name = s
		}
		if props == "" {
			props = bareProperties(r.Body).String()
		}
	}
	location := strings.ToLower(strings.ReplaceAll(r.Location(), " ", ""))
	return []string{
		r.ID.String(), name, r.TypeKey(), g.tenant(r), text("kind"), location, strings.ToLower(r.ID.ResourceGroup()), r.ID.Subscription(), text("managedBy"),
		whole("sku"), whole("plan"), props, whole("tags"), whole("identity"), whole("zones"), whole("extendedLocation"),
	}
}

// tenant returns the tenant that a resource says it is in, or its subscription.
func (g *resourceGraph) tenant(r *resource.Resource) string {
	if s := r.Body.Get("tenantId").TextOr(""); s != "" {
		return s
	}
	if s := r.ID.Subscription(); s != "" {
		if sub, ok := g.inv.Lookup("/subscriptions/" + s); ok {
			return sub.Body.Get("tenantId").TextOr("")
		}
	}
	return ""
}

// bareProperties are the members of a subscription's body, which other tools
// write without properties around them.
func bareProperties(body jsondoc.Value) jsondoc.Value {
	var ms []jsondoc.Member
	for name, v := range body.Members() {
		if !inventory.IsEnvelope(name) && !strings.EqualFold(name, "displayName") && !strings.EqualFold(name, resource.Facts) {
			ms = append(ms, jsondoc.Member{Name: name, Value: v})
		}
	}
	return jsondoc.NewObject(ms...)
}
