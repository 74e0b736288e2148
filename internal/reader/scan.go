package reader

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/azward/azward/diag"
)

// scanner cuts a stream of JSON into values by their brackets and quotes alone.
// It does not check syntax: the parser does that for each value, so that one
// bad value does not take the rest of the file with it. Memory is one buffer
// and the value being cut.
type scanner struct {
	src  io.Reader
	buf  []byte
	pos  int // next unread byte in buf
	err  error
	base int64 // offset of buf[0] in the stream

	marked int // bytes of buf that line and col account for
	line   int // from 0
	col    int // characters before the mark on its line
}

// place is where something begins: offset in bytes, line and column from 1.
type place struct {
	offset int64
	pos    diag.Position
}

const bufSize = 256 << 10

// errTooLong is answered for a value beyond the limit; it has been passed over.
var errTooLong = errors.New("value is too long")

func newScanner(r io.Reader) *scanner {
	return &scanner{src: r, buf: make([]byte, 0, bufSize)}
}

// fill reads more. It tells whether there is at least one unread byte.
func (s *scanner) fill() bool {
	if s.pos < len(s.buf) {
		return true
	}
	if s.err != nil {
		return false
	}
	s.advance(len(s.buf))
	s.base += int64(len(s.buf))
	s.buf, s.pos, s.marked = s.buf[:0], 0, 0
	for range 100 {
		n, err := s.src.Read(s.buf[:cap(s.buf)])
		s.buf = s.buf[:n]
		if err != nil {
			s.err = err
		}
		if n > 0 || err != nil {
			break
		}
	}
	if len(s.buf) == 0 && s.err == nil {
		s.err = io.ErrNoProgress
	}
	return len(s.buf) > 0
}

// peekAll fills the buffer as far as one read or more can and returns what is
// unread, without taking it.
func (s *scanner) peekAll() []byte {
	s.fill()
	for len(s.buf) < cap(s.buf) && s.err == nil {
		n, err := s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		s.err = err
		if n == 0 && err == nil {
			break
		}
	}
	return s.buf[s.pos:]
}

// advance moves the mark that lines are counted from to buf[to].
func (s *scanner) advance(to int) {
	b := s.buf[s.marked:to]
	if n := bytes.Count(b, []byte{'\n'}); n > 0 {
		s.line += n
		s.col = 0
		b = b[bytes.LastIndexByte(b, '\n')+1:]
	}
	s.col += utf8.RuneCount(b)
	s.marked = to
}

// here returns the place of the next unread byte.
func (s *scanner) here() place {
	s.advance(s.pos)
	return place{s.base + int64(s.pos), diag.Position{Line: s.line + 1, Column: s.col + 1}}
}

// failure returns the error that ended the stream, and nil at its plain end.
func (s *scanner) failure() error {
	if s.err == nil || errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// space passes over white space and returns the next byte without taking it;
// ok is false at the end.
func (s *scanner) space() (c byte, ok bool) {
	for s.fill() {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\r', '\n':
				s.pos++
			default:
				return c, true
			}
		}
	}
	return 0, false
}

// take takes the next byte, which space has shown to be there.
func (s *scanner) take() { s.pos++ }

// value cuts one value: up to the bracket or quote that closes it, or for
// anything else up to the next structural byte. The answer is the caller's to
// keep. A value of more than most bytes is passed over with errTooLong; an end
// in its middle is io.ErrUnexpectedEOF with what there was. With lines, a line
// feed inside a string ends the value too: no JSON string holds one, and the
// next line may be good again.
func (s *scanner) value(most int, lines bool) ([]byte, error) {
	var out []byte
	var long bool
	depth := 0
	quoted, escaped := false, false
	for s.fill() {
		from := s.pos
		end := false
	scan:
		for s.pos < len(s.buf) {
			c := s.buf[s.pos]
			if quoted {
				switch {
				case escaped:
					escaped = false
				case c == '\\':
					escaped = true
				case c == '"':
					quoted = false
					if depth == 0 {
						s.pos++
						end = true
						break scan
					}
				case c == '\n' && lines:
					end = true
					break scan
				}
				s.pos++
				continue
			}
			switch c {
			case '"':
				if depth == 0 && (s.pos > from || len(out) > 0) {
					end = true // a string right behind a bare word
					break scan
				}
				quoted = true
			case '{', '[':
				if depth == 0 && (s.pos > from || len(out) > 0) {
					end = true
					break scan
				}
				depth++
			case '}', ']':
				if depth == 0 {
					end = true
					break scan
				}
				if depth--; depth == 0 {
					s.pos++
					end = true
					break scan
				}
			case ',', ':', ' ', '\t', '\r', '\n':
				if depth == 0 {
					end = true
					break scan
				}
			}
			s.pos++
		}
		if len(out)+s.pos-from > most {
			long, out = true, nil
		}
		if !long {
			out = append(out, s.buf[from:s.pos]...)
		}
		if end {
			if long {
				return nil, errTooLong
			}
			return slices.Clip(out), nil
		}
	}
	if long {
		return nil, errTooLong
	}
	if err := s.failure(); err != nil {
		return out, err
	}
	if depth > 0 || quoted {
		return out, io.ErrUnexpectedEOF
	}
	return out, nil
}

// lineRest cuts up to the next line feed, which it takes but does not return.
func (s *scanner) lineRest(most int) ([]byte, error) {
	var out []byte
	long := false
	for s.fill() {
		i := bytes.IndexByte(s.buf[s.pos:], '\n')
		n := i
		if i < 0 {
			n = len(s.buf) - s.pos
		}
		if long = long || len(out)+n > most; long {
			out = nil
		} else {
			out = append(out, s.buf[s.pos:s.pos+n]...)
		}
		s.pos += n
		if i >= 0 {
			s.pos++
			break
		}
	}
	if long {
		return nil, errTooLong
	}
	return out, s.failure()
}
