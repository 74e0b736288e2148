package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/azward/azward/attackpath"
)

// Sizes of the picture of a path, in pixels.
const (
	pathBoxWidth  = 330
	pathBoxHeight = 54
	pathGap       = 46  // between rows: room for what a step says
	pathLine      = 17  // more room, for each line below it
	pathRest      = 270 // right of the boxes, for long lines
	pathMargin    = 4
)

// pathColors are the fills of boxes by what they stand for. Each has its own
// outline too, so that the picture reads without color.
var pathColors = map[attackpath.NodeKind][2]string{
	attackpath.UserNode:             {"#e8f0fe", "#3367d6"},
	attackpath.GroupNode:            {"#eef3e6", "#5b8a2b"},
	attackpath.ServicePrincipalNode: {"#f3e8fd", "#8430ce"},
	attackpath.ApplicationNode:      {"#f3e8fd", "#8430ce"},
	attackpath.RoleNode:             {"#fde7e9", "#b3261e"},
	attackpath.ScopeNode:            {"#fde7e9", "#b3261e"},
	attackpath.ResourceNode:         {"#fff4e0", "#b06000"},
}

var pathKinds = map[attackpath.NodeKind]string{
	attackpath.UserNode: "user", attackpath.GroupNode: "group", attackpath.ServicePrincipalNode: "service principal", attackpath.ApplicationNode: "application",
	attackpath.RoleNode: "directory role", attackpath.ScopeNode: "Azure scope", attackpath.ResourceNode: "resource",
}

// PathSVG draws a path as boxes from top to bottom with what each step says
// between them, and marks the step that a proposed change cuts. It is one SVG
// document with its own colors for light and dark; no script, no font, no link.
func PathSVG(steps []attackpath.Step, changes []attackpath.Change) string {
	cut := map[string]bool{}
	for _, c := range changes {
		cut[c.Change] = true
	}
	things := []attackpath.Thing{steps[0].From}
	for _, s := range steps {
		things = append(things, s.To)
	}
	const width = 2*pathMargin + pathBoxWidth + pathRest
	gaps := make([]int, len(steps))
	height := 2*pathMargin + len(things)*pathBoxHeight
	for i, s := range steps {
		gaps[i] = pathGap
		if s.Note != "" {
			gaps[i] += pathLine
		}
		if s.Cut != "" && cut[s.Cut] {
			gaps[i] += pathLine
		}
		height += gaps[i]
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="system-ui, sans-serif">`,
		width, height, width, height, html.EscapeString(fmt.Sprintf("Path from %s to %s in %d steps", things[0], things[len(things)-1], len(steps))))
	b.WriteString(`<style>.ap-t{font-size:13px;font-weight:600;fill:#1b1b1b}.ap-k{font-size:11px;fill:#555}.ap-s{font-size:12px;fill:#333}.ap-n{font-size:11px;fill:#666}.ap-l{stroke:#777;stroke-width:1.5;fill:none}.ap-c{stroke:#1a7f37;stroke-width:2.5;stroke-dasharray:6 4}.ap-x{fill:#1a7f37;font-size:11px;font-weight:600}` +
		`@media (prefers-color-scheme:dark){.ap-s{fill:#ddd}.ap-n{fill:#aaa}.ap-l{stroke:#aaa}.ap-c{stroke:#57d364}.ap-x{fill:#57d364}}</style>`)
	b.WriteString(`<defs><marker id="ap-a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#777"/></marker></defs>`)
	y := pathMargin
	for i, t := range things {
		c := pathColors[t.Kind]
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s" stroke-width="1.5"/>`, pathMargin, y, pathBoxWidth, pathBoxHeight, c[0], c[1])
		fmt.Fprintf(&b, `<text class="ap-t" x="%d" y="%d">%s</text><text class="ap-k" x="%d" y="%d">%s</text>`,
			pathMargin+14, y+23, html.EscapeString(clipText(t.String(), 42)), pathMargin+14, y+41, pathKinds[t.Kind])
		y += pathBoxHeight
		if i == len(steps) {
			break
		}
		s := steps[i]
		class := "ap-l"
		if cut[s.Cut] && s.Cut != "" {
			class = "ap-l ap-c"
		}
		x := pathMargin + 26
		fmt.Fprintf(&b, `<path class="%s" d="M%d %dV%d" marker-end="url(#ap-a)"/>`, class, x, y, y+gaps[i]-2)
		fmt.Fprintf(&b, `<text class="ap-s" x="%d" y="%d">%s</text>`, x+16, y+24, html.EscapeString(s.Says))
		line := y + 41
		if s.Note != "" {
			fmt.Fprintf(&b, `<text class="ap-n" x="%d" y="%d">%s</text>`, x+16, line, html.EscapeString(clipText(s.Note, 78)))
			line += 17
		}
		if class != "ap-l" {
			fmt.Fprintf(&b, `<text class="ap-x" x="%d" y="%d">cut here: %s</text>`, x+16, line, html.EscapeString(clipText(s.Cut, 70)))
		}
		y += gaps[i]
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// clipText shortens a text to a number of characters.
func clipText(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
