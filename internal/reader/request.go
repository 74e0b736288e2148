package reader

import (
	"errors"
	"net/url"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// request is what a URL asks for.
type request struct {
	key  string // to compare by, see callKey
	path string // as it was written, without host and query

	typ      string // type that it lists or reads, "" where that is not known
	scope    string // id of the scope that it asks about
	list     bool   // it asks for all of them
	narrowed string // the part of the query that leaves some out

	graph         bool // of Microsoft Graph
	resourceGraph bool // of Azure Resource Graph
	collection    string
	owner         resource.ID // Microsoft Graph object that it asks about
	member        string      // member of the owner that the answer belongs into
}

var errURL = errors.New("the url of a recorded call is none")

func parseRequest(text string) (*request, error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > 16<<10 {
		return nil, errURL
	}
	a := &request{key: callKey(text), path: u.Path}
	host := strings.ToLower(u.Hostname())
	switch {
	case strings.HasPrefix(host, "graph.microsoft.") || strings.HasSuffix(host, "-graph.microsoft.us") || host == "microsoftgraph.chinacloudapi.cn":
		a.graph = true
		a.graphPath(strings.Trim(u.Path, "/"))
	case host == "", host == "localhost", host == "127.0.0.1", strings.HasPrefix(host, "management."):
		a.armPath(strings.TrimRight(u.Path, "/"))
	}
	for name, vs := range u.Query() {
		switch strings.ToLower(name) {
		case "$filter", "$search", "$skip", "filter":
			if len(vs) > 0 && strings.TrimSpace(vs[0]) != "" {
				a.narrowed = strings.ToLower(name) + "=" + clip(vs[0])
			}
		}
	}
	return a, nil
}

// armPath reads a path of Azure Resource Manager.
func (a *request) armPath(path string) {
	low := strings.ToLower(path)
	if strings.HasSuffix(low, "/providers/microsoft.resourcegraph/resources") {
		a.resourceGraph = true
		return
	}
	at := strings.LastIndex(low, "/providers/")
	if at < 0 {
		a.scopePath(path)
		return
	}
	parts := strings.Split(path[at+len("/providers/"):], "/")
	if len(parts) < 2 {
		return // a resource provider itself
	}
	a.typ, a.list = parts[0], len(parts)%2 == 0
	for i := 1; i < len(parts); i += 2 {
		a.typ += "/" + parts[i]
	}
	switch {
	case !a.list:
		a.scope = path
	case len(parts) > 2: // children of a resource
		a.scope = path[:strings.LastIndexByte(path, '/')]
	default:
		a.scope = path[:at]
	}
	if a.scope == "" {
		a.scope = "/"
	}
	if _, err := resource.ParseID(a.scope); err != nil {
		a.typ = ""
	}
}

// scopePath reads a path of the scopes themselves.
func (a *request) scopePath(path string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if !strings.EqualFold(parts[0], "subscriptions") {
		return
	}
	switch {
	case strings.EqualFold(parts[len(parts)-1], "resources") && len(parts) > 2 && len(parts)%2 == 1:
		// Everything there; what is listed so comes without properties and without children.
		a.typ, a.scope, a.list = inventory.AnyType, path[:strings.LastIndexByte(path, '/')], true
	case len(parts) == 1:
		a.typ, a.scope, a.list = resource.TypeSubscription, "/", true
	case len(parts) == 2:
		a.typ, a.scope = resource.TypeSubscription, path
	case strings.EqualFold(parts[2], "resourceGroups") && len(parts) == 3:
		a.typ, a.scope, a.list = resource.TypeResourceGroup, "/subscriptions/"+parts[1], true
	case strings.EqualFold(parts[2], "resourceGroups") && len(parts) == 4:
		a.typ, a.scope = resource.TypeResourceGroup, path
	}
}

// graphMembers are the lists that are members of the object that owns them,
// by collection of the owner and name in the path.
var graphMembers = map[string]map[string]string{
	"groups":                 {"members": "members", "owners": "owners"},
	"directoryroles":         {"members": "members"},
	"administrativeunits":    {"members": "members", "scopedrolemembers": "scopedRoleMembers"},
	"applications":           {"owners": "owners", "federatedidentitycredentials": "federatedIdentityCredentials"},
	"serviceprincipals":      {"owners": "owners"},
	"devices":                {"registeredowners": "registeredOwners"},
	"rolemanagementpolicies": {"rules": "rules"},
}

// graphOwned are the lists of objects of their own that are asked for owner by
// owner.
var graphOwned = map[string]string{
	"approleassignments":     "appRoleAssignments",
	"approleassignedto":      "appRoleAssignments",
	"oauth2permissiongrants": "oauth2PermissionGrants",
}

// graphPath reads a path of Microsoft Graph, version and all.
func (a *request) graphPath(path string) {
	parts := strings.Split(path, "/")
	if strings.EqualFold(parts[0], "v1.0") || strings.EqualFold(parts[0], "beta") {
		parts = parts[1:]
	}
	if len(parts) == 0 || parts[0] == "" {
		return
	}
	last := parts[len(parts)-1]
	if len(parts) >= 3 {
		ownerCollection, ownerID := collectionName(strings.Join(parts[:len(parts)-2], "/")), parts[len(parts)-2]
		low := strings.ToLower(last)
		if member := graphMembers[strings.ToLower(ownerCollection)][low]; member != "" {
			a.list, a.owner, a.member = true, resource.GraphID(ownerCollection, ownerID), member
			return
		}
		if owned := graphOwned[low]; owned != "" && len(ownerID) > 8 {
			a.list, a.owner = true, resource.GraphID(ownerCollection, ownerID)
			a.graphType(owned)
			return
		}
	}
	if strings.HasPrefix(last, "$") || strings.HasPrefix(last, "microsoft.graph.") {
		return
	}
	whole := strings.Join(parts, "/")
	if c := collectionName(whole); knownCollection(c) || len(parts) == 1 {
		a.list = true
		a.graphType(c)
		return
	}
	if c := collectionName(strings.Join(parts[:len(parts)-1], "/")); knownCollection(c) {
		a.graphType(c)
		a.scope = resource.GraphID(c, last).String()
	}
}

func (a *request) graphType(collection string) {
	a.collection = collection
	a.typ, a.scope = graphPrefix+collection, "/"
}
