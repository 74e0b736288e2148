package condaccess

import (
	_ "embed" // the table of app groups
	"slices"
	"strings"
	"sync"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

//go:embed apps.json
var appsTable []byte

// Catalog says which applications belong to the groups that policies may name in
// place of an application: Office365, MicrosoftAdminPortals, and the applications
// that stand for several services. It is data with a date.
type Catalog struct {
	Date    string
	groups  []appGroup
	outside map[string][]string
	named   map[string]string // folded app ids that are in the groups that list them, and in no other
}

type appGroup struct {
	token, name string
	members     map[string]string // folded app id to name
	order       []string
}

// BuiltInCatalog returns the table that is built in.
var BuiltInCatalog = sync.OnceValue(func() *Catalog {
	doc, err := jsondoc.Parse(appsTable)
	if err != nil {
		panic("the built-in table of app groups is broken: " + err.Error())
	}
	return ParseCatalog(doc)
})

// ParseCatalog reads a table in the form of the built-in one: date, groups (token,
// name, members by app id), named (names by app id of applications that are in no
// group; where it stands, members are in no other group either) and outside (app
// id to tokens that it is not in).
func ParseCatalog(doc jsondoc.Value) *Catalog {
	c := &Catalog{Date: doc.Get("date").TextOr(""), outside: map[string][]string{}, named: map[string]string{}}
	named := doc.Get("named")
	for id, name := range named.Members() {
		c.named[fold(id)] = name.TextOr(id)
	}
	for _, g := range doc.Get("groups").Elements() {
		one := appGroup{token: fold(g.Get("token").TextOr("")), name: g.Get("name").TextOr(""), members: map[string]string{}}
		for id, name := range g.Get("members").Members() {
			one.members[fold(id)] = name.TextOr(id)
			if _, ok := c.named[fold(id)]; !ok && named.Exists() {
				c.named[fold(id)] = name.TextOr(id)
			}
			one.order = append(one.order, fold(id))
		}
		slices.Sort(one.order)
		c.groups = append(c.groups, one)
	}
	for id, tokens := range doc.Get("outside").Members() {
		for _, t := range tokens.Elements() {
			c.outside[fold(id)] = append(c.outside[fold(id)], fold(t.TextOr("")))
		}
	}
	return c
}

func (c *Catalog) group(token string) *appGroup {
	for i := range c.groups {
		if c.groups[i].token == token {
			return &c.groups[i]
		}
	}
	return nil
}

// AppName returns the name of an application that the table knows.
func (c *Catalog) AppName(id string) (string, bool) {
	for i := range c.groups {
		if n, ok := c.groups[i].members[fold(id)]; ok {
			return n, true
		}
		if c.groups[i].token == fold(id) {
			return c.groups[i].name, true
		}
	}
	n, ok := c.named[fold(id)]
	return n, ok
}

const (
	tokenAll             = "all"
	tokenNone            = "none"
	tokenAgentResources  = "allagentidresources"
	tokenMyPrincipals    = "serviceprincipalsinmytenant"
	tokenGuests          = "guestsorexternalusers"
	tokenTrusted         = "alltrusted"
	tokenTrustedIPs      = "00000000-0000-0000-0000-000000000000"
	microsoftServices    = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
	microsoftCorporation = "72f988bf-86f1-41af-91ab-2d7cd011db47"
)

// covers answers whether an entry of an application list covers an application.
// Both are folded.
func (c *Catalog) covers(token, app string, dir *directory.Directory) Tri {
	if token == app {
		return True
	}
	if token == tokenAgentResources {
		if dir != nil {
			if sp, ok := dir.ServicePrincipal(app); ok && !sp.Agent {
				return False
			}
		}
		return Unknown
	}
	g := c.group(token)
	if g == nil {
		return False
	}
	if _, ok := g.members[app]; ok {
		return True
	}
	if _, named := c.named[app]; named || slices.Contains(c.outside[app], token) || c.group(app) != nil {
		return False
	}
	if !strings.Contains(app, "-") { // no application id: nothing of Microsoft's
		return False
	}
	if dir != nil {
		if sp, ok := dir.ServicePrincipal(app); ok && sp.OwnerTenant != "" {
			if o := fold(sp.OwnerTenant); o != microsoftServices && o != microsoftCorporation {
				return False
			}
		}
		if _, ok := dir.Application(app); ok { // registered in this tenant
			return False
		}
	}
	return Unknown
}
