package app

import (
	"os"
	"path/filepath"
	"testing"
)

// An archive of Azure's built-in policies holds several versions of one
// definition or initiative, an older one for another cloud first.
func TestLibraryPicksVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.json")
	const text = `[
	{"id": "/providers/Microsoft.Authorization/policyDefinitions/d", "name": "d", "properties": {"displayName": "D", "version": "1.3.0", "policyRule": {"if": {}, "then": {"effect": "audit"}}}},
	{"id": "/providers/Microsoft.Authorization/policyDefinitions/d", "name": "d", "properties": {"displayName": "D", "version": "2.1.0", "policyRule": {"if": {}, "then": {"effect": "audit"}}}},
	{"id": "/providers/Microsoft.Authorization/policySetDefinitions/s", "name": "s", "properties": {"displayName": "S", "version": "14.9.0", "policyDefinitions": []}},
	{"id": "/providers/Microsoft.Authorization/policySetDefinitions/s", "name": "s", "properties": {"displayName": "S", "version": "14.15.0", "policyDefinitions": []}}]`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := loadLibrary([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	version := func(d *definition) string {
		if d == nil {
			return "none"
		}
		return d.body.Get("version").TextOr("")
	}
	for want, got := range map[string]string{
		"14.15.0": version(lib.initiative("S")), "1.3.0": version(lib.find("/providers/microsoft.authorization/policydefinitions/D", "1.*.*")),
		"2.1.0": version(lib.find("/subscriptions/x/providers/Microsoft.Authorization/policyDefinitions/d", "")), "none": version(lib.find("nobody", "")),
	} {
		if got != want {
			t.Errorf("version %s, want %s", got, want)
		}
	}
	if d := lib.initiative("/providers/Microsoft.Authorization/policySetDefinitions/S"); version(d) != "14.15.0" {
		t.Errorf("by id, version %s", version(d))
	}
}
