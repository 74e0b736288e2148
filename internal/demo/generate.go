package demo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strconv"
)

// Limits of what a generated tenant may be.
const (
	MaxResources = 20_000_000
	perWorkload  = 40    // about how many resources a resource group holds
	perSub       = 8_000 // about how many a subscription holds, at least five of them
)

// Size says how large a tenant is and how badly it is kept.
type Size struct {
	Resources int     // how many, exactly
	Seed      uint64  // the same size and seed give the same bytes
	Faults    float64 // share of settings that are wrong, 0 to 1
}

// Check returns an error where the size is none.
func (s Size) Check() error {
	if s.Resources < 1 || s.Resources > MaxResources {
		return fmt.Errorf("%d resources: expected 1 to %d", s.Resources, MaxResources)
	}
	if s.Faults < 0 || s.Faults > 1 || s.Faults != s.Faults {
		return fmt.Errorf("a share of faults of %v: expected 0 to 1", s.Faults)
	}
	return nil
}

// Resources yields the tenant's resources one by one, each as the JSON that
// ARM would answer. A text is valid until the next step. Subscriptions and
// resource groups come before what lies in them; nothing is kept in memory.
func Resources(s Size) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		g := &generator{size: s, rng: rand.New(rand.NewPCG(s.Seed, 0x617a77617264)), yield: yield}
		g.run()
	}
}

// Generate writes the tenant as one {"value": [...]}, as az rest lists it.
// It returns the writer's error.
func Generate(w io.Writer, s Size) error {
	return GenerateParts(s, MaxResources, func(int) (io.WriteCloser, error) { return open{w}, nil })
}

type open struct{ io.Writer }

func (open) Close() error { return nil }

// GenerateParts writes the tenant as several lists of at most so many
// resources: create opens the list of a number, counted from 1, which is closed
// before the next is opened.
func GenerateParts(s Size, resources int, create func(part int) (io.WriteCloser, error)) error {
	if err := s.Check(); err != nil {
		return err
	}
	if resources < 1 {
		return fmt.Errorf("%d resources a part: expected 1 or more", resources)
	}
	var file io.WriteCloser
	var out *bufio.Writer
	end := func() error {
		_, _ = out.WriteString("\n]}\n") // Flush returns what goes wrong
		return errors.Join(out.Flush(), file.Close())
	}
	n := 0
	for text := range Resources(s) {
		if n%resources == 0 {
			if n > 0 {
				if err := end(); err != nil {
					return err
				}
			}
			var err error
			if file, err = create(n/resources + 1); err != nil {
				return err
			}
			out = bufio.NewWriterSize(file, 1<<16)
			_, _ = out.WriteString("{\"value\":[\n")
		} else {
			_, _ = out.WriteString(",\n")
		}
		n++
		if _, err := out.Write(text); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return end()
}

// generator makes resource groups of a few kinds of workload until the tenant
// is as large as it is to be.
type generator struct {
	size  Size
	rng   *rand.Rand
	yield func([]byte) bool
	made  int
	done  bool
	buf   []byte

	sub, group, name string // of the workload being made
	number           int
	location         string
}

func (g *generator) run() {
	subs := max(5, (g.size.Resources+perSub-1)/perSub)
	if g.size.Resources < 200 {
		subs = 1
	}
	ids := make([]string, subs)
	for i := range ids {
		ids[i] = g.guid()
		g.emit(`{"id":"/subscriptions/%s","name":"gen-%d","type":"Microsoft.Resources/subscriptions","subscriptionId":"%s","displayName":"gen-%d","state":"Enabled","properties":{"state":"Enabled"}}`, ids[i], i, ids[i], i)
	}
	for i, id := range ids {
		g.sub = id
		g.plans(i)
	}
	for n := 0; !g.done; n++ {
		g.number = n
		g.sub, g.location = ids[n%subs], pick(g, "westeurope", "northeurope", "eastus2", "swedencentral")
		g.name = "w" + strconv.Itoa(n)
		g.group = "/subscriptions/" + g.sub + "/resourceGroups/rg-" + g.name
		g.emit(`{"id":"%s","name":"rg-%s","type":"Microsoft.Resources/subscriptions/resourceGroups","location":"%s","tags":{"env":"%s"},"properties":{"provisioningState":"Succeeded"}}`, g.group, g.name, g.location, pick(g, "prod", "prod", "test", "dev"))
		g.network()
		switch g.rng.IntN(10) {
		case 0, 1, 2:
			g.machines(3 + g.rng.IntN(6))
		case 3, 4, 5:
			g.web(2 + g.rng.IntN(4))
		case 6, 7:
			g.data(1 + g.rng.IntN(3))
		case 8:
			g.cluster()
		default:
			g.messages()
		}
		g.storage("st"+g.name, 1+g.rng.IntN(3))
		g.vault()
	}
}

// emit yields one resource, until the tenant is large enough.
func (g *generator) emit(format string, args ...any) {
	if g.done {
		return
	}
	g.buf = fmt.Appendf(g.buf[:0], format, args...)
	g.made++
	if !g.yield(g.buf) || g.made >= g.size.Resources {
		g.done = true
	}
}

// put emits a resource of the workload's group: properties are what stands
// between the braces.
func (g *generator) put(typ, name, path, properties string) {
	g.emit(`{"id":"%s/providers/%s","name":"%s","type":"%s","location":"%s","tags":{"owner":"team-%d"},"properties":{%s}}`, g.group, path, name, typ, g.location, g.number%40, properties)
}

// wrong tells whether the next setting is a fault.
func (g *generator) wrong() bool { return g.rng.Float64() < g.size.Faults }

// either returns the good value, or the bad one where the setting is a fault.
func (g *generator) either(good, bad string) string {
	if g.wrong() {
		return bad
	}
	return good
}

func pick[T any](g *generator, of ...T) T { return of[g.rng.IntN(len(of))] }

func (g *generator) guid() string {
	a, b := g.rng.Uint64(), g.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

func (g *generator) id(path string) string { return g.group + "/providers/" + path }
