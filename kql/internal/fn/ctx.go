package fn

import (
	"math/rand/v2"

	"github.com/azward/azward/kql/internal/regex"
)

// Ctx is what a query's functions share on one worker. It must not be used by
// two goroutines at a time; Fork gives another worker its own.
type Ctx struct {
	// Now is the time of the query in ticks; now() and ago() read it.
	Now int64
	// Rand feeds rand() and new_guid(), seeded by the caller.
	Rand *rand.Rand
	// Table finds functions for plugins that call aggregates (pivot).
	Table *Table
	// Infer finds the columns of files for infer_storage_schema, as a text that
	// declares them; the error is for the user.
	Infer func(StorageRequest) (string, error)

	// Check tells whether the query is over, with an error; nil: it never is.
	Check func() error
	// MaxBuilt bounds the bytes of texts and dynamic values that a function
	// builds; 0: a bound of its own.
	MaxBuilt int64

	// Hold counts bytes that a plugin holds, with an error where they are too
	// many; nil: nothing is counted.
	Hold func(n int64) error

	patterns map[string]*regex.Regexp
	ticks    int
	seed     uint64
	forks    uint64
}

// NewCtx returns a context for a query that runs at now (ticks).
func NewCtx(now int64, seed uint64) *Ctx {
	return &Ctx{Now: now, seed: seed, Rand: rand.New(rand.NewPCG(seed, 0)), patterns: map[string]*regex.Regexp{}}
}

// Fork returns a context for another worker. Forks must be taken by one
// goroutine.
func (c *Ctx) Fork() *Ctx {
	c.forks++
	f := NewCtx(c.Now, c.seed)
	f.Table, f.Infer, f.Check, f.MaxBuilt = c.Table, c.Infer, c.Check, c.MaxBuilt
	f.Rand = rand.New(rand.NewPCG(c.seed, c.forks))
	return f
}

// Alive returns an error where the query is over: what works long asks now and
// then.
func (c *Ctx) Alive() error {
	if c == nil || c.Check == nil {
		return nil
	}
	return c.Check()
}

// halt ends a plugin: the query is over, or holds too much.
type halt struct{ err error }

// tick is called by plugins for each step of long work, with the bytes that they
// hold since the last.
func (c *Ctx) tick(bytes int64) {
	if c == nil {
		return
	}
	if bytes > 0 && c.Hold != nil {
		if err := c.Hold(bytes); err != nil {
			panic(halt{err})
		}
	}
	if c.ticks++; c.ticks&0x3ff == 0 {
		c.stop()
	}
}

// stop is called by plugins for a step that takes long by itself.
func (c *Ctx) stop() {
	if err := c.Alive(); err != nil {
		panic(halt{err})
	}
}

// maxPatterns bounds the cache of compiled regular expressions.
const maxPatterns = 256

// Regexp compiles a pattern as Kusto's engine reads it (Unicode-aware \d, \w,
// \s and \b) and keeps it. The error is for the user.
func (c *Ctx) Regexp(pattern string) (*regex.Regexp, error) {
	if re, ok := c.patterns[pattern]; ok {
		return re, nil
	}
	re, err := regex.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if len(c.patterns) >= maxPatterns {
		clear(c.patterns)
	}
	c.patterns[pattern] = re
	return re, nil
}
