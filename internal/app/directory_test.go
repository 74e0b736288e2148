package app

import (
	"testing"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func TestDirectoryKnowsWhatWasNotRead(t *testing.T) {
	user, err := jsondoc.ParseString(`{"id":"u1","userPrincipalName":"a@b.example"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		state inventory.State
		gap   bool
	}{{inventory.Complete, false}, {inventory.Partial, true}, {inventory.Denied, true}} {
		b := inventory.NewBuilder()
		r, err := resource.NewGraph("users", user, resource.Origin{File: "users.json"})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
		b.Cover(inventory.Entry{Type: "Microsoft.Graph/users", Scope: "/", State: c.state, Reason: "as the test says"})
		inv := b.Build()
		if _, ok := DirectoryOf(inv).User("U1"); !ok {
			t.Error("the user is not in the directory")
		}
		if got := directoryGap(inv, directory.Users); (got != "") != c.gap {
			t.Errorf("%s: gap %q", c.state, got)
		}
		if DirectoryOf(inv).Read(directory.Groups) || directoryGap(inv, directory.Groups) == "" {
			t.Error("groups count as read, which nobody asked for")
		}
	}
}
