package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const (
	sourceGraphARG = "Azure Resource Graph"
	sourceARM      = "Azure Resource Manager"
	sourceMSGraph  = "Microsoft Graph"

	apiResourceGraph = "2022-10-01"
	pageSize         = 1000
	// chunk is how many subscriptions one query of Resource Graph names. It takes
	// up to a thousand; fewer keep units small.
	chunk = 100
)

// Want is a type that somebody will ask about, with the types of the resources
// on which extension resources of it are looked for.
type Want struct {
	Type string
	On   []string
}

// graphTable says which table of Resource Graph holds a type, "" where none
// does. Source: "Azure Resource Graph table and resource type reference".
func graphTable(typ string) string {
	t := strings.ToLower(typ)
	switch t {
	case "microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups", "microsoft.management/managementgroups":
		return "resourcecontainers"
	case "microsoft.authorization/roleassignments", "microsoft.authorization/roledefinitions":
		return "authorizationresources"
	case "microsoft.authorization/policyassignments", "microsoft.authorization/policydefinitions", "microsoft.authorization/policysetdefinitions", "microsoft.authorization/policyexemptions":
		return "policyresources"
	case "microsoft.security/pricings", "microsoft.security/assessments", "microsoft.security/securescores", "microsoft.security/securescores/securescorecontrols":
		return "securityresources"
	}
	if strings.HasPrefix(t, "microsoft.authorization/") || strings.HasPrefix(t, "microsoft.security/") || strings.HasPrefix(t, "microsoft.graph/") || extensionTypes[t] {
		return ""
	}
	if strings.Count(t, "/") == 1 || childrenInGraph[t] {
		return "resources"
	}
	return ""
}

// childrenInGraph are the child types that Resource Graph lists as resources of
// their own.
var childrenInGraph = map[string]bool{
	"microsoft.sql/servers/databases": true, "microsoft.sql/servers/elasticpools": true, "microsoft.compute/virtualmachines/extensions": true,
	"microsoft.web/sites/slots": true, "microsoft.automation/automationaccounts/runbooks": true, "microsoft.sql/managedinstances/databases": true,
}

// extensionTypes are asked for on each resource, or on the subscription.
var extensionTypes = map[string]bool{
	"microsoft.insights/diagnosticsettings": true, "microsoft.guestconfiguration/guestconfigurationassignments": true,
	"microsoft.maintenance/configurationassignments": true, "microsoft.kubernetesconfiguration/extensions": true,
}

// subscriptionLists are lists of a subscription that Resource Graph does not
// carry, with the version of the API that is asked.
//
// Where here is set the list is of the subscription alone, and says nothing of
// resource groups and resources.
var subscriptionLists = []struct {
	typ, path, api string
	here           bool
}{
	{"Microsoft.Authorization/denyAssignments", "providers/Microsoft.Authorization/denyAssignments", "2022-04-01", false},
	{"Microsoft.Authorization/locks", "providers/Microsoft.Authorization/locks", "2020-05-01", false},
	{"Microsoft.Authorization/classicAdministrators", "providers/Microsoft.Authorization/classicAdministrators", "2015-07-01", false},
	{"Microsoft.Authorization/roleEligibilityScheduleInstances", "providers/Microsoft.Authorization/roleEligibilityScheduleInstances", "2020-10-01", false},
	{"Microsoft.Authorization/roleAssignmentScheduleInstances", "providers/Microsoft.Authorization/roleAssignmentScheduleInstances", "2020-10-01", false},
	{"Microsoft.Authorization/roleManagementPolicyAssignments", "providers/Microsoft.Authorization/roleManagementPolicyAssignments", "2020-10-01", true},
	{"Microsoft.Authorization/roleManagementPolicies", "providers/Microsoft.Authorization/roleManagementPolicies", "2020-10-01", true},
	{"Microsoft.Security/securityContacts", "providers/Microsoft.Security/securityContacts", "2020-01-01-preview", false},
	{"Microsoft.Security/autoProvisioningSettings", "providers/Microsoft.Security/autoProvisioningSettings", "2017-08-01-preview", false},
	{"Microsoft.Security/workspaceSettings", "providers/Microsoft.Security/workspaceSettings", "2017-08-01-preview", false},
	{"Microsoft.Security/settings", "providers/Microsoft.Security/settings", "2022-05-01", false},
}

