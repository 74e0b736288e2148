package fn

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/value"
)

var ipFuncs = []Func{
	{Name: "ipv4_is_private", Doc: "Tells whether an IPv4 address, or a whole range, lies in the private ranges.",
		Sigs: []Sig{{"(ip: string): bool", Map1(ipv4Private)}},
		Ex:   []Example{{`ipv4_is_private("192.168.1.1/24")`, `true`}, {`ipv4_is_private("10.1.2.3/7")`, `false`}, {`ipv4_is_private("x")`, `null`}}},
	{Name: "ipv4_compare", Doc: "Compares two IPv4 addresses after masking them with the shortest prefix given: 0 equal, 1, -1.",
		Sigs: []Sig{{"(ip1: string, ip2: string, prefix?: long): long", Strict(func(a []value.Value) value.Value {
			c, ok := compare4(a)
			if !ok {
				return value.Null
			}
			return value.Long(c)
		})}},
		Ex: []Example{{`ipv4_compare("192.168.1.1", "192.168.1.255/24")`, `0`}, {`ipv4_compare("192.168.1.1", "192.168.1.0")`, `1`}}},
	{Name: "ipv4_is_match", Doc: "Tells whether two IPv4 addresses are equal after masking them with the shortest prefix given.",
		Sigs: []Sig{{"(ip1: string, ip2: string, prefix?: long): bool", Strict(func(a []value.Value) value.Value {
			c, ok := compare4(a)
			if !ok {
				return value.Null
			}
			return value.Bool(c == 0)
		})}},
		Ex: []Example{{`ipv4_is_match("192.168.1.1/24", "192.168.1.255")`, `true`}}},
	{Name: "ipv4_is_in_range", Doc: "Tells whether an IPv4 address lies in a range in CIDR notation.",
		Sigs: []Sig{{"(ip: string, range: string): bool", Map2(inRange4)}},
		Ex:   []Example{{`ipv4_is_in_range("192.168.1.1", "192.168.1.255/24")`, `true`}}},
	{Name: "ipv4_is_in_any_range", Doc: "Tells whether an IPv4 address lies in any of several ranges.",
		Sigs: []Sig{{"(ip: string, range: string|array, more...: string): bool", Row(func(a []value.Value) value.Value { return inAny(a, inRange4) })}},
		Ex:   []Example{{`ipv4_is_in_any_range("192.168.1.6", "10.0.0.1/8", "192.168.1.1/24")`, `true`}, {`ipv4_is_in_any_range("1.1.1.1", dynamic(["10.0.0.1/8"]))`, `false`}}},
	{Name: "ipv4_netmask_suffix", Doc: "Returns the length of the prefix of an IPv4 address in CIDR notation, 32 where there is none.",
		Sigs: []Sig{{"(ip: string): long", Map1(func(s string) (int64, bool) { _, n, ok := parse4(s); return int64(n), ok })}},
		Ex:   []Example{{`ipv4_netmask_suffix("10.1.2.3/24")`, `24`}, {`ipv4_netmask_suffix("10.1.2.3")`, `32`}}},
	{Name: "parse_ipv4", Doc: "Returns an IPv4 address as a number.",
		Sigs: []Sig{{"(ip: string): long", Map1(func(s string) (int64, bool) { ip, n, ok := parse4(s); return int64(ip & mask4(n)), ok })}},
		Ex:   []Example{{`parse_ipv4("192.168.1.255/24")`, `3232235776`}, {`parse_ipv4("127.0.0.1")`, `2130706433`}}},
	{Name: "parse_ipv4_mask", Doc: "Returns an IPv4 address, masked with a prefix, as a number.",
		Sigs: []Sig{{"(ip: string, prefix: long): long", Map2(func(s string, p int64) (int64, bool) {
			ip, n, ok := parse4(s)
			return int64(ip & mask4(min(n, int(max(p, 0))))), ok && p >= 0 && p <= 32
		})}},
		Ex: []Example{{`parse_ipv4_mask("192.1.168.2", 24)`, `3221334016`}}},
	{Name: "format_ipv4", Doc: "Writes an IPv4 address, given as text or number, masked with a prefix.",
		Sigs: []Sig{{"(ip: string|long|int, prefix?: long): string", Row(func(a []value.Value) value.Value { return format4(a, false) })}},
		Ex:   []Example{{`format_ipv4("192.168.1.255", 24)`, `192.168.1.0`}, {`format_ipv4(3232236031, 24)`, `192.168.1.0`}}},
	{Name: "format_ipv4_mask", Doc: "Writes an IPv4 address in CIDR notation.",
		Sigs: []Sig{{"(ip: string|long|int, prefix?: long): string", Row(func(a []value.Value) value.Value { return format4(a, true) })}},
		Ex:   []Example{{`format_ipv4_mask("192.168.1.255", 24)`, `192.168.1.0/24`}}},
	{Name: "has_ipv4", Doc: "Tells whether a text holds an IPv4 address, set off by characters that are neither letters nor digits.",
		Sigs: []Sig{{"(source: string, ip: string): bool", Map2(func(s, ip string) (bool, bool) { return hasIP(s, ip, false), true })}},
		Ex:   []Example{{`has_ipv4("05:04:54 127.0.0.1 GET", "127.0.0.1")`, `true`}, {`has_ipv4("05:04:54127.0.0.1 GET", "127.0.0.1")`, `false`}}},
	{Name: "has_ipv4_prefix", Doc: "Tells whether a text holds an IPv4 address that begins with a prefix.",
		Sigs: []Sig{{"(source: string, prefix: string): bool", Map2(func(s, ip string) (bool, bool) { return hasIP(s, ip, true), true })}},
		Ex:   []Example{{`has_ipv4_prefix("05:04:54 127.0.0.1 GET", "127.0.")`, `true`}}},
	{Name: "has_any_ipv4", Doc: "Tells whether a text holds any of several IPv4 addresses.",
		Sigs: []Sig{{"(source: string, ip: string|array, more...: string): bool", Row(func(a []value.Value) value.Value { return hasAnyIP(a, false) })}},
		Ex:   []Example{{`has_any_ipv4("a 127.0.0.1 b", dynamic(["127.0.0.1","127.0.0.2"]))`, `true`}}},
	{Name: "has_any_ipv4_prefix", Doc: "Tells whether a text holds an IPv4 address that begins with any of several prefixes.",
		Sigs: []Sig{{"(source: string, prefix: string|array, more...: string): bool", Row(func(a []value.Value) value.Value { return hasAnyIP(a, true) })}},
		Ex:   []Example{{`has_any_ipv4_prefix("a 127.0.0.1 b", "127.0.", "192.")`, `true`}}},
	{Name: "ipv4_range_to_cidr_list", Doc: "Splits the range between two IPv4 addresses into CIDR blocks.",
		Sigs: []Sig{{"(start: string, end: string): dynamic", Map2(cidrList)}},
		Ex:   []Example{{`ipv4_range_to_cidr_list("1.1.128.0", "1.1.140.255")`, `["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]`}}},
}

