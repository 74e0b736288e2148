package fake

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// moments are the times in a filter.
var moments = regexp.MustCompile(`(\w+) (ge|le|gt|lt|eq) '?([0-9T:.\-]+Z)'?`)

// logs answers the events of a table that a filter lets through, the latest
// first as Azure does.
func (s *Server) logs(w http.ResponseWriter, r *http.Request, table, subscription, link string) {
	var list []jsondoc.Value
	filters := moments.FindAllStringSubmatch(r.URL.Query().Get("$filter"), -1)
	if table == collect.TableActivity && len(filters) == 0 {
		fail(w, http.StatusBadRequest, "BadRequest", "the filter eventTimestamp is required")
		return
	}
	rows := s.events()[table]
	if table == collect.TableActivity {
		s.mu.Lock()
		rows = append(slices.Clip(s.changed), rows...)
		s.mu.Unlock()
	}
	for _, e := range rows {
		if subscription != "" && !strings.EqualFold(e.Get("subscriptionId").TextOr(""), subscription) {
			continue
		}
		in := true
		for _, f := range filters {
			at, _ := directory.ParseTime(e.Get(f[1]).TextOr(""))
			limit, _ := directory.ParseTime(f[3])
			c := at.Compare(limit)
			in = in && (f[2] == "ge" && c >= 0 || f[2] == "le" && c <= 0 || f[2] == "gt" && c > 0 || f[2] == "lt" && c < 0 || f[2] == "eq" && c == 0)
		}
		if in {
			list = append(list, e)
		}
	}
	s.page(w, r, list, link)
}

// events returns what the logs hold, made up where nothing was given.
func (s *Server) events() map[string][]jsondoc.Value {
	s.logOnce.Do(func() {
		s.logRows = s.o.Logs
		if s.logRows == nil {
			s.logRows = Events(s.o.Inventory, s.o.Clock())
		}
	})
	return s.logRows
}

// Events makes up the logs of a tenant in the 35 days before a time: people sign
// in, those with roles change resources, administrators change groups. The same
// inventory and time give the same events. They hold the kinds of secrets that
// real ones do.
func Events(inv *inventory.Inventory, now time.Time) map[string][]jsondoc.Value {
	const days = 35
	now = now.UTC().Truncate(time.Hour)
	m := &maker{inv: inv, at: func(i int) time.Time { // spread over the days, and never after now
		return now.Add(-time.Duration(i*7919%(days*24*60))*time.Minute - time.Duration(i%60)*time.Second)
	}}
	out := map[string][]jsondoc.Value{collect.TableActivity: m.activity(), collect.TableSignIns: m.signIns(), collect.TableAudits: m.audits()}
	for table, name := range map[string]string{collect.TableActivity: "eventTimestamp", collect.TableSignIns: "createdDateTime", collect.TableAudits: "activityDateTime"} {
		slices.SortStableFunc(out[table], func(a, b jsondoc.Value) int {
			return strings.Compare(b.Get(name).TextOr(""), a.Get(name).TextOr(""))
		})
	}
	return out
}

type maker struct {
	inv *inventory.Inventory
	at  func(int) time.Time
}

func object(pairs ...any) jsondoc.Value {
	var ms []jsondoc.Member
	for i := 0; i < len(pairs); i += 2 {
		var v jsondoc.Value
		switch x := pairs[i+1].(type) {
		case string:
			v = jsondoc.NewString(x)
		case bool:
			v, _ = jsondoc.ParseString(fmt.Sprint(x))
		case int:
			v, _ = jsondoc.ParseString(fmt.Sprint(x))
		case time.Time:
			v = jsondoc.NewString(x.Format("2006-01-02T15:04:05.0000000Z"))
		case jsondoc.Value:
			v = x
		case []jsondoc.Value:
			v = jsondoc.NewArray(x...)
		}
		ms = append(ms, jsondoc.Member{Name: pairs[i].(string), Value: v})
	}
	return jsondoc.NewObject(ms...)
}

func localized(value string) jsondoc.Value { return object("value", value, "localizedValue", value) }

