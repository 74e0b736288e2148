package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// graphCollection is a list of Microsoft Graph, or an object that a tenant has
// one of.
type graphCollection struct {
	collection string // the type below Microsoft.Graph/
	path       string
	permission string // the least that may read it
	single     bool
	fallback   string   // a path that gives less, tried where the first is refused
	lost       []string // what the fallback does not read
}

// graphCollections is everything that is read of a directory. Sources: the
// pages of the collections in Microsoft Graph's reference; the permissions are
// the least privileged that they name.
var graphCollections = []graphCollection{
	{collection: "organization", path: "/v1.0/organization", permission: "Organization.Read.All"},
	{collection: "domains", path: "/v1.0/domains", permission: "Domain.Read.All"},
	{collection: "users", permission: "User.Read.All, AuditLog.Read.All",
		path:     "/v1.0/users?$top=500&$select=" + userMembers + ",signInActivity",
		fallback: "/v1.0/users?$top=999&$select=" + userMembers, lost: []string{"signInActivity"}},
	{collection: "groups", path: "/v1.0/groups?$top=999&$select=" + groupMembers, permission: "GroupMember.Read.All"},
	{collection: "servicePrincipals", path: "/v1.0/servicePrincipals?$top=999", permission: "Application.Read.All"},
	{collection: "applications", path: "/v1.0/applications?$top=999", permission: "Application.Read.All"},
	{collection: "devices", path: "/v1.0/devices?$top=999", permission: "Device.Read.All"},
	{collection: "administrativeUnits", path: "/v1.0/directory/administrativeUnits", permission: "AdministrativeUnit.Read.All"},
	{collection: "directoryRoles", path: "/v1.0/directoryRoles?$expand=members", permission: "RoleManagement.Read.Directory"},
	{collection: "roleDefinitions", path: "/v1.0/roleManagement/directory/roleDefinitions", permission: "RoleManagement.Read.Directory"},
	{collection: "roleAssignments", path: "/v1.0/roleManagement/directory/roleAssignments", permission: "RoleManagement.Read.Directory"},
	{collection: "roleAssignmentScheduleInstances", path: "/v1.0/roleManagement/directory/roleAssignmentScheduleInstances", permission: "RoleAssignmentSchedule.Read.Directory"},
	{collection: "roleEligibilityScheduleInstances", path: "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", permission: "RoleEligibilitySchedule.Read.Directory"},
	{collection: "roleManagementPolicies", path: "/v1.0/policies/roleManagementPolicies?$filter=scopeId%20eq%20%27%2F%27%20and%20scopeType%20eq%20%27DirectoryRole%27&$expand=rules", permission: "RoleManagementPolicy.Read.Directory"},
	{collection: "roleManagementPolicyAssignments", path: "/v1.0/policies/roleManagementPolicyAssignments?$filter=scopeId%20eq%20%27%2F%27%20and%20scopeType%20eq%20%27DirectoryRole%27", permission: "RoleManagementPolicy.Read.Directory"},
	{collection: "groupEligibilityScheduleInstances", path: "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances", permission: "PrivilegedEligibilitySchedule.Read.AzureADGroup"},
	{collection: "groupAssignmentScheduleInstances", path: "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleInstances", permission: "PrivilegedAssignmentSchedule.Read.AzureADGroup"},
	{collection: "conditionalAccessPolicies", path: "/v1.0/identity/conditionalAccess/policies", permission: "Policy.Read.All"},
	{collection: "namedLocations", path: "/v1.0/identity/conditionalAccess/namedLocations", permission: "Policy.Read.All"},
	{collection: "authenticationContextClassReferences", path: "/v1.0/identity/conditionalAccess/authenticationContextClassReferences", permission: "Policy.Read.All"},
	{collection: "authenticationStrengthPolicies", path: "/v1.0/policies/authenticationStrengthPolicies", permission: "Policy.Read.All"},
	{collection: "userRegistrationDetails", path: "/v1.0/reports/authenticationMethods/userRegistrationDetails?$top=999", permission: "AuditLog.Read.All"},
	{collection: "oauth2PermissionGrants", path: "/v1.0/oauth2PermissionGrants?$top=999", permission: "Directory.Read.All"},
	{collection: "servicePrincipalSignInActivities", path: "/beta/reports/servicePrincipalSignInActivities?$top=999", permission: "AuditLog.Read.All"},
	{collection: "crossTenantAccessPolicies", path: "/v1.0/policies/crossTenantAccessPolicy/default", permission: "Policy.Read.All", single: true},
	{collection: "crossTenantAccessPolicyConfigurationPartners", path: "/v1.0/policies/crossTenantAccessPolicy/partners", permission: "Policy.Read.All"},
	{collection: "identitySecurityDefaultsEnforcementPolicies", path: "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", permission: "Policy.Read.All", single: true},
	{collection: "authorizationPolicies", path: "/v1.0/policies/authorizationPolicy", permission: "Policy.Read.All", single: true},
	{collection: "authenticationMethodsPolicies", path: "/v1.0/policies/authenticationMethodsPolicy", permission: "Policy.Read.AuthenticationMethod", single: true},
}

