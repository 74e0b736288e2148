package app

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/resource"
)

// result is how a resource stands to a rule, by their indexes. Why it does is
// worked out again where somebody asks: most never are.
type result struct {
	resource, rule int32
	state          finding.State
}

// chunk is how many resources a worker takes at a time.
const chunk = 256

// evaluate runs every rule on every resource that its type index lets through,
// and returns the verdicts ordered by resource and rule, NotApplicable left
// out, and the number of evaluations.
func evaluate(ctx context.Context, o *Options, inv *inventory.Inventory, resources []*resource.Resource, rules []rule) ([]result, int, error) {
	defs := make([]*policy.Definition, len(rules))
	for i := range rules {
		defs[i] = rules[i].def
	}
	set := policy.NewSet(defs)
	looks := make([]uint8, len(rules))
	for i := range rules {
		if rules[i].custom && defs[i] != nil {
			looks[i] = lookOf(defs[i])
		}
	}
	chunks := (len(resources) + chunk - 1) / chunk
	out := make([][]result, chunks)
	var next, evaluations atomic.Int64
	var wg sync.WaitGroup
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range max(1, min(workers, chunks)) {
		wg.Go(func() {
			ev := set.Evaluator(policy.Options{Inventory: inv, Now: o.Now})
			most := 0 // verdicts of a chunk
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= chunks {
					return
				}
				from, to := i*chunk, min((i+1)*chunk, len(resources))
				n := 0
				out[i] = make([]result, 0, most)
				for r := from; r < to; r++ {
					var told [lookEnd]int8 // of the current resource, by look: 0 is not told yet
					n += ev.States(resources[r], func(k int, state finding.State) {
						if look := looks[k]; look > 0 {
							if told[look] == 0 {
								told[look] = -1
								if asks(defs[k], resources[r], inv) {
									told[look] = 1
								}
							}
							if told[look] < 0 {
								return
							}
						}
						out[i] = append(out[i], result{resource: int32(r), rule: int32(k), state: state})
					})
				}
				most = max(most, len(out[i]))
				evaluations.Add(int64(n))
				o.progress("evaluate", to, len(resources))
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	total := 0
	for _, part := range out {
		total += len(part)
	}
	all := make([]result, 0, total)
	for _, part := range out {
		all = append(all, part...)
	}
	return all, int(evaluations.Load()), nil
}

// lookEnd is above every answer of lookOf.
const lookEnd = 32

// lookOf is what asks goes by of a definition, so that it is asked once for all
// that look alike: 0 is left for those that are not the user's.
func lookOf(def *policy.Definition) uint8 {
	look := uint8(1)
	for i, yes := range []bool{def.Indexed(), def.Types() != nil, def.ChangesIdentity(), def.AsksLocation()} {
		if yes {
			look |= 2 << i
		}
	}
	return look
}

// asks tells whether a definition of the user's would look at a resource.
func asks(def *policy.Definition, r *resource.Resource, inv *inventory.Inventory) bool {
	return PolicyOverlooks(def, r, inv) == ""
}

// PolicyOverlooks says why a definition, assigned to everything, would not look
// at a resource, "" where it would: mode Indexed leaves out what has no tags and
// location, and what is in no subscription is asked about by a definition that
// names its type. inv may be nil.
func PolicyOverlooks(def *policy.Definition, r *resource.Resource, inv *inventory.Inventory) string {
	if r.ID.Subscription() == "" && def.Types() != nil {
		return ""
	}
	return assign.Overlooks(def, r, inv)
}

// assessed lists what rules are asked about: every resource of the inventory.
func assessed(inv *inventory.Inventory) []*resource.Resource {
	out := make([]*resource.Resource, 0, inv.Len())
	for r := range inv.All() {
		out = append(out, r)
	}
	return out
}
