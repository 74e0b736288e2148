package access

import "testing"

func TestDirectoryActionGrants(t *testing.T) {
	for _, c := range []struct {
		allowed, asked string
		want           bool
	}{
		{"microsoft.directory/users/password/update", "Microsoft.Directory/users/password/update", true},
		{"microsoft.directory/users/allProperties/allTasks", "microsoft.directory/users/password/update", true},
		{"microsoft.directory/users/allProperties/allTasks", "microsoft.directory/users/create", true},
		{"microsoft.directory/users/allProperties/read", "microsoft.directory/users/standard/read", true},
		{"microsoft.directory/users/allProperties/read", "microsoft.directory/users/basic/update", false},
		{"microsoft.directory/users/basic/update", "microsoft.directory/users/password/update", false},
		{"microsoft.directory/groups/members/update", "microsoft.directory/groups.security/members/update", true},
		{"microsoft.directory/groups.security/members/update", "microsoft.directory/groups/members/update", false},
		{"microsoft.directory/allEntities/allProperties/allTasks", "microsoft.directory/applications/credentials/update", true},
		{"microsoft.office365.exchange/allEntities/basic/allTasks", "microsoft.directory/users/basic/update", false},
		{"microsoft.directory/users", "microsoft.directory/users/create", false},
	} {
		if got := DirectoryActionGrants(c.allowed, c.asked); got != c.want {
			t.Errorf("%s covers %s: %v, want %v", c.allowed, c.asked, got, c.want)
		}
	}
}