// activity lets the holders of roles change the first resources below them.
func (m *maker) activity() []jsondoc.Value {
	var out []jsondoc.Value
	i, most := 0, 200
	for a := range m.inv.OfType("Microsoft.Authorization/roleAssignments") {
		if most--; most < 0 {
			break
		}
		who := a.Properties().Get("principalId").TextOr("")
		scope, err := resource.ParseID(a.Properties().Get("scope").TextOr(""))
		sub := a.ID.Subscription()
		if err != nil || who == "" || sub == "" {
			continue
		}
		caller := who
		if u, ok := m.inv.Get(resource.GraphID("users", who)); ok {
			caller = u.Body.Get("userPrincipalName").TextOr(who)
		}
		n := 0
		for r := range m.inv.All() {
			if r.IsGraph() || r.ID.Level() != resource.LevelResource || m.inv.Nested(r.ID) || !m.inv.Within(r.ID, scope) || strings.Count(r.Type, "/") > 1 {
				continue
			}
			if n++; n > 3 {
				break
			}
			i++
			at := m.at(i)
			out = append(out, object(
				"authorization", object("action", r.Type+"/write", "role", "Contributor", "scope", r.ID.String(), "evidence", object("role", "Contributor", "principalId", who, "secretNote", "not-for-snapshots")),
				"caller", caller, "channels", "Operation",
				"claims", object("aud", "https://management.core.windows.net/", "http://schemas.microsoft.com/identity/claims/objectidentifier", who, "appid", "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
					"ipaddr", "192.0.2.7", "uti", "token-of-somebody", "wids", "not-for-snapshots"),
				"category", localized("Administrative"), "correlationId", fmt.Sprintf("c0000000-0000-0000-0000-%012d", i), "description", "", "eventDataId", fmt.Sprintf("e0000000-0000-0000-0000-%012d", i),
				"eventName", localized("EndRequest"), "eventTimestamp", at, "httpRequest", object("clientRequestId", fmt.Sprintf("r-%d", i), "clientIpAddress", "192.0.2.7", "method", "PUT", "uri", "https://management.azure.com"+r.ID.String()+"?sig=not-for-snapshots"),
				"id", r.ID.String()+"/events/e/ticks/1", "level", "Informational", "operationId", fmt.Sprintf("o-%d", i), "operationName", localized(r.Type+"/write"),
				"properties", object("statusCode", "OK", "entity", r.ID.String(), "message", r.Type+"/write", "requestbody", `{"properties":{"password":"not-for-snapshots"}}`, "responseBody", `{"key":"not-for-snapshots"}`),
				"resourceGroupName", r.ID.ResourceGroup(), "resourceId", r.ID.String(), "resourceProviderName", localized(strings.Split(r.Type, "/")[0]), "resourceType", localized(r.Type),
				"status", localized("Succeeded"), "subStatus", localized("OK"), "submissionTimestamp", at.Add(time.Minute), "subscriptionId", r.ID.Subscription(), "tenantId", "00000000-0000-0000-0000-000000000001",
			))
		}
	}
	return out
}

func (m *maker) signIns() []jsondoc.Value {
	apps := [][2]string{{"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"}, {"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI"}, {"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome"}}
	var out []jsondoc.Value
	i := 0
	for u := range m.inv.OfType("Microsoft.Graph/users") {
		text := func(name string) string { return u.Body.Get(name).TextOr("") }
		for range 4 {
			i++
			app, code, reason := apps[i%len(apps)], 0, "Other."
			if i%11 == 0 {
				code, reason = 50126, "Error validating credentials due to invalid username or password."
			}
			client := "Browser"
			if i%17 == 0 {
				client = "IMAP4"
			}
			out = append(out, object(
				"id", fmt.Sprintf("50000000-0000-0000-0000-%012d", i), "createdDateTime", m.at(i), "userDisplayName", text("displayName"), "userPrincipalName", text("userPrincipalName"), "userId", text("id"),
				"appId", app[0], "appDisplayName", app[1], "ipAddress", fmt.Sprintf("198.51.100.%d", i%250), "clientAppUsed", client, "correlationId", fmt.Sprintf("c1000000-0000-0000-0000-%012d", i),
				"conditionalAccessStatus", "notApplied", "isInteractive", true, "riskDetail", "none", "riskLevelAggregated", "none", "riskLevelDuringSignIn", "none", "riskState", "none",
				"resourceDisplayName", "Windows Azure Service Management API", "resourceId", "797f4846-ba00-4fd7-ba43-dac1f8f63013",
				"status", object("errorCode", code, "failureReason", reason), "deviceDetail", object("deviceId", "", "operatingSystem", "Windows 10", "browser", "Edge"),
				"location", object("city", "Rotterdam", "countryOrRegion", "NL"), "appliedConditionalAccessPolicies", []jsondoc.Value{},
				"mfaDetail", object("authMethod", "phone", "authDetail", "not-for-snapshots"),
			))
		}
	}
	return out
}

