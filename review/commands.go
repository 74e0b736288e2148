package review

import (
	"fmt"
	"strings"
)

// Command removes what was denied.
type Command struct {
	Item    Item     `json:"item"`
	Lines   []string `json:"commands"`
	Comment string   `json:"comment"`
}

const graph = "https://graph.microsoft.com/v1.0/"

// Commands returns the exact commands that remove every grant that was denied,
// in the order of the items. Sources: "az role assignment delete", and
// Microsoft Graph's pages "Delete unifiedRoleAssignment", "Create
// roleEligibilityScheduleRequests", "Remove member" and "Delete
// appRoleAssignment".
func (r *Record) Commands() []Command {
	var out []Command
	for _, it := range r.Items {
		d, ok := r.Decided(it.ID)
		if !ok || d.Decision != Deny {
			continue
		}
		out = append(out, Command{Item: it, Lines: []string{removal(it)}, Comment: fmt.Sprintf("%s: %s at %s; denied by %s on %s", it.Principal, it.What, it.Scope, d.By, d.At.Format("2006-01-02"))})
	}
	return out
}

func removal(it Item) string {
	switch it.Kind {
	case "azureRole":
		return "az role assignment delete --ids " + quote(it.ID)
	case "eligibleDirectoryRole":
		body := fmt.Sprintf(`{"action":"adminRemove","principalId":"%s","roleDefinitionId":"%s","directoryScopeId":"%s","justification":"access review"}`, it.PrincipalID, it.WhatID, it.Scope)
		return "az rest --method POST --url " + quote(graph+"roleManagement/directory/roleEligibilityScheduleRequests") + " --body " + quote(body)
	case "groupMember":
		return "az rest --method DELETE --url " + quote(graph+"groups/"+it.WhatID+"/members/"+it.PrincipalID+"/$ref")
	case "applicationPermission":
		return "az rest --method DELETE --url " + quote(graph+"servicePrincipals/"+it.PrincipalID+"/appRoleAssignments/"+it.ID)
	default:
		return "az rest --method DELETE --url " + quote(graph+"roleManagement/directory/roleAssignments/"+it.ID)
	}
}

// quote writes a word for a shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
