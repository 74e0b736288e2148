package condaccess

import (
	"net/netip"
	"slices"
)

// placeTable answers the location condition from a class of addresses, a class of
// countries and whether the compliant network was used.
type placeTable struct {
	used     bool
	v4, v6   addrClasses
	ipSets   []set64 // by class: places in locs that hold the addresses
	ctrySets []set64
	country  map[string]int32 // code to class
	locs     []*Location
	byID     map[string]int

	// parts by class, 0 where it is not told; the classes of ipSets and ctrySets follow.
	ip, ctry, net []placePart
	fixed         placePart
	cells         []pair // ip x ctry x net, where they are few
}

// placePart is the contribution of one thing told to the include and exclude lists.
type placePart struct{ in, out pair }

const maxCells = 1 << 15

func (s *Set) compilePlaces() {
	t := &s.places
	t.byID = map[string]int{}
	t.locs = append([]*Location(nil), s.t.Locations...)
	trustedIPs := &Location{ID: tokenTrustedIPs, DisplayName: "trusted addresses of the multifactor service", Kind: IPLocation, Trusted: true, Ranges: prefixesOf(s.t.TrustedIPs)}
	t.locs = append(t.locs, trustedIPs)
	for i, l := range t.locs {
		t.byID[fold(l.ID)] = i
	}
	t.divide()
	t.fixed = s.placePart(func(*Location) Tri { return False }, true)
	t.fixed.in.or(pair{yes: newSet(s.n), may: newSet(s.n)})
	of := func(kind LocationKind, held set64) placePart {
		return s.placePart(func(l *Location) Tri {
			if l.Kind != kind {
				return False
			}
			if held == nil {
				if kind == IPLocation && len(l.Ranges) == 0 {
					return False
				}
				return Unknown
			}
			return triOf(held.has(t.byID[fold(l.ID)]))
		}, false)
	}
	t.ip = append(t.ip, of(IPLocation, nil))
	for _, h := range t.ipSets {
		t.ip = append(t.ip, of(IPLocation, h))
	}
	t.ctry = append(t.ctry, of(CountryLocation, nil))
	for _, h := range t.ctrySets {
		t.ctry = append(t.ctry, of(CountryLocation, h))
	}
	for _, v := range []Tri{Unknown, False, True} {
		t.net = append(t.net, s.placePart(func(l *Location) Tri {
			if l.Kind == NetworkLocation {
				return v
			}
			return False
		}, false))
	}
	for _, p := range s.policies {
		t.used = t.used || p.Conditions.Locations != nil
	}
	if n := len(t.ip) * len(t.ctry) * len(t.net); n <= maxCells {
		t.cells = make([]pair, 0, n)
		for i := range t.ip {
			for c := range t.ctry {
				for k := range t.net {
					t.cells = append(t.cells, s.place(i, c, k))
				}
			}
		}
	}
}

// place combines the three things told.
func (s *Set) place(ip, ctry, net int) pair {
	t := &s.places
	in, out := newPair(s.n), newPair(s.n)
	for _, p := range []placePart{t.fixed, t.ip[ip], t.ctry[ctry], t.net[net]} {
		in.or(p.in)
		out.or(p.out)
	}
	return in.less(out)
}

// placePart collects, over all policies, what a predicate on locations contributes.
// fixed takes what depends on nothing: no condition, All, locations that were not
// read or are of a kind that cannot be decided.
func (s *Set) placePart(holds func(*Location) Tri, fixed bool) placePart {
	out := placePart{newPair(s.n), newPair(s.n)}
	for i, p := range s.policies {
		c := p.Conditions.Locations
		if c == nil {
			if fixed {
				out.in.add(i, True)
			}
			continue
		}
		if fixed && len(c.Include) == 0 {
			out.in.add(i, Unknown)
		}
		for _, side := range []struct {
			list []string
			to   pair
		}{{c.Include, out.in}, {c.Exclude, out.out}} {
			for _, x := range side.list {
				side.to.add(i, s.token(fold(x), holds, fixed))
			}
		}
	}
	return out
}

