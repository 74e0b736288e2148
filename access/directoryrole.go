package access

import "strings"

// DirectoryActionGrants tells whether an allowed resource action of a Microsoft
// Entra role definition covers an action asked about. Actions are
// {namespace}/{entity}/{property set}/{task}; allEntities, allProperties and
// allTasks stand for every one of their kind, and an entity covers its subsets
// ("groups" covers "groups.security"). Letters match without regard to case.
// Source: "Create a custom role in Microsoft Entra ID", Permissions reference.
func DirectoryActionGrants(allowed, asked string) bool {
	g, a := strings.Split(strings.ToLower(allowed), "/"), strings.Split(strings.ToLower(asked), "/")
	if len(g) < 3 || len(a) < 3 || g[0] != a[0] {
		return false
	}
	if g[1] != a[1] && g[1] != "allentities" && !strings.HasPrefix(a[1], g[1]+".") {
		return false
	}
	gTask, aTask := g[len(g)-1], a[len(a)-1]
	if gTask != aTask && gTask != "alltasks" {
		return false
	}
	gSet, aSet := strings.Join(g[2:len(g)-1], "/"), strings.Join(a[2:len(a)-1], "/")
	return gSet == aSet || gSet == "allproperties"
}