// childPaths say where the children of a type are listed below their parent,
// where that is not simply {parent}/{last segment}; the second word is the type
// that the list hangs below.
var childPaths = map[string][2]string{
	"microsoft.storage/storageaccounts/blobservices":            {"blobServices", "microsoft.storage/storageaccounts"},
	"microsoft.storage/storageaccounts/fileservices":            {"fileServices", "microsoft.storage/storageaccounts"},
	"microsoft.storage/storageaccounts/queueservices":           {"queueServices", "microsoft.storage/storageaccounts"},
	"microsoft.storage/storageaccounts/tableservices":           {"tableServices", "microsoft.storage/storageaccounts"},
	"microsoft.storage/storageaccounts/blobservices/containers": {"blobServices/default/containers", "microsoft.storage/storageaccounts"},
	"microsoft.storage/storageaccounts/managementpolicies":      {"managementPolicies/default", "microsoft.storage/storageaccounts"},
	"microsoft.web/sites/config":                                {"config/web", "microsoft.web/sites"},
	// "Backup Protected Items - List" of Azure Backup lists what lies several levels below.
	"microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems": {"backupProtectedItems", "microsoft.recoveryservices/vaults"},
	"microsoft.sql/servers/databases/transparentdataencryption":                           {"transparentDataEncryption", "microsoft.sql/servers/databases"},
}

// apiVersions are the versions of the API by namespace: the longest prefix of
// the type decides.
var apiVersions = []struct{ prefix, version string }{
	{"microsoft.storage/", "2023-05-01"}, {"microsoft.web/", "2023-12-01"}, {"microsoft.sql/", "2021-11-01"}, {"microsoft.keyvault/", "2023-07-01"},
	{"microsoft.dbforpostgresql/flexibleservers", "2022-12-01"}, {"microsoft.dbformysql/flexibleservers", "2023-06-30"}, {"microsoft.dbforpostgresql/", "2017-12-01"}, {"microsoft.dbformysql/", "2017-12-01"},
	{"microsoft.network/", "2023-11-01"}, {"microsoft.compute/", "2024-03-01"}, {"microsoft.recoveryservices/", "2024-04-01"}, {"microsoft.insights/diagnosticsettings", "2021-05-01-preview"},
	{"microsoft.insights/", "2021-05-01-preview"}, {"microsoft.containerservice/", "2024-02-01"}, {"microsoft.documentdb/", "2024-05-15"}, {"microsoft.eventhub/", "2024-01-01"},
	{"microsoft.servicebus/", "2021-11-01"}, {"microsoft.containerregistry/", "2023-07-01"}, {"microsoft.automation/", "2023-11-01"}, {"microsoft.security/", "2022-05-01"},
	{"microsoft.cognitiveservices/", "2023-05-01"}, {"microsoft.machinelearningservices/", "2024-04-01"}, {"microsoft.apimanagement/", "2022-08-01"}, {"microsoft.guestconfiguration/", "2022-01-25"},
	{"microsoft.dataprotection/", "2024-04-01"}, {"microsoft.devices/", "2023-06-30"}, {"microsoft.synapse/", "2021-06-01"}, {"microsoft.cache/", "2024-03-01"}, {"microsoft.cdn/", "2024-02-01"},
}

func apiVersion(typ string) (string, bool) {
	t, best, version := strings.ToLower(typ), 0, ""
	for _, v := range apiVersions {
		if strings.HasPrefix(t, v.prefix) && len(v.prefix) > best {
			best, version = len(v.prefix), v.version
		}
	}
	return version, version != ""
}