// parse4 reads an IPv4 address with an optional prefix.
func parse4(s string) (ip uint32, prefix int, ok bool) {
	prefix = 32
	addr, p, has := strings.Cut(strings.TrimSpace(s), "/")
	if has {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 32 {
			return 0, 0, false
		}
		prefix = n
	}
	a, err := netip.ParseAddr(addr)
	if err != nil || !a.Is4() {
		return 0, 0, false
	}
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), prefix, true
}

func mask4(n int) uint32 { return ^uint32(0) << (32 - n) }

func text4(ip uint32) string {
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}).String()
}

func ipv4Private(s string) (bool, bool) {
	ip, n, ok := parse4(s)
	if !ok {
		return false, false
	}
	for _, r := range []struct {
		net  uint32
		bits int
	}{{10 << 24, 8}, {172<<24 | 16<<16, 12}, {192<<24 | 168<<16, 16}} {
		if n >= r.bits && ip&mask4(r.bits) == r.net {
			return true, true
		}
	}
	return false, true
}

func compare4(a []value.Value) (int64, bool) {
	x, n, ok1 := parse4(a[0].Str())
	y, m, ok2 := parse4(a[1].Str())
	p := min(n, m)
	if len(a) > 2 {
		q := a[2].Int64()
		if q < 0 || q > 32 {
			return 0, false
		}
		p = min(p, int(q))
	}
	x, y = x&mask4(p), y&mask4(p)
	c := int64(0)
	if x < y {
		c = -1
	} else if x > y {
		c = 1
	}
	return c, ok1 && ok2
}

