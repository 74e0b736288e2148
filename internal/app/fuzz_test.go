package app

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/azward/azward/content"
	loaded "github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/reader"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/snapshot"
)

// fuzzControls are controls of every kind: of properties, of what is related, of
// facts about networks, access and the directory.
var fuzzControls = []string{
	"storage/storage-minimum-tls", "storage/storage-private-endpoint", "keyvault/keyvault-soft-delete", "monitoring/keyvault-diagnostic-logs", "network/nsg-ssh-closed",
	"compute/vm-management-ports-closed", "identity/subscription-few-owners", "identity/role-assignment-account-enabled", "identity/identity-admins-mfa-guaranteed",
	"identity/identity-no-path-to-administrator", "identity/identity-application-secret-lifetime", "backup/vm-backup", "apps/apim-apis-encrypted",
}

// FuzzAssess reads whatever it is given and assesses it: no file makes azward
// fall over, and what it says stays within bounds and can be written in every
// format.
func FuzzAssess(f *testing.F) {
	dir := f.TempDir()
	for _, name := range fuzzControls {
		text, err := fs.ReadFile(content.Files, "controls/"+name+".yaml")
		if err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)+".yaml"), text, 0o600); err != nil {
			f.Fatal(err)
		}
	}
	controls, problems := loaded.LoadDir(dir)
	if err := problems.Err(); err != nil {
		f.Fatal(err)
	}
	for _, c := range controls {
		examples, err := c.Examples()
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range examples {
			text := "[" + e.Resource.String()
			for _, r := range e.Related {
				text += ",\n" + r.String()
			}
			f.Add([]byte(text + "]"))
		}
	}
	f.Add([]byte(badTenant))
	f.Add([]byte(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[{"id":"u","accountEnabled":false}]}`))
	f.Add([]byte(`{"url":"https://management.azure.com/subscriptions/1/providers/Microsoft.Storage/storageAccounts?api-version=1","status":403,"body":{"error":{"code":"AuthorizationFailed"}}}`))
	inv, err := reader.ReadFS(f.Context(), fstest.MapFS{"a": {Data: []byte(badTenant)}}, []string{"a"}, reader.Options{})
	if err != nil {
		f.Fatal(err)
	}
	var saved bytes.Buffer
	w, err := snapshot.NewWriter(&saved, snapshot.Header{CreatedAt: testNow})
	if err != nil {
		f.Fatal(err)
	}
	if err := w.Write(inv); err != nil {
		f.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		f.Fatal(err)
	}
	f.Add(saved.Bytes())

	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := reader.ReadFS(t.Context(), fstest.MapFS{"a": {Data: data}}, []string{"a"}, reader.Options{})
		if err != nil {
			return
		}
		a, err := Assess(t.Context(), Options{Inventory: inv, Controls: dir, Now: testNow, Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if s := a.Score; s.Percentage < 0 || s.Percentage > 1 || s.Unknown.Worst > s.Percentage || s.Current < 0 || s.Current > float64(s.Max)+0.005 {
			t.Errorf("score %+v", s)
		}
		for _, format := range report.Formats() {
			var out bytes.Buffer
			if err := format.Write(&out, a); err != nil {
				t.Errorf("%s: %v", format.Name, err)
			}
			if (format.Name == "json" || format.Name == "sarif") && !json.Valid(out.Bytes()) {
				t.Errorf("%s is no JSON", format.Name)
			}
		}
		if err := report.Terminal(io.Discard, a, report.TerminalOptions{Width: 80}); err != nil {
			t.Error(err)
		}
	})
}
