package regex

import (
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Looks at the characters on both sides of a place, beyond those that
// syntax.EmptyOp has.
const (
	wordStart = 1 << (iota + 8)
	wordEnd
	wordStartHalf
	wordEndHalf
	asciiBoundary
	asciiNoBoundary
)

// firstMark is the first of the characters, one for each of the looks above,
// that stand for them in a translated pattern; they are for private use.
const firstMark = 0xF1D00

var looks = []uint32{wordStart, wordEnd, wordStartHalf, wordEndHalf, asciiBoundary, asciiNoBoundary}

// machine runs a compiled expression over all its states at once, as Go's
// regexp does, with word boundaries that see Unicode's letters.
type machine struct {
	prog   *syntax.Prog
	caps   int  // groups, the whole match included
	always bool // also for texts in ASCII
}

// newMachine returns nil for an expression that Go's regexp can do. The marks
// in it become looks.
func newMachine(p *syntax.Prog, caps int, marked bool) *machine {
	bounded := false
	for i := range p.Inst {
		in := &p.Inst[i]
		switch {
		case in.Op == syntax.InstEmptyWidth:
			bounded = bounded || syntax.EmptyOp(in.Arg)&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0
		case marked && in.Op == syntax.InstRune1 && in.Rune[0] >= firstMark && int(in.Rune[0]-firstMark) < len(looks):
			in.Op, in.Arg = syntax.InstEmptyWidth, looks[in.Rune[0]-firstMark]
		}
	}
	if !bounded && !marked {
		return nil
	}
	return &machine{p, caps, marked}
}

// threads are the states that are alive at a place, the preferred ones first.
type threads struct {
	at   []int // instruction -> 1 + index in list, stale values allowed
	list []thread
}

type thread struct {
	pc  uint32
	cap []int
}

func (t *threads) has(pc uint32) bool {
	i := t.at[pc]
	return i < len(t.list) && t.list[i].pc == pc
}

// match returns the groups of the first match that begins at start or behind.
func (m *machine) match(s string, start int) []int {
	now, next := &threads{at: make([]int, len(m.prog.Inst))}, &threads{at: make([]int, len(m.prog.Inst))}
	var best []int
	before := rune(-1)
	if start > 0 {
		before, _ = utf8.DecodeLastRuneInString(s[:start])
	}
	for pos := start; ; {
		r, w := rune(-1), 0
		if pos < len(s) {
			r, w = utf8.DecodeRuneInString(s[pos:])
		}
		if best == nil {
			groups := slices.Repeat([]int{-1}, 2*m.caps)
			groups[0] = pos
			m.add(now, uint32(m.prog.Start), pos, emptyOps(before, r), groups)
		}
		if len(now.list) == 0 {
			return best
		}
		after := rune(-1)
		if pos+w < len(s) {
			after, _ = utf8.DecodeRuneInString(s[pos+w:])
		}
		ops := emptyOps(r, after)
		next.list = next.list[:0]
		for _, t := range now.list {
			in := &m.prog.Inst[t.pc]
			if in.Op == syntax.InstMatch {
				best = slices.Clone(t.cap)
				best[1] = pos
				break // the rest is less preferred
			}
			if w > 0 && in.MatchRune(r) {
				m.add(next, in.Out, pos+w, ops, t.cap)
			}
		}
		if w == 0 {
			return best
		}
		now, next = next, now
		before = r
		pos += w
	}
}

// add follows the instructions that read nothing.
func (m *machine) add(t *threads, pc uint32, pos int, ops uint32, groups []int) {
	if t.has(pc) {
		return
	}
	t.at[pc] = len(t.list)
	t.list = append(t.list, thread{pc, groups})
	in := &m.prog.Inst[pc]
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		m.add(t, in.Out, pos, ops, groups)
		m.add(t, in.Arg, pos, ops, groups)
	case syntax.InstEmptyWidth:
		if in.Arg&^ops == 0 {
			m.add(t, in.Out, pos, ops, groups)
		}
	case syntax.InstNop:
		m.add(t, in.Out, pos, ops, groups)
	case syntax.InstCapture:
		if int(in.Arg) < len(groups) {
			groups = slices.Clone(groups)
			groups[in.Arg] = pos
		}
		m.add(t, in.Out, pos, ops, groups)
	default:
	}
}

// all returns the matches from left to right; an empty one right behind
// another does not count.
func (m *machine) all(s string, n int) [][]int {
	var out [][]int
	for pos, end := 0, -1; pos <= len(s) && (n < 0 || len(out) < n); {
		found := m.match(s, pos)
		if found == nil {
			break
		}
		accept := true
		if found[1] == pos {
			accept = found[0] != end
			_, w := utf8.DecodeRuneInString(s[pos:])
			pos += max(w, 1)
		} else {
			pos = found[1]
		}
		end = found[1]
		if accept {
			out = append(out, found)
		}
	}
	return out
}

// emptyOps tells what holds between two characters; -1 is an end of the text.
func emptyOps(before, after rune) uint32 {
	var op uint32
	set := func(yes bool, bit, otherwise uint32) {
		if yes {
			op |= bit
		} else {
			op |= otherwise
		}
	}
	set(before < 0, uint32(syntax.EmptyBeginText|syntax.EmptyBeginLine), 0)
	set(before == '\n', uint32(syntax.EmptyBeginLine), 0)
	set(after < 0, uint32(syntax.EmptyEndText|syntax.EmptyEndLine), 0)
	set(after == '\n', uint32(syntax.EmptyEndLine), 0)
	a, b := isWord(before), isWord(after)
	set(a != b, uint32(syntax.EmptyWordBoundary), uint32(syntax.EmptyNoWordBoundary))
	set(!a && b, wordStart, 0)
	set(a && !b, wordEnd, 0)
	set(!a, wordStartHalf, 0)
	set(!b, wordEndHalf, 0)
	set((a && before < utf8.RuneSelf) != (b && after < utf8.RuneSelf), asciiBoundary, asciiNoBoundary)
	return op
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || r >= '0' && r <= '9' || r|32 >= 'a' && r|32 <= 'z' && r >= 'A'
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}
