package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Grant is something that a principal holds, with what is known of the
// principal. Its maker fills it from the inventory.
type Grant struct {
	ID            string // of the assignment, grant or membership
	Kind          string // one of the kinds below
	PrincipalID   string
	PrincipalType string // User, Guest, Group, ServicePrincipal, ManagedIdentity, Unknown
	Principal     string
	What          string // role, group or permission
	WhatID        string
	Scope         string
	Privileged    bool
	Disabled      bool
	Gone          bool      // the directory was read whole, and has no such principal
	LastSignIn    time.Time // zero where none is on record
	SignInsRead   bool      // whether sign-ins were read for this kind of principal
	Note          string    // why no command removes it, "" where one does
}

// Kinds of grants. A member of a directory role is one of which the assignment has no
// id of its own; a scheduled one is known by its instance in Privileged Identity
// Management alone.
const (
	AzureRole              = "azureRole"
	EligibleAzureRole      = "eligibleAzureRole"
	ClassicAdministrator   = "classicAdministrator"
	DirectoryRole          = "directoryRole"
	DirectoryRoleMember    = "directoryRoleMember"
	ScheduledDirectoryRole = "scheduledDirectoryRole"
	EligibleDirectoryRole  = "eligibleDirectoryRole"
	GroupMember            = "groupMember"
	ApplicationPermission  = "applicationPermission"
)

// Recommendations, in Microsoft Graph's words for access reviews.
const (
	Approve = "Approve"
	Deny    = "Deny"
	NoInfo  = "NoInfoAvailable"
)

// Item is one grant under review.
type Item struct {
	ID             string `json:"id"`
	Kind           string `json:"kind"`
	PrincipalID    string `json:"principalId"`
	PrincipalType  string `json:"principalType"`
	Principal      string `json:"principal"`
	What           string `json:"what"`
	WhatID         string `json:"whatId,omitempty"`
	Scope          string `json:"scope"`
	Recommendation string `json:"recommendation"`
	Evidence       string `json:"evidence"`
	Note           string `json:"note,omitempty"` // why no command removes it
}

// Items picks the grants that the campaign speaks of and recommends for each:
// Deny where the principal is gone, disabled or has not signed in for the days
// that the campaign calls stale, NoInfoAvailable where nobody knows. within
// tells whether a scope is one of the campaign's or below it. They are ordered
// by what they grant and by whom.
func (c *Campaign) Items(grants []Grant, within func(scope string, roots []string) bool, now time.Time) []Item {
	var out []Item
	for i := range grants {
		g := &grants[i]
		if !c.covers(g, within) {
			continue
		}
		recommendation, evidence := c.recommend(g, now)
		out = append(out, Item{ID: g.ID, Kind: g.Kind, PrincipalID: g.PrincipalID, PrincipalType: g.PrincipalType, Principal: g.Principal, What: g.What, WhatID: g.WhatID,
			Scope: g.Scope, Recommendation: recommendation, Evidence: evidence, Note: g.Note})
	}
	slices.SortStableFunc(out, func(a, b Item) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.What, b.What), strings.Compare(a.Scope, b.Scope), strings.Compare(a.Principal, b.Principal), strings.Compare(a.ID, b.ID))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(it Item) bool {
		k := strings.ToLower(it.ID)
		twice := seen[k]
		seen[k] = true
		return twice
	})
}

func (c *Campaign) covers(g *Grant, within func(string, []string) bool) bool {
	if c.Guests && g.PrincipalType != "Guest" {
		return false
	}
	switch g.Kind {
	case AzureRole, EligibleAzureRole, ClassicAdministrator:
		return len(c.Azure) > 0 && within(g.Scope, c.Azure)
	case DirectoryRole, DirectoryRoleMember, ScheduledDirectoryRole, EligibleDirectoryRole:
		return c.Directory == "all" || c.Directory == "privileged" && g.Privileged
	case GroupMember:
		return slices.ContainsFunc(c.Groups, func(name string) bool { return strings.EqualFold(name, g.What) || strings.EqualFold(name, g.WhatID) })
	case ApplicationPermission:
		return c.Permission
	default:
		return false
	}
}

func (c *Campaign) recommend(g *Grant, now time.Time) (recommendation, evidence string) {
	switch {
	case g.PrincipalType == "Unknown":
		if g.Gone {
			return Deny, "the directory has no such principal any more"
		}
		return NoInfo, "the directory was not read whole, and what of it was read has no such principal"
	case g.Disabled:
		return Deny, "the account is disabled"
	case g.PrincipalType == "Group":
		return NoInfo, "a group: review its members"
	case !g.SignInsRead:
		return NoInfo, "sign-ins were not read"
	case g.LastSignIn.IsZero():
		return Deny, "no sign-in is on record"
	}
	days := int(now.Sub(g.LastSignIn).Hours() / 24)
	ago := fmt.Sprintf("%d days ago", days)
	switch days {
	case 0:
		ago = "within a day"
	case 1:
		ago = "a day ago"
	}
	evidence = fmt.Sprintf("last signed in on %s, %s", g.LastSignIn.UTC().Format("2006-01-02"), ago)
	if days > c.Stale {
		return Deny, evidence
	}
	return Approve, evidence
}
