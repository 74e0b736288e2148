// Package diag holds what every parser and checker of azward says to a person:
// spans in a text, the positions they stand for, and diagnostics with a stable
// code, a message and a hint.
//
// Engines keep byte spans; a [Source] turns them into line and column at the
// edge. Start with [Diagnostic] and [List].
package diag

import (
	"fmt"
	"slices"
	"strings"
)

// Span is a half-open range of byte offsets in a source text. The zero Span
// means "no place known" unless the diagnostic says otherwise.
type Span struct{ Start, End int }

// Join returns the smallest span that covers both.
func (s Span) Join(t Span) Span {
	return Span{Start: min(s.Start, t.Start), End: max(s.End, t.End)}
}

// Severity ranks a diagnostic.
type Severity uint8

// The severities, the gravest first. Error is the zero value: a diagnostic
// that says nothing else is an error.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Info:
		return "info"
	default:
		return "error"
	}
}

// Diagnostic is one message for a person about a place in a text.
//
// Message is lower case without a full stop, quotes the user's own words and
// says what was expected; Hint says what to do next.
type Diagnostic struct {
	Code     string   // stable, e.g. "KQL0104"; never changes meaning
	Severity Severity //
	Message  string
	Hint     string
	Span     Span
	Source   string   // name of the file, where one is known
	Pos      Position // resolved place; zero until [Source.Resolve]
}

// Error formats the diagnostic in one line: "file:3:9: KQL0104: message".
func (d Diagnostic) Error() string {
	var b strings.Builder
	if d.Source != "" {
		b.WriteString(d.Source)
		b.WriteByte(':')
	}
	if d.Pos.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", d.Pos.Line, d.Pos.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if d.Severity != Error {
		b.WriteString(d.Severity.String())
		b.WriteString(": ")
	}
	if d.Code != "" {
		b.WriteString(d.Code)
		b.WriteString(": ")
	}
	b.WriteString(d.Message)
	return b.String()
}

// maxShown bounds how many diagnostics [List.Error] spells out.
const maxShown = 10

// List is a set of diagnostics. As an error it prints one a line, capped.
type List []Diagnostic

// Add appends d.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Err returns the list as an error if it holds at least one of severity
// [Error], and nil otherwise.
func (l List) Err() error {
	if l.HasErrors() {
		return l
	}
	return nil
}

// HasErrors tells whether any diagnostic is of severity [Error].
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders the list by source, place and code.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		if c := strings.Compare(a.Source, b.Source); c != 0 {
			return c
		}
		if c := a.Span.Start - b.Span.Start; c != 0 {
			return c
		}
		return strings.Compare(a.Code, b.Code)
	})
}

// Error lists the diagnostics, one a line, at most ten of them.
func (l List) Error() string {
	var b strings.Builder
	for i, d := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == maxShown {
			fmt.Fprintf(&b, "and %d more", len(l)-i)
			break
		}
		b.WriteString(d.Error())
	}
	return b.String()
}
