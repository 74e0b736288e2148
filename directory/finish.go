package directory

import (
	"slices"
	"sort"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Build ends the collecting and returns the directory. Role assignments are
// resolved here, so that the order of additions does not matter.
func (b *Builder) Build() *Directory {
	d := b.start()
	b.d = nil
	for _, g := range d.groupOrder {
		for _, m := range g.Members {
			k := fold(m)
			d.parents[k] = append(d.parents[k], g)
		}
	}
	for _, u := range d.userOrder {
		for _, m := range u.memberOf {
			if g, ok := d.groups[m]; ok && !contains(d.parents[u.key], g) {
				d.parents[u.key] = append(d.parents[u.key], g)
			}
		}
	}
	d.closeGroups()
	d.readJoinable()
	d.readRoles()
	d.readActivation()
	d.readRegistration()
	return d
}

func contains(gs []*Group, g *Group) bool {
	return slices.Contains(gs, g)
}

// closeGroups computes, for each group, the groups it is in (itself first).
// Cycles are legal input: they end because a group is entered once.
func (d *Directory) closeGroups() {
	for _, g := range d.groupOrder {
		seen := map[*Group]bool{g: true}
		list := []*Group{g}
		for i := 0; i < len(list); i++ {
			for _, p := range d.parents[list[i].key] {
				if p == g && i > 0 && len(d.diags) < 1000 {
					d.warn("CAD0006", "group %q is nested in itself", g.ID)
				}
				if !seen[p] {
					seen[p] = true
					list = append(list, p)
				}
			}
		}
		d.closure[g] = list
	}
}

// readJoinable reads who may activate a membership of which group.
func (d *Directory) readJoinable() {
	d.joinable, d.joiners = map[string][]*Group{}, map[string][]string{}
	for _, body := range d.objects[fold(GroupEligibilityInstances)] {
		g, ok := d.groups[fold(text(body, "groupId"))]
		who := text(body, "principalId")
		if !ok || who == "" || strings.EqualFold(text(body, "accessId"), "owner") {
			continue // an owner may add members, and is none
		}
		if k := fold(who); !contains(d.joinable[k], g) {
			d.joinable[k] = append(d.joinable[k], g)
			d.joiners[g.key] = append(d.joiners[g.key], who)
		}
	}
}

func (d *Directory) roleFor(id string) *Role {
	if r, ok := d.roles[fold(id)]; ok {
		return r
	}
	r := &Role{ID: id, TemplateID: id}
	d.addRole(r)
	return r
}

func (d *Directory) assign(a *RoleAssignment) {
	m := d.assigned
	if a.Eligible {
		m = d.eligible
	}
	k := fold(a.PrincipalID)
	for _, o := range m[k] { // PIM instances repeat what roleAssignments say
		if o.Role == a.Role && o.Scope == a.Scope {
			if a.Source == RoleAssignmentInstances {
				o.Activated, o.Start, o.End = a.Activated, a.Start, a.End
			}
			return
		}
	}
	m[k] = append(m[k], a)
	d.allRoles = append(d.allRoles, a)
}

func scopeOf(body jsondoc.Value) string {
	if s := text(body, "directoryScopeId", "resourceScope", "scope"); s != "" {
		return s
	}
	if s := text(body, "appScopeId"); s != "" && s != everywhere {
		return "/apps" + s
	}
	return everywhere
}

func (d *Directory) readRoles() {
	for _, c := range []string{RoleAssignments, RoleAssignmentInstances, RoleEligibilityInstances} {
		for _, body := range d.objects[fold(c)] {
			role := text(body, "roleDefinitionId", "roleTemplateId")
			if role == "" {
				role = text(body.Get("roleDefinition"), "id", "templateId")
			}
			principals, _ := ids(body.Get("principalIds"))
			if p := text(body, "principalId"); p != "" {
				principals = append(principals, p)
			} else if p := text(body.Get("principal"), "id"); p != "" {
				principals = append(principals, p)
			}
			if role == "" || len(principals) == 0 {
				d.warn("CAD0007", "a role assignment without principal or role is left out")
				continue
			}
			if rd := body.Get("roleDefinition"); rd.Kind() == jsondoc.Object && text(rd, "id") != "" {
				if _, ok := d.roles[fold(text(rd, "id"))]; !ok {
					d.addRole(&Role{ID: text(rd, "id"), TemplateID: orElse(text(rd, "templateId"), text(rd, "id")),
						DisplayName: text(rd, "displayName"), BuiltIn: triOf(rd.Get("isBuiltIn")), Privileged: triOf(rd.Get("isPrivileged")), Body: rd})
				}
			}
			for _, p := range principals {
				d.assign(&RoleAssignment{
					ID: text(body, "id"), PrincipalID: p, Role: d.roleFor(role), Scope: scopeOf(body), Eligible: c == RoleEligibilityInstances,
					Activated: strings.EqualFold(text(body, "assignmentType"), "Activated"),
					Start:     timeOf(body.Get("startDateTime")), End: timeOf(body.Get("endDateTime")), Source: c,
				})
			}
		}
	}
	for _, body := range d.objects[fold(DirectoryRoles)] {
		tmpl := text(body, "roleTemplateId", "templateId", "id")
		if tmpl == "" {
			continue
		}
		if _, ok := d.roles[fold(tmpl)]; !ok {
			d.addRole(&Role{ID: tmpl, TemplateID: tmpl, DisplayName: text(body, "displayName"), BuiltIn: True})
		}
		members, _ := ids(body.Get("members"))
		for _, m := range members {
			d.assign(&RoleAssignment{PrincipalID: m, Role: d.roleFor(tmpl), Scope: everywhere, Source: DirectoryRoles})
		}
	}
	for _, u := range d.userOrder {
		for _, r := range u.listedRoles {
			d.assign(&RoleAssignment{PrincipalID: u.ID, Role: d.roleFor(r), Scope: everywhere, Source: Users})
		}
	}
	sort.SliceStable(d.roleOrder, func(i, j int) bool { return fold(d.roleOrder[i].ID) < fold(d.roleOrder[j].ID) })
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readActivation joins role management policies to roles through their
// assignments; a policy whose own id names no role counts for none.
func (d *Directory) readActivation() {
	policies := map[string]jsondoc.Value{}
	for _, p := range d.objects[fold(RoleManagementPolicies)] {
		policies[fold(text(p, "id"))] = p
	}
	for _, a := range d.objects[fold(RoleManagementAssignments)] {
		role := text(a, "roleDefinitionId")
		p := a.Get("policy")
		if p.Kind() != jsondoc.Object {
			p = policies[fold(text(a, "policyId"))]
		}
		if role == "" || p.IsMissing() {
			d.warn("CAD0008", "role management policy assignment %q names no known policy", text(a, "id"))
			continue
		}
		d.activation[fold(role)] = activationRules(p)
	}
}

// ParseActivation reads what the rules of a role management policy ask for an
// activation, Graph's or Azure's, which have the same form.
// Source: "Rules in PIM", Microsoft Graph; "Role Management Policy Assignments",
// Azure's REST API.
func ParseActivation(policy jsondoc.Value) *ActivationRules { return activationRules(policy) }

func activationRules(p jsondoc.Value) *ActivationRules {
	out := &ActivationRules{}
	for _, list := range []jsondoc.Value{p.Get("rules"), p.Get("effectiveRules")} {
		for _, r := range list.Elements() {
			switch fold(text(r, "id")) {
			case "enablement_enduser_assignment":
				rules, ok := ids(r.Get("enabledRules"))
				if !ok {
					continue
				}
				has := func(want string) Tri {
					for _, x := range rules {
						if strings.EqualFold(x, want) {
							return True
						}
					}
					return False
				}
				out.MFA, out.Justification, out.Ticket = has("MultiFactorAuthentication"), has("Justification"), has("Ticketing")
			case "approval_enduser_assignment":
				s := r.Get("setting")
				out.Approval = triOf(s.Get("isApprovalRequired"))
				for _, st := range s.Get("approvalStages").Elements() {
					for _, a := range st.Get("primaryApprovers").Elements() {
						if id := text(a, "userId", "groupId", "id"); id != "" {
							out.Approvers = append(out.Approvers, id)
						}
					}
				}
			case "authenticationcontext_enduser_assignment":
				if triOf(r.Get("isEnabled")) == True {
					out.AuthenticationContext = fold(text(r, "claimValue"))
				}
			case "expiration_enduser_assignment":
				out.MaximumDuration = text(r, "maximumDuration")
			case "expiration_admin_assignment":
				out.PermanentActive = triOf(r.Get("isExpirationRequired")).Not()
			case "expiration_admin_eligibility":
				out.PermanentEligible = triOf(r.Get("isExpirationRequired")).Not()
			}
		}
	}
	return out
}

func (d *Directory) readRegistration() {
	for _, r := range d.objects[fold(UserRegistrationDetails)] {
		u, ok := d.users[fold(text(r, "id", "userId"))]
		if !ok {
			u, ok = d.users[fold(text(r, "userPrincipalName"))]
		}
		if !ok {
			continue
		}
		u.MFARegistered, u.MFACapable = triOf(r.Get("isMfaRegistered")), triOf(r.Get("isMfaCapable"))
		u.Methods, _ = ids(r.Get("methodsRegistered"))
	}
	for _, r := range d.objects[fold(SignInActivities)] {
		u, ok := d.users[fold(text(r, "id", "userId"))]
		if !ok {
			continue
		}
		a := r
		if s := r.Get("signInActivity"); s.Kind() == jsondoc.Object {
			a = s
		}
		for _, n := range []string{"lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime"} {
			if t := timeOf(a.Get(n)); t.After(u.LastSignIn) {
				u.LastSignIn = t
			}
		}
	}
}