const userMembers = "id,displayName,userPrincipalName,mail,userType,accountEnabled,createdDateTime,creationType,externalUserState,externalUserStateChangeDateTime,identities,onPremisesSyncEnabled,onPremisesSecurityIdentifier,lastPasswordChangeDateTime,department,jobTitle,assignedLicenses"

const groupMembers = "id,displayName,description,groupTypes,isAssignableToRole,mailEnabled,membershipRule,securityEnabled,onPremisesSyncEnabled,visibility,createdDateTime"

// graphParts are lists of each object of a collection.
var graphParts = []struct {
	of         string
	member     string // of the object's body
	path       string // with %s for the object's id
	collection string // where the elements are objects of their own instead
	permission string
}{
	{of: "groups", member: "members", path: "/groups/%s/members?$select=id&$top=999", permission: "GroupMember.Read.All"},
	{of: "groups", member: "owners", path: "/groups/%s/owners?$select=id", permission: "GroupMember.Read.All"},
	{of: "applications", member: "owners", path: "/applications/%s/owners?$select=id", permission: "Application.Read.All"},
	{of: "servicePrincipals", member: "owners", path: "/servicePrincipals/%s/owners?$select=id", permission: "Application.Read.All"},
	{of: "servicePrincipals", collection: "appRoleAssignments", path: "/servicePrincipals/%s/appRoleAssignments?$top=999", permission: "Application.Read.All"},
	{of: "administrativeUnits", member: "members", path: "/directory/administrativeUnits/%s/members?$select=id&$top=999", permission: "AdministrativeUnit.Read.All"},
}

func graphUnit(collection string) string { return "graph-" + collection }

// graphUnits lists the collections of the directory.
func (c *run) graphUnits() []unit {
	var units []unit
	for _, g := range graphCollections {
		if c.earlier != nil && g.collection == "organization" {
			continue // read before
		}
		units = append(units, c.graphCollectionUnit(g))
	}
	return units
}

func (c *run) graphCollectionUnit(g graphCollection) unit {
	typ := "Microsoft.Graph/" + g.collection
	return unit{name: graphUnit(g.collection), source: sourceMSGraph, types: []string{typ}, scope: "/",
		run: func(ctx context.Context, s *sink) error { return c.readCollection(ctx, s, g, typ) }}
}

