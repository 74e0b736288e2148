package reader

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// snapshot reads a snapshot of azward, which says itself what was read.
func (f *fileRun) snapshot() error {
	entries, records, end := []inventory.Entry(nil), 0, false
	broken := ""
	defer func() {
		for _, e := range entries {
			if broken != "" && e.State == inventory.Complete {
				e.State, e.Reason = inventory.Partial, broken
			}
			f.b.Cover(e)
		}
	}()
	for {
		if _, ok := f.s.space(); !ok {
			break
		}
		if !f.tick() {
			return errDone
		}
		at := f.s.here()
		raw, err := f.s.lineRest(max(f.opts.MaxValue, snapshot.MaxLine))
		if errors.Is(err, errTooLong) {
			broken = f.tooLong()
			f.damage(at, CodeTooLong, broken)
			continue
		}
		if err != nil {
			break // reported below and by text
		}
		if bytes.HasPrefix(raw, []byte(`{"log":`)) || bytes.HasPrefix(raw, []byte(`{"aliases":`)) {
			continue // no resource, and there may be millions
		}
		line, err := snapshot.ParseLine(raw, f.in)
		switch {
		case errors.Is(err, snapshot.ErrVersion):
			f.damage(at, CodeSnapshot, err.Error()+"; a newer azward reads it")
			return nil
		case err != nil:
			if _, more := f.s.space(); !more {
				f.damage(at, CodeTruncated, "the snapshot ends in the middle of a line")
				return nil
			}
			broken = fmt.Sprintf("line %d of the snapshot could not be read: %v", at.pos.Line, err)
			f.damage(at, CodeSnapshot, broken)
		case line.Record != nil:
			records++
			f.values++
			line.Record.From = resource.Origin{File: f.name, Offset: at.offset, Pos: at.pos}
			f.keep(line.Record)
		case line.Attach != nil:
			f.b.Attach(line.Attach.ID, line.Attach.Member, f.origin(at), line.Attach.Elements...)
		case line.Cover != nil:
			entries = append(entries, *line.Cover)
		case line.Note != nil:
			f.b.Report(*line.Note)
		case line.End != nil:
			end = true
			if line.End.Records != records && broken == "" {
				broken = fmt.Sprintf("the snapshot holds %d of its %d records", records, line.End.Records)
				f.damage(at, CodeSnapshot, broken)
			}
		}
	}
	f.values++
	if !end && f.damaged == "" {
		f.damage(f.s.here(), CodeTruncated, fmt.Sprintf("the snapshot ends before its last line; %d records were read", records))
	}
	return nil
}
