package diag

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Position is a place in a text as a person names it: line and column, both
// from 1, columns counted in characters. The zero Position is unknown.
type Position struct{ Line, Column int }

// Source is a named text that turns byte offsets into positions. It is safe
// for use by one goroutine at a time until the first [Source.Position] call
// has returned, and by many after that.
type Source struct {
	Name  string
	Text  string
	lines []int // offset of the first byte of each line
}

// NewSource returns a source; name may be empty.
func NewSource(name, text string) *Source {
	lines := make([]int, 1, 1+strings.Count(text, "\n"))
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return &Source{Name: name, Text: text, lines: lines}
}

// Position returns the line and column of a byte offset. Offsets outside the
// text are moved to its nearest end.
func (s *Source) Position(offset int) Position {
	offset = min(max(offset, 0), len(s.Text))
	line := sort.SearchInts(s.lines, offset+1) - 1
	return Position{
		Line:   line + 1,
		Column: 1 + utf8.RuneCountInString(s.Text[s.lines[line]:offset]),
	}
}

// Resolve fills in the source name and position of every diagnostic. It takes
// time in proportion to the text and the list, however long the lines are.
func (s *Source) Resolve(l List) {
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return l[order[a]].Span.Start < l[order[b]].Span.Start })
	last, at := Position{}, 0 // of the diagnostic before, and its offset
	for _, i := range order {
		offset := min(max(l[i].Span.Start, 0), len(s.Text))
		if line := sort.SearchInts(s.lines, offset+1); line == last.Line {
			last.Column += utf8.RuneCountInString(s.Text[at:offset])
		} else {
			last = s.Position(offset)
		}
		at = offset
		l[i].Source, l[i].Pos = s.Name, last
	}
}

// snippetWidth bounds the source line that [Source.Snippet] shows.
const snippetWidth = 160

// Snippet formats d as an editor would: the message, the line it points at
// with a marker below it, and the hint. It ends without a line feed.
func (s *Source) Snippet(d Diagnostic) string {
	pos := s.Position(d.Span.Start)
	d.Source, d.Pos = s.Name, pos
	var b strings.Builder
	b.WriteString(d.Error())
	start := s.lines[pos.Line-1]
	line, _, _ := strings.Cut(s.Text[start:], "\n")
	line = strings.TrimRight(line, "\r")
	if utf8.RuneCountInString(line) <= snippetWidth {
		width := 1
		if end := min(d.Span.End, start+len(line)); end > d.Span.Start {
			width = utf8.RuneCountInString(s.Text[d.Span.Start:end])
		}
		gutter := fmt.Sprintf("%3d | ", pos.Line)
		fmt.Fprintf(&b, "\n%s%s\n%s| %s%s", gutter, strings.ReplaceAll(line, "\t", " "),
			strings.Repeat(" ", len(gutter)-2), strings.Repeat(" ", pos.Column-1), strings.Repeat("^", width))
	}
	if d.Hint != "" {
		b.WriteString("\n  hint: ")
		b.WriteString(d.Hint)
	}
	return b.String()
}
