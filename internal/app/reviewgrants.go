package app

import (
	"cmp"
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/review"
)

// ReviewItems makes the items of a campaign from the inventory. An Azure scope
// or group of the campaign that the inventory does not have is an error that
// wraps ErrUsage.
func (a *Access) ReviewItems(c *review.Campaign, now time.Time) ([]review.Item, error) {
	for i, text := range c.Azure {
		id, err := a.FindScope(text)
		if err != nil {
			return nil, err
		}
		c.Azure[i] = id.String()
	}
	for _, name := range c.Groups {
		if p, err := a.FindPrincipal(name); err != nil || p.Kind != "Group" {
			return nil, usagef("no group is called %q", name)
		}
	}
	within := func(scope string, roots []string) bool {
		id, err := a.FindScope(scope)
		if err != nil {
			return false
		}
		for _, root := range roots {
			if r, err := a.FindScope(root); err == nil && a.inv.Within(id, r) {
				return true
			}
		}
		return false
	}
	return c.Items(a.reviewGrants(c), within, now), nil
}

// reviewGrants lists everything that could be reviewed.
func (a *Access) reviewGrants(c *review.Campaign) []review.Grant {
	var out []review.Grant
	signIns, signInsRead := a.dir.LastSignIns()
	permission := a.dir.Permissions()
	whole := a.wholeDirectory()
	add := func(g review.Grant) {
		p := a.Named(g.PrincipalID)
		g.PrincipalID, g.PrincipalType, g.Principal = p.ID, p.Kind, p.String()
		g.Gone = whole && p.Kind == "Unknown"
		if u, ok := a.dir.User(p.ID); ok {
			g.Disabled = u.Enabled == directory.False
			g.LastSignIn = u.LastSignIn
			g.SignInsRead = u.Body.Get("signInActivity").Exists()
		}
		if s, ok := a.dir.ServicePrincipal(p.ID); ok {
			g.Disabled = s.Enabled == directory.False
			g.LastSignIn = signIns[lower(s.AppID)]
			g.SignInsRead = signInsRead && p.Kind != "ManagedIdentity"
		}
		out = append(out, g)
	}
	azure := func(as *access.Assignment, kind, note string) {
		name := as.Role
		if r, ok := a.active.Role(as.Role); ok {
			name = cmp.Or(r.Name, as.Role)
		}
		privileged, _ := a.active.MayAssignAnyRole(as)
		add(review.Grant{ID: as.ID, Kind: kind, PrincipalID: as.Principal, What: name, WhatID: as.Role, Scope: as.Scope.String(), Privileged: privileged != finding.False, Note: note})
	}
	for _, as := range a.grants {
		switch {
		case as.Activated: // the eligibility is reviewed
		case strings.Contains(lower(as.ID), lower("/"+typeClassicAdmin+"/")):
			azure(as, review.ClassicAdministrator, "the portal does, under Access control (IAM), Classic administrators")
		default:
			azure(as, review.AzureRole, "")
		}
	}
	for _, as := range a.eligibles {
		azure(as, review.EligibleAzureRole, "")
	}
	for _, ra := range a.dir.RoleAssignments() {
		if ra.Role == nil || ra.Activated {
			continue
		}
		kind, id, role := review.DirectoryRole, ra.ID, ra.Role.ID
		switch {
		case ra.Eligible:
			kind = review.EligibleDirectoryRole
		case ra.Source == directory.RoleAssignmentInstances:
			kind = review.ScheduledDirectoryRole
		case ra.ID == "":
			kind, role = review.DirectoryRoleMember, cmp.Or(ra.Role.TemplateID, ra.Role.ID)
		}
		if id == "" {
			id = role + "/members/" + ra.PrincipalID
		}
		add(review.Grant{ID: id, Kind: kind, PrincipalID: ra.PrincipalID, What: cmp.Or(ra.Role.DisplayName, ra.Role.ID), WhatID: role, Scope: ra.Scope,
			Privileged: ra.Role.Privileged != directory.False})
	}
	for _, name := range c.Groups {
		p, err := a.FindPrincipal(name)
		if err != nil {
			continue
		}
		g, ok := a.dir.Group(p.ID)
		if !ok {
			continue
		}
		note := ""
		if onPremises, ok := g.Body.Get("onPremisesSyncEnabled").Bool(); ok && onPremises {
			note = "the group comes from Active Directory; remove the member there"
		}
		if g.Dynamic {
			note = "the group's rule makes its members; change the rule or what it asks of the member"
		}
		for _, m := range g.Members {
			add(review.Grant{ID: g.ID + "/members/" + m, Kind: review.GroupMember, PrincipalID: m, What: g.DisplayName, WhatID: g.ID, Scope: "/", Note: note})
		}
	}
	for _, g := range a.dir.AppRoleGrants() {
		id, note := g.Body.Get("id").TextOr(""), ""
		if id == "" {
			id, note = g.PrincipalID+"/"+g.ResourceID+"/"+g.AppRoleID, "the id of the assignment was not read"
		}
		add(review.Grant{ID: id, Kind: review.ApplicationPermission, PrincipalID: g.PrincipalID, What: permissionName(permission(g), g), WhatID: g.AppRoleID, Scope: "/", Note: note})
	}
	return out
}

func permissionName(p directory.Permission, g directory.AppRoleGrant) string {
	switch {
	case p.API == nil, p.Value == "":
		return cmp.Or(p.Value, g.AppRoleID)
	}
	return p.API.DisplayName + " " + p.Value
}
