package fn

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/value"
)

var ipv6Funcs = []Func{
	{Name: "ipv6_compare", Doc: "Compares two IPv6 or IPv4 addresses after masking them with the shortest prefix given: 0 equal, 1, -1.",
		Sigs: []Sig{{"(ip1: string, ip2: string, prefix?: long): long", Strict(func(a []value.Value) value.Value {
			c, ok := compare6(a)
			if !ok {
				return value.Null
			}
			return value.Long(c)
		})}},
		Ex: []Example{{`ipv6_compare("fe80::85d:e82c:9446:7994", "fe80::85d:e82c:9446:7995", 127)`, `0`}}},
	{Name: "ipv6_is_match", Doc: "Tells whether two IPv6 or IPv4 addresses are equal after masking them.",
		Sigs: []Sig{{"(ip1: string, ip2: string, prefix?: long): bool", Strict(func(a []value.Value) value.Value {
			c, ok := compare6(a)
			if !ok {
				return value.Null
			}
			return value.Bool(c == 0)
		})}},
		Ex: []Example{{`ipv6_is_match("192.168.1.1", "::ffff:c0a8:0101")`, `true`}}},
	{Name: "ipv6_is_in_range", Doc: "Tells whether an IPv6 address lies in a range in CIDR notation.",
		Sigs: []Sig{{"(ip: string, range: string): bool", Map2(inRange6)}},
		Ex:   []Example{{`ipv6_is_in_range("a5e:f127::1", "a5e:f127::/32")`, `true`}}},
	{Name: "ipv6_is_in_any_range", Doc: "Tells whether an IPv6 address lies in any of several ranges.",
		Sigs: []Sig{{"(ip: string, range: string|array, more...: string): bool", Row(func(a []value.Value) value.Value { return inAny(a, inRange6) })}},
		Ex:   []Example{{`ipv6_is_in_any_range("a5e:f127::1", dynamic(["a5e:f127::/32"]))`, `true`}}},
	{Name: "parse_ipv6", Doc: "Writes an IPv6 or IPv4 address as the full IPv6 form.",
		Sigs: []Sig{{"(ip: string): string", Map1(func(s string) (string, bool) {
			a, n, ok := parse6(s)
			return full6(mask6(a, n)), ok
		})}},
		Ex: []Example{{`parse_ipv6("127.0.0.1")`, `0000:0000:0000:0000:0000:ffff:7f00:0001`}}},
	{Name: "parse_ipv6_mask", Doc: "Writes an IPv6 or IPv4 address, masked with a prefix, as the full IPv6 form.",
		Sigs: []Sig{{"(ip: string, prefix: long): string", Map2(func(s string, p int64) (string, bool) {
			a, n, ok := parse6(s)
			if !ok || p < 0 || p > 128 {
				return "", false
			}
			return full6(mask6(a, min(n, int(p)))), true
		})}},
		Ex: []Example{{`parse_ipv6_mask("fe80::85d:e82c:9446:7994", 120)`, `fe80:0000:0000:0000:085d:e82c:9446:7900`}}},
}

// parse6 reads an IPv6 address, or an IPv4 one as mapped; the prefix counts in
// 128 bits.
func parse6(s string) (netip.Addr, int, bool) {
	addr, p, has := strings.Cut(strings.TrimSpace(s), "/")
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Addr{}, 0, false
	}
	n := 128
	if has {
		k, err := strconv.Atoi(p)
		if err != nil || k < 0 || k > a.BitLen() {
			return netip.Addr{}, 0, false
		}
		n = k
		if a.Is4() {
			n += 96
		} else if strings.Contains(addr, ".") && k <= 32 {
			n += 96
		}
	}
	if a.Is4() {
		a = netip.AddrFrom16(a.As16())
	}
	if b := a.As16(); strings.HasPrefix(addr, "::") && strings.Contains(addr, ".") && b[10] == 0 { // ::1.2.3.4 is meant as mapped
		b[10], b[11] = 0xff, 0xff
		a = netip.AddrFrom16(b)
	}
	return a.WithZone(""), n, true
}

func mask6(a netip.Addr, n int) [16]byte {
	b := a.As16()
	for i := range b {
		switch left := n - 8*i; {
		case left <= 0:
			b[i] = 0
		case left < 8:
			b[i] &= ^byte(0) << (8 - left)
		}
	}
	return b
}

func full6(b [16]byte) string {
	parts := make([]string, 8)
	for i := range parts {
		parts[i] = fmt.Sprintf("%02x%02x", b[2*i], b[2*i+1])
	}
	return strings.Join(parts, ":")
}

func compare6(a []value.Value) (int64, bool) {
	x, n, ok1 := parse6(a[0].Str())
	y, m, ok2 := parse6(a[1].Str())
	if !ok1 || !ok2 {
		return 0, false
	}
	p := min(n, m)
	if len(a) > 2 {
		q := a[2].Int64()
		if q < 0 || q > 128 {
			return 0, false
		}
		if !strings.Contains(a[0].Str(), ":") && !strings.Contains(a[1].Str(), ":") && q <= 32 {
			q += 96
		}
		p = min(p, int(q))
	}
	b, c := mask6(x, p), mask6(y, p)
	return int64(strings.Compare(string(b[:]), string(c[:]))), true
}

func inRange6(ip, cidr string) (bool, bool) {
	x, n, ok1 := parse6(ip)
	y, m, ok2 := parse6(cidr)
	if !ok1 || !ok2 {
		return false, false
	}
	return n >= m && mask6(x, m) == mask6(y, m), true
}
