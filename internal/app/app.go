// Package app is the only place that knows every part of azward: it reads an
// inventory, loads controls and the user's own policies, derives facts,
// evaluates, scores, maps to frameworks and plans, and hands the result to
// internal/report.
//
// Start with Assess. The parts that it joins know nothing of each other.
package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/policy"
)

// Options say what to assess and how.
type Options struct {
	Demo      bool                 // the built-in tenant
	From      []string             // files and folders
	Names     map[string]string    // what messages call files of From by, where it is not their path
	Inventory *inventory.Inventory // used as it is in place of Demo and From, where it is set

	Policies   []string // files and folders with Azure Policy definitions and initiatives
	Initiative string   // id, name or display name of the initiative of Policies or the inventory to assess
	Controls   string   // a folder with controls to use in place of those in the binary
	Exemptions string   // a YAML file

	States []finding.State // states that findings list; empty: NonCompliant and Exempt

	// Aliases win over the rule; nil: those of the snapshots in From, where they hold
	// the tenant's own list.
	Aliases *policy.Aliases

	Now      time.Time
	Version  string
	Progress func(stage string, done, total int) // called now and then, from any goroutine; may be nil
	Clock    func() time.Time                    // for timings
	Workers  int                                 // goroutines that evaluate; 0 means one for each processor
}

// ErrUsage is wrapped by errors that are the caller's to mend: a path that
// does not exist, an initiative that nobody knows.
var ErrUsage = errors.New("wrong usage")

func usagef(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUsage, fmt.Sprintf(format, args...))
}

func (o *Options) progress(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}

func (o *Options) clock() time.Time {
	if o.Clock != nil {
		return o.Clock()
	}
	return time.Now()
}

// Load reads the inventory that the options name.
func Load(ctx context.Context, o *Options) (*inventory.Inventory, error) {
	if o.Inventory != nil {
		return o.Inventory, nil
	}
	if o.Demo == (len(o.From) > 0) {
		return nil, usagef("give either --demo or --from PATH")
	}
	if o.Demo {
		return loadDemo(ctx, o)
	}
	return loadFiles(ctx, o)
}