// queryUnits asks a table of Resource Graph for every resource in some
// subscriptions. Types that somebody wants and that the table holds are complete
// once it has answered whole, whether there are any or not.
func (c *run) queryUnits(table string, wants []Want, subscriptions []string) []unit {
	var types []string
	for _, w := range wants {
		if graphTable(w.Type) == table {
			types = append(types, w.Type)
		}
	}
	if len(types) == 0 && table != "resources" {
		return nil
	}
	var units []unit
	for i := 0; i < len(subscriptions); i += chunk {
		part := subscriptions[i:min(i+chunk, len(subscriptions))]
		units = append(units, unit{
			name: fmt.Sprintf("query-%s-%05d", table, i), source: sourceGraphARG, types: types, scope: scopeOfAll(part),
			run: func(ctx context.Context, s *sink) error { return c.query(ctx, s, table, types, part) },
		})
	}
	return units
}

func scopeOfAll(subscriptions []string) string {
	if len(subscriptions) == 1 {
		return "/subscriptions/" + subscriptions[0]
	}
	return "/"
}

func (c *run) query(ctx context.Context, s *sink, table string, types, subscriptions []string) error {
	body := map[string]any{
		"query":         table + " | order by id asc",
		"subscriptions": subscriptions,
		"options":       map[string]any{"resultFormat": "objectArray", "$top": pageSize},
	}
	elsewhere := c.elsewhere()
	seen := map[string]bool{}
	for {
		v, err := c.queries.call(ctx, http.MethodPost, "/providers/Microsoft.ResourceGraph/resources?api-version="+apiResourceGraph, body, nil)
		if err != nil {
			// The manifest names every subscription of the query: what was lost is lost in all of them.
			return c.lostIn(s, err, subscriptions, types)
		}
		if v.Get("data").Kind() != jsondoc.Array {
			return c.lostIn(s, errNoList, subscriptions, types)
		}
		for _, e := range v.Get("data").Elements() {
			typ := jsonText(e, "type")
			if elsewhere[strings.ToLower(typ)] {
				continue
			}
			seen[strings.ToLower(typ)] = true
			if err := s.add(trimColumns(e), typ); err != nil {
				return err
			}
		}
		token := jsonText(v, "$skipToken")
		if token == "" {
			if cut, ok := v.Get("resultTruncated").Bool(); ok && cut || strings.EqualFold(jsonText(v, "resultTruncated"), "true") {
				return c.lostIn(s, &Failure{final: true, Message: "Resource Graph cut the answer off and gave no token for the rest"}, subscriptions, types)
			}
			break
		}
		body["options"] = map[string]any{"resultFormat": "objectArray", "$top": pageSize, "$skipToken": token}
	}
	covered := slices.Clone(types)
	for t := range seen {
		// Of other types a table may hold some only: children, extension resources.
		if graphTable(t) != table {
			continue
		}
		if !slices.ContainsFunc(covered, func(k string) bool { return strings.EqualFold(k, t) }) {
			covered = append(covered, t)
		}
	}
	slices.Sort(covered)
	for _, sub := range subscriptions {
		for _, t := range covered {
			if err := s.cover(inventory.Entry{Type: t, Scope: "/subscriptions/" + sub, State: inventory.Complete}); err != nil {
				return err
			}
		}
	}
	return nil
}

// elsewhere are the types, in lower case, that have lists of their own: where
// Resource Graph has some of them as well, they would be there twice.
func (c *run) elsewhere() map[string]bool {
	out := map[string]bool{strings.ToLower(resource.TypeSubscription): true, strings.ToLower(resource.TypeManagementGroup): true}
	if !c.wants("arm") {
		return out
	}
	for _, l := range subscriptionLists {
		out[strings.ToLower(l.typ)] = true
	}
	for _, w := range c.o.Wants {
		if _, _, _, ok := childList(w); ok {
			out[strings.ToLower(w.Type)] = true
		}
	}
	return out
}

