package app

import (
	"slices"

	"github.com/azward/azward/network"
)

// EffectiveRule is a rule that applies to a network interface.
type EffectiveRule struct {
	Interface        string   `json:"interfaceId"`
	Direction        string   `json:"direction"`
	Level            string   `json:"level"`
	Group            string   `json:"group"`
	Name             string   `json:"name"`
	Priority         int      `json:"priority"`
	Access           string   `json:"access"`
	Protocol         string   `json:"protocol"`
	Source           []string `json:"source"`
	SourcePorts      []string `json:"sourcePorts"`
	Destination      []string `json:"destination"`
	DestinationPorts []string `json:"destinationPorts"`
	Default          bool     `json:"default"`
}

// EffectiveRules are the rules that apply to the interfaces of a virtual machine
// or to one interface, in the order in which Azure takes them.
type EffectiveRules struct {
	Rules   []EffectiveRule `json:"rules"`
	Missing []string        `json:"missing,omitempty"`
}

// Rules lists the effective security rules of a machine or an interface.
func (r *Reachability) Rules(name string) (*EffectiveRules, error) {
	p, err := r.find(name, false)
	if err != nil {
		return nil, err
	}
	if len(p.configs) == 0 {
		return nil, usagef("%s is no virtual machine or network interface of the inventory", name)
	}
	out := &EffectiveRules{Rules: []EffectiveRule{}}
	seen := map[*network.Interface]bool{}
	for _, c := range p.configs {
		if seen[c.Interface] {
			continue
		}
		seen[c.Interface] = true
		for _, d := range []network.Direction{network.Inbound, network.Outbound} {
			for _, l := range c.Layers(d) {
				if l.Group == nil {
					out.Missing = append(out.Missing, l.Missing...)
					continue
				}
				if why := l.Group.Unread(); why != "" {
					out.Missing = append(out.Missing, why)
				}
				for _, rule := range l.Group.Rules(d) {
					out.Rules = append(out.Rules, effectiveRule(c.Interface, l.Level, rule))
				}
			}
		}
	}
	slices.Sort(out.Missing)
	out.Missing = slices.Compact(out.Missing)
	return out, nil
}

func effectiveRule(i *network.Interface, level string, rule *network.Rule) EffectiveRule {
	e := EffectiveRule{
		Interface: i.Resource.ID.String(), Direction: rule.Direction.String(), Level: level, Group: rule.Group.Resource.ID.String(), Name: rule.Name, Priority: rule.Priority, Access: "Deny",
		Protocol: rule.Protocol.String(), Source: rule.Source.Text, Destination: rule.Destination.Text, Default: rule.Default,
	}
	if rule.Allow {
		e.Access = "Allow"
	}
	for _, p := range rule.SourcePorts {
		e.SourcePorts = append(e.SourcePorts, p.String())
	}
	for _, p := range rule.DestinationPorts {
		e.DestinationPorts = append(e.DestinationPorts, p.String())
	}
	return e
}
