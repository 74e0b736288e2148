package reader

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// Limits against archives that are made to exhaust their reader.
const (
	maxArchiveDepth = 3         // archives in archives
	maxArchiveFiles = 100_000   // files in one archive
	maxRatio        = 400       // bytes out per byte in, once graceBytes are out
	graceBytes      = 64 << 20  // what any archive may expand to
	maxZstdWindow   = 256 << 20 // bytes a zstd stream may make us remember
	maxNestedZip    = 512 << 20 // a zip inside another archive is held in memory
)

var errBomb = fmt.Errorf("the archive expands more than %d times", maxRatio)

// unpack reads every JSON text in a file: the file itself, or what is inside it
// where it is compressed or an archive. What it is shows in its first bytes; its
// name is never looked at.
func (rd *run) unpack(name string, r io.Reader, in *counted, file io.ReaderAt, size int64, depth int) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		rd.lost(name, place{}, streamCode(err), streamMessage(err))
		return
	}
	if depth > maxArchiveDepth {
		rd.lost(name, place{}, CodeArchive, fmt.Sprintf("archives nest deeper than %d levels", maxArchiveDepth))
		return
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(br)
		if err != nil {
			rd.lost(name, place{}, CodeArchive, err.Error())
			return
		}
		rd.unpack(name, &bounded{r: z, in: in, start: in.n}, in, nil, 0, depth+1)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWindow), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			rd.lost(name, place{}, CodeArchive, err.Error())
			return
		}
		defer z.Close()
		rd.unpack(name, &bounded{r: z, in: in, start: in.n}, in, nil, 0, depth+1)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if file == nil {
			text, err := io.ReadAll(io.LimitReader(br, maxNestedZip+1))
			if err != nil || len(text) > maxNestedZip {
				rd.lost(name, place{}, CodeArchive, "a zip inside another archive is too large or broken")
				return
			}
			file, size = bytes.NewReader(text), int64(len(text))
		}
		rd.unzip(name, file, size, in, depth)
	case len(head) > 262 && string(head[257:262]) == "ustar":
		rd.untar(name, br, in, depth)
	default:
		rd.text(name, decodeText(br, head))
	}
}

func (rd *run) unzip(name string, file io.ReaderAt, size int64, in *counted, depth int) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		rd.lost(name, place{}, CodeArchive, err.Error())
		return
	}
	if len(z.File) > maxArchiveFiles {
		rd.lost(name, place{}, CodeArchive, fmt.Sprintf("the archive holds more than %d files", maxArchiveFiles))
		return
	}
	for _, e := range z.File {
		if rd.ctx.Err() != nil {
			return
		}
		if e.FileInfo().IsDir() || hidden(e.Name) {
			continue
		}
		inner := name + "!" + e.Name
		r, err := e.Open()
		if err != nil {
			rd.lost(inner, place{}, CodeArchive, err.Error())
			continue
		}
		// The size an entry claims is not to be trusted; what it was packed into is.
		packed := &counted{n: int64(min(e.CompressedSize64, 1<<62))}
		rd.unpack(inner, &bounded{r: r, in: packed}, packed, nil, 0, depth+1)
		_ = r.Close() // only read
	}
}

func (rd *run) untar(name string, r io.Reader, in *counted, depth int) {
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		e, err := t.Next()
		if errors.Is(err, io.EOF) || rd.ctx.Err() != nil {
			return
		}
		if err != nil {
			rd.lost(name, place{}, CodeArchive, "the archive is broken: "+err.Error())
			return
		}
		if n >= maxArchiveFiles {
			rd.lost(name, place{}, CodeArchive, fmt.Sprintf("the archive holds more than %d files", maxArchiveFiles))
			return
		}
		if e.Typeflag != tar.TypeReg || hidden(e.Name) {
			continue
		}
		rd.unpack(name+"!"+e.Name, t, in, nil, 0, depth+1)
	}
}

// hidden tells whether a path in an archive or folder is one that tools leave
// beside data: version control, resource forks.
func hidden(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".." || part == "__MACOSX" {
			return true
		}
	}
	return false
}

// counted counts what is read from a file, for progress and for ratios.
type counted struct {
	r  io.Reader
	n  int64
	rd *run
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.rd != nil {
		c.rd.progress.Bytes += int64(n)
	}
	return n, err
}

// bounded stops a stream that expands beyond reason.
type bounded struct {
	r     io.Reader
	in    *counted
	start int64
	out   int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.out += int64(n)
	if b.out > graceBytes && b.out/maxRatio > b.in.n-b.start+bufSize {
		return 0, errBomb
	}
	return n, err
}

// decodeText passes over a byte order mark and turns UTF-16, as PowerShell
// writes it, into UTF-8. Without a mark, a zero byte beside the first bracket
// tells.
func decodeText(br *bufio.Reader, head []byte) io.Reader {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		br.Discard(3) //nolint:errcheck // the bytes were peeked
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		br.Discard(2) //nolint:errcheck // the bytes were peeked
		return &utf16Reader{r: br, order: binary.LittleEndian}
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		br.Discard(2) //nolint:errcheck // the bytes were peeked
		return &utf16Reader{r: br, order: binary.BigEndian}
	case len(head) > 1 && head[1] == 0 && (head[0] == '{' || head[0] == '['):
		return &utf16Reader{r: br, order: binary.LittleEndian}
	case len(head) > 1 && head[0] == 0 && (head[1] == '{' || head[1] == '['):
		return &utf16Reader{r: br, order: binary.BigEndian}
	}
	return br
}

type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	high  rune // a high surrogate that waits for its other half
	out   []byte
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		var raw [4096]byte
		n, err := io.ReadFull(u.r, raw[:])
		for i := 0; i+1 < n; i += 2 {
			c := rune(u.order.Uint16(raw[i:]))
			switch {
			case u.high != 0:
				r := utf16.DecodeRune(u.high, c)
				u.high = 0
				if r == utf8.RuneError && utf16.IsSurrogate(c) {
					u.high = c
				}
				u.out = utf8.AppendRune(u.out, r)
				if r == utf8.RuneError && !utf16.IsSurrogate(c) {
					u.out = utf8.AppendRune(u.out, c)
				}
			case utf16.IsSurrogate(c):
				u.high = c
			default:
				u.out = utf8.AppendRune(u.out, c)
			}
		}
		if n%2 == 1 || err != nil && u.high != 0 {
			u.out, u.high = utf8.AppendRune(u.out, utf8.RuneError), 0
		}
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			if len(u.out) == 0 {
				return 0, err
			}
			break
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}