func (m *maker) audits() []jsondoc.Value {
	var admin *resource.Resource
	for u := range m.inv.OfType("Microsoft.Graph/users") {
		admin = u
		break
	}
	var out []jsondoc.Value
	if admin == nil {
		return out
	}
	i := 0
	for g := range m.inv.OfType("Microsoft.Graph/groups") {
		i++
		out = append(out, object(
			"id", fmt.Sprintf("Directory_%d", i), "category", "GroupManagement", "correlationId", fmt.Sprintf("c2000000-0000-0000-0000-%012d", i), "result", "success", "resultReason", "",
			"activityDisplayName", "Add member to group", "activityDateTime", m.at(i), "loggedByService", "Core Directory", "operationType", "Assign",
			"initiatedBy", object("user", object("id", admin.Body.Get("id").TextOr(""), "displayName", admin.Body.Get("displayName").TextOr(""), "userPrincipalName", admin.Body.Get("userPrincipalName").TextOr(""), "ipAddress", "192.0.2.9")),
			"targetResources", []jsondoc.Value{object("id", g.Body.Get("id").TextOr(""), "displayName", g.Body.Get("displayName").TextOr(""), "type", "Group", "modifiedProperties", []jsondoc.Value{
				object("displayName", "Group.DisplayName", "oldValue", "", "newValue", `"`+g.Body.Get("displayName").TextOr("")+`"`),
				object("displayName", "StrongAuthenticationUserDetails", "oldValue", "", "newValue", "not-for-snapshots"),
			})},
			"additionalDetails", []jsondoc.Value{object("key", "User-Agent", "value", "Mozilla"), object("key", "RefreshTokens", "value", "not-for-snapshots")},
		))
	}
	return out
}

// changeEvents are what an activity log tells of two states of a tenant: somebody
// wrote what is new or another, and deleted what is gone.
func changeEvents(before, after *inventory.Inventory, at time.Time, number int) []jsondoc.Value {
	caller := "somebody@fake.example"
	for u := range after.OfType("Microsoft.Graph/users") {
		caller = u.Body.Get("userPrincipalName").TextOr(caller)
		break
	}
	var out []jsondoc.Value
	add := func(r *resource.Resource, verb string) {
		number++
		action := r.Type + verb
		out = append(out, object(
			"authorization", object("action", action, "scope", r.ID.String()), "caller", caller, "category", localized("Administrative"), "correlationId", fmt.Sprintf("c3000000-0000-0000-0000-%012d", number),
			"eventDataId", fmt.Sprintf("e3000000-0000-0000-0000-%012d", number), "eventName", localized("EndRequest"), "eventTimestamp", at.UTC(), "httpRequest", object("clientIpAddress", "192.0.2.8", "method", "PUT"),
			"level", "Informational", "operationName", localized(action), "resourceGroupName", r.ID.ResourceGroup(), "resourceId", r.ID.String(), "resourceType", localized(r.Type),
			"status", localized("Succeeded"), "subStatus", localized("OK"), "submissionTimestamp", at.UTC(), "subscriptionId", r.ID.Subscription(),
		))
	}
	for r := range after.Records() {
		if old, ok := before.Get(r.ID); !r.IsGraph() && r.ID.Subscription() != "" && (!ok || old.Body.String() != r.Body.String()) {
			add(r, "/write")
		}
	}
	for r := range before.Records() {
		if _, ok := after.Get(r.ID); !r.IsGraph() && r.ID.Subscription() != "" && !ok {
			add(r, "/delete")
		}
	}
	return out
}

// logPath tells which log a path of Azure Resource Manager asks for.
func logPath(path string) (subscription string, ok bool) {
	rest, ok := strings.CutSuffix(strings.ToLower(path), "/providers/microsoft.insights/eventtypes/management/values")
	if !ok {
		return "", false
	}
	return strings.CutPrefix(rest, "/subscriptions/")
}
