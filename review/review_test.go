package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var now = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

const campaign = `name: Privileged access
scope:
  azure: [/subscriptions/s1]
  directoryRoles: privileged
  groups: [Team]
  applications: true
reviewers: [boss@x, other@x]
recurrence: quarterly
stale: 90d
`

func grants() []Grant {
	recent, old := now.AddDate(0, 0, -3), now.AddDate(0, 0, -200)
	return []Grant{
		{ID: "a1", Kind: "azureRole", PrincipalID: "u1", PrincipalType: "User", Principal: "u1@x", What: "Owner", Scope: "/subscriptions/s1", LastSignIn: recent, SignInsRead: true},
		{ID: "a2", Kind: "azureRole", PrincipalID: "u2", PrincipalType: "User", Principal: "u2@x", What: "Reader", Scope: "/subscriptions/s2", LastSignIn: recent, SignInsRead: true},
		{ID: "d1", Kind: "directoryRole", PrincipalID: "u3", PrincipalType: "User", Principal: "u3@x", What: "User Administrator", Scope: "/", Privileged: true, LastSignIn: old, SignInsRead: true},
		{ID: "d2", Kind: "directoryRole", PrincipalID: "u3", PrincipalType: "User", Principal: "u3@x", What: "Reports Reader", Scope: "/"},
		{ID: "e1", Kind: "eligibleDirectoryRole", PrincipalID: "boss", PrincipalType: "User", Principal: "boss@x", What: "Global Administrator", WhatID: "ga", Scope: "/", Privileged: true},
		{ID: "g1", Kind: "groupMember", PrincipalID: "u4", PrincipalType: "User", Principal: "u4@x", What: "Team", WhatID: "team", Disabled: true},
		{ID: "p1", Kind: "applicationPermission", PrincipalID: "sp", PrincipalType: "ServicePrincipal", Principal: "Bridge", What: "Directory.ReadWrite.All", SignInsRead: true},
	}
}

