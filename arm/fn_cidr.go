package arm

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"

	"github.com/azward/azward/jsondoc"
)

func (c *call) cidr(i int) (netip.Prefix, error) {
	s, err := c.text(i)
	if err != nil {
		return netip.Prefix{}, err
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Zone() != "" {
		return p, fmt.Errorf("%q is no CIDR range", s)
	}
	return p.Masked(), nil
}

func cidrFunctions() []Function {
	return []Function{
		{
			Name: "parseCidr", Doc: "Returns the parts of a CIDR range.", Min: 1, Max: 1,
			Sigs:     []string{"(network: string) object"},
			Examples: []Example{{"parseCidr('10.144.0.0/20')", `{"network":"10.144.0.0","netmask":"255.255.240.0","broadcast":"10.144.15.255","firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","cidr":20}`}},
			eval: func(c *call) (Value, error) {
				p, err := c.cidr(0)
				if err != nil {
					return Null, err
				}
				return Of(describeCIDR(p)), nil
			},
		},
		{
			Name: "cidrSubnet", Doc: "Returns a smaller range of a CIDR range by its size and number.", Min: 3, Max: 3,
			Sigs: []string{"(network: string, newCIDR: int, subnetIndex: int) string"}, Examples: []Example{{"cidrSubnet('10.144.0.0/20', 24, 1)", `"10.144.1.0/24"`}},
			eval: func(c *call) (Value, error) {
				p, err := c.cidr(0)
				if err != nil {
					return Null, err
				}
				size, err := c.int(1)
				if err != nil {
					return Null, err
				}
				index, err := c.int(2)
				if err != nil {
					return Null, err
				}
				width := p.Addr().BitLen()
				if size < int64(p.Bits()) || size > int64(width) {
					return Null, fmt.Errorf("a range of /%d does not fit into %s", size, p)
				}
				if room := int(size) - p.Bits(); index < 0 || room < 62 && index >= 1<<room {
					return Null, fmt.Errorf("%s has no subnet %d of /%d", p, index, size)
				}
				off := new(big.Int).Lsh(big.NewInt(index), uint(width)-uint(size))
				return Text(netip.PrefixFrom(addTo(p.Addr(), off), int(size)).String()), nil
			},
		},
		{
			Name: "cidrHost", Doc: "Returns a usable address of a CIDR range by its number.", Min: 2, Max: 2,
			Sigs: []string{"(network: string, hostIndex: int) string"}, Examples: []Example{{"cidrHost('10.144.3.0/24', 0)", `"10.144.3.1"`}},
			eval: func(c *call) (Value, error) {
				p, err := c.cidr(0)
				if err != nil {
					return Null, err
				}
				index, err := c.int(1)
				if err != nil {
					return Null, err
				}
				a := addTo(p.Addr(), big.NewInt(index+1))
				if index < 0 || !p.Contains(a) || p.Addr().Is4() && a == lastOf(p) {
					return Null, fmt.Errorf("%s has no host %d", p, index)
				}
				return Text(a.String()), nil
			},
		},
		{
			Name: "ipRangeContains", Doc: "Tells whether a range of addresses holds an address or another range.", Min: 2, Max: 2, In: Policy,
			Sigs:     []string{"(range: string, targetRange: string) bool"},
			Examples: []Example{{"ipRangeContains('10.0.0.0/24', '10.0.0.5')", "true"}, {"ipRangeContains('10.0.0.0-10.0.0.9', '10.0.0.8-10.0.0.10')", "false"}},
			eval: func(c *call) (Value, error) {
				a, err := c.ipRange(0)
				if err != nil {
					return Null, err
				}
				b, err := c.ipRange(1)
				if err != nil {
					return Null, err
				}
				if a[0].Is4() != b[0].Is4() { // "mixing between IP families isn't allowed and results in evaluation failure"
					return Null, fmt.Errorf("a range of IPv4 addresses is compared with one of IPv6")
				}
				return Truth(a[0].Compare(b[0]) <= 0 && b[1].Compare(a[1]) <= 0), nil
			},
		},
	}
}

// ipRange reads an address, a CIDR range or "first-last".
func (c *call) ipRange(i int) ([2]netip.Addr, error) {
	var out [2]netip.Addr
	s, err := c.text(i)
	if err != nil {
		return out, err
	}
	s = strings.TrimSpace(s)
	if p, err := netip.ParsePrefix(s); err == nil {
		p = p.Masked()
		return [2]netip.Addr{p.Addr(), lastOf(p)}, nil
	}
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	a, err1 := netip.ParseAddr(strings.TrimSpace(from))
	b, err2 := netip.ParseAddr(strings.TrimSpace(to))
	if err1 != nil || err2 != nil || a.Is4() != b.Is4() || b.Less(a) || a.Zone() != "" || b.Zone() != "" {
		return out, fmt.Errorf("%q is no range of IP addresses", s)
	}
	return [2]netip.Addr{a, b}, nil
}

func describeCIDR(p netip.Prefix) jsondoc.Value {
	first, last := p.Addr(), lastOf(p)
	ms := []jsondoc.Member{
		{Name: "network", Value: jsondoc.NewString(first.String())},
		{Name: "netmask", Value: jsondoc.NewString(maskOf(p).String())},
	}
	if first.Is4() {
		ms = append(ms, jsondoc.Member{Name: "broadcast", Value: jsondoc.NewString(last.String())})
		if p.Bits() < 31 {
			first, last = first.Next(), last.Prev()
		}
	}
	return jsondoc.NewObject(append(ms,
		jsondoc.Member{Name: "firstUsable", Value: jsondoc.NewString(first.String())},
		jsondoc.Member{Name: "lastUsable", Value: jsondoc.NewString(last.String())},
		jsondoc.Member{Name: "cidr", Value: jsondoc.NewInt(int64(p.Bits()))},
	)...)
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func maskOf(p netip.Prefix) netip.Addr {
	b := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// addTo adds a number to an address; the sum wraps at the end of the address space.
func addTo(a netip.Addr, n *big.Int) netip.Addr {
	b := a.AsSlice()
	sum := new(big.Int).Add(new(big.Int).SetBytes(b), n)
	out := sum.Bytes()
	if len(out) > len(b) {
		out = out[len(out)-len(b):]
	}
	clear(b)
	copy(b[len(b)-len(out):], out)
	r, _ := netip.AddrFromSlice(b)
	return r
}
