package privilege

import (
	"fmt"
	"strings"

	"github.com/azward/azward/directory"
)

// credentials looks at the passwords and certificates of applications and
// service principals.
func (x *finder) credentials() {
	d := x.Directory
	used, read := x.Directory.LastSignIns()
	seen := map[string]bool{} // by key id: a service principal repeats its application's
	look := func(id, appID, name string, list []directory.Credential) {
		valid := false
		for _, c := range list {
			if c.KeyID != "" && seen[strings.ToLower(c.KeyID)] {
				continue
			}
			seen[strings.ToLower(c.KeyID)] = true
			what := fmt.Sprintf("a %s of %s", c.Kind, name)
			if c.End.IsZero() {
				x.unknown(CredentialExpired, id, what, "when the credential ends")
				continue
			}
			switch {
			case c.End.Before(x.Now):
				x.add(CredentialExpired, id, what, "/", "ended on "+date(c.End))
				continue
			case c.End.Sub(x.Now) < soon:
				x.add(CredentialExpiring, id, what, "/", "ends on "+date(c.End))
			}
			valid = true
			if !c.Start.IsZero() && c.End.Sub(c.Start) > longLived {
				x.add(CredentialLongLived, id, what, "/", fmt.Sprintf("from %s to %s, %d days", date(c.Start), date(c.End), int(c.End.Sub(c.Start).Hours()/24)))
			}
		}
		if !valid {
			return
		}
		last, known := used[strings.ToLower(appID)]
		switch {
		case !read:
		case !known || last.IsZero():
			x.add(CredentialUnused, id, "the application "+name, "/", "no sign-in is on record")
		case x.Now.Sub(last) > unusedFor:
			x.add(CredentialUnused, id, "the application "+name, "/", "last signed in on "+date(last))
		}
	}
	for _, a := range d.Applications() {
		look(a.ID, a.AppID, a.DisplayName, a.Credentials)
	}
	for _, s := range d.ServicePrincipals() {
		if _, own := d.Application(s.AppID); !own && len(s.Credentials) > 0 {
			look(s.ID, s.AppID, s.DisplayName, s.Credentials)
		}
	}
	if !read {
		x.unknown(CredentialUnused, "", "every application", "Microsoft.Graph/servicePrincipalSignInActivities were not read")
	}
	if !d.Read(directory.Applications) {
		x.unknown(CredentialLongLived, "", "every application", "Microsoft.Graph/applications were not read")
	}
}
