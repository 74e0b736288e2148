package review

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Command removes what was denied.
type Command struct {
	Item    Item     `json:"item"`
	Lines   []string `json:"commands"` // none where no command can; the comment says why
	Comment string   `json:"comment"`
}

const (
	graph      = "https://graph.microsoft.com/v1.0/"
	management = "https://management.azure.com"
)

// Commands returns the exact commands that remove every grant that was denied,
// in the order of the items. Sources: "az role assignment delete"; in Azure's REST
// API, "Role Eligibility Schedule Requests - Create"; in Microsoft Graph, "Delete
// unifiedRoleAssignment", "Remove directory role member", "Create
// roleAssignmentScheduleRequests", "Create roleEligibilityScheduleRequests", "Remove
// member" and "Delete appRoleAssignment" of a service principal, a user and a group.
func (r *Record) Commands() []Command {
	var out []Command
	for _, it := range r.Items {
		d, ok := r.Decided(it.ID)
		if !ok || d.Decision != Deny {
			continue
		}
		c := Command{Item: it, Lines: []string{}, Comment: fmt.Sprintf("%s: %s at %s; denied by %s on %s", it.Principal, it.What, it.Scope, d.By, d.At.Format("2006-01-02"))}
		if it.Note != "" {
			c.Comment += "; no command removes it: " + it.Note
		} else {
			c.Lines = append(c.Lines, removal(it))
		}
		out = append(out, c)
	}
	return out
}

func removal(it Item) string {
	rest := func(method, url string, body any) string {
		line := "az rest --method " + method + " --url " + quote(url)
		if body != nil {
			text, err := json.Marshal(body)
			if err != nil {
				return "# " + err.Error() // texts alone: they can be written
			}
			line += " --body " + quote(string(text))
		}
		return line
	}
	request := map[string]string{"action": "adminRemove", "principalId": it.PrincipalID, "roleDefinitionId": it.WhatID, "justification": "access review"}
	if app, ok := strings.CutPrefix(it.Scope, "/apps/"); ok {
		request["appScopeId"] = "/" + app
	} else {
		request["directoryScopeId"] = it.Scope
	}
	switch it.Kind {
	case AzureRole:
		return "az role assignment delete --ids " + quote(it.ID)
	case EligibleAzureRole:
		role := "/providers/Microsoft.Authorization/roleDefinitions/" + it.WhatID
		if parts := strings.SplitN(it.Scope, "/", 4); len(parts) > 2 && strings.EqualFold(parts[1], "subscriptions") {
			role = "/subscriptions/" + parts[2] + role
		}
		return rest("PUT", management+strings.TrimSuffix(it.Scope, "/")+"/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/"+requestID(it.ID)+"?api-version=2020-10-01",
			map[string]any{"properties": map[string]string{"principalId": it.PrincipalID, "roleDefinitionId": role, "requestType": "AdminRemove", "justification": "access review"}})
	case ScheduledDirectoryRole:
		return rest("POST", graph+"roleManagement/directory/roleAssignmentScheduleRequests", request)
	case EligibleDirectoryRole:
		return rest("POST", graph+"roleManagement/directory/roleEligibilityScheduleRequests", request)
	case DirectoryRoleMember:
		return rest("DELETE", graph+"directoryRoles/roleTemplateId="+it.WhatID+"/members/"+it.PrincipalID+"/$ref", nil)
	case GroupMember:
		return rest("DELETE", graph+"groups/"+it.WhatID+"/members/"+it.PrincipalID+"/$ref", nil)
	case ApplicationPermission:
		holder := map[string]string{"User": "users", "Guest": "users", "Group": "groups"}[it.PrincipalType]
		if holder == "" {
			holder = "servicePrincipals"
		}
		return rest("DELETE", graph+holder+"/"+it.PrincipalID+"/appRoleAssignments/"+it.ID, nil)
	default:
		return rest("DELETE", graph+"roleManagement/directory/roleAssignments/"+it.ID, nil)
	}
}

// requestID makes the name of a request, a GUID that the same item always gets: to
// ask twice changes nothing.
func requestID(item string) string {
	h := sha256.Sum256([]byte("azward review " + strings.ToLower(item)))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // version 8: of our own making
	x := hex.EncodeToString(h[:16])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}

// quote writes a word for a shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