func (c *run) lostIn(s *sink, err error, subscriptions, types []string) error {
	for _, sub := range subscriptions {
		if err := s.failed(err, "/subscriptions/"+sub, int(s.count.Load()), types...); err != nil {
			return err
		}
	}
	return nil
}

// trimColumns takes away the columns that Resource Graph gives every row and
// that say nothing here.
func trimColumns(v jsondoc.Value) jsondoc.Value {
	for _, name := range []string{"kind", "location", "managedBy", "sku", "plan", "identity", "zones", "extendedLocation", "tags", "resourceGroup", "subscriptionId", "tenantId", "apiVersion", "aliases", "error", "mg"} {
		m := v.Get(name)
		switch {
		case m.IsMissing():
		case m.IsNull(), m.Kind() == jsondoc.String && m.TextOr("") == "", name == "resourceGroup", name == "tenantId", name == "subscriptionId":
			v = v.Without(name)
		}
	}
	return v
}

func jsonText(v jsondoc.Value, name string) string { return v.Get(name).TextOr("") }

// listUnits asks a subscription for what Resource Graph does not carry.
func (c *run) listUnits(subscriptions []string) []unit {
	var units []unit
	for _, sub := range subscriptions {
		for _, l := range subscriptionLists {
			scope := "/subscriptions/" + sub
			units = append(units, unit{
				name: "list-" + l.typ + "-" + sub, source: sourceARM, types: []string{l.typ}, scope: scope,
				run: func(ctx context.Context, s *sink) error {
					return c.listOne(ctx, s, scope+"/"+l.path+"?api-version="+l.api, l.typ, scope, l.here)
				},
			})
		}
		scope := "/subscriptions/" + sub
		units = append(units, unit{
			name: "list-activity-log-settings-" + sub, source: sourceARM, types: nil, scope: scope,
			run: func(ctx context.Context, s *sink) error {
				return c.listOne(ctx, s, scope+"/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview", "Microsoft.Insights/diagnosticSettings", scope, true)
			},
		})
	}
	return units
}

// listOne reads one list to its end and covers it; here says that the list holds
// what stands on the scope itself, and nothing below.
func (c *run) listOne(ctx context.Context, s *sink, address, typ, scope string, here bool) error {
	n := 0
	err := c.arm.list(ctx, address, nil, func(e jsondoc.Value) error {
		n++
		t := jsonText(e, "type")
		if t == "" {
			t = typ
		}
		return s.add(e, t)
	})
	if err != nil {
		return s.failed(err, scope, n, typ)
	}
	return s.cover(inventory.Entry{Type: typ, Scope: scope, State: inventory.Complete, Count: n, Here: here})
}

// parent is a resource below which something is listed.
type parent struct {
	id, typ string
	holds   string // the type of children that its own body holds, in lower case
}

// childrenInBody are lists that a parent's body holds whole, with the ids of the
// children ("Virtual Networks - Get"): nobody asks for them again.
var childrenInBody = map[string]string{"microsoft.network/virtualnetworks": "subnets"}

// inBody returns the type of the children that a resource's body holds.
func inBody(r *resource.Resource) string {
	member := childrenInBody[r.TypeKey()]
	list := r.Properties().Get(member)
	if member == "" || list.Kind() != jsondoc.Array {
		return ""
	}
	for _, e := range list.Elements() {
		if jsonText(e, "id") == "" {
			return ""
		}
	}
	return r.TypeKey() + "/" + strings.ToLower(member)
}

