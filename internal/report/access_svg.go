package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/azward/azward/condaccess"
)

// Sizes of the access matrix, in pixels.
const (
	matrixLabel  = 270
	matrixSquare = 24
	matrixGap    = 3
	matrixPad    = 16
	matrixLine   = 15

	matrixMostRows    = 60 // drawn
	matrixMostColumns = 24
	matrixTitles      = 3000 // squares up to which each says its whole place
)

// matrixLook is how a status looks: fill, ink, sign. The sign says it without color.
var matrixLook = map[condaccess.Status][3]string{
	condaccess.StatusBlocked:   {"#3c4654", "#ffffff", "B"},
	condaccess.StatusResistant: {"#0b4a30", "#ffffff", "P"},
	condaccess.StatusMFA:       {"#2a7a52", "#ffffff", "M"},
	condaccess.StatusDevice:    {"#2f6fb3", "#ffffff", "D"},
	condaccess.StatusEither:    {"#e3b341", "#1b1b1b", "E"},
	condaccess.StatusAsked:     {"#eed9a0", "#1b1b1b", "A"},
	condaccess.StatusPartly:    {"#e5813a", "#1b1b1b", "~"},
	condaccess.StatusOpen:      {"#c2321a", "#ffffff", "O"},
	condaccess.StatusUnknown:   {"#d9c8ee", "#1b1b1b", "?"},
	condaccess.StatusNone:      {"#e8ebf0", "#5b6472", "–"},
}

// StatusSign is the letter or mark that stands for a status in every picture.
func StatusSign(s condaccess.Status) string { return matrixLook[s][2] }

var matrixOrder = []condaccess.Status{condaccess.StatusBlocked, condaccess.StatusResistant, condaccess.StatusMFA, condaccess.StatusDevice, condaccess.StatusEither,
	condaccess.StatusAsked, condaccess.StatusPartly, condaccess.StatusOpen, condaccess.StatusUnknown}

// wrapped breaks a text into at most n lines of about width characters.
func wrapped(text string, width, n int) []string {
	var lines []string
	line := ""
	for w := range strings.FieldsSeq(text) {
		for len([]rune(w)) > width {
			r := []rune(w)
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, w = append(lines, string(r[:width])), string(r[width:])
		}
		switch {
		case line == "":
			line = w
		case len([]rune(line))+1+len([]rune(w)) <= width:
			line += " " + w
		default:
			lines, line = append(lines, line), w
		}
	}
	lines = append(lines, line)
	if len(lines) > n {
		lines = lines[:n]
		lines[n-1] += " …"
	}
	return lines
}

// AccessMatrixSVG draws who meets what where: a row for each group of people, a
// column for each group of applications, and in each cell a square for each
// circumstance. It is one SVG document with its own colors for light and dark.
func AccessMatrixSVG(m *condaccess.Matrix) string {
	k := len(m.Circumstances)
	column := k*(matrixSquare+matrixGap) + 14
	columns := m.Columns[:min(len(m.Columns), matrixMostColumns)]
	perLine := column / 7
	head := 0
	heads := make([][]string, len(columns))
	for i, c := range columns {
		heads[i] = wrapped(c, perLine, 6)
		head = max(head, len(heads[i]))
	}
	top := matrixPad + head*matrixLine + 22
	rows := m.Rows[:min(len(m.Rows), matrixMostRows)]
	heights := make([]int, len(rows))
	labels := make([][]string, len(rows))
	height := top
	for i, r := range rows {
		labels[i] = wrapped(r.Label, 36, 5)
		heights[i] = max(matrixSquare+14, (len(labels[i])+1)*matrixLine+12)
		height += heights[i]
	}
	legend := height + 12
	height = legend + (len(matrixOrder)+2)/3*32 + 14 + 18*(k-1) + matrixPad
	width := max(matrixPad*2+matrixLabel+len(columns)*column, 860)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="What Conditional Access asks, by people, applications and circumstances" font-family="system-ui, sans-serif">`, width, height, width, height)
	b.WriteString(`<style>.ca-h{font-size:12px;font-weight:600;fill:#171a21}.ca-r{font-size:12px;fill:#171a21}.ca-p{font-size:11px;fill:#5b6472}.ca-g{stroke:#e3e6eb}.ca-q{font-size:12px;font-weight:700;text-anchor:middle}` +
		`@media screen and (prefers-color-scheme:dark){.ca-h,.ca-r{fill:#e9ecf2}.ca-p{fill:#a3acbb}.ca-g{stroke:#2a303d}}</style>`)
	text := func(x, y int, class, s string) {
		fmt.Fprintf(&b, `<text x="%d" y="%d" class="ca-%s">%s</text>`, x, y, class, html.EscapeString(s))
	}
	square := func(x, y int, s condaccess.Status, title string) {
		l := matrixLook[s]
		fmt.Fprintf(&b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s"/><text x="%d" y="%d" class="ca-q" fill="%s">%s</text></g>`,
			html.EscapeString(title), x, y, matrixSquare, matrixSquare, l[0], x+matrixSquare/2, y+matrixSquare/2+4, l[1], l[2])
	}
	for c, lines := range heads {
		x := matrixPad + matrixLabel + c*column
		for i, l := range lines {
			text(x, matrixPad+10+i*matrixLine, "h", l)
		}
		for i := range k {
			text(x+i*(matrixSquare+matrixGap)+9, top-6, "p", fmt.Sprint(i+1))
		}
	}
	y := top
	for i, r := range rows {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%d" y2="%d" class="ca-g"/>`, matrixPad, width-matrixPad, y, y)
		for n, l := range labels[i] {
			text(matrixPad, y+16+n*matrixLine, "r", l)
		}
		text(matrixPad, y+16+len(labels[i])*matrixLine, "p", peopleOf(r))
		for c := range columns {
			for n, s := range m.Cells[i][c] {
				title := fmt.Sprintf("%s: %s", m.Circumstances[n].Title, s)
				if len(rows)*len(columns)*k <= matrixTitles {
					title = fmt.Sprintf("%s → %s, %s", r.Label, m.Columns[c], title)
				}
				square(matrixPad+matrixLabel+c*column+n*(matrixSquare+matrixGap), y+8, s, title)
			}
		}
		y += heights[i]
	}
	y = legend
	for i, s := range matrixOrder {
		x := matrixPad + i%3*230
		square(x, y+i/3*32, s, s.String())
		text(x+matrixSquare+8, y+i/3*32+17, "r", s.String())
	}
	y += (len(matrixOrder)+2)/3*32 + 14
	for i, c := range m.Circumstances {
		text(matrixPad, y+i*18, "p", fmt.Sprintf("%d  %s", i+1, c.Title))
	}
	b.WriteString(`</svg>`)
	return b.String()
}