func inRange4(ip, cidr string) (bool, bool) {
	x, n, ok1 := parse4(ip)
	y, m, ok2 := parse4(cidr)
	if !ok1 || !ok2 {
		return false, false
	}
	return n >= m && x&mask4(m) == y&mask4(m), true
}

// inAny looks for an address in ranges given as arguments or in arrays.
func inAny(a []value.Value, in func(ip, cidr string) (bool, bool)) value.Value {
	known := false
	for _, r := range a[1:] {
		items := r.Items()
		if items == nil {
			items = []value.Value{r}
		}
		for _, it := range items {
			yes, ok := in(a[0].Str(), it.Str())
			if ok && yes {
				return value.Bool(true)
			}
			known = known || ok
		}
	}
	if !known {
		return value.Null
	}
	return value.Bool(false)
}

func format4(a []value.Value, cidr bool) value.Value {
	var ip uint32
	n := 32
	switch a[0].Kind() {
	case value.KindString:
		var ok bool
		if ip, n, ok = parse4(a[0].Str()); !ok {
			return value.String("")
		}
	case value.KindLong, value.KindInt:
		if i := a[0].Int64(); i < 0 || i > 1<<32-1 {
			return value.String("")
		}
		ip = uint32(a[0].Int64())
	default:
		return value.String("")
	}
	if len(a) > 1 {
		p := a[1].Int64()
		if a[1].IsNull() || p < 0 || p > 32 {
			return value.String("")
		}
		n = min(n, int(p))
	}
	s := text4(ip & mask4(n))
	if cidr {
		s += "/" + strconv.Itoa(n)
	}
	return value.String(s)
}

// hasIP finds an address, or one with the prefix, that stands alone in a text.
func hasIP(s, ip string, prefix bool) bool {
	if prefix {
		if !strings.HasSuffix(ip, ".") && strings.Count(ip, ".") < 3 || ip == "" {
			return false
		}
	} else if _, _, ok := parse4(ip); !ok || strings.Contains(ip, "/") {
		return false
	}
	for i := 0; i < len(s); {
		k := strings.Index(s[i:], ip)
		if k < 0 {
			return false
		}
		start := i + k
		end := start + len(ip)
		for prefix && end < len(s) && (s[end] == '.' || s[end] >= '0' && s[end] <= '9') {
			end++
		}
		if boundaryBefore(s, start) && (start == 0 || s[start-1] != '.') && boundaryAfter(s, end) {
			if _, _, ok := parse4(strings.TrimRight(s[start:end], ".")); ok {
				return true
			}
		}
		i = start + 1
	}
	return false
}

func hasAnyIP(a []value.Value, prefix bool) value.Value {
	for _, r := range a[1:] {
		items := r.Items()
		if items == nil {
			items = []value.Value{r}
		}
		for _, it := range items {
			if hasIP(a[0].Str(), it.Str(), prefix) {
				return value.Bool(true)
			}
		}
	}
	return value.Bool(false)
}

func cidrList(from, to string) (value.Value, bool) {
	x, _, ok1 := parse4(from)
	y, _, ok2 := parse4(to)
	if !ok1 || !ok2 || x > y {
		return value.Null, false
	}
	var out []string
	for cur, end := uint64(x), uint64(y); cur <= end; {
		size := 32
		if cur != 0 {
			size = bits.TrailingZeros32(uint32(cur))
		}
		for size > 0 && cur+1<<size-1 > end {
			size--
		}
		out = append(out, text4(uint32(cur))+"/"+strconv.Itoa(32-size))
		cur += 1 << size
	}
	return value.Strings(out), true
}
