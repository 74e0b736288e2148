package app

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// result is one verdict, by the indexes of its resource and rule.
type result struct {
	resource, rule int32
	state          finding.State
	verdict        *finding.Verdict // of what is not as it should be; nil otherwise
}

// typeIndex finds the rules that can match a type.
type typeIndex struct {
	by  map[string][]int32
	any []int32
}

func newTypeIndex(rules []rule) *typeIndex {
	ix := &typeIndex{by: map[string][]int32{}}
	for i := range rules {
		types := rules[i].def.Types()
		if types == nil {
			ix.any = append(ix.any, int32(i))
			continue
		}
		for _, t := range types {
			key := strings.ToLower(t)
			ix.by[key] = append(ix.by[key], int32(i))
		}
	}
	return ix
}

// chunk is how many resources a worker takes at a time.
const chunk = 256

// evaluate runs every rule on every resource that its type index lets through,
// and returns the verdicts ordered by resource and rule, NotApplicable left
// out, and the number of evaluations.
func evaluate(ctx context.Context, o *Options, inv *inventory.Inventory, resources []*resource.Resource, rules []rule) ([]result, int, error) {
	ix := newTypeIndex(rules)
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
			ev := policy.NewEvaluator(policy.Options{Inventory: inv, Now: o.Now})
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= chunks {
					return
				}
				from, to := i*chunk, min((i+1)*chunk, len(resources))
				n := 0
				for r := from; r < to; r++ {
					for _, set := range [2][]int32{ix.by[resources[r].TypeKey()], ix.any} {
						for _, k := range set {
							n++
							if v := ev.Evaluate(rules[k].def, resources[r]).Verdict; v.State != finding.NotApplicable {
								one := result{resource: int32(r), rule: k, state: v.State}
								if v.State != finding.Compliant {
									kept := v // on the heap only where it is kept
									one.verdict = &kept
								}
								out[i] = append(out[i], one)
							}
						}
					}
				}
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

// assessed lists what rules are asked about: every resource of the inventory.
func assessed(inv *inventory.Inventory) []*resource.Resource {
	out := make([]*resource.Resource, 0, inv.Len())
	for r := range inv.All() {
		out = append(out, r)
	}
	return out
}
