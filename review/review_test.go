package review

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
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
		if i == len(lines)-1 {
			if err != nil {
				t.Fatal(err)
			}
			if cut, _ := Open(without); cut.Head() == r.Head() {
				t.Error("a line cut off the end leaves the head as it was")
			}
			continue
		}
		if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), fmt.Sprintf("line %d:", i+1)) {
			t.Errorf("line %d was taken out: %v", i+1, err)
		}
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
az rest --method POST --url 'https://graph.microsoft.com/v1.0/roleManagement/directory/roleEligibilityScheduleRequests' --body '{"action":"adminRemove","principalId":"boss","roleDefinitionId":"ga","directoryScopeId":"/","justification":"access review"}'
az rest --method DELETE --url 'https://graph.microsoft.com/v1.0/groups/team/members/u4/$ref'`
	if strings.Join(got, "\n") != want {
		t.Errorf("commands:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
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
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := Open(text); err == nil && !bytes.Equal(r.Text(), text) {
			t.Error("a record that verifies is not kept as it is")
		}
	})
}

func FuzzParseCampaign(f *testing.F) {
	f.Add([]byte(campaign))
	f.Fuzz(func(_ *testing.T, text []byte) { ParseCampaign("c.yaml", text) })
}