func (s *Set) token(x string, holds func(*Location) Tri, fixed bool) Tri {
	t := &s.places
	switch x {
	case tokenAll:
		return triOf(fixed)
	case tokenTrusted:
		out := False
		if fixed && s.t.trustedUnread() {
			out = Unknown
		}
		for _, l := range t.locs {
			if !l.Trusted {
				continue
			}
			v := holds(l)
			if fixed && l.Kind == OtherLocation {
				v = Unknown
			}
			out = max3(out, v)
		}
		return out
	}
	i, ok := t.byID[x]
	switch {
	case !ok || t.locs[i].Kind == OtherLocation || x == tokenTrustedIPs && len(s.t.TrustedIPs) == 0:
		if fixed {
			return Unknown
		}
		return False
	default:
		return holds(t.locs[i])
	}
}

// max3 is the "or" of three-valued logic.
func max3(a, b Tri) Tri {
	switch {
	case a == True || b == True:
		return True
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return False
}

// divide cuts the addresses and the countries into classes that no location tells apart.
func (t *placeTable) divide() {
	seen := map[string]int32{}
	class := func(h set64) int32 {
		k := h.key()
		c, ok := seen[k]
		if !ok {
			t.ipSets = append(t.ipSets, h)
			c = int32(len(t.ipSets)) // 0 is "not told"
			seen[k] = c
		}
		return c
	}
	t.v4 = cut(t.locs, false, netip.IPv4Unspecified(), class)
	t.v6 = cut(t.locs, true, netip.IPv6Unspecified(), class)
	t.country = map[string]int32{}
	seenC := map[string]int32{}
	add := func(code string) {
		h := newSet(len(t.locs))
		for i, l := range t.locs {
			if l.Kind == CountryLocation && (slices.Contains(l.Countries, code) || code == UnknownCountry && l.UnknownCountries) {
				h.add(i)
			}
		}
		c, ok := seenC[h.key()]
		if !ok {
			t.ctrySets = append(t.ctrySets, h)
			c = int32(len(t.ctrySets))
			seenC[h.key()] = c
		}
		t.country[code] = c
	}
	add("") // any country that no location names
	add(UnknownCountry)
	for _, l := range t.locs {
		for _, c := range l.Countries {
			add(c)
		}
	}
}

// cut divides the addresses of one family at the ends of all ranges.
func cut(locs []*Location, six bool, lowest netip.Addr, class func(set64) int32) addrClasses {
	type event struct {
		at    netip.Addr
		loc   int
		delta int
	}
	var events []event
	for i, l := range locs {
		if l.Kind != IPLocation {
			continue
		}
		for _, r := range l.Ranges {
			if r.From.Is6() != six {
				continue
			}
			events = append(events, event{r.From, i, 1})
			if next := r.To.Next(); next.IsValid() {
				events = append(events, event{next, i, -1})
			}
		}
	}
	slices.SortFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	depth := make([]int, len(locs))
	held := newSet(len(locs))
	out := addrClasses{}
	at := lowest
	for i := 0; ; {
		for ; i < len(events) && events[i].at == at; i++ {
			e := events[i]
			depth[e.loc] += e.delta
			if depth[e.loc] > 0 {
				held.add(e.loc)
			} else {
				held[e.loc>>6] &^= 1 << (e.loc & 63)
			}
		}
		if c := class(held.clone()); len(out.class) == 0 || out.class[len(out.class)-1] != c {
			out.starts, out.class = append(out.starts, at), append(out.class, c)
		}
		if i == len(events) {
			return out
		}
		at = events[i].at
	}
}

func (t *placeTable) ipClass(a netip.Addr) int {
	switch {
	case !a.IsValid():
		return 0
	case a.Is4():
		return int(t.v4.find(a))
	default:
		return int(t.v6.find(a))
	}
}

func (t *placeTable) countryClass(code string) int {
	if code == "" {
		return 0
	}
	if c, ok := t.country[code]; ok {
		return int(c)
	}
	return int(t.country[""])
}
