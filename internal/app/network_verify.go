package app

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/network"
)

// FlowStep is one thing that was asked about a flow.
type FlowStep struct {
	What     string `json:"what"`            // sends, way, receives, arrives
	Level    string `json:"level,omitempty"` // subnet or network interface
	Group    string `json:"group,omitempty"` // the network security group
	Rule     string `json:"rule,omitempty"`  // that decided
	Priority int    `json:"priority,omitempty"`
	Access   string `json:"access"`
	Says     string `json:"says,omitempty"`
}

// FlowAnswer tells whether a connection can be opened.
type FlowAnswer struct {
	Access      string     `json:"access"` // Allow, Deny or Unknown
	Source      string     `json:"source"`
	Destination string     `json:"destination"`
	Protocol    string     `json:"protocol"`
	Port        string     `json:"port"`
	From        []string   `json:"from,omitempty"` // where only a part of the Internet gets in: its prefixes
	Stopped     string     `json:"stopped,omitempty"`
	Missing     []string   `json:"missing,omitempty"`
	Steps       []FlowStep `json:"steps"`
}

// FlowQuestion asks whether Source may open a connection to Destination.
type FlowQuestion struct {
	Source, Destination string           // a virtual machine, an interface, an address; Source may be Internet
	Protocol            network.Protocol // one
	Port                int              // at the destination; -1 for protocols without ports
}

// Verify answers a question about a flow. An error wraps ErrUsage where a side
// is not in the inventory.
func (r *Reachability) Verify(q FlowQuestion) (*FlowAnswer, error) {
	from, err := r.find(q.Source, true)
	if err != nil {
		return nil, err
	}
	to, err := r.find(q.Destination, false)
	if err != nil {
		return nil, err
	}
	if len(from.configs) == 0 && len(to.configs) == 0 {
		return nil, usagef("neither %s nor %s is a virtual machine or network interface of the inventory", q.Source, q.Destination)
	}
	var best *FlowAnswer
	answer := func(path network.Path, source, destination string, tail []string) {
		a := &FlowAnswer{
			Access: path.Access.String(), Source: source, Destination: destination, Protocol: q.Protocol.String(), Port: "*",
			Stopped: path.Stopped, Missing: path.Missing, From: tail, Steps: stepsOf(path),
		}
		if q.Port >= 0 {
			a.Port = strconv.Itoa(q.Port)
		}
		if best == nil || rank(a.Access) > rank(best.Access) {
			best = a
		}
	}
	switch {
	case from.internet:
		for _, c := range to.configs {
			path, part := r.fromInternet(c, q)
			answer(path, "Internet", label(c), part)
		}
	case len(from.configs) == 0:
		for _, c := range to.configs {
			answer(r.net.Receive(from.addr, c, q.Protocol, q.Port), from.name, label(c), nil)
		}
	case len(to.configs) == 0:
		for _, c := range from.configs {
			answer(r.net.Send(c, to.addr, q.Protocol, q.Port), label(c), to.name, nil)
		}
	default:
		for _, a := range from.configs {
			for _, b := range to.configs {
				answer(r.net.Reach(a, b, q.Protocol, q.Port), label(a), label(b), nil)
			}
		}
	}
	return best, nil
}

// rank orders answers: what one of several interfaces allows is allowed.
func rank(access string) int { return slices.Index([]string{"Deny", "Unknown", "Allow"}, access) }

func label(c *network.Config) string {
	if c.Address.IsValid() {
		return c.Interface.Resource.Name() + " (" + c.Address.String() + ")"
	}
	return c.Interface.Resource.Name()
}

// fromInternet answers for all of the Internet at once.
func (r *Reachability) fromInternet(c *network.Config, q FlowQuestion) (path network.Path, part []string) {
	path = network.Path{Access: network.Deny, Stopped: "no public address, load balancer or firewall leads to " + label(c)}
	for _, e := range r.net.Exposures(c) {
		if e.Unread != "" {
			path.Access, path.Stopped, path.Missing = network.Unknown, "", append(path.Missing, e.Unread)
			continue
		}
		if path.Access == network.Deny {
			path.Stopped = cmp.Or(e.Closed, "its network security groups let nothing in to the port from the Internet")
		}
		for _, o := range e.Openings {
			if o.Protocol != q.Protocol || q.Port >= 0 && (q.Port < int(o.Ports.From) || q.Port > int(o.Ports.To)) {
				continue
			}
			path = network.Path{Access: network.Allow}
			if !o.Everyone {
				part, _ = sourcesOf(o, c)
			}
			if one := o.Sources.Prefixes(); len(one) > 0 { // what decides for one of them
				seen := r.net.Receive(one[0].Addr(), c, q.Protocol, q.Port)
				path.In, path.Hop = seen.In, seen.Hop
			}
			return path, part
		}
	}
	return path, nil
}

func stepsOf(p network.Path) []FlowStep {
	out := []FlowStep{}
	layers := func(what string, d *network.Decision) {
		if d == nil {
			return
		}
		for _, l := range d.Layers {
			s := FlowStep{What: what, Level: l.Level, Access: l.Access.String(), Says: strings.Join(l.Missing, "; ")}
			switch {
			case l.Group == nil && l.Access == network.Allow:
				s.Says = "no network security group"
			case l.Group != nil:
				s.Group = l.Group.Resource.ID.String()
			}
			if l.Rule != nil {
				s.Rule, s.Priority = l.Rule.Name, l.Rule.Priority
			}
			out = append(out, s)
		}
	}
	layers("sends", p.Out)
	if p.Hop != nil && (p.Out == nil || p.Out.Access != network.Deny) {
		out = append(out, FlowStep{What: "way", Access: p.Hop.Access.String(), Says: p.Hop.Says})
	}
	layers("receives", p.In)
	return out
}