func start(t testing.TB) *Record {
	t.Helper()
	c, list := ParseCampaign("c.yaml", []byte(campaign))
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	r, err := Begin(c, c.Items(grants(), func(scope string, roots []string) bool { return strings.HasPrefix(scope, roots[0]) }, now), "ops@x", now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestItemsAndRecommendations(t *testing.T) {
	var got []string
	for _, it := range start(t).Items {
		got = append(got, it.ID+" "+it.Recommendation+" "+it.Evidence)
	}
	want := `p1 Deny no sign-in is on record
a1 Approve last signed in on 2026-10-29, 3 days ago
d1 Deny last signed in on 2026-04-15, 200 days ago
e1 NoInfoAvailable sign-ins were not read
g1 Deny the account is disabled`
	if strings.Join(got, "\n") != want {
		t.Errorf("items:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}

// Whom nobody read is not gone: only a directory that was read whole says so.
func TestWhoIsNotInTheDirectory(t *testing.T) {
	c := &Campaign{Directory: "all", Stale: 90}
	g := Grant{ID: "x", Kind: DirectoryRole, PrincipalID: "p", PrincipalType: "Unknown", What: "Reader", Scope: "/"}
	for _, gone := range []bool{true, false} {
		g.Gone = gone
		want := map[bool]string{true: Deny, false: NoInfo}[gone]
		items := c.Items([]Grant{g}, nil, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		if len(items) != 1 || items[0].Recommendation != want {
			t.Errorf("gone %t: %+v, want %s", gone, items, want)
		}
	}
}

func TestDecisionsAreTakenWholeOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct {
		reviewer, item, decision, why, want string
	}{
		"not a reviewer":         {"stranger@x", "a1", "approve", "", "not a reviewer"},
		"not under review":       {"boss@x", "a2", "approve", "", "not under review"},
		"no decision":            {"boss@x", "a1", "perhaps", "", "no decision"},
		"against, without why":   {"boss@x", "a1", "deny", "", "needs a justification"},
		"one's own":              {"boss@x", "e1", "approve", "", "their own access"},
		"against, with a reason": {"boss@x", "a1", "deny", "moved to another team", ""},
	} {
		r := start(t)
		before := r.Len()
		n, err := r.Decide(c.reviewer, []byte(name), []Decision{{Item: c.item, Decision: c.decision, Justification: c.why}, {Item: "d1", Decision: "deny"}}, now)
		if c.want == "" {
			if err != nil || n != 2 {
				t.Errorf("%s: %d, %v", name, n, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || r.Len() != before {
			t.Errorf("%s: %v, %d lines more", name, err, r.Len()-before)
		}
	}
	r := start(t)
	file := []byte("x")
	if _, err := r.Decide("boss@x", file, []Decision{{Item: "d1", Decision: "Deny"}}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decide("other@x", file, []Decision{{Item: "a1", Decision: "approve"}}, now); err == nil || !strings.Contains(err.Error(), "signed off") {
		t.Errorf("a file that is signed off twice: %v", err)
	}
	if _, err := r.Decide("other@x", []byte("y"), []Decision{{Item: "D1", Decision: "approve", Justification: "no"}}, now); err == nil || !strings.Contains(err.Error(), "was decided by boss@x") {
		t.Errorf("an item that is decided again: %v", err)
	}
}

func TestEveryAlterationIsFound(t *testing.T) {
	r := start(t)
	if _, err := r.Decide("boss@x", []byte("f"), []Decision{{Item: "d1", Decision: "deny"}, {Item: "g1", Decision: "deny"}}, now); err != nil {
		t.Fatal(err)
	}
	again, err := Open(r.Text())
	if err != nil || again.Head() != r.Head() || len(again.Decisions) != 2 || again.Undecided() != 3 || again.Campaign.Name != "Privileged access" {
		t.Fatalf("the record does not read back: %v", err)
	}
	// Any byte changed breaks the chain.
	for i := range r.Text() {
		b := bytes.Clone(r.Text())
		b[i] ^= 1
		if _, err := Open(b); !errors.Is(err, ErrBroken) {
			t.Fatalf("byte %d was changed and nobody noticed: %v", i, err)
		}
	}
	lines := bytes.SplitAfter(r.Text(), []byte{'\n'})
	lines = lines[:len(lines)-1]
	for i := range lines {
		without := bytes.Join(append(append([][]byte(nil), lines[:i]...), lines[i+1:]...), nil)
		_, err := Open(without)
		want := fmt.Sprintf("line %d:", i+1)
		if i == len(lines)-1 {
			want = "decisions that nobody signed off"
		}
		if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), want) {
			t.Errorf("line %d was taken out: %v", i+1, err)
		}
		if i+1 < len(lines) {
			swapped := append([][]byte(nil), lines...)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			if _, err := Open(bytes.Join(swapped, nil)); !errors.Is(err, ErrBroken) {
				t.Errorf("lines %d and %d changed places: %v", i+1, i+2, err)
			}
		}
	}
	// A whole sign-off that was cut off shows in the head alone.
	cut, err := Open(bytes.Join(lines[:6], nil))
	if err != nil || cut.Head() == r.Head() {
		t.Errorf("cut off: %v", err)
	}
	if _, err := Open(bytes.Join(lines[:4], nil)); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "began with 5 items and holds 3") {
		t.Errorf("items cut off: %v", err)
	}
	if _, err := Open(bytes.ReplaceAll(r.Text(), []byte{'\n'}, []byte("\r\n"))); !errors.Is(err, ErrBroken) {
		t.Error("other ends of lines are not noticed")
	}
}

// TestForgedLinesAreFound: hashes that fit are easily made; what [Record.Decide] would
// not have written is found all the same.
func TestForgedLinesAreFound(t *testing.T) {
	deny := func(item, by, word string) Decision {
		return Decision{Item: item, Decision: word, Justification: "because", By: by, At: now}
	}
	type line struct {
		by, kind string
		data     any
	}
	decision := func(item, by, word string) line { return line{by, "decision", deny(item, by, word)} }
	signoff := func(by string, n int) line {
		return line{by, "signoff", SignOff{Reviewer: by, File: "x", Count: n, At: now}}
	}
	for name, c := range map[string]struct {
		lines []line
		want  string
	}{
		"a sign-off like Decide's":       {[]line{decision("d1", "boss@x", Deny), signoff("boss@x", 1)}, ""},
		"a stranger decides":             {[]line{decision("d1", "stranger@x", Deny), signoff("stranger@x", 1)}, "stranger@x is not a reviewer"},
		"somebody signs for another":     {[]line{decision("d1", "boss@x", Deny), signoff("other@x", 1)}, "other@x signed off what boss@x decided"},
		"two people in one sign-off":     {[]line{decision("d1", "boss@x", Deny), decision("g1", "other@x", Deny), signoff("other@x", 2)}, "did not sign off what stands before"},
		"fewer than were signed off":     {[]line{decision("d1", "boss@x", Deny), signoff("boss@x", 2)}, "signed off 2 decisions, and 1 stand before it"},
		"nothing signed off":             {[]line{signoff("boss@x", 0)}, "signed off 0"},
		"nobody signed off":              {[]line{decision("d1", "boss@x", Deny)}, "nobody signed off"},
		"one's own access":               {[]line{decision("e1", "boss@x", Approve), signoff("boss@x", 1)}, "their own access"},
		"what is not under review":       {[]line{decision("zz", "boss@x", Deny), signoff("boss@x", 1)}, "not under review"},
		"the same item again":            {[]line{decision("d1", "boss@x", Deny), signoff("boss@x", 1), decision("d1", "boss@x", Approve), signoff("boss@x", 1)}, "was decided by boss@x"},
		"a word that is none":            {[]line{decision("d1", "boss@x", "deny"), signoff("boss@x", 1)}, "no decision"},
		"a decision of another moment":   {[]line{{"boss@x", "decision", Decision{Item: "d1", Decision: Deny, Justification: "x", By: "boss@x", At: now.AddDate(0, 0, -9)}}, signoff("boss@x", 1)}, "another reviewer or moment"},
		"an item put in later":           {[]line{decision("d1", "boss@x", Deny), signoff("boss@x", 1), {"boss@x", "item", Item{ID: "new"}}}, "after the decisions began"},
		"an item put in at the end":      {[]line{{"boss@x", "item", Item{ID: "new"}}}, "began with 5 items and holds 6"},
		"an item that is there already":  {[]line{{"boss@x", "item", Item{ID: "A1"}}}, "there twice"},
		"another campaign":               {[]line{{"boss@x", "campaign", Campaign{Name: "x"}}}, "nothing else does"},
		"a kind that nobody knows":       {[]line{{"boss@x", "amnesty", "all"}}, `of the kind "amnesty"`},
		"an approval without its reason": {[]line{{"boss@x", "decision", Decision{Item: "d1", Decision: Approve, By: "boss@x", At: now}}, signoff("boss@x", 1)}, "needs a justification"},
	} {
		r := start(t)
		for _, l := range c.lines {
			if err := r.append(now, l.by, l.kind, l.data); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(r.Text())
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// Text beside what a line says is not azward's either.
	text := start(t).Text()
	begin, _, _ := bytes.Cut(text, []byte{'\n'})
	i := bytes.LastIndex(begin, []byte(hashKey))
	forged := append(bytes.Clone(begin[:i]), `,"seq":1`...)
	forged = append(append(append(forged, hashKey...), sum(forged)...), "\"}\n"...)
	if _, err := Open(forged); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "not written as azward writes") {
		t.Errorf("a member twice: %v", err)
	}
}

func TestCommandsRemoveWhatWasDenied(t *testing.T) {
	r := start(t)
	_, err := r.Decide("other@x", []byte("f"), []Decision{
		{Item: "d1", Decision: "deny"}, {Item: "g1", Decision: "deny"}, {Item: "p1", Decision: "deny"}, {Item: "e1", Decision: "deny"}, {Item: "a1", Decision: "approve"},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Commands() {
		got = append(got, c.Lines...)
	}
	want := `az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/servicePrincipals/sp/appRoleAssignments/p1'
az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignments/d1'
az rest --method POST --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleEligibilityScheduleRequests' --body '{"action":"adminRemove","directoryScopeId":"/","justification":"access review","principalId":"boss","roleDefinitionId":"ga"}'
az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/groups/team/members/u4/$ref'`
	if strings.Join(got, "\n") != want {
		t.Errorf("commands:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}

// TestRemovalOfEachKind: the call that each kind of grant takes, as the pages that
// [Record.Commands] names write it.
func TestRemovalOfEachKind(t *testing.T) {
	for _, c := range []struct {
		it   Item
		want string
	}{
		{Item{Kind: AzureRole, ID: "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/a"}, `az role assignment delete --ids '/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/a'`},
		{Item{Kind: EligibleAzureRole, ID: "e", PrincipalID: "p", WhatID: "r", Scope: "/subscriptions/s/resourceGroups/g"}, `az rest --method PUT --url 'https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/` + requestID("E") +
			`?api-version=2020-10-01' --body '{"properties":{"justification":"access review","principalId":"p","requestType":"AdminRemove","roleDefinitionId":"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r"}}'`},
		{Item{Kind: EligibleAzureRole, ID: "e", PrincipalID: "p", WhatID: "r", Scope: "/providers/Microsoft.Management/managementGroups/m"}, `az rest --method PUT --url 'https://management.azure.com/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/` + requestID("e") +
			`?api-version=2020-10-01' --body '{"properties":{"justification":"access review","principalId":"p","requestType":"AdminRemove","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/r"}}'`},
		{Item{Kind: DirectoryRole, ID: "x"}, `az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignments/x'`},
		{Item{Kind: DirectoryRoleMember, PrincipalID: "p", WhatID: "t"}, `az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/directoryRoles/roleTemplateId=t/members/p/$ref'`},
		{Item{Kind: ScheduledDirectoryRole, PrincipalID: "p", WhatID: "r", Scope: "/administrativeUnits/u"}, `az rest --method POST --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignmentScheduleRequests' --body '{"action":"adminRemove","directoryScopeId":"/administrativeUnits/u","justification":"access review","principalId":"p","roleDefinitionId":"r"}'`},
		{Item{Kind: EligibleDirectoryRole, PrincipalID: "o'p", WhatID: "r", Scope: "/apps/catalog"}, `az rest --method POST --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleEligibilityScheduleRequests' --body '{"action":"adminRemove","appScopeId":"/catalog","justification":"access review","principalId":"o'\''p","roleDefinitionId":"r"}'`},
		{Item{Kind: ApplicationPermission, ID: "i", PrincipalID: "p", PrincipalType: "User"}, `az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/users/p/appRoleAssignments/i'`},
		{Item{Kind: ApplicationPermission, ID: "i", PrincipalID: "p", PrincipalType: "Group"}, `az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/groups/p/appRoleAssignments/i'`},
		{Item{Kind: ApplicationPermission, ID: "i", PrincipalID: "p", PrincipalType: "ManagedIdentity"}, `az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/servicePrincipals/p/appRoleAssignments/i'`},
	} {
		if got := removal(c.it); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.it.Kind, got, c.want)
		}
	}
}

func TestCampaignMistakesNameTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"name: x\nscope:\n  azure: [a]\nreviewer: [b]\n":                         "c.yaml:4:11",
		"name: x\nscope:\n  directoryRoles: some\nreviewers: [b]\n":              `"directoryRoles" is "some"`,
		"name: x\nreviewers: [b]\n":                                              "no scope",
		"name: x\nscope: {applications: true}\nreviewers: [b]\nstale: soon\n":    "number of days",
		"name: x\nscope: {applications: true}\nreviewers: [b]\nrecurrence: bi\n": "recurrence",
		"scope: {applications: true}\nreviewers: [b]\n":                          `"name"`,
		"name: [": "REV0001",
		"- a":     "mapping",
		"name: x\nscope: {applications: 1}\nreviewers: [b]\n": "true or false",
		"name: x\nscope: {groups: {a: b}}\nreviewers: [b]\n":  "list of texts",
	} {
		c, list := ParseCampaign("c.yaml", []byte(text))
		if c != nil || !strings.Contains(list.Error(), want) {
			t.Errorf("%q: %v, want %q", text, list, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(start(f).Text())
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"seq":1,"hash":"x"}`))
	f.Add([]byte(`campaign {"name":"n","reviewers":["boss@x"],"items":1}
item {"id":"a","kind":"azureRole","principal":"u@x","recommendation":"Deny"}
decision {"item":"a","decision":"Deny","by":"boss@x","at":"2026-11-01T09:00:00Z"}
signoff {"reviewer":"boss@x","fileSha256":"x","decisions":1,"at":"2026-11-01T09:00:00Z"}
`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Open(text)
		if err == nil && !bytes.Equal(r.Text(), text) {
			t.Error("a record that verifies is not kept as it is")
		}
		// Whatever the lines say, hashes that fit make a record or none, and what can be
		// decided in it verifies again.
		forged := &Record{Decisions: map[string]Decision{}, at: map[string]int{}}
		for line := range bytes.Lines(text) {
			kind, data, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
			if !json.Valid([]byte(data)) || !utf8.ValidString(kind) {
				continue
			}
			if err := forged.append(now, "boss@x", kind, json.RawMessage(data)); err != nil {
				t.Fatal(err)
			}
		}
		if r, err = Open(forged.Text()); err != nil {
			return
		}
		r.Commands()
		for _, it := range r.Items {
			if _, err := r.Decide("boss@x", []byte(it.ID), []Decision{{Item: it.ID, Decision: "deny", Justification: "x"}}, now); err == nil {
				if _, err := Open(r.Text()); err != nil {
					t.Fatalf("after a decision about %q: %v", it.ID, err)
				}
				break
			}
		}
	})
}

func FuzzParseCampaign(f *testing.F) {
	f.Add([]byte(campaign))
	f.Fuzz(func(_ *testing.T, text []byte) { ParseCampaign("c.yaml", text) })
}
