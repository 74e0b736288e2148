package main

import (
	"slices"
	"sort"
)

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// directoryRole is one of Entra's built-in roles as far as the tenant uses it.
type directoryRole struct {
	name, template string
	privileged     bool
	actions        []string
}

var directoryRoleList = []directoryRole{
	{"Global Administrator", "62e90394-69f5-4237-9190-012177145e10", true, []string{"microsoft.directory/users/allProperties/allTasks", "microsoft.directory/groups/allProperties/allTasks", "microsoft.directory/applications/allProperties/allTasks", "microsoft.directory/servicePrincipals/allProperties/allTasks", "microsoft.directory/roleAssignments/allProperties/allTasks", "microsoft.directory/conditionalAccessPolicies/allProperties/allTasks"}},
	{"Privileged Role Administrator", "e8611ab8-c189-46e8-94e1-60213ab1f814", true, []string{"microsoft.directory/roleAssignments/allProperties/allTasks", "microsoft.directory/roleDefinitions/allProperties/allTasks", "microsoft.directory/groupsAssignableToRoles/allProperties/update"}},
	{"Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d", true, []string{"microsoft.directory/conditionalAccessPolicies/create", "microsoft.directory/conditionalAccessPolicies/basic/update", "microsoft.directory/identityProtection/allProperties/update"}},
	{"Conditional Access Administrator", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", true, []string{"microsoft.directory/conditionalAccessPolicies/create", "microsoft.directory/conditionalAccessPolicies/delete", "microsoft.directory/conditionalAccessPolicies/basic/update"}},
	{"User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1", true, []string{"microsoft.directory/users/create", "microsoft.directory/users/delete", "microsoft.directory/users/password/update", "microsoft.directory/groups/members/update"}},
	{"Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8", true, []string{"microsoft.directory/users/invalidateAllRefreshTokens", "microsoft.directory/users/password/update"}},
	{"Application Administrator", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", true, []string{"microsoft.directory/applications/create", "microsoft.directory/applications/credentials/update", "microsoft.directory/servicePrincipals/credentials/update"}},
	{"Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de", false, []string{"microsoft.office365.exchange/allEntities/basic/allTasks"}},
	{"Intune Administrator", "3a2c62db-5318-420d-8d74-23affee5d9d5", true, []string{"microsoft.intune/allEntities/allTasks", "microsoft.directory/devices/basic/update"}},
	{"Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451", true, []string{"microsoft.directory/users/allProperties/read", "microsoft.directory/groups/allProperties/read"}},
	{"Authentication Administrator", "c4e39bd9-1100-46d3-8c65-fb160da0071f", true, []string{"microsoft.directory/users/authenticationMethods/create", "microsoft.directory/users/authenticationMethods/delete", "microsoft.directory/users/password/update"}},
}

// assignment is an active or eligible Entra role. until: days from now, 0 no end.
type assignment struct {
	role, user, group string
	unit              bool // only over the Fennside Clinic
	eligible          bool
	until, since      int
}

var assignmentList = []assignment{
	{role: "Global Administrator", user: "breakglass-north", since: 900},
	{role: "Global Administrator", user: "breakglass-south", since: 900},
	{role: "Global Administrator", user: "adm-hedda.lorne", eligible: true, since: 400, until: 120},
	{role: "Global Administrator", user: "adm-mats.ekdal", eligible: true, since: 400, until: 120},
	{role: "Privileged Role Administrator", user: "adm-hedda.lorne", eligible: true, since: 390, until: 120},
	{role: "Security Administrator", user: "adm-ines.varga", eligible: true, since: 390, until: 120},
	{role: "Conditional Access Administrator", user: "adm-ines.varga", eligible: true, since: 390, until: 120},
	{role: "Security Administrator", user: "adm-jonas.reik", eligible: true, since: 200, until: 120},
	{role: "Intune Administrator", user: "adm-lea.kofoed", eligible: true, since: 200, until: 120},
	{role: "Application Administrator", user: "adm-sven.aalto", eligible: true, since: 300, until: 120},
	{role: "Authentication Administrator", user: "adm-petra.holm", eligible: true, since: 180, until: 120},
	// The two administrators of the exceptions group hold their roles always.
	{role: "Exchange Administrator", user: "adm-oskar.thal", since: 520},
	{role: "User Administrator", user: "adm-petra.holm", since: 610},
	{role: "User Administrator", user: "adm-noor.vance", unit: true, since: 150},
	{role: "Helpdesk Administrator", group: "role-helpdesk", since: 480},
	{role: "Global Reader", group: "role-global-readers", since: 480},
}

func directoryRoles(t *tenant) {
	for _, r := range directoryRoleList {
		t.roles[r.name] = r.template
		t.object("roleDefinitions", o{
			"id": r.template, "templateId": r.template, "displayName": r.name, "description": r.name, "isBuiltIn": true, "isEnabled": true, "isPrivileged": r.privileged,
			"version": "1", "resourceScopes": l{"/"}, "rolePermissions": l{o{"allowedResourceActions": strs(r.actions...), "excludedResourceActions": l{}, "condition": nil}},
			"inheritsPermissionsFrom": l{},
		})
		members := l{}
		for _, a := range assignmentList {
			if a.role == r.name && !a.eligible && !a.unit {
				if a.user != "" {
					members = append(members, o{"@odata.type": "#microsoft.graph.user", "id": t.user(a.user)})
				} else {
					members = append(members, o{"@odata.type": "#microsoft.graph.group", "id": t.group(a.group)})
				}
			}
		}
		if len(members) > 0 {
			t.object("directoryRoles", o{"id": guid("directoryrole", r.name), "displayName": r.name, "description": r.name, "roleTemplateId": r.template, "deletedDateTime": nil, "members": members})
		}
	}
	for _, a := range assignmentList {
		who := t.users[a.user]
		if a.group != "" {
			who = t.group(a.group)
		}
		scope := "/"
		if a.unit {
			scope = "/administrativeUnits/" + guid("unit", "fennside")
		}
		id := guid("roleassignment", a.role, a.user, a.group)
		var end any
		if a.until > 0 {
			end = daysAhead(a.until)
		}
		instance := o{
			"id": id, "principalId": who, "roleDefinitionId": t.roles[a.role], "directoryScopeId": scope, "appScopeId": nil,
			"startDateTime": daysAgo(a.since, a.role, a.user), "endDateTime": end, "memberType": "Direct",
		}
		if a.eligible {
			instance["roleEligibilityScheduleId"] = guid("eligibility", a.role, a.user)
			t.object("roleEligibilityScheduleInstances", instance)
			continue
		}
		instance["assignmentType"], instance["roleAssignmentOriginId"], instance["roleAssignmentScheduleId"] = "Assigned", id, guid("schedule", a.role, a.user, a.group)
		t.object("roleAssignmentScheduleInstances", instance)
		t.object("roleAssignments", o{"id": id, "principalId": who, "roleDefinitionId": t.roles[a.role], "directoryScopeId": scope, "appScopeId": nil, "condition": nil})
	}
}

// privilegedIdentityManagement writes the activation rules: one policy a role.
// Two are weak: User Administrator asks for nothing, and Global Administrator
// asks for an authentication context that no policy enforces.
func privilegedIdentityManagement(t *tenant) {
	for _, r := range directoryRoleList {
		id := "DirectoryRole_" + t.id + "_" + guid("pim", r.name)
		enabled := strs("MultiFactorAuthentication", "Justification")
		approval, contextID := false, ""
		hours := "PT4H"
		switch r.name {
		case "Global Administrator":
			enabled, contextID, hours = strs("Justification"), "c2", "PT2H"
		case "Privileged Role Administrator":
			approval, hours = true, "PT2H"
		case "Security Administrator", "Conditional Access Administrator":
			enabled, contextID = strs("Justification"), "c1"
		case "User Administrator":
			enabled, hours = l{}, "PT24H"
		}
		target := func(caller, level string) o {
			return o{"caller": caller, "operations": l{"All"}, "level": level, "inheritableSettings": l{}, "enforcedSettings": l{}}
		}
		expiration := func(name, caller, level, longest string, required bool) o {
			return o{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule", "id": name, "isExpirationRequired": required, "maximumDuration": longest, "target": target(caller, level)}
		}
		enablement := func(name, caller, level string, rules l) o {
			return o{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyEnablementRule", "id": name, "enabledRules": rules, "target": target(caller, level)}
		}
		approvers := l{}
		if approval {
			approvers = l{o{"@odata.type": "#microsoft.graph.groupMembers", "groupId": t.group("az-security-readers"), "description": "Security team"}}
		}
		var claim any
		if contextID != "" {
			claim = contextID
		}
		rules := l{
			expiration("Expiration_Admin_Eligibility", "Admin", "Eligibility", "P365D", true),
			enablement("Enablement_Admin_Eligibility", "Admin", "Eligibility", l{}),
			expiration("Expiration_Admin_Assignment", "Admin", "Assignment", "P15D", r.name != "Helpdesk Administrator" && r.name != "Global Reader" && r.name != "Exchange Administrator" && r.name != "User Administrator" && r.name != "Global Administrator"),
			enablement("Enablement_Admin_Assignment", "Admin", "Assignment", strs("Justification")),
			expiration("Expiration_EndUser_Assignment", "EndUser", "Assignment", hours, true),
			enablement("Enablement_EndUser_Assignment", "EndUser", "Assignment", enabled),
			o{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "Approval_EndUser_Assignment", "target": target("EndUser", "Assignment"), "setting": o{
				"isApprovalRequired": approval, "isApprovalRequiredForExtension": false, "isRequestorJustificationRequired": true, "approvalMode": "SingleStage",
				"approvalStages": l{o{"approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": true, "escalationTimeInMinutes": 0, "isEscalationEnabled": false, "primaryApprovers": approvers, "escalationApprovers": l{}}},
			}},
			o{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyAuthenticationContextRule", "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": contextID != "", "claimValue": claim, "target": target("EndUser", "Assignment")},
			o{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyNotificationRule", "id": "Notification_Admin_EndUser_Assignment", "notificationType": "Email", "recipientType": "Admin", "notificationLevel": "All", "isDefaultRecipientsEnabled": true, "notificationRecipients": l{"security@" + domain}, "target": target("EndUser", "Assignment")},
		}
		t.object("roleManagementPolicies", o{
			"id": id, "displayName": "DirectoryRole", "description": "DirectoryRole", "isOrganizationDefault": false, "scopeId": "/", "scopeType": "DirectoryRole",
			"lastModifiedDateTime": daysAgo(200, r.name), "lastModifiedBy": o{"displayName": "Hedda Lorne (admin)", "id": t.user("adm-hedda.lorne")}, "rules": rules,
		})
		t.object("roleManagementPolicyAssignments", o{
			"id": id + "_" + r.template, "policyId": id, "scopeId": "/", "scopeType": "DirectoryRole", "roleDefinitionId": r.template,
		})
	}
	// The owners of every subscription reach their group through PIM for groups as well.
	t.object("groupEligibilityScheduleInstances", o{
		"id": guid("pimgroup", "owners"), "groupId": t.group("az-subscription-owners"), "principalId": t.user("adm-ines.varga"), "accessId": "member", "memberType": "direct",
		"startDateTime": daysAgo(60), "endDateTime": daysAhead(300), "eligibilityScheduleId": guid("pimgroupschedule", "owners"),
	})
	t.object("groupAssignmentScheduleInstances", o{
		"id": guid("pimgroupa", "owners"), "groupId": t.group("az-subscription-owners"), "principalId": t.user("adm-mats.ekdal"), "accessId": "member", "memberType": "direct",
		"assignmentType": "assigned", "startDateTime": daysAgo(300), "endDateTime": nil, "assignmentScheduleId": guid("pimgroupas", "owners"),
	})
}

// roleTemplates are the roles that the administrators' policy names.
func (t *tenant) roleTemplates() l {
	out := []string{
		"e3973bdf-4987-49ae-837a-ba8e231c7286", // Azure DevOps Administrator
		"158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
		"f28a1f50-f6e7-4571-818b-6a12f2af6b6c", // SharePoint Administrator
		"7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
		"b0f54661-2d74-4c50-afa3-1ec803f12efe", // Billing Administrator
		"8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
		"966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
	}
	for _, r := range directoryRoleList {
		out = append(out, r.template)
	}
	slices.Sort(out)
	return strs(out...)
}
