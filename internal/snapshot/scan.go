package snapshot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/azward/azward/jsondoc"
)

// maxWindow is how much a zstd stream may make its reader remember.
const maxWindow = 256 << 20

// linesPerTable is how many lines share a table of names.
const linesPerTable = 512

// Scan calls f with every line of a snapshot, the header first; memory is one
// line. r holds the file as it is on disk, or its text. The error wraps
// [ErrNotSnapshot], [ErrVersion] or [ErrTruncated] where it is one of those, is
// f's where f returned one, and names the line otherwise. Lines before the one
// that is wrong have been handed to f.
func Scan(r io.Reader, f func(Line) error) error {
	in, done, err := plain(r)
	if err != nil {
		return err
	}
	defer done()
	var names *jsondoc.Interner
	ended := false
	for n := 1; ; n++ {
		text, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if n == 1 {
				return fmt.Errorf("%w: %w", ErrNotSnapshot, err)
			}
			return fmt.Errorf("line %d: %w: %w", n, ErrTruncated, err)
		}
		// Documents of one table share memory, and so live as long as the last of them.
		if n%linesPerTable == 1 {
			names = jsondoc.NewInterner()
		}
		line, err := ParseLine(text, names)
		switch {
		case n == 1 && (err != nil || line.Header == nil):
			if errors.Is(err, ErrVersion) {
				return err
			}
			return ErrNotSnapshot
		case err != nil:
			return fmt.Errorf("line %d: %w", n, err)
		}
		ended = line.End != nil
		if err := f(line); err != nil {
			return err
		}
	}
	if !ended {
		return ErrTruncated
	}
	return nil
}

// plain returns the text of a snapshot, and what ends its reading.
func plain(r io.Reader) (in *bufio.Reader, done func(), err error) {
	in = bufio.NewReaderSize(r, 64<<10)
	if head, _ := in.Peek(4); !bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return in, func() {}, nil
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotSnapshot, err)
	}
	return bufio.NewReaderSize(z, 256<<10), z.Close, nil
}

// readLine returns the next line without its end. A last line that has none is
// one that was cut off.
func readLine(in *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(out)+len(part) > MaxLine {
			return nil, fmt.Errorf("longer than %d MiB", MaxLine>>20)
		}
		out = append(out, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(out, "\r\n"), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(out) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}
