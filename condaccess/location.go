package condaccess

import (
	"net/netip"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Location is a named location.
type Location struct {
	ID, DisplayName  string
	Kind             LocationKind
	Trusted          bool
	Ranges           []Range
	Countries        []string // two letters, upper case
	UnknownCountries bool
	Body             jsondoc.Value
}

// LocationKind says what a named location is made of.
type LocationKind uint8

// The kinds. OtherLocation (service tags, private links) cannot be decided from
// what a sign-in tells.
const (
	OtherLocation LocationKind = iota
	IPLocation
	CountryLocation
	NetworkLocation // Global Secure Access' compliant network
)

// Range is a range of addresses, both ends within.
type Range struct{ From, To netip.Addr }

const maxRanges = 1_000_000

// Name returns the display name, or the id where there is none.
func (l *Location) Name() string { return orElse(l.DisplayName, l.ID) }

// ParseLocation reads a namedLocation of Graph, in any casing of names, also with
// its members below AdditionalProperties as PowerShell leaves them.
func ParseLocation(body jsondoc.Value) (*Location, diag.List) {
	var list diag.List
	l := &Location{ID: body.Get("id").TextOr(""), DisplayName: body.Get("displayName").TextOr(""), Body: body}
	if l.ID == "" {
		list.Add(warnLocation(body, "a named location without an id is left out"))
		return nil, list
	}
	get := func(name string) jsondoc.Value {
		if v := body.Get(name); !blank(v) {
			return v
		}
		return body.Get("additionalProperties").Get(name)
	}
	typ := fold(get("@odata.type").TextOr(""))
	ranges, countries := get("ipRanges"), get("countriesAndRegions")
	l.Trusted, _ = get("isTrusted").Bool()
	switch {
	case strings.HasSuffix(typ, "ipnamedlocation"), typ == "" && ranges.Kind() == jsondoc.Array:
		l.Kind = IPLocation
		for _, r := range ranges.Elements() {
			one, ok := parseRange(r)
			if !ok || len(l.Ranges) >= maxRanges {
				l.Kind = OtherLocation // a range that cannot be read makes the place unknown
				list.Add(warnLocation(r, "named location %q: %s is no range of addresses; answers that depend on it are unknown", l.Name(), r))
				continue
			}
			l.Ranges = append(l.Ranges, one)
		}
	case strings.HasSuffix(typ, "countrynamedlocation"), typ == "" && countries.Kind() == jsondoc.Array:
		l.Kind = CountryLocation
		for _, c := range countries.Elements() {
			l.Countries = append(l.Countries, strings.ToUpper(strings.TrimSpace(c.TextOr(""))))
		}
		l.UnknownCountries, _ = get("includeUnknownCountriesAndRegions").Bool()
	case strings.HasSuffix(typ, "compliantnetworknamedlocation"):
		l.Kind = NetworkLocation
	default:
		list.Add(warnLocation(body, "named location %q: type %q is not known; answers that depend on it are unknown", l.Name(), typ))
	}
	return l, list
}

func parseRange(v jsondoc.Value) (Range, bool) {
	if p := v.Get("additionalProperties"); !blank(p) && blank(v.Get("cidrAddress")) && blank(v.Get("lowerAddress")) {
		v = p
	}
	if s, ok := v.Text(); ok {
		return rangeOf(s)
	}
	if s := v.Get("cidrAddress").TextOr(""); s != "" {
		return rangeOf(s)
	}
	from, err1 := netip.ParseAddr(v.Get("lowerAddress").TextOr(""))
	to, err2 := netip.ParseAddr(v.Get("upperAddress").TextOr(""))
	if err1 != nil || err2 != nil || from.BitLen() != to.BitLen() || to.Less(from) {
		return Range{}, false
	}
	return Range{from.Unmap().WithZone(""), to.Unmap().WithZone("")}, true
}

func rangeOf(s string) (Range, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return Range{a, a}, true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return Range{}, false
	}
	return prefixRange(p), true
}

func prefixRange(p netip.Prefix) Range {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	p = p.Masked()
	last := p.Addr().AsSlice()
	for i := p.Bits(); i < len(last)*8; i++ {
		last[i/8] |= 1 << (7 - i%8)
	}
	to, _ := netip.AddrFromSlice(last)
	return Range{p.Addr(), to}
}

// addrClasses divides the addresses of one family into intervals, each with a class.
type addrClasses struct {
	starts []netip.Addr
	class  []int32
}

// find returns the class of an address.
func (c *addrClasses) find(a netip.Addr) int32 {
	lo, hi := 0, len(c.starts) // the last start that is not after a
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if a.Less(c.starts[mid]) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return c.class[lo-1]
}
