package app

import (
	"fmt"
	"sync"
	"time"

	"github.com/azward/azward/attackpath"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/network"
)

// analyser derives facts from an inventory, for policies to read as
// {type}/azward.{fact}. It answers objects of facts by the key of the id that
// they are of (resource.ID.Key). A fact that cannot be known is left out, and
// the object's member "unknown" says why: never a guess.
type analyser struct {
	name  string
	facts func(inv *inventory.Inventory, t *tenant) map[string]jsondoc.Value
}

// tenant is an inventory with what takes long to make of it, made once where
// several ask: analysers, and the report's pictures.
type tenant struct {
	now         time.Time
	access      func() *Access
	conditional func() *ConditionalAccess
	paths       func() *attackpath.Model
	network     func() *network.Network
}

func newTenant(inv *inventory.Inventory, now time.Time) *tenant {
	t := &tenant{now: now}
	t.network = sync.OnceValue(func() *network.Network { return network.New(inv, network.Options{}) })
	t.access = sync.OnceValue(func() *Access { return NewAccess(inv) })
	t.conditional = sync.OnceValue(func() *ConditionalAccess { return NewConditionalAccess(inv, now) })
	t.paths = sync.OnceValue(func() *attackpath.Model { return t.access().derive(secondFactor(inv, t.conditional)) })
	return t
}

// deriveFacts runs every analyser and gives the inventory their facts. Each
// sees the facts of those before it. One that fails leaves its facts unknown.
func (s *session) deriveFacts() {
	s.tenant = newTenant(s.inv, s.o.Now)
	for _, a := range analysers() {
		facts, failed := runAnalyser(a, s.inv, s.tenant)
		if failed != "" {
			s.notices = append(s.notices, report.Notice{Severity: "error", Message: failed, Hint: "this is a bug; controls that need these facts are unknown"})
			continue
		}
		if len(facts) > 0 {
			s.inv = s.inv.WithFacts(facts)
		}
	}
}

// runAnalyser runs one analyser and turns a panic into a sentence: facts are
// derived from input that is not ours.
func runAnalyser(a analyser, inv *inventory.Inventory, t *tenant) (facts map[string]jsondoc.Value, failed string) {
	defer func() {
		if r := recover(); r != nil {
			facts, failed = nil, fmt.Sprintf("the facts of %s could not be derived: %v", a.name, r)
		}
	}()
	return a.facts(inv, t), ""
}
