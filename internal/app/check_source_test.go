package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSourcesFindAttributes(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	if err := os.MkdirAll("modules/net", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"main.tf": `# resource "azurerm_subnet" "comment" {
resource "azurerm_storage_account" "a" {
  name = "${var.prefix}a"
  network_rules {
    default_action = "Allow"
  }
}
resource "azurerm_storage_account" "b" {
  min_tls_version = "TLS1_0"
}
`,
		"modules/net/net.tf": "\n  resource \"azurerm_subnet\"   \"s\" {\n}\n",
	} {
		if err := os.WriteFile(filepath.FromSlash(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := readSources(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		module, typ, name, file string
		line                    int
	}{
		{"", "azurerm_storage_account", "a", "main.tf", 2},
		{"", "azurerm_storage_account", "b", "main.tf", 8},
		{"modules/net", "azurerm_subnet", "s", "modules/net/net.tf", 2},
		{"", "azurerm_subnet", "comment", "", 0},
		{"", "azurerm_subnet", "s", "", 0},
	} {
		if file, line := s.line(c.module, c.typ, c.name); file != c.file || line != c.line {
			t.Errorf("%s.%s is at %s:%d, want %s:%d", c.typ, c.name, file, line, c.file, c.line)
		}
	}
	for attr, want := range map[string]int{"name": 3, "network_rules[0].default_action": 5, "network_rules[0]": 4, "min_tls_version": 0, "": 0} {
		if got := s.attribute("main.tf", 2, attr); got != want {
			t.Errorf("%q is in line %d, want %d", attr, got, want)
		}
	}
}
