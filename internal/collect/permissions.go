package collect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Permission is something that a caller needs, and what it lets azward read.
type Permission struct {
	Name  string   // a role of Azure, or a permission of Microsoft Graph
	For   string   // "Azure" or "Microsoft Graph"
	Types []string // without it, these are unknown
}

// Permissions lists everything that a complete run needs: all of it reads only.
func Permissions(wants []Want) []Permission {
	reader := Permission{Name: "Reader", For: "Azure", Types: []string{"Microsoft.Resources/subscriptions", "Microsoft.Management/managementGroups"}}
	security := Permission{Name: "Security Reader", For: "Azure"}
	for _, w := range wants {
		switch t := strings.ToLower(w.Type); {
		case strings.HasPrefix(t, "microsoft.graph/"):
		case strings.HasPrefix(t, "microsoft.security/"):
			security.Types = append(security.Types, w.Type)
		default:
			reader.Types = append(reader.Types, w.Type)
		}
	}
	for _, l := range subscriptionLists {
		if strings.HasPrefix(l.typ, "Microsoft.Security/") {
			security.Types = append(security.Types, l.typ)
		} else {
			reader.Types = append(reader.Types, l.typ)
		}
	}
	reader.Types = append(reader.Types, activityLog.typ, aliasType+" aliases")
	by := map[string][]string{}
	for _, l := range entraLogs {
		by[l.permission] = append(by[l.permission], l.typ)
	}
	// "List signIns": without it, policies that applied are left out of sign-ins.
	by["Policy.Read.All"] = append(by["Policy.Read.All"], entraLogs[0].typ+" appliedConditionalAccessPolicies")
	for _, g := range graphCollections {
		for name := range strings.SplitSeq(g.permission, ", ") {
			by[name] = append(by[name], "Microsoft.Graph/"+g.collection)
		}
	}
	for _, p := range graphParts {
		typ := "Microsoft.Graph/" + p.of + " " + p.member
		if p.collection != "" {
			typ = "Microsoft.Graph/" + p.collection
		}
		by[p.permission] = append(by[p.permission], typ)
	}
	out := []Permission{reader, security}
	for name, types := range by {
		out = append(out, Permission{Name: name, For: "Microsoft Graph", Types: types})
	}
	for i := range out {
		slices.Sort(out[i].Types)
		out[i].Types = slices.Compact(out[i].Types)
	}
	slices.SortStableFunc(out, func(a, b Permission) int {
		return cmp.Or(cmp.Compare(a.For, b.For), strings.Compare(a.Name, b.Name))
	})
	return out
}

// Plan lists the calls of a run, with {subscription}, {parent} and {id} where it
// depends on what is read before.
func Plan(o Options) []string {
	c := &run{o: o}
	var out []string
	arm := func(method, path string) { out = append(out, method+" "+o.Endpoints.Manager+path) }
	assets := c.wants("arm") || c.wants("policy") || c.wants("security")
	if assets || c.wants(partLogs) {
		arm("GET", "/subscriptions?api-version=2022-12-01")
		arm("GET", "/providers/Microsoft.Management/managementGroups?api-version=2020-05-01")
	}
	if c.wants("policy") {
		arm("GET", aliasAddress)
	}
	if assets {
		for _, table := range []string{"resources", "resourcecontainers", "authorizationresources", "policyresources", "securityresources"} {
			arm("POST", "/providers/Microsoft.ResourceGraph/resources?api-version="+apiResourceGraph+"   "+table+" | order by id asc")
		}
	}
	if c.wants("arm") {
		for _, l := range subscriptionLists {
			arm("GET", "/subscriptions/{subscription}/"+l.path+"?api-version="+l.api)
		}
		arm("GET", "/subscriptions/{subscription}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview")
		for _, w := range o.Wants {
			if path, of, version, ok := childList(w); ok {
				arm("GET", "{"+strings.Join(of, " or ")+"}/"+path+"?api-version="+version)
			}
		}
	}
	if c.wants("graph") {
		for _, g := range graphCollections {
			if path, ok := deltaPaths[g.collection]; ok {
				note := "   for the next run's --since"
				if o.Since != "" {
					note = "   from the link in " + o.Since + " on, else what follows"
				}
				out = append(out, "GET "+o.Endpoints.Graph+path+note)
			}
			out = append(out, "GET "+o.Endpoints.Graph+g.path)
		}
		for _, p := range graphParts {
			out = append(out, "POST "+o.Endpoints.Graph+"/v1.0/$batch   "+strings.Replace(p.path, "%s", "{id}", 1))
		}
	}
	if c.wants(partLogs) {
		arm("GET", "/subscriptions/{subscription}"+activityLog.path+"&$filter="+fmt.Sprintf(activityLog.filter, "{from}", "{to}"))
		for _, l := range entraLogs {
			out = append(out, "GET "+o.Endpoints.Graph+l.path+"&$filter="+fmt.Sprintf(l.filter, "{from}", "{to}"))
		}
	}
	return out
}