// childList says how a type is listed below its parents: the path behind the
// parent's id, the parents' types in lower case, and the version of the API. ok is
// false where the type is read in another way, or nobody knows how to ask: it
// stays not asked for, and so unknown.
func childList(w Want) (path string, of []string, version string, ok bool) {
	t := strings.ToLower(w.Type)
	if graphTable(w.Type) != "" || isListed(t) || strings.HasPrefix(t, "microsoft.graph/") {
		return "", nil, "", false
	}
	own := strings.Count(t, "/") > 1
	switch known, special := childPaths[t]; {
	case special:
		path, of = known[0], []string{known[1]}
	case extensionTypes[t], !own && len(w.On) > 0:
		path = "providers/" + w.Type
		for _, on := range w.On {
			of = append(of, strings.ToLower(on))
		}
	case own:
		i := strings.LastIndexByte(w.Type, '/')
		path, of = w.Type[i+1:], []string{t[:i]}
	}
	version, ok = apiVersion(w.Type)
	return path, of, version, ok && path != "" && len(of) > 0
}

// childUnits asks each resource for children and extension resources that
// somebody wants, by type and subscription.
func (c *run) childUnits(wants []Want, parents map[string]*found) []unit {
	var units []unit
	for _, w := range wants {
		path, of, version, ok := childList(w)
		if !ok {
			continue
		}
		for sub, all := range parents {
			var some []parent
			for _, p := range all.parents {
				if slices.Contains(of, p.typ) && p.holds != strings.ToLower(w.Type) {
					some = append(some, p)
				}
			}
			u := unit{name: "children-" + w.Type + "-" + sub, source: sourceARM, types: []string{w.Type}, scope: "/subscriptions/" + sub}
			// Extension resources stand on more types than are asked.
			whole := !strings.HasPrefix(path, "providers/") && !slices.ContainsFunc(of, func(t string) bool { return !all.whole[t] })
			switch {
			case len(some) > 0:
				u.run = func(ctx context.Context, s *sink) error {
					return c.children(ctx, s, w.Type, path, version, u.scope, some, whole)
				}
			case whole:
				// Without parents there are no children, but those that bodies hold.
				u.run = func(_ context.Context, s *sink) error {
					return s.cover(inventory.Entry{Type: w.Type, Scope: u.scope, State: inventory.Complete})
				}
			default:
				continue
			}
			units = append(units, u)
		}
	}
	slices.SortFunc(units, func(a, b unit) int { return strings.Compare(a.name, b.name) })
	return units
}

// DeepList returns the type that a list below a parent gives where its path does
// not say so.
func DeepList(parentType, last string) (typ string, ok bool) {
	for t, p := range childPaths {
		if strings.EqualFold(p[0], last) && strings.EqualFold(p[1], parentType) && strings.Count(t, "/") > strings.Count(p[1], "/")+1 {
			return t, true
		}
	}
	return "", false
}

func isListed(t string) bool {
	for _, l := range subscriptionLists {
		if strings.EqualFold(l.typ, t) {
			return true
		}
	}
	return false
}

