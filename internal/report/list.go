package report

import (
	"encoding/json"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// Source makes the findings of a list when they are asked for.
type Source interface {
	// Len returns how many there are.
	Len() int
	// Head returns finding i without what decided it: Reasons, Missing and
	// Evidence are left out. Several goroutines may call it.
	Head(i int) Finding
	// Reader returns what makes whole findings. It is one goroutine's; each
	// asks for its own.
	Reader() func(i int) Finding
}

// List is findings in the order in which they are listed. They are put into
// words as they are read, since a large tenant has millions and most are read
// once, by what writes them. The zero List is empty. Several goroutines may
// read one.
type List struct{ source Source }

// NewList returns the list of what a source makes.
func NewList(s Source) List { return List{s} }

// ListOf returns a list of findings that are made already. It keeps the slice.
func ListOf(findings []Finding) List { return List{made(findings)} }

// made is a source of findings that are made already.
type made []Finding

func (m made) Len() int                    { return len(m) }
func (m made) Head(i int) Finding          { return m[i] }
func (m made) Reader() func(i int) Finding { return m.Head }

// Len returns how many findings the list has.
func (l List) Len() int {
	if l.source == nil {
		return 0
	}
	return l.source.Len()
}

// Heads goes through the findings without asking what decided them.
func (l List) Heads() iter.Seq2[int, Finding] {
	return func(yield func(int, Finding) bool) {
		for i := range l.Len() {
			if !yield(i, l.source.Head(i)) {
				return
			}
		}
	}
}

// reader makes whole findings, for one goroutine.
func (l List) reader() func(i int) Finding {
	if l.source == nil {
		return made(nil).Head
	}
	return l.source.Reader()
}

// All goes through the findings, whole.
func (l List) All() iter.Seq2[int, Finding] {
	return func(yield func(int, Finding) bool) {
		read := l.reader()
		for i := range l.Len() {
			if !yield(i, read(i)) {
				return
			}
		}
	}
}

// Slice makes every finding: for lists that are known to be short.
func (l List) Slice() []Finding {
	out := make([]Finding, 0, l.Len())
	for _, f := range l.All() {
		out = append(out, f)
	}
	return out
}

// MarshalJSON writes the findings as an array.
func (l List) MarshalJSON() ([]byte, error) { return json.Marshal(l.Slice()) }

// UnmarshalJSON reads an array of findings.
func (l *List) UnmarshalJSON(text []byte) error {
	var list []Finding
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*l = ListOf(list)
	return nil
}

// Each calls what new returns with every finding, whole, from several goroutines
// at once and in no order: each has one of its own.
func (l List) Each(newVisit func() func(f *Finding)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	n := l.Len()
	for range min(runtime.GOMAXPROCS(0), (n+blockSize-1)/blockSize) {
		wg.Go(func() {
			read, visit := l.reader(), newVisit()
			var f Finding
			for {
				from := int(next.Add(blockSize)) - blockSize
				if from >= n {
					return
				}
				for i := from; i < min(from+blockSize, n); i++ {
					f = read(i)
					visit(&f)
				}
			}
		})
	}
	wg.Wait()
}

// blockSize is how many findings a goroutine writes at a time.
const blockSize = 512

// text appends finding i as a format writes it.
type text func(dst []byte, i int, f *Finding) ([]byte, error)

// write writes every finding in order. Blocks of them are made on every
// processor at once, each with a text of its own, so that no more than some
// blocks are ever in memory.
func (l List) write(out *writer, newText func() text) error {
	n := l.Len()
	if n == 0 {
		return nil
	}
	workers := min(runtime.GOMAXPROCS(0), (n+blockSize-1)/blockSize)
	if workers == 1 {
		return l.writeBlocks(out, newText())
	}
	type result struct {
		text []byte
		err  error
	}
	type block struct {
		from int
		done chan result
	}
	jobs := make(chan *block)
	queue := make(chan *block, 2*workers) // in order
	free := make(chan []byte, 4*workers)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(queue)
		defer close(jobs)
		for from := 0; from < n; from += blockSize {
			b := &block{from, make(chan result, 1)}
			select {
			case queue <- b:
			case <-stop:
				return
			}
			select {
			case jobs <- b:
			case <-stop:
				return
			}
		}
	}()
	for range workers {
		go func() {
			read, format := l.reader(), newText()
			for b := range jobs {
				var buf []byte
				select {
				case buf = <-free:
				default:
				}
				var err error
				if buf, err = appendBlock(buf[:0], b.from, min(b.from+blockSize, n), read, format); err == nil {
					b.done <- result{text: buf}
					continue
				}
				b.done <- result{err: err}
			}
		}()
	}
	for b := range queue {
		r := <-b.done
		if r.err != nil {
			return r.err
		}
		if _, err := out.Write(r.text); err != nil {
			return err
		}
		select {
		case free <- r.text:
		default:
		}
	}
	return nil
}

func (l List) writeBlocks(out *writer, format text) error {
	read, n := l.reader(), l.Len()
	var buf []byte
	for from := 0; from < n; from += blockSize {
		var err error
		if buf, err = appendBlock(buf[:0], from, min(from+blockSize, n), read, format); err != nil {
			return err
		}
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

func appendBlock(buf []byte, from, to int, read func(int) Finding, format text) ([]byte, error) {
	var err error
	var f Finding
	for i := from; i < to; i++ {
		f = read(i)
		if buf, err = format(buf, i, &f); err != nil {
			return nil, err
		}
	}
	return buf, nil
}