func (c *run) readCollection(ctx context.Context, s *sink, g graphCollection, typ string) error {
	if g.single {
		v, err := c.graph.call(ctx, http.MethodGet, g.path, nil, nil)
		if err != nil {
			return refusedFor(err, g.permission)
		}
		if v.Kind() != jsondoc.Object {
			return &Failure{final: true, Message: "the answer is no object"}
		}
		if err := s.addGraph(g.collection, v); err != nil {
			return err
		}
		return s.cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Complete, Count: 1})
	}
	entry := inventory.Entry{Type: typ, Scope: "/", State: inventory.Complete}
	if _, tracked := deltaPaths[g.collection]; tracked && c.earlier != nil {
		why, err := c.whyWhole(ctx, g, typ)
		if err != nil {
			return err
		}
		if why == "" {
			ch, err := c.readChanges(ctx, g, typ)
			if err == nil {
				return c.goOn(s, g, typ, ch)
			}
			var f *Failure
			if !errors.As(err, &f) {
				return err
			}
			why = f.Error()
		}
		entry.Reason = "read whole: " + why
	}
	// The link first: what changes while the collection is read is a change for the next run.
	link, err := c.latest(ctx, g.collection)
	if err != nil {
		return err
	}
	n := 0
	take := func(v jsondoc.Value) error { n++; return s.addGraph(g.collection, v) }
	err = c.graph.list(ctx, g.path, nil, take)
	var f *Failure
	if errors.As(err, &f) && g.fallback != "" && n == 0 && (f.Denied() || f.unlicensed() || f.Status == http.StatusBadRequest) {
		entry.Unread, entry.Reason = g.lost, "refused: "+f.Error()
		err = c.graph.list(ctx, g.fallback, nil, take)
	}
	if err != nil {
		return refusedFor(err, g.permission)
	}
	entry.Count = n
	// What delta does not tell changes of is read whole next time.
	if link != "" && (len(g.lost) == 0 || len(entry.Unread) > 0) {
		if err := s.w.Delta(snapshot.Delta{Type: typ, Link: link, At: c.clock().UTC()}); err != nil {
			return err
		}
	}
	return s.cover(entry)
}

// refusedFor names the permission that a refused call needs.
func refusedFor(err error, permission string) error {
	var f *Failure
	if errors.As(err, &f) && f.Denied() && !strings.Contains(f.Message, permission) {
		g := *f
		g.Message = strings.TrimSuffix(g.Message, ".") + " (needs " + permission + ")"
		return &g
	}
	return err
}

// partUnits lists what belongs to each object: members of groups, owners,
// permissions. They run once the collections are there.
func (c *run) partUnits() []unit {
	var units []unit
	for _, p := range graphParts {
		name := "graph-" + p.of + "-" + p.member + p.collection
		typ := "Microsoft.Graph/" + p.of
		if p.collection != "" {
			typ = "Microsoft.Graph/" + p.collection
		}
		var types []string
		if p.collection != "" {
			types = []string{typ}
		}
		units = append(units, unit{name: name, source: sourceMSGraph, types: types, scope: "/", run: func(ctx context.Context, s *sink) error {
			var ids []string
			if err := scanUnit(c.dir, graphUnit(p.of), func(r *resource.Resource) error { ids = append(ids, r.ID.Name()); return nil }); err != nil {
				return err
			}
			ids, err := c.carried(s, p.of, p.member, ids)
			if err != nil {
				return err
			}
			lost, total := "", 0
			err = each(ctx, c.workers, batches(ids), func(ctx context.Context, part []string) error {
				lostOnes, err := c.batchLists(ctx, part, p.path, func(i int, elements []jsondoc.Value) error {
					c.mu.Lock()
					total += len(elements)
					c.mu.Unlock()
					if p.collection == "" {
						return s.w.Attach(resource.GraphID(p.of, part[i]), p.member, elements...)
					}
					for _, e := range elements {
						if err := s.addGraph(p.collection, e); err != nil {
							return err
						}
					}
					return nil
				})
				if isFailure(err) {
					// Nothing of any of them: each says so, since the list of the objects themselves is complete.
					lostOnes = slices.Repeat([]error{err}, len(part))
				} else if err != nil {
					return err
				}
				for i, err := range lostOnes {
					id := resource.GraphID(p.of, part[i])
					if err != nil {
						f := refusedFor(err, p.permission)
						if p.collection != "" {
							c.mu.Lock()
							lost = f.Error()
							c.mu.Unlock()
							continue
						}
						if err := s.cover(inventory.Entry{Type: typ, Scope: id.String(), State: inventory.Complete, Reason: f.Error(), Unread: []string{p.member}}); err != nil {
							return err
						}
					}
				}
				return nil
			})
			switch {
			case err != nil:
				return err
			case p.collection == "":
				return nil
			case lost != "":
				return s.cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Partial, Reason: lost, Count: total})
			}
			return s.cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Complete, Count: total})
		}})
	}
	return units
}

// batchSize is how many requests one $batch takes ("Combine multiple HTTP
// requests using JSON batching", Microsoft Graph).
const batchSize = 20

func batches(ids []string) [][]string {
	var out [][]string
	for i := 0; i < len(ids); i += batchSize {
		out = append(out, ids[i:min(i+batchSize, len(ids))])
	}
	return out
}

