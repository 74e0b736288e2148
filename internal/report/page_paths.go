package report

import (
	"fmt"
	"io"

	"github.com/azward/azward/attackpath"
)

// AttackPaths are paths to the crown jewels for a page.
type AttackPaths struct {
	Subject  string // who was asked about and what they reach
	Reaching int    // accounts that reach a target
	Paths    []DrawnPath
	Changes  []attackpath.Change
	Unknown  []string // there may be paths that nobody can see
}

// DrawnPath is one path, the steps in order.
type DrawnPath struct {
	From, To attackpath.Thing
	Cost     uint32
	Steps    []attackpath.Step
	boxes    []pathBox
}

// Boxes returns the path as the page draws it.
func (p *DrawnPath) Boxes() []pathBox { return p.boxes }

// pathBox is something on a path with the step that leaves it.
type pathBox struct {
	Class      string // "" or "end"
	Kind       string // how it looks
	Name, What string
	Next       *pathStep
}

type pathStep struct{ Says, Note, Cut string }

// pathLooks are the classes of boxes by what they stand for.
var pathLooks = map[attackpath.NodeKind]string{
	attackpath.UserNode: "person", attackpath.GroupNode: "group", attackpath.ServicePrincipalNode: "app", attackpath.ApplicationNode: "app",
	attackpath.RoleNode: "jewel", attackpath.ScopeNode: "jewel", attackpath.ResourceNode: "thing",
}

// pathBoxes puts a path in boxes, and marks the steps that a proposed change
// cuts.
func pathBoxes(steps []attackpath.Step, changes []attackpath.Change) []pathBox {
	if len(steps) == 0 {
		return nil
	}
	cut := map[string]bool{}
	for _, c := range changes {
		cut[c.Change] = true
	}
	box := func(t attackpath.Thing) pathBox {
		return pathBox{Kind: pathLooks[t.Kind], Name: t.String(), What: pathKinds[t.Kind]}
	}
	var out []pathBox
	for _, s := range steps {
		b := box(s.From)
		b.Next = &pathStep{Says: s.Says, Note: s.Note}
		if cut[s.Cut] {
			b.Next.Cut = s.Cut
		}
		out = append(out, b)
	}
	end := box(steps[len(steps)-1].To)
	end.Class = "end"
	return append(out, end)
}

// AttackPathsHTML writes paths as one page: no network, no other files.
func AttackPathsHTML(w io.Writer, tool Tool, p *AttackPaths) error {
	title := "No way to the crown jewels"
	if p.Reaching > 0 {
		title = "The way up"
	}
	paths := make([]*DrawnPath, len(p.Paths))
	for i := range p.Paths {
		d := p.Paths[i]
		d.boxes = pathBoxes(d.Steps, p.Changes)
		paths[i] = &d
	}
	return writePage(w, "paths.tmpl", fmt.Sprintf("Attack paths · %s", p.Subject), func(f frame) any {
		return struct {
			*AttackPaths
			Frame         frame
			Title, Footer string
			Paths         []*DrawnPath
		}{p, f, title, tool.String(), paths}
	})
}
