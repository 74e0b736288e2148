package template

import (
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// born lists the children that Azure makes with their parent, with settings of
// its own, where a deployment does not declare them. What those are is not in
// the template, so they are not known.
func born() map[string][]string {
	return map[string][]string{
		"microsoft.storage/storageaccounts": {"blobServices", "fileServices", "queueServices", "tableServices"},
		"microsoft.sql/servers":             {"auditingSettings", "securityAlertPolicies", "connectionPolicies", "encryptionProtector", "sqlVulnerabilityAssessments"},
		"microsoft.sql/servers/databases":   {"transparentDataEncryption", "backupShortTermRetentionPolicies", "securityAlertPolicies", "auditingSettings"},
		"microsoft.web/sites":               {"config", "basicPublishingCredentialsPolicies"},
		"microsoft.web/sites/slots":         {"config", "basicPublishingCredentialsPolicies"},
	}
}

// AddTo puts the resources into an inventory, with a manifest that says: every
// resource here is read with all its children and extensions, but for the
// paths that are not known before deployment; what lies outside was not asked for.
func (e *Expansion) AddTo(b *inventory.Builder) {
	declared := map[string]bool{} // "type key|parent key"
	for _, r := range e.Resources {
		if typ := r.TypeKey(); !strings.HasPrefix(typ, "microsoft.web/sites/") || !strings.HasSuffix(typ, "/config") || strings.EqualFold(r.ID.Name(), "web") {
			declared[typ+"|"+r.ID.ParentKey()] = true // of a web app's settings, web are those that rules ask for
		}
	}
	natural := born()
	for _, r := range e.Resources {
		if !b.Add(r.Resource) {
			continue
		}
		id := r.ID.String()
		b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: id, State: inventory.Complete, Source: r.File})
		for _, name := range natural[r.TypeKey()] {
			typ := r.Type + "/" + name
			if !declared[lower(typ)+"|"+r.ID.Key()] {
				b.Cover(inventory.Entry{Type: typ, Scope: id, State: inventory.NotRequested, Source: r.File,
					Reason: "the template does not declare it, and Azure makes it with the " + last(r.Type) + ", with settings of its own"})
			}
		}
		if len(r.Uncertain) > 0 {
			if p, ok := r.ID.Parent(); ok && p.Level() == resource.LevelResource {
				b.Cover(inventory.Entry{Type: r.Type, Scope: p.String(), State: inventory.Partial, Source: r.File, Reason: "whether it is deployed is not known: " + strings.Join(r.Uncertain, "; ")})
			}
		}
		entry := inventory.Entry{Type: r.Type, Scope: id, State: inventory.Complete, Count: 1, Source: r.File}
		if len(r.Uncertain) > 0 {
			entry.Unread, entry.Reason = []string{"properties"}, strings.Join(r.Uncertain, "; ")
		}
		var why []string
		for _, u := range r.Unknown {
			entry.Unread = append(entry.Unread, u.Path)
			why = append(why, u.Reasons...)
		}
		if len(entry.Unread) > 0 {
			if entry.Reason == "" {
				entry.Reason = strings.Join(unique(why), "; ")
			}
			b.Cover(entry)
		}
	}
}

func last(typ string) string { return typ[strings.LastIndexByte(typ, '/')+1:] }