// batchLists asks for a list of each of several objects in one call, and hands
// their elements to emit page by page: a group may have a million members. Lists
// that go on are followed.
func (c *run) batchLists(ctx context.Context, ids []string, path string, emit func(i int, elements []jsondoc.Value) error) ([]error, error) {
	return c.batch(ctx, ids, path, func(i int, body jsondoc.Value) error {
		return c.rest(ctx, body, func(page []jsondoc.Value) error { return emit(i, page) })
	})
}

// batch asks the same of several objects in one call, and hands each answer to
// take. Answers that were throttled are asked again. It returns a failure for
// each object of which something is missing.
func (c *run) batch(ctx context.Context, ids []string, path string, take func(i int, body jsondoc.Value) error) ([]error, error) {
	out := make([]error, len(ids))
	todo := make([]int, len(ids))
	for i := range ids {
		todo[i] = i
	}
	for attempt := 0; len(todo) > 0; attempt++ {
		type request struct {
			ID     string `json:"id"`
			Method string `json:"method"`
			URL    string `json:"url"`
		}
		var requests []request
		for _, i := range todo {
			requests = append(requests, request{strconv.Itoa(i), http.MethodGet, fmt.Sprintf(path, ids[i])})
		}
		v, err := c.graph.call(ctx, http.MethodPost, "/v1.0/$batch", map[string]any{"requests": requests}, nil)
		if err != nil {
			return nil, err
		}
		answered := map[int]jsondoc.Value{}
		for _, r := range v.Get("responses").Elements() {
			if i, err := strconv.Atoi(jsonText(r, "id")); err == nil {
				answered[i] = r
			}
		}
		var again []int
		pause := c.graph.after(http.Header{}, attempt)
		for _, i := range todo {
			r, ok := answered[i]
			status, _ := r.Get("status").Int()
			body := r.Get("body")
			switch {
			case !ok || status == 0:
				out[i] = &Failure{Message: "the batch has no answer to this request"}
			case status == http.StatusTooManyRequests || status/100 == 5:
				out[i] = failureOf(int(status), body.AppendJSON(nil))
				again = append(again, i)
				if after := jsonText(r.Get("headers"), "Retry-After"); after != "" {
					pause = max(pause, c.graph.after(http.Header{"Retry-After": {after}}, attempt))
				}
			case status/100 != 2:
				out[i] = failureOf(int(status), body.AppendJSON(nil))
			default:
				if out[i] = take(i, body); out[i] != nil && !isFailure(out[i]) {
					return nil, out[i]
				}
			}
		}
		if todo = again; attempt+1 >= maxAttempts {
			break
		}
		if len(todo) > 0 {
			if err := c.pause(ctx, pause); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*Failure](err)
	return ok
}

// rest hands a page and those behind it to emit.
func (c *run) rest(ctx context.Context, body jsondoc.Value, emit func([]jsondoc.Value) error) error {
	list, err := elementsOf(body)
	if err != nil {
		return err
	}
	var page []jsondoc.Value
	for _, e := range list.Elements() {
		page = append(page, e)
	}
	if err := emit(page); err != nil {
		return err
	}
	next := jsonText(body, "@odata.nextLink")
	if next == "" {
		return nil
	}
	const most = 1000
	page = page[:0]
	flush := func() error {
		if len(page) == 0 {
			return nil
		}
		err := emit(page)
		page = page[:0]
		return err
	}
	err = c.graph.list(ctx, next, nil, func(e jsondoc.Value) error {
		if page = append(page, e); len(page) < most {
			return nil
		}
		return flush()
	})
	if f := flush(); err == nil || f != nil {
		return f
	}
	return err
}

// GraphCollection returns the collection that a path of Microsoft Graph, without
// its version, is the list of, and whether it is one object.
func GraphCollection(path string) (collection string, single, ok bool) {
	for _, g := range graphCollections {
		p, _, _ := strings.Cut(g.path, "?")
		_, p, _ = strings.Cut(strings.TrimPrefix(p, "/"), "/")
		if strings.EqualFold(p, path) {
			return g.collection, g.single, true
		}
	}
	return "", false, false
}
