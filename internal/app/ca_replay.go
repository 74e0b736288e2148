package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
)

const (
	replayChunk  = 1 << 20 // bytes that a worker takes at once
	replayLine   = 64 << 20
	maxReplayDoc = 1 << 30
)

// ReplayLog decides the sign-ins of a log, which is JSON Lines, a JSON array, or
// an object with an array in "value", plain or gzip, or a snapshot that holds
// sign-ins. It reads as it goes; only an array is read whole. Lines that are no JSON are counted as skipped, and the
// first is described. progress may be nil.
func ReplayLog(ctx context.Context, in io.Reader, today, proposed *condaccess.Set, workers int, progress func(signIns int)) (*condaccess.Replay, string, error) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	if head, _ := buffered.Peek(1 << 12); snapshot.IsSnapshot(head) || bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return replaySnapshot(ctx, buffered, today, proposed, workers, progress)
	}
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, "", fmt.Errorf("read a gzip log: %w", err)
		}
		buffered = bufio.NewReaderSize(z, 1<<16)
	}
	if err := skipSpace(buffered); err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("read a log: %w", err)
	}
	first, _ := buffered.Peek(1 << 12)
	if len(first) > 0 && (first[0] == '[' || bytes.HasPrefix(bytes.TrimLeft(first[1:], " \t\r\n"), []byte(`"@odata.context"`)) && bytes.Contains(first, []byte(`"value"`))) {
		return replayDocument(buffered, today, proposed)
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	chunks := make(chan []byte, workers)
	parts := make([]*condaccess.Replay, workers)
	var wg sync.WaitGroup
	var mu sync.Mutex
	bad, done := "", 0
	for w := range workers {
		parts[w] = condaccess.NewReplay(today, proposed)
		wg.Go(func() {
			for chunk := range chunks {
				before := parts[w].SignIns
				for len(chunk) > 0 {
					var line []byte
					line, chunk, _ = bytes.Cut(chunk, []byte{'\n'})
					if line = bytes.TrimSpace(line); len(line) == 0 {
						continue
					}
					if err := parts[w].AddLine(line); err != nil {
						mu.Lock()
						if bad == "" {
							bad = err.Error()
						}
						mu.Unlock()
					}
				}
				if progress != nil {
					mu.Lock()
					done += parts[w].SignIns - before
					progress(done)
					mu.Unlock()
				}
			}
		})
	}
	err := feed(ctx, buffered, chunks)
	close(chunks)
	wg.Wait()
	if err != nil {
		return nil, "", err
	}
	for _, p := range parts[1:] {
		parts[0].Merge(p)
	}
	return parts[0], bad, nil
}

// replaySnapshot decides the sign-ins that a snapshot holds.
func replaySnapshot(ctx context.Context, in io.Reader, today, proposed *condaccess.Set, workers int, progress func(int)) (*condaccess.Replay, string, error) {
	lines, out := io.Pipe()
	done := make(chan error, 1)
	n, asked := 0, false
	go func() {
		var line []byte
		err := snapshot.Scan(in, func(l snapshot.Line) error {
			asked = asked || l.Period != nil && l.Period.Table == collect.TableSignIns
			if l.Log == nil || l.Log.Table != collect.TableSignIns {
				return nil
			}
			n++
			line = append(l.Log.Row.AppendJSON(line[:0]), '\n')
			_, err := out.Write(line)
			return err
		})
		_ = out.CloseWithError(err) // never fails
		done <- err
	}()
	r, bad, err := ReplayLog(ctx, lines, today, proposed, workers, progress)
	_ = lines.Close() // ends the goroutine where deciding failed
	scanned := <-done
	switch {
	case err != nil:
		return nil, "", err
	case errors.Is(scanned, snapshot.ErrNotSnapshot):
		return nil, "", usagef("it is compressed by zstd and no snapshot; sign-ins may be plain or gzip")
	case scanned != nil:
		return nil, "", scanned
	case n == 0 && !asked:
		return nil, "", usagef("the snapshot holds no sign-ins: azward collect --logs reads them")
	}
	return r, bad, nil
}

// skipSpace moves to the first byte that is no space or byte order mark.
func skipSpace(r *bufio.Reader) error {
	for {
		b, err := r.Peek(1)
		if err != nil {
			return err
		}
		if bytes.IndexByte([]byte(" \t\r\n\xef\xbb\xbf"), b[0]) < 0 {
			return nil
		}
		if _, err := r.Discard(1); err != nil {
			return err
		}
	}
}

// feed cuts the log into chunks at the ends of lines. Each is memory of its own,
// for what is read from it may live on.
func feed(ctx context.Context, r io.Reader, chunks chan<- []byte) error {
	var rest []byte
	for {
		buf := make([]byte, max(replayChunk, 2*len(rest)))
		n := copy(buf, rest)
		m, err := io.ReadFull(r, buf[n:])
		buf = buf[:n+m]
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("read a log: %w", err)
		}
		end := bytes.LastIndexByte(buf, '\n') + 1
		if err != nil {
			end = len(buf)
		}
		rest = buf[end:]
		if len(rest) > replayLine {
			return usagef("a line of the log is longer than %d bytes", replayLine)
		}
		if end > 0 {
			select {
			case chunks <- buf[:end:end]:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return nil
		}
	}
}

func replayDocument(r io.Reader, today, proposed *condaccess.Set) (*condaccess.Replay, string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxReplayDoc))
	if err != nil {
		return nil, "", fmt.Errorf("read a log: %w", err)
	}
	doc, err := jsondoc.Parse(text)
	if err != nil {
		return nil, "", usagef("the log is not JSON: %v", err)
	}
	if doc.Kind() == jsondoc.Object {
		doc = doc.Get("value")
	}
	out := condaccess.NewReplay(today, proposed)
	for _, v := range doc.Elements() {
		out.Add(v)
	}
	return out, "", nil
}