// children lists one type below each of the parents, several at once. Where all
// of them answered, and they are all there are, one line of the manifest says so
// for the subscription; otherwise each has its own.
func (c *run) children(ctx context.Context, s *sink, typ, path, version, scope string, parents []parent, all bool) error {
	counts := make([]int, len(parents))
	lost := make([]error, len(parents))
	order := make([]int, len(parents))
	for i := range order {
		order[i] = i
	}
	err := each(ctx, c.workers, order, func(ctx context.Context, i int) error {
		n, err := c.childrenOf(ctx, s, parents[i].id+"/"+path+"?api-version="+version)
		counts[i], lost[i] = n, err
		var f *Failure
		if err != nil && !errors.As(err, &f) {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	total := 0
	for i, err := range lost {
		total += counts[i]
		all = all && err == nil
	}
	if all {
		return s.cover(inventory.Entry{Type: typ, Scope: scope, State: inventory.Complete, Count: total})
	}
	for i, p := range parents {
		if lost[i] != nil {
			err = s.failed(lost[i], p.id, counts[i], typ)
		} else {
			err = s.cover(inventory.Entry{Type: typ, Scope: p.id, State: inventory.Complete, Count: counts[i]})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// childrenOf reads one list, or the one child of a fixed name.
func (c *run) childrenOf(ctx context.Context, s *sink, address string) (n int, err error) {
	v, err := c.arm.call(ctx, http.MethodGet, address, nil, nil)
	if err != nil {
		return 0, err
	}
	if v.Kind() == jsondoc.Object && v.Get("value").Kind() != jsondoc.Array && jsonText(v, "id") != "" {
		return 1, s.add(v, "")
	}
	list, err := elementsOf(v)
	if err != nil {
		return 0, err
	}
	for _, e := range list.Elements() {
		if err := s.add(e, jsonText(e, "type")); err != nil {
			return n, err
		}
		n++
	}
	if next := jsonText(v, "nextLink"); next != "" {
		err = c.arm.list(ctx, next, nil, func(e jsondoc.Value) error { n++; return s.add(e, jsonText(e, "type")) })
	}
	return n, err
}

// each calls f for every element, some at once, and returns the first error.
func each[T any](ctx context.Context, workers int, list []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan T)
	var wg sync.WaitGroup
	for range min(workers, len(list)) {
		wg.Go(func() {
			for x := range work {
				if err := f(ctx, x); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for _, x := range list {
		select {
		case work <- x:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// subscriptions lists the subscriptions that the run may read, and covers them.
func (c *run) listSubscriptions(ctx context.Context, s *sink) error {
	n := 0
	err := c.arm.list(ctx, "/subscriptions?api-version=2022-12-01", nil, func(e jsondoc.Value) error {
		n++
		return s.add(e, resource.TypeSubscription)
	})
	if err != nil {
		return err
	}
	return s.cover(inventory.Entry{Type: resource.TypeSubscription, Scope: "/", State: inventory.Complete, Count: n})
}

// listManagementGroups lists the management groups and where everything hangs.
func (c *run) listManagementGroups(ctx context.Context, s *sink) error {
	var roots []string
	n := 0
	err := c.arm.list(ctx, "/providers/Microsoft.Management/managementGroups?api-version=2020-05-01", nil, func(e jsondoc.Value) error {
		n++
		roots = append(roots, jsonText(e, "name"))
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range roots {
		v, err := c.arm.call(ctx, http.MethodGet, "/providers/Microsoft.Management/managementGroups/"+url.PathEscape(name)+"?api-version=2020-05-01&$expand=children", nil, nil)
		if err != nil {
			return err
		}
		if err := s.add(v, resource.TypeManagementGroup); err != nil {
			return err
		}
		for _, l := range []struct{ part, typ, api string }{
			{"arm", "Microsoft.Authorization/roleAssignments", "2022-04-01"}, {"policy", "Microsoft.Authorization/policyAssignments", "2022-06-01"},
			{"policy", "Microsoft.Authorization/policyExemptions", "2022-07-01-preview"}, {"policy", "Microsoft.Authorization/policyDefinitions", "2021-06-01"}, {"policy", "Microsoft.Authorization/policySetDefinitions", "2021-06-01"},
		} {
			if !c.wants(l.part) {
				continue
			}
			id := "/providers/Microsoft.Management/managementGroups/" + name
			filter := ""
			switch l.typ {
			case "Microsoft.Authorization/roleAssignments":
				filter = "&$filter=atScope()"
			case "Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions":
				filter = "&$filter=policyType%20eq%20%27Custom%27"
			}
			if err := c.listOne(ctx, s, id+"/providers/"+l.typ+"?api-version="+l.api+filter, l.typ, id, true); err != nil {
				return err
			}
		}
	}
	return s.cover(inventory.Entry{Type: resource.TypeManagementGroup, Scope: "/", State: inventory.Complete, Count: n})
}
