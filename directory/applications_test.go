package directory

import (
	"testing"
	"time"
)

func TestPermissions(t *testing.T) {
	var b Builder
	add(t, &b, "servicePrincipals", `{"id":"graph","appId":"00000003-0000-0000-C000-000000000000","displayName":"Microsoft Graph","appRoles":[{"id":"R1","value":"User.Read.All"}]}`)
	add(t, &b, "servicePrincipals", `{"id":"own","appId":"a1","displayName":"Own API","appRoles":[{"id":"r1","value":"Directory.ReadWrite.All"}]}`)
	of := b.Build().Permissions()
	for _, c := range []struct {
		api, role, value string
		graph            bool
	}{
		{"GRAPH", "r1", "User.Read.All", true},
		{"graph", "19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Directory.ReadWrite.All", true}, // its list is not whole
		{"unread", "19DBC75E-c2e2-444c-a770-ec69d8559fc7", "Directory.ReadWrite.All", true},
		{"unread", "r1", "", true},
		{"own", "r1", "Directory.ReadWrite.All", false},
		{"own", "19dbc75e-c2e2-444c-a770-ec69d8559fc7", "", false},
	} {
		if p := of(AppRoleGrant{ResourceID: c.api, AppRoleID: c.role}); p.Value != c.value || p.OfGraph() != c.graph {
			t.Errorf("%s %s: %q of Microsoft Graph %v, want %q %v", c.api, c.role, p.Value, p.OfGraph(), c.value, c.graph)
		}
	}
}

// An application that only others sign in to is in use, whatever it does itself.
func TestLastSignIns(t *testing.T) {
	var b Builder
	add(t, &b, ApplicationSignIns, `{"appId":"A","lastSignInActivity":{"lastSignInDateTime":"2026-01-02T00:00:00Z"},"delegatedResourceSignInActivity":{"lastSignInDateTime":"2026-03-04T00:00:00Z"}}`)
	add(t, &b, ApplicationSignIns, `{"appId":"b","lastSignInActivity":null}`)
	last, read := b.Build().LastSignIns()
	if want := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC); !last["a"].Equal(want) {
		t.Errorf("a signed in at %v, want %v", last["a"], want)
	}
	if at, known := last["b"]; !known || !at.IsZero() {
		t.Errorf("b is %v %v, want on record without a time", at, known)
	}
	if _, known := last["c"]; known || !read {
		t.Errorf("c is on record: %v; read %v", known, read)
	}
}
