package cli

import (
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/scratch"
	"github.com/azward/azward/kql"
)

// spillFlags say where rows go that do not fit into memory.
type spillFlags struct {
	dir   string
	limit string
}

func (f *spillFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "spill-dir", "", "the `FOLDER` for rows that do not fit into --memory (default: the system's for temporary files)")
	fl.StringVar(&f.limit, "spill-limit", "16GiB", "disk that such rows may take together, `SIZE`; 0 keeps them off the disk")
}

// area returns the area that the flags describe; nothing is made yet.
func (f *spillFlags) area() (*scratch.Area, error) {
	limit, err := parseSize(f.limit)
	if err != nil {
		return nil, usagef("--spill-limit: %v", err)
	}
	return scratch.New(f.dir, limit), nil
}

// begin returns the options of one query and what ends it: end removes what the
// query has on disk and tells what it took where that is asked for. Only its
// first call does anything.
func (q *querier) begin() (kql.Options, func(*kql.Result) error) {
	opts := q.opts
	s := q.scratch.Session()
	if q.scratch.Allowed() {
		opts.Spill = s
	}
	start := q.env.Now()
	done := false
	return opts, func(res *kql.Result) error {
		if done {
			return nil
		}
		done = true
		if q.stats && res != nil {
			st := res.Stats()
			q.env.say("azward: %s, operators held %s at most, %s were put on disk\n", q.env.Now().Sub(start).Round(time.Millisecond), sizeText(st.Memory), sizeText(st.Spilled))
		}
		return s.Close()
	}
}

// sizeText writes a number of bytes as people read it.
func sizeText(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	f := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if f /= step; f < step {
			return fmt.Sprintf("%.1f %s", f, unit)
		}
	}
	return fmt.Sprintf("%.0f PiB", f/step)
}

// limitHeap has the collector run more often rather than let garbage double
// what operators may hold; the function that it returns puts things back. What
// is in memory already, loaded tables, comes on top.
func limitHeap(memory int64) (undo func()) {
	if memory <= 0 || memory > math.MaxInt64/4 {
		return func() {}
	}
	in := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(in)
	before := debug.SetMemoryLimit(int64(in[0].Value.Uint64()) + memory + memory/2 + 64<<20)
	return func() { debug.SetMemoryLimit(before) }
}
