package snapshot

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"regexp"
	"strings"
)

// addressPattern finds what may be an address: IPv4 with or without a prefix
// length, IPv6 likewise.
var addressPattern = regexp.MustCompile(`(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/\d{1,3})?`)

// addresses replaces the IP addresses in a text. Two addresses share as many
// leading bits after as before, so that ranges hold what they held; what is
// private stays private, and addresses with a meaning of their own stay.
func (rd *Redactor) addresses(s string) string {
	if from, to, ok := strings.Cut(s, "-"); ok && !strings.Contains(to, "-") {
		if pair, ok, _ := rd.span(strings.TrimSpace(from), strings.TrimSpace(to)); ok {
			return pair[0] + "-" + pair[1]
		}
	}
	return addressPattern.ReplaceAllStringFunc(s, func(m string) string {
		if a, err := netip.ParseAddr(m); err == nil {
			return rd.address(a).String()
		}
		if p, err := netip.ParsePrefix(m); err == nil {
			a := rd.address(p.Addr())
			if p.Masked().Addr() == p.Addr() {
				a = netip.PrefixFrom(a, p.Bits()).Masked().Addr()
			}
			return netip.PrefixFrom(a, p.Bits()).String()
		}
		return m
	})
}

// span replaces the first and the last address of a range, which stays as long
// as it was where both are in one block of 256, and keeps its order otherwise.
func (rd *Redactor) span(from, to string) (pair [2]string, ok, changed bool) {
	a, errA := netip.ParseAddr(from)
	b, errB := netip.ParseAddr(to)
	if errA != nil || errB != nil || !a.Is4() || !b.Is4() {
		return pair, false, false
	}
	x, y := a.As4(), b.As4()
	na, nb := rd.address(a).As4(), rd.address(b).As4()
	if x[0] == y[0] && x[1] == y[1] && x[2] == y[2] {
		na[3], nb[3] = x[3], y[3] // the block is replaced, places in it are not
		nb[0], nb[1], nb[2] = na[0], na[1], na[2]
	} else if netip.AddrFrom4(nb).Less(netip.AddrFrom4(na)) {
		na, nb = nb, na
	}
	return [2]string{netip.AddrFrom4(na).String(), netip.AddrFrom4(nb).String()}, true, true
}

// address replaces one address, bit by bit: each bit behind those that tell
// what kind of address it is is turned or not by the key and the bits before.
func (rd *Redactor) address(a netip.Addr) netip.Addr {
	if a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.Zone() != "" {
		return a
	}
	switch a.String() {
	case "168.63.129.16", "255.255.255.255":
		return a
	}
	raw := a.AsSlice()
	if rd.keep(a.String()) {
		return a
	}
	if out, ok := rd.seen[a]; ok {
		return out
	}
	for i := verbatim(a); i < len(raw)*8; i++ {
		m := hmac.New(sha256.New, rd.key)
		prefix := make([]byte, len(raw)+2)
		copy(prefix, a.AsSlice()[:i/8])
		if i%8 != 0 {
			prefix[i/8] = a.AsSlice()[i/8] & (0xff << (8 - i%8))
		}
		prefix[len(raw)], prefix[len(raw)+1] = byte(i), byte(len(raw))
		m.Write(append([]byte("address\x00"), prefix...))
		if m.Sum(nil)[0]&1 == 1 {
			raw[i/8] ^= 0x80 >> (i % 8)
		}
	}
	out, _ := netip.AddrFromSlice(raw)
	if len(rd.seen) < maxSeen {
		rd.seen[a] = out
	}
	return out
}

// maxSeen is how many addresses are remembered.
const maxSeen = 1 << 18

// verbatim returns how many leading bits of an address stay: those that say
// that it is private, shared or documentation, and enough of a public one that
// it does not become one of these.
func verbatim(a netip.Addr) int {
	if !a.Is4() {
		return 16
	}
	x := a.As4()
	switch x[0] {
	case 100, 169, 172, 192, 198, 203:
		return 16
	}
	return 8
}
