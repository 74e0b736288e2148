package app

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/resource"
)

func builtinLibrary(tb testing.TB) *library {
	tb.Helper()
	lib, err := loadLibrary([]string{testdata.File(tb, "policy", "built-in-policies.tar.gz")})
	if err != nil {
		tb.Fatal(err)
	}
	return lib
}

func compiledBuiltins(tb testing.TB) []*policy.Definition {
	tb.Helper()
	lib := builtinLibrary(tb)
	defs := make([]*policy.Definition, 0, len(lib.definitions))
	names := policy.NewNames()
	for _, d := range lib.definitions {
		def, diags := policy.Compile(d.body, policy.CompileOptions{Names: names})
		if def == nil {
			tb.Fatal(d.source, diags)
		}
		def.Name = d.source
		defs = append(defs, def)
	}
	return defs
}

// sweep evaluates every definition that an index lets through on every
// resource, on so many goroutines, and returns the counts by state and the
// definitions of which an expression failed.
func sweep(inv *inventory.Inventory, defs []*policy.Definition, workers int) (states [5]int64, evaluations int64, failed map[string]string) {
	ix := policy.NewIndex(defs)
	all := assessed(inv)
	failed = map[string]string{}
	var mu sync.Mutex
	var next, total atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			ev := policy.NewEvaluator(policy.Options{Inventory: inv, Now: testNow})
			var own [5]int64
			n := int64(0)
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= len(all) {
					break
				}
				for _, r := range all[from:min(from+chunk, len(all))] {
					for _, set := range [2][]int32{ix.Of(r.TypeKey()), ix.Any()} {
						for _, i := range set {
							v := ev.Evaluate(defs[i], r)
							own[v.State]++
							n++
							if v.Err != nil {
								mu.Lock()
								failed[defs[i].Name] = v.Err.Message + " on " + r.Type
								mu.Unlock()
							}
						}
					}
				}
			}
			total.Add(n)
			mu.Lock()
			for i, k := range own {
				states[i] += k
			}
			mu.Unlock()
		})
	}
	wg.Wait()
	return states, total.Load(), failed
}

// sweepStates does the same through a set, for the states alone.
func sweepStates(inv *inventory.Inventory, set *policy.Set, workers int) (states [5]int64, evaluations int64) {
	all := assessed(inv)
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			ev := set.Evaluator(policy.Options{Inventory: inv, Now: testNow})
			var own [5]int64
			n := 0
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= len(all) {
					break
				}
				for _, r := range all[from:min(from+chunk, len(all))] {
					met := 0
					let := ev.States(r, func(_ int, s finding.State) { own[s]++; met++ })
					own[finding.NotApplicable] += int64(let - met)
					n += let
				}
			}
			mu.Lock()
			evaluations += int64(n)
			for i, k := range own {
				states[i] += k
			}
			mu.Unlock()
		})
	}
	wg.Wait()
	return states, evaluations
}

// TestConformanceBuiltinsEvaluate runs every built-in definition over the demo
// and over what was recorded of real tenants.
func TestConformanceBuiltinsEvaluate(t *testing.T) {
	defs := compiledBuiltins(t)
	known := map[string]bool{}
	text, err := os.ReadFile("testdata/policy_known_failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, reason, ok := strings.Cut(line, "\t"); ok && reason != "" && line[0] != '#' {
			known[name] = true
		}
	}
	files, err := filepath.Glob(filepath.Join(testdata.File(t, "inventory"), "*.gz"))
	if err != nil {
		t.Fatal(err)
	}
	options := []Options{{Demo: true}}
	for _, f := range files {
		options = append(options, Options{From: []string{f}})
	}
	failed := map[string]string{}
	for _, o := range options {
		inv, err := Load(context.Background(), &o)
		if err != nil {
			t.Fatal(err)
		}
		states, n, bad := sweep(inv, defs, 2)
		if o.Demo {
			set := policy.NewSet(defs)
			used := cpu()
			brief, pairs := sweepStates(inv, set, 2)
			if used = cpu() - used; brief != states {
				t.Errorf("states alone are %v, with reasons %v", brief, states)
			}
			t.Logf("figure: built-in definitions over the demo: %d evaluations, %d ns of processor time each; %d of %d definitions differ", pairs, used.Nanoseconds()/pairs, set.Distinct(), len(defs))
		}
		maps.Copy(failed, bad)
		t.Logf("%v: %d resources, %d evaluations: %d noncompliant, %d unknown, %d compliant", o.From, inv.Len(), n, states[finding.NonCompliant], states[finding.Unknown], states[finding.Compliant])
	}
	good := len(defs)
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		name, place := name[strings.LastIndexByte(name, '!')+1:], name
		good--
		if !known[name] {
			t.Errorf("%s\t%s", name, failed[place])
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s stands in policy_known_failures.txt and does not fail", name)
	}
	t.Logf("conformance: built-in definitions evaluate without error %d of %d", good, len(defs))
}

