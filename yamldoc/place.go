package yamldoc

import (
	"strings"

	"github.com/azward/azward/diag"
)

// Lines are the lines of a text that stands in a file, such as a query in a
// rule, with the way back to the file's own lines. The zero Lines are those of a
// text that is the whole file.
type Lines struct {
	Line  int // of the file, at which the first line stands; 0 counts as 1
	First int // columns that the first line stands further in
	All   int // columns that all lines stand further in
}

// Place turns a place in the text into one in the file.
func (l Lines) Place(p diag.Position) diag.Position {
	p.Column += l.All
	if p.Line == 1 {
		p.Column += l.First
	}
	p.Line += max(l.Line, 1) - 1
	return p
}

// LinesOf finds where the lines of a scalar stand in the file: offset is that of
// its value in the file's text, value is what it holds.
func LinesOf(text string, offset int, value string) Lines {
	offset = min(max(offset, 0), len(text))
	line := 1 + strings.Count(text[:offset], "\n")
	rest := text[offset:]
	if rest != "" && (rest[0] == '|' || rest[0] == '>') {
		// A block: its lines follow, all further in by the same blanks.
		l := Lines{Line: line + 1}
		_, block, _ := strings.Cut(rest, "\n")
		for s := range strings.SplitSeq(block, "\n") {
			if strings.TrimSpace(s) != "" {
				l.All = len(s) - len(strings.TrimLeft(s, " "))
				break
			}
		}
		return l
	}
	l := Lines{Line: line, First: offset - strings.LastIndexByte(text[:offset], '\n') - 1}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		l.First++
	} else if rest != "" {
		// Plain texts and block texts whose place is that of their first word.
		if before := strings.TrimSpace(text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]); before == "" && strings.Contains(value, "\n") {
			l.All, l.First = l.First, 0
		}
	}
	return l
}
