package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// frameBytes is how much text goes into one frame: what a crash can lose.
const frameBytes = 4 << 20

// Writer writes a snapshot line by line; memory is one line and one frame's
// window. Its methods may be called by several goroutines at once. After an
// error every further call answers the same error.
//
// An entry of the manifest speaks of lines before it: where a snapshot is cut
// off, what was covered by then is covered. So add the records of a type first
// and cover it then.
type Writer struct {
	mu      sync.Mutex
	z       *zstd.Encoder
	out     io.Writer
	line    []byte
	pending int // bytes in the frame
	end     End
	err     error
}

var errFinished = errors.New("the snapshot is finished")

// NewWriter begins a snapshot. The version of h is set.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, fmt.Errorf("begin a snapshot: %w", err)
	}
	sw := &Writer{z: z, out: w}
	h.Version = Version
	text, err := json.Marshal(struct {
		Azward string `json:"azward"`
		Header
	}{"snapshot", h})
	if err != nil {
		return nil, fmt.Errorf("begin a snapshot: %w", err)
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	sw.line = append(sw.line, text...)
	return sw, sw.flushLine()
}

// Add writes a record, without the secrets in it that are known by their names.
// source names where it came from and may be empty.
func (w *Writer) Add(r *resource.Resource, source string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.line = append(w.line, `{"record":{"id":`...)
	w.line = jsondoc.NewString(r.ID.String()).AppendJSON(w.line)
	w.line = append(w.line, `,"type":`...)
	w.line = jsondoc.NewString(r.Type).AppendJSON(w.line)
	if source != "" {
		w.line = append(w.line, `,"source":`...)
		w.line = jsondoc.NewString(source).AppendJSON(w.line)
	}
	w.line = append(w.line, `,"body":`...)
	w.line = withoutSecrets(r.Body, 0).AppendJSON(w.line)
	w.line = append(w.line, "}}"...)
	if len(w.line) > MaxLine {
		w.line = w.line[:0]
		return fmt.Errorf("%s is larger than %d MiB and does not go into a snapshot", r.ID, MaxLine>>20)
	}
	w.end.Records++
	return w.flushLine()
}

// Attach writes elements that belong into a list of an object which is or will
// be a record: the members of a group. Without elements it says that there are
// none.
func (w *Writer) Attach(id resource.ID, member string, elements ...jsondoc.Value) error {
	return w.value("attach", jsondoc.NewObject(
		jsondoc.Member{Name: "id", Value: jsondoc.NewString(id.String())},
		jsondoc.Member{Name: "member", Value: jsondoc.NewString(member)},
		jsondoc.Member{Name: "elements", Value: jsondoc.NewArray(elements...)},
	))
}

// Cover writes an entry of the manifest, for lines before it.
func (w *Writer) Cover(e inventory.Entry) error {
	if err := w.json("cover", e); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end.Entries++
	return nil
}

// Source writes when a source was read and how much it gave.
func (w *Writer) Source(s Source) error { return w.json("source", s) }

// Report writes a diagnostic, which whoever reads the snapshot is shown again.
func (w *Writer) Report(d diag.Diagnostic) error {
	return w.json("note", struct {
		Code     string `json:"code,omitempty"`
		Severity string `json:"severity"`
		Message  string `json:"message"`
		Hint     string `json:"hint,omitempty"`
		Source   string `json:"source,omitempty"`
		Line     int    `json:"line,omitempty"`
		Column   int    `json:"column,omitempty"`
	}{d.Code, d.Severity.String(), d.Message, d.Hint, d.Source, d.Pos.Line, d.Pos.Column})
}

func (w *Writer) json(kind string, x any) error {
	text, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	v, err := jsondoc.Parse(text)
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	return w.value(kind, v)
}

func (w *Writer) value(kind string, v jsondoc.Value) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.line = append(w.line, `{"`+kind+`":`...)
	w.line = v.AppendJSON(w.line)
	w.line = append(w.line, '}')
	return w.flushLine()
}

