package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
)

// readExported gives every event of exported logs, and of the snapshots among them
// that hold one, to add. It returns the spans that snapshots say were read
// whole. what is what people call the log, table is what snapshots do.
func readExported(paths []string, what, table string, add func(jsondoc.Value)) ([]snapshot.Period, error) {
	var snapshots []string
	for _, path := range paths {
		if isSnapshot(path) {
			snapshots = append(snapshots, path)
			continue
		}
		r := rowReader{what: what, add: add}
		if err := r.file(path); err != nil {
			if pe, ok := errors.AsType[*fs.PathError](err); ok {
				return nil, usagef("read the %s %s: %v", what, path, pe.Err)
			}
			if errors.Is(err, ErrUsage) {
				return nil, usagef("read the %s %s: %s", what, path, strings.TrimPrefix(err.Error(), ErrUsage.Error()+": "))
			}
			return nil, fmt.Errorf("read the %s %s: %w", what, path, err)
		}
	}
	if len(snapshots) == 0 {
		return nil, nil
	}
	read, err := ScanLog(context.Background(), snapshots, table, func(v jsondoc.Value) error { add(v); return nil })
	if errors.Is(err, ErrNoLogs) {
		return nil, usagef("%s holds no %s: azward collect --logs reads it", strings.Join(snapshots, ", "), what)
	}
	if err != nil {
		return nil, err
	}
	return read.Periods, nil
}

// rowReader reads the events of an exported log: JSON, JSON lines or CSV, compressed
// or not.
type rowReader struct {
	what string // "activity log"
	add  func(jsondoc.Value)
}

func (l *rowReader) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	in := bufio.NewReaderSize(f, 1<<16)
	if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		in = bufio.NewReaderSize(z, 1<<16)
	}
	if head, err := in.Peek(3); err == nil && bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		if _, err := in.Discard(3); err != nil {
			return err
		}
	}
	for {
		c, err := in.Peek(1)
		if errors.Is(err, io.EOF) {
			return usagef("the file is empty")
		}
		if err != nil {
			return err
		}
		switch c[0] {
		case ' ', '\t', '\r', '\n':
			if _, err := in.Discard(1); err != nil {
				return err
			}
			continue
		case '[', '{':
			return l.json(in)
		}
		return l.csv(in)
	}
}

// json reads values one after the other: events, lists of them, or objects
// around lists.
func (l *rowReader) json(in io.Reader) error {
	dec := json.NewDecoder(in)
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token == json.Delim('[') { // one list, taken an element at a time
		for dec.More() {
			if err := l.next(dec); err != nil {
				return err
			}
		}
		if _, err := dec.Token(); err != nil {
			return fmt.Errorf("the list does not end: %w", err)
		}
		return nil
	}
	// Objects: start again before the first.
	dec = json.NewDecoder(io.MultiReader(strings.NewReader("{"), dec.Buffered(), in))
	for {
		if err := l.next(dec); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (l *rowReader) next(dec *json.Decoder) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	v, err := jsondoc.Parse(raw)
	if err != nil {
		return err
	}
	for _, name := range []string{"value", "records"} {
		if list := v.Get(name); list.Kind() == jsondoc.Array {
			for _, e := range list.Elements() {
				l.add(e)
			}
			return nil
		}
	}
	l.add(v)
	return nil
}

func (l *rowReader) csv(in io.Reader) error {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord, r.LazyQuotes = -1, true, true
	head, err := r.Read()
	if err != nil {
		return err
	}
	names := make([]string, len(head))
	for i, n := range head {
		// The portal writes "TimeGenerated [UTC]".
		names[i], _, _ = strings.Cut(strings.TrimSpace(n), " [")
	}
	if !slices.ContainsFunc(names, func(n string) bool {
		return strings.HasPrefix(strings.ReplaceAll(lower(n), " ", ""), "operationname")
	}) {
		return usagef("it is no %s: no column is called OperationName", l.what)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		ms := make([]jsondoc.Member, 0, len(row))
		for i, cell := range row {
			if i < len(names) && cell != "" {
				ms = append(ms, jsondoc.Member{Name: names[i], Value: jsondoc.NewString(strings.Clone(cell))})
			}
		}
		l.add(jsondoc.NewObject(ms...))
	}
}

// claims by which a token names who holds it.
const claimObjectID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
