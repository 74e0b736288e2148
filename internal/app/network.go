package app

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/network"
	"github.com/azward/azward/resource"
)

// Reachability answers what networks let through.
type Reachability struct {
	inv *inventory.Inventory
	net *network.Network
}

// NewReachability reads the networks of an inventory. tags may be nil: what
// depends on a service tag's addresses is then unknown.
func NewReachability(inv *inventory.Inventory, tags *network.ServiceTags) *Reachability {
	return &Reachability{inv: inv, net: network.New(inv, network.Options{Tags: tags})}
}

// peerOf is one side of a question.
type peerOf struct {
	name     string
	configs  []*network.Config
	addr     netip.Addr
	internet bool
}

// find reads one side of a question.
func (r *Reachability) find(text string, source bool) (peerOf, error) {
	if strings.EqualFold(text, "Internet") {
		if !source {
			return peerOf{}, usagef("give an address of the Internet to send to, such as 198.51.100.1")
		}
		return peerOf{name: "Internet", internet: true}, nil
	}
	if a, err := netip.ParseAddr(text); err == nil {
		p := peerOf{name: a.String(), addr: a}
		for _, i := range r.net.Interfaces() {
			for _, c := range i.Configs {
				if c.Address == a {
					p.configs = append(p.configs, c)
				}
			}
		}
		if len(p.configs) > 1 {
			return p, usagef("%d interfaces have the address %s; name one: %s, %s", len(p.configs), a, p.configs[0].Interface.Resource.ID, p.configs[1].Interface.Resource.ID)
		}
		return p, nil
	}
	found := map[string]*resource.Resource{}
	var names []string
	for _, i := range r.net.Interfaces() {
		vm, _ := r.inv.Lookup(i.Machine)
		for _, x := range []*resource.Resource{vm, i.Resource} {
			if x == nil {
				continue
			}
			names = append(names, x.Name())
			if strings.EqualFold(x.Name(), text) || strings.EqualFold(x.ID.String(), strings.TrimSuffix(text, "/")) {
				found[x.ID.Key()] = x
			}
		}
	}
	if len(found) == 0 {
		return peerOf{}, usagef("no virtual machine or network interface is called %q; give a name, an id, an address, or Internet%s", text, didYouMean(text, names))
	}
	if len(found) > 1 {
		var ids []string
		for _, x := range found {
			ids = append(ids, x.ID.String())
		}
		slices.Sort(ids)
		return peerOf{}, usagef("%d resources are called %q, give an id: %s", len(found), text, strings.Join(ids, ", "))
	}
	p := peerOf{name: text}
	for key := range found {
		list := r.net.OfMachine(key)
		if i, ok := r.net.Interface(key); ok {
			list = append(list, i)
		}
		for _, i := range list {
			if len(i.Configs) == 0 {
				return p, usagef("%s cannot be asked about: %s", text, cmp.Or(i.Unread(), "it has no IP configuration"))
			}
			p.configs = append(p.configs, i.Configs...)
		}
	}
	return p, nil
}
