package attackpath

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// smallCase is a random graph in which each edge belongs to a change of the node it
// leaves, or to none.
type smallCase struct {
	g       *Graph
	targets []Node
	sources []Node
	of      map[[2]Node][]int32 // changes of the edges between two nodes
	changes int
}

func newSmallCase(rng *rand.Rand) *smallCase {
	n := 4 + rng.IntN(6)
	b := NewBuilder()
	for i := range n {
		b.Node(fmt.Sprint(i))
	}
	c := &smallCase{of: map[[2]Node][]int32{}}
	byNode := map[Node][]int32{}
	for range 4 + rng.IntN(14) {
		from, to := Node(rng.IntN(n)), Node(rng.IntN(n))
		if from == to {
			continue
		}
		change := int32(uncuttable)
		switch own := byNode[from]; {
		case rng.IntN(5) == 0:
		case len(own) > 0 && rng.IntN(2) == 0 || c.changes >= 10:
			if len(own) == 0 {
				continue
			}
			change = own[rng.IntN(len(own))]
		default:
			change = int32(c.changes)
			c.changes++
			byNode[from] = append(own, change)
		}
		c.of[[2]Node{from, to}] = append(c.of[[2]Node{from, to}], change)
		b.Add(Edge{From: from, To: to, Kind: Kind(change + 2), Cost: uint16(1 + rng.IntN(4)), Evidence: change})
	}
	c.g = b.Build()
	c.targets = []Node{Node(rng.IntN(n))}
	for v := range Node(n) {
		if v != c.targets[0] && rng.IntN(2) == 0 {
			c.sources = append(c.sources, v)
		}
	}
	return c
}

func changeIn(e Edge) int32 { return e.Evidence }

// left counts, by walking, the sources that reach a target without the changes in gone.
func (c *smallCase) left(gone uint) int {
	reached := map[Node]bool{c.targets[0]: true}
	for grew := true; grew; {
		grew = false
		for k, list := range c.of {
			for _, change := range list {
				if reached[k[1]] && !reached[k[0]] && (change == uncuttable || gone&(1<<change) == 0) {
					reached[k[0]], grew = true, true
				}
			}
		}
	}
	n := 0
	for _, s := range c.sources {
		if reached[s] {
			n++
		}
	}
	return n
}

// TestConformanceFewestChanges: no smaller set of changes frees as many, and
// what is said to be freed is.
func TestConformanceFewestChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	answered, several, refused := 0, 0, 0
	for round := range 4000 {
		c := newSmallCase(rng)
		every := uint(1)<<c.changes - 1
		stuck, before := c.left(every), c.left(0)
		got, ok := c.g.Fewest(c.targets, c.sources, 12, changeIn)
		if before == stuck {
			if ok {
				t.Fatalf("round %d: changes where none frees anybody: %+v", round, got)
			}
			continue
		}
		if !ok {
			t.Fatalf("round %d: no answer", round)
		}
		smallest := 99
		for set := uint(0); set <= every; set++ {
			if n := bits.OnesCount(set); n < smallest && c.left(set) == stuck {
				smallest = n
			}
		}
		gone := uint(0)
		for i, x := range got {
			gone |= 1 << x.Edge.Evidence
			if freed := before - c.left(gone); freed != x.Freed {
				t.Fatalf("round %d: change %d is said to free %d, frees %d", round, i, x.Freed, freed)
			}
		}
		if bits.OnesCount(gone) != len(got) || len(got) != smallest || c.left(gone) != stuck {
			t.Fatalf("round %d: %d changes leave %d of %d; the fewest are %d and leave %d", round, len(got), c.left(gone), before, smallest, stuck)
		}
		answered++
		if len(got) > 1 {
			several++
			if _, ok := c.g.Fewest(c.targets, c.sources, len(got)-1, changeIn); !ok {
				refused++
			}
		}
		// What Chokes proposes in its place frees what it says, too.
		gone = 0
		for i, x := range c.g.Chokes(c.targets, c.sources, 12, changeIn) {
			gone |= 1 << x.Edge.Evidence
			if freed := before - c.left(gone); freed != x.Freed {
				t.Fatalf("round %d: choke %d is said to free %d, frees %d", round, i, x.Freed, freed)
			}
		}
	}
	if several < 200 || refused != several {
		t.Errorf("%d with several changes, %d refused for one fewer", several, refused)
	}
	t.Logf("conformance: attackpath fewest changes, brute force %d of %d", answered, answered)
}
