package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// fileRun is the reading of one JSON text.
type fileRun struct {
	*run
	name    string
	s       *scanner
	damaged string // why not everything in the text was read, "" where it was
	values  int    // resources and exchanges seen
	lists   int    // lists seen
	lone    bool   // the text is one object that is no list
	held    holdings
	session session
	hound   hound
}

// text reads one JSON text: a file, or a file in an archive.
func (rd *run) text(name string, r io.Reader) {
	f := &fileRun{run: rd, name: name, s: newScanner(r)}
	c, ok := f.s.space()
	switch {
	case !ok && f.s.failure() != nil:
		rd.lost(name, f.s.here(), streamCode(f.s.failure()), streamMessage(f.s.failure()))
		return
	case !ok:
		rd.lost(name, f.s.here(), CodeNotJSON, "the file is empty")
		return
	case c != '{' && c != '[':
		rd.lost(name, f.s.here(), CodeNotJSON, fmt.Sprintf("not JSON: found %q where an object or an array should begin", rune(c)))
		return
	}
	head := f.s.peekAll()
	var err error
	switch {
	case snapshot.IsSnapshot(head):
		err = f.snapshot()
	case looksLikeLines(head):
		err = f.lines()
	default:
		err = f.sequence()
	}
	if errors.Is(err, errDone) {
		return
	}
	if e := f.s.failure(); e != nil {
		f.damage(f.s.here(), streamCode(e), streamMessage(e))
	}
	if f.values > 0 || f.damaged == "" {
		rd.read++
	}
	f.finishSession()
	f.finishHound()
	f.cover()
}

// streamMessage says what ended a stream in the words of a person.
func streamMessage(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the compressed file is cut off here"
	}
	return err.Error()
}

func streamCode(err error) string {
	if errors.Is(err, errBomb) {
		return CodeArchive
	}
	return CodeUnreadable
}

// damage notes that some of the text was lost.
func (f *fileRun) damage(at place, code, message string) {
	if f.damaged == "" {
		f.damaged = fmt.Sprintf("line %d column %d: %s", at.pos.Line, at.pos.Column, message)
	}
	f.lost(f.name, at, code, message)
}

// skip reports a value that is not taken; nothing is lost by that.
func (f *fileRun) skip(severity diag.Severity, at place, code, message, hint string) {
	f.report(severity, f.name, at, code, message, hint)
}

// looksLikeLines tells whether a text that begins with head has one value a
// line, be it that some of the lines are broken: a line that is a whole object
// is followed by one that begins with an object.
func looksLikeLines(head []byte) bool {
	lines := bytes.SplitN(head, []byte{'\n'}, 5)
	for i := 0; i+1 < len(lines) && i < 3; i++ {
		line, next := bytes.TrimSpace(lines[i]), bytes.TrimSpace(lines[i+1])
		if bytes.HasPrefix(next, []byte{'{'}) && balanced(line) {
			return true
		}
		if len(line) == 0 || line[0] != '{' {
			return false
		}
	}
	return false
}

// balanced tells whether a line is one object by its brackets and quotes.
func balanced(line []byte) bool {
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return false
	}
	s := newScanner(bytes.NewReader(line))
	v, err := s.value(len(line), false)
	_, more := s.space()
	return err == nil && len(v) == len(line) && !more
}

// lines reads one value a line.
func (f *fileRun) lines() error {
	for {
		c, ok := f.s.space()
		if !ok {
			return nil
		}
		if !f.tick() {
			return errDone
		}
		at := f.s.here()
		raw, err := f.s.lineRest(f.opts.MaxValue)
		if errors.Is(err, errTooLong) {
			f.damage(at, CodeTooLong, f.tooLong())
			continue
		}
		if err != nil {
			return nil // reported by text
		}
		if c != '{' && c != '[' {
			f.damage(at, CodeSyntax, fmt.Sprintf("found %q where an object should begin", rune(c)))
			continue
		}
		f.item(raw, at, nil)
	}
}

func (f *fileRun) tooLong() string {
	return fmt.Sprintf("a value of more than %d MiB was passed over", f.opts.MaxValue>>20)
}

