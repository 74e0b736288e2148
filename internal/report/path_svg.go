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

	pathSayWidth  = 80 // characters of a line
	pathNoteWidth = 86
)

// pathColors are the fill and the outline of boxes by how they look; the page
// has the same in its style. Each box says what it stands for, so that the
// picture reads without color.
var pathColors = map[string][2]string{
	"person": {"#e8f0fe", "#3367d6"},
	"group":  {"#eef3e6", "#5b8a2b"},
	"app":    {"#f3e8fd", "#8430ce"},
	"jewel":  {"#fde7e9", "#b3261e"},
	"thing":  {"#fff4e0", "#b06000"},
}

var pathKinds = map[attackpath.NodeKind]string{
	attackpath.UserNode: "user", attackpath.GroupNode: "group", attackpath.ServicePrincipalNode: "service principal", attackpath.ApplicationNode: "application",
	attackpath.RoleNode: "directory role", attackpath.ScopeNode: "Azure scope", attackpath.ResourceNode: "resource",
}

// PathSVG draws a path as boxes from top to bottom with what each step says
// between them, and marks the step that a proposed change cuts. It is one SVG
// document with its own colors for light and dark; no script, no font, no link.
func PathSVG(steps []attackpath.Step, changes []attackpath.Change) string {
	boxes := pathBoxes(steps, changes)
	const width = 2*pathMargin + pathBoxWidth + pathRest
	type lines struct{ says, note, cut []string }
	words := make([]lines, len(boxes))
	gaps := make([]int, len(boxes))
	height := 2*pathMargin + len(boxes)*pathBoxHeight
	for i, x := range boxes {
		if x.Next == nil {
			break
		}
		words[i].says = wrapped(x.Next.Says, pathSayWidth, 3)
		if x.Next.Note != "" {
			words[i].note = wrapped(x.Next.Note, pathNoteWidth, 3)
		}
		if x.Next.Cut != "" {
			words[i].cut = wrapped("cut here: "+x.Next.Cut, pathNoteWidth, 3)
		}
		gaps[i] = pathGap + pathLine*(len(words[i].says)-1+len(words[i].note)+len(words[i].cut))
		height += gaps[i]
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="system-ui, sans-serif">`,
		width, height, width, height, html.EscapeString(fmt.Sprintf("Path from %s to %s in %d steps", boxes[0].Name, boxes[len(boxes)-1].Name, len(steps))))
	b.WriteString(`<style>.ap-t{font-size:13px;font-weight:600;fill:#1b1b1b}.ap-k{font-size:11px;fill:#555}.ap-s{font-size:12px;fill:#333}.ap-n{font-size:11px;fill:#666}.ap-l{stroke:#777;stroke-width:1.5;fill:none}.ap-c{stroke:#1a7f37;stroke-width:2.5;stroke-dasharray:6 4}.ap-x{fill:#1a7f37;font-size:11px;font-weight:600}` +
		`@media screen and (prefers-color-scheme:dark){.ap-s{fill:#ddd}.ap-n{fill:#aaa}.ap-l{stroke:#aaa}.ap-c{stroke:#57d364}.ap-x{fill:#57d364}}</style>`)
	b.WriteString(`<defs><marker id="ap-a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#777"/></marker></defs>`)
	y := pathMargin
	for i, t := range boxes {
		c := pathColors[t.Kind]
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s" stroke-width="1.5"/>`, pathMargin, y, pathBoxWidth, pathBoxHeight, c[0], c[1])
		fmt.Fprintf(&b, `<text class="ap-t" x="%d" y="%d">%s</text><text class="ap-k" x="%d" y="%d">%s</text>`,
			pathMargin+14, y+23, html.EscapeString(clipText(t.Name, 42)), pathMargin+14, y+41, t.What)
		y += pathBoxHeight
		if t.Next == nil {
			break
		}
		class := "ap-l"
		if t.Next.Cut != "" {
			class = "ap-l ap-c"
		}
		x, line := pathMargin+26, y+24
		fmt.Fprintf(&b, `<path class="%s" d="M%d %dV%d" marker-end="url(#ap-a)"/>`, class, x, y, y+gaps[i]-2)
		for k, part := range [][]string{words[i].says, words[i].note, words[i].cut} {
			for _, text := range part {
				fmt.Fprintf(&b, `<text class="ap-%c" x="%d" y="%d">%s</text>`, "snx"[k], x+16, line, html.EscapeString(text))
				line += pathLine
			}
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
