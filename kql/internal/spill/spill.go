// Package spill puts batches of rows where there is more room than in memory,
// and reads them back.
//
// An Area gives files; the caller of the engine makes one (the engine itself
// touches no disk). Parts writes batches into one file, each to one of several
// partitions, and reads a partition back in the order in which it was written;
// a Parts of one partition is a run. The form of a batch (Append and Decode) is
// private to a process: it is no format to keep data in.
package spill

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/azward/azward/kql/internal/vec"
)

// Area is where files are put. It is safe for concurrent use.
type Area interface {
	// Create returns a new, empty file. An error says that there can be none,
	// and is for the user.
	Create() (File, error)
}

// File is a file of an area, for one user. Writing appends; an error of
// writing says that there is no more room, or that the disk failed, and is for
// the user. Close gives up the file with all that is in it.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// ErrFile wraps what an area's files answer.
var ErrFile = errors.New("put rows on disk")

// Stats counts what was written, over all files. It is safe for concurrent use.
type Stats struct{ Files, Bytes atomic.Int64 }

// block is a batch in the file.
type block struct {
	off  int64
	size int
	rows int
}

// Parts are the partitions of a file. Writing is safe for concurrent use;
// reading begins after the last batch is written.
type Parts struct {
	area  Area
	stats *Stats
	limit int64 // bytes of a partition that wait to be written together

	mu      sync.Mutex
	file    File
	w       *bufio.Writer
	off     int64
	buf     []byte
	blocks  [][]block
	pending []pending
	proto   []*vec.Vec
}

type pending struct {
	batches []*vec.Batch
	rows    int
	size    int64
}

// blockRows is how many rows wait to be written together at most.
const blockRows = 4096

// NewParts returns n empty partitions; the file is made with the first batch.
// wait is how many bytes of each partition may wait in memory.
func NewParts(area Area, stats *Stats, n int, wait int64) *Parts {
	return &Parts{area: area, stats: stats, limit: wait, blocks: make([][]block, n), pending: make([]pending, n)}
}

// Grow adds a partition and returns its number. Not while others write.
func (p *Parts) Grow() int {
	p.blocks, p.pending = append(p.blocks, nil), append(p.pending, pending{})
	return len(p.blocks) - 1
}

// End writes what waits for a partition.
func (p *Parts) End(part int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.write(part)
}

// Len returns the number of partitions.
func (p *Parts) Len() int { return len(p.blocks) }

// Rows returns how many rows a partition has.
func (p *Parts) Rows(part int) int {
	n := p.pending[part].rows
	for _, b := range p.blocks[part] {
		n += b.rows
	}
	return n
}

// Add appends a batch to a partition. The batch must not change afterwards.
func (p *Parts) Add(part int, b *vec.Batch) error {
	if b.Rows == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for b.Rows > blockRows {
		if err := p.add(part, b.Slice(0, blockRows)); err != nil {
			return err
		}
		b = b.Slice(blockRows, b.Rows)
	}
	return p.add(part, b)
}

func (p *Parts) add(part int, b *vec.Batch) error {
	w := &p.pending[part]
	if w.rows > 0 && w.rows+b.Rows > blockRows {
		if err := p.write(part); err != nil {
			return err
		}
	}
	w.batches, w.rows, w.size = append(w.batches, b), w.rows+b.Rows, w.size+vec.Size(b)
	if w.size >= p.limit || w.rows == blockRows {
		return p.write(part)
	}
	return nil
}

// write puts what waits for a partition into the file.
func (p *Parts) write(part int) error {
	w := &p.pending[part]
	if w.rows == 0 {
		return nil
	}
	if p.file == nil {
		f, err := p.area.Create()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		p.file, p.w = f, bufio.NewWriterSize(f, 1<<16)
		p.stats.Files.Add(1)
	}
	b := w.batches[0]
	if len(w.batches) > 1 {
		if p.proto == nil {
			for _, c := range b.Cols {
				p.proto = append(p.proto, vec.New(c.Type, 0))
			}
		}
		b = vec.ConcatBatches(p.proto, w.batches)
	}
	*w = pending{batches: w.batches[:0]}
	clear(w.batches[:cap(w.batches)])
	p.buf = Append(p.buf[:0], b)
	if _, err := p.w.Write(p.buf); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	p.blocks[part] = append(p.blocks[part], block{p.off, len(p.buf), b.Rows})
	p.off += int64(len(p.buf))
	p.stats.Bytes.Add(int64(len(p.buf)))
	return nil
}

// Done ends writing: it must be called before reading.
func (p *Parts) Done() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pending {
		if err := p.write(i); err != nil {
			return err
		}
	}
	p.buf = nil
	if p.w == nil {
		return nil
	}
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	p.w = nil
	return nil
}

// Read returns a function that gives the batches of a partition, nil at the
// end. A partition may be read several times, each reader by one goroutine.
func (p *Parts) Read(part int) func() (*vec.Batch, error) {
	at := 0
	var buf []byte
	return func() (*vec.Batch, error) {
		if at == len(p.blocks[part]) {
			return nil, nil
		}
		if p.file == nil {
			return nil, errors.New("read rows back from disk: the result is closed")
		}
		b := p.blocks[part][at]
		at++
		if cap(buf) < b.size {
			buf = make([]byte, b.size)
		}
		buf = buf[:b.size]
		if _, err := p.file.ReadAt(buf, b.off); err != nil {
			return nil, fmt.Errorf("read rows back from disk: %w", err)
		}
		out, err := Decode(buf)
		if err != nil {
			return nil, fmt.Errorf("read rows back from disk: %w", err)
		}
		return out, nil
	}
}

// Close gives up the file. It may be called at any time, and more than once.
func (p *Parts) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.file
	p.file, p.w, p.pending = nil, nil, make([]pending, len(p.pending))
	if f == nil {
		return nil
	}
	return f.Close()
}