// sequence reads values one after the other; most texts have one.
func (f *fileRun) sequence() error {
	for n := 0; ; n++ {
		c, ok := f.s.space()
		if !ok {
			return nil
		}
		at := f.s.here()
		var err error
		switch c {
		case '[':
			err = f.array(nil)
		case '{':
			err = f.object(n == 0)
		default:
			what := fmt.Sprintf("found %q where an object or an array should begin", rune(c))
			if n > 0 {
				what = "text after the end of the JSON value"
			}
			f.damage(at, CodeSyntax, what)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// array reads the elements of an array, of which the bracket is next.
func (f *fileRun) array(c *collection) error {
	f.s.take()
	junk := false
	for {
		b, ok := f.s.space()
		at := f.s.here()
		if !ok {
			if f.s.failure() == nil {
				f.damage(at, CodeTruncated, "the text ends before the array does")
			}
			return nil
		}
		switch b {
		case ']':
			f.s.take()
			return nil
		case ',':
			f.s.take()
		case '{', '[':
			if !f.tick() {
				return errDone
			}
			raw, err := f.s.value(f.opts.MaxValue, false)
			if stop := f.took(raw, at, c, err); stop {
				return nil
			}
			junk = false
		default:
			if !junk {
				f.damage(at, CodeSyntax, fmt.Sprintf("found %q where an object should begin", rune(b)))
			}
			junk = true
			if raw, _ := f.s.value(f.opts.MaxValue, false); len(raw) == 0 {
				if _, ok := f.s.space(); ok {
					f.s.take()
				}
			}
		}
	}
}

// took handles what cutting a value gave; it tells whether the text is at its end.
func (f *fileRun) took(raw []byte, at place, c *collection, err error) (stop bool) {
	switch {
	case err == nil:
		f.item(raw, at, c)
		return false
	case errors.Is(err, errTooLong):
		f.damage(at, CodeTooLong, f.tooLong())
		return false
	case f.s.failure() == nil && errors.Is(err, io.ErrUnexpectedEOF):
		f.damage(at, CodeTruncated, "the text ends in the middle of the value that begins here")
		return true
	default:
		return true // the stream broke; reported by text
	}
}

// object reads an object: member by member where it is a collection, so that
// the array in it is streamed, and else whole.
func (f *fileRun) object(first bool) error {
	at := f.s.here()
	if first && collectionAhead(f.s.peekAll()) {
		return f.members(at)
	}
	if !f.tick() {
		return errDone
	}
	raw, err := f.s.value(f.opts.MaxValue, false)
	if _, more := f.s.space(); first && !more {
		f.lone = true
	}
	f.took(raw, at, nil, err)
	return nil
}

// collectionAhead tells whether the object that head begins with is a
// collection: an array in its member "value" or "data", and no id before it.
func collectionAhead(head []byte) bool {
	s := newScanner(bytes.NewReader(head))
	if c, ok := s.space(); !ok || c != '{' {
		return false
	}
	s.take()
	for {
		c, ok := s.space()
		if !ok || c == '}' {
			return false
		}
		if c == ',' {
			s.take()
			continue
		}
		key, err := s.value(1024, false)
		if err != nil || len(key) < 2 || key[0] != '"' {
			return false
		}
		if c, ok = s.space(); !ok || c != ':' {
			return false
		}
		s.take()
		if c, ok = s.space(); !ok {
			return false
		}
		switch strings.ToLower(string(key[1 : len(key)-1])) {
		case "value", "data":
			return c == '['
		case "properties", "url", "body":
			return false
		}
		if _, err := s.value(bufSize, false); err != nil {
			return false
		}
	}
}

// members reads a collection.
func (f *fileRun) members(at place) error {
	f.s.take()
	c := &collection{at: at}
	for {
		b, ok := f.s.space()
		if !ok {
			if f.s.failure() == nil {
				f.damage(f.s.here(), CodeTruncated, "the text ends before the object does")
			}
			break
		}
		if b == '}' {
			f.s.take()
			break
		}
		if b == ',' {
			f.s.take()
			continue
		}
		here := f.s.here()
		key, err := f.s.value(f.opts.MaxValue, false)
		name := ""
		if err == nil && len(key) > 1 && key[0] == '"' {
			if v, err := jsondoc.Parse(key); err == nil {
				name, _ = v.Text()
			}
		}
		if b, ok = f.s.space(); name == "" || !ok || b != ':' {
			f.damage(here, CodeSyntax, "expected a member of the object")
			break
		}
		f.s.take()
		if b, ok = f.s.space(); !ok {
			continue
		}
		if b == '[' && (strings.EqualFold(name, "value") || strings.EqualFold(name, "data")) && !c.streamed {
			c.streamed = true
			if err := f.array(c); err != nil {
				return err
			}
			continue
		}
		here = f.s.here()
		raw, err := f.s.value(f.opts.MaxValue, false)
		if err != nil {
			if f.took(raw, here, c, err) {
				break
			}
			continue
		}
		v, err := jsondoc.ParseInterned(raw, f.in)
		if err != nil {
			f.syntax(err, here)
			continue
		}
		c.rest = c.rest.With(name, v)
	}
	f.endCollection(c)
	return nil
}

// syntax reports a value that is not JSON, at its place in the file.
func (f *fileRun) syntax(err error, at place) {
	e := jsondoc.AsSyntaxError(err)
	p := place{at.offset + e.Offset, at.pos}
	switch {
	case e.Pos.Line > 1:
		p.pos.Line += e.Pos.Line - 1
		p.pos.Column = e.Pos.Column
	case e.Pos.Line == 1:
		p.pos.Column += e.Pos.Column - 1
	}
	f.damage(p, CodeSyntax, e.Message)
}

// origin is where a value was read.
func (f *fileRun) origin(at place) resource.Origin {
	return resource.Origin{File: f.name, Offset: at.offset, Pos: at.pos}
}