// TestConformanceInitiatives plans every built-in initiative as if it were
// assigned to the tenant.
func TestConformanceInitiatives(t *testing.T) {
	from := builtinLibrary(t)
	lib := assign.NewLibrary()
	for _, d := range slices.Concat(from.definitions, from.initiatives) {
		doc := jsondoc.NewObject(jsondoc.Member{Name: "id", Value: jsondoc.NewString(d.id)}, jsondoc.Member{Name: "name", Value: jsondoc.NewString(d.name)}, jsondoc.Member{Name: "properties", Value: d.body})
		lib.Add(doc, "", nil)
	}
	inv, err := Load(context.Background(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	whole, members := 0, 0
	for _, d := range from.initiatives {
		a := assign.New(resource.TenantID(), d.id, jsondoc.Value{})
		a.Version = d.body.Get("version").TextOr(d.body.Path("metadata", "version").TextOr(""))
		p, diags := assign.NewPlan(lib, []*assign.Assignment{a}, assign.Options{Inventory: inv, Now: testNow})
		if diags.HasErrors() {
			t.Errorf("%s: %v", d.name, diags)
			continue
		}
		set, _ := lib.Find(d.id, a.Version, true) // two files may hold one version
		if len(p.Members) == set.Body.Get("policyDefinitions").Len() {
			whole++
		} else {
			t.Logf("%s: %d of %d members: %v", d.source, len(p.Members), d.body.Get("policyDefinitions").Len(), diags)
		}
		members += len(p.Members)
		ev := p.Evaluator()
		for r := range inv.OfType("Microsoft.Storage/storageAccounts") {
			ev.Evaluate(r)
		}
	}
	t.Logf("conformance: built-in initiatives with every member %d of %d", whole, len(from.initiatives))
	t.Logf("figure: members of built-in initiatives: %d", members)
}

func generatedTenant(tb testing.TB, n int) *inventory.Inventory {
	tb.Helper()
	b := inventory.NewBuilder()
	in := jsondoc.NewInterner()
	for text := range demo.Resources(demo.Size{Resources: n, Seed: 1, Faults: 0.2}) {
		body, err := jsondoc.ParseInterned(slices.Clone(text), in)
		if err != nil {
			tb.Fatal(err)
		}
		r, err := resource.New(body, "", resource.Origin{})
		if err != nil {
			tb.Fatal(err)
		}
		b.Add(r)
	}
	b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/", State: inventory.Complete})
	return b.Build()
}

// BenchmarkBuiltins is the design's number: 100,000 resources against every
// built-in definition on two cores.
func BenchmarkBuiltins(b *testing.B) {
	defs := compiledBuiltins(b)
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run("resources="+strconv.Itoa(n)+"/definitions="+strconv.Itoa(len(defs)), func(b *testing.B) {
			inv := generatedTenant(b, n)
			runtime.GC()
			b.ReportAllocs()
			var evaluations int64
			start, used := time.Now(), cpu()
			for b.Loop() {
				_, evaluations = sweepStates(inv, policy.NewSet(defs), 2)
			}
			each := time.Since(start) / time.Duration(b.N)
			used = (cpu() - used) / time.Duration(b.N)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(each.Seconds(), "s/sweep")
			b.ReportMetric(used.Seconds(), "cpu-s/sweep")
			b.ReportMetric(float64(evaluations)/used.Seconds()/1e6, "Mevals/cpu-s")
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
			b.ReportMetric(float64(evaluations), "evals")
		})
	}
}