// flushLine writes the line and ends the frame where it is full.
func (w *Writer) flushLine() error {
	w.line = append(w.line, '\n')
	if _, err := w.z.Write(w.line); err != nil {
		return w.fail(err)
	}
	w.pending += len(w.line)
	if w.line = w.line[:0]; cap(w.line) > frameBytes {
		w.line = nil
	}
	if w.pending >= frameBytes {
		return w.endFrame()
	}
	return nil
}

func (w *Writer) endFrame() error {
	if w.pending == 0 {
		return nil
	}
	w.pending = 0
	if err := w.z.Close(); err != nil {
		return w.fail(err)
	}
	w.z.Reset(w.out)
	return nil
}

func (w *Writer) fail(err error) error {
	w.err = fmt.Errorf("write a snapshot: %w", err)
	return w.err
}

// Checkpoint hands everything written so far to the writer below, and through
// it to the disk where it has a method Sync, as a file does: it can be read
// then whatever happens to this process.
func (w *Writer) Checkpoint() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if err := w.endFrame(); err != nil {
		return err
	}
	if f, ok := w.out.(interface{ Sync() error }); ok {
		if err := f.Sync(); err != nil {
			return w.fail(err)
		}
	}
	return nil
}

// Finish writes the last line. The writer must not be used afterwards.
func (w *Writer) Finish() error {
	w.mu.Lock()
	end := w.end
	w.mu.Unlock()
	if err := w.json("end", end); err != nil {
		return err
	}
	if err := w.Checkpoint(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errFinished
	return nil
}

// Line writes a line that was read, but for headers and ends, which the writer
// has its own of, and for lines of an unknown kind.
func (w *Writer) Line(l Line) error {
	switch {
	case l.Record != nil:
		return w.Add(l.Record, l.From)
	case l.Attach != nil:
		return w.Attach(l.Attach.ID, l.Attach.Member, l.Attach.Elements...)
	case l.Cover != nil:
		return w.Cover(*l.Cover)
	case l.Source != nil:
		return w.Source(*l.Source)
	case l.Note != nil:
		return w.Report(*l.Note)
	case l.Log != nil:
		return w.Log(l.Log.Table, l.Log.Row)
	case l.Period != nil:
		return w.Period(*l.Period)
	case l.Delta != nil:
		return w.Delta(*l.Delta)
	case l.Aliases != nil:
		return w.Aliases(*l.Aliases)
	}
	return nil
}

// Write writes an inventory: type by type, so that what is left of a file that
// was cut off is whole as far as it goes. Where no sources are given, the files
// that the records were read from are.
func (w *Writer) Write(inv *inventory.Inventory, given ...Source) error {
	entries := make(map[string][]inventory.Entry)
	var rest []string
	for _, e := range inv.Manifest().Entries() {
		k := strings.ToLower(e.Type)
		if entries[k] == nil {
			rest = append(rest, k)
		}
		entries[k] = append(entries[k], e)
	}
	sources := make(map[string]int)
	var names []string
	for _, t := range inv.Types() {
		for r := range inv.OfType(t.Type) {
			if inv.Nested(r.ID) {
				continue
			}
			if _, ok := sources[r.From.File]; !ok {
				names = append(names, r.From.File)
			}
			sources[r.From.File]++
			if err := w.Add(r, r.From.File); err != nil {
				return err
			}
		}
		if err := w.coverAll(entries, strings.ToLower(t.Type)); err != nil {
			return err
		}
	}
	for _, k := range rest {
		if err := w.coverAll(entries, k); err != nil {
			return err
		}
	}
	if len(given) == 0 {
		for _, name := range names {
			given = append(given, Source{Name: name, Records: sources[name]})
		}
	}
	for _, s := range given {
		if err := w.Source(s); err != nil {
			return err
		}
	}
	for _, d := range inv.Diagnostics() {
		if err := w.Report(d); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) coverAll(entries map[string][]inventory.Entry, typ string) error {
	for _, e := range entries[typ] {
		if err := w.Cover(e); err != nil {
			return err
		}
	}
	delete(entries, typ)
	return nil
}
