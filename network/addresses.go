package network

import (
	"net/netip"
	"strings"

	"go4.org/netipx"

	"github.com/azward/azward/jsondoc"
)

// hostAddress is Azure's own address inside every virtual network: DNS, DHCP
// and the health probes of load balancers. Source: "What is IP address
// 168.63.129.16?".
var hostAddress = netip.MustParseAddr("168.63.129.16")

// internet holds the addresses that the service tag Internet stands for: what
// is publicly routed, Azure's own public addresses included. Source: "Virtual
// network service tags".
var internet = func() *netipx.IPSet {
	var b netipx.IPSetBuilder
	b.AddRange(netipx.IPRangeFrom(netip.MustParseAddr("1.0.0.0"), netip.MustParseAddr("223.255.255.255")))
	b.AddPrefix(netip.MustParsePrefix("2000::/3"))
	for _, private := range []string{"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} {
		b.RemovePrefix(netip.MustParsePrefix(private))
	}
	b.Remove(hostAddress)
	return built(&b)
}()

// built finishes a set. The builder fails only for what is no address, and
// nothing of that kind is ever added.
func built(b *netipx.IPSetBuilder) *netipx.IPSet {
	s, err := b.IPSet()
	if err != nil || s == nil {
		return &netipx.IPSet{}
	}
	return s
}

// setOf reads an array of prefixes.
func setOf(list jsondoc.Value) *netipx.IPSet {
	var b netipx.IPSetBuilder
	addPrefixes(&b, list)
	return built(&b)
}

func addPrefixes(b *netipx.IPSetBuilder, list jsondoc.Value) {
	for _, e := range list.Elements() {
		addPrefix(b, e.TextOr(""))
	}
}

// addPrefix adds what a prefix, an address or a range of addresses holds, and
// tells whether the text is one of these.
func addPrefix(b *netipx.IPSetBuilder, text string) bool {
	text = strings.TrimSpace(text)
	if p, err := netip.ParsePrefix(text); err == nil {
		b.AddPrefix(p.Masked())
		return true
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		b.Add(a)
		return true
	}
	if r, err := netipx.ParseIPRange(text); err == nil && r.IsValid() {
		b.AddRange(r)
		return true
	}
	return false
}

// common returns what two sets share. Sets that are one and the same cost nothing.
func common(a, b *netipx.IPSet) *netipx.IPSet {
	if a == b {
		return a
	}
	var s netipx.IPSetBuilder
	s.AddSet(a)
	s.Intersect(b)
	return built(&s)
}

func empty(s *netipx.IPSet) bool { return s == nil || len(s.Ranges()) == 0 }

// wideBits is the share of an address space from which a set is as good as
// open to everybody: a sixteenth, the size of a /4 of IPv4. Halves and quarters
// of the address space are the Internet under another name.
const wideBits = 4

// wide tells whether a set of public addresses is so large that it is nobody's
// in particular.
func wide(s *netipx.IPSet) bool {
	if s == internet {
		return true
	}
	var v4, v6 uint64 // addresses; networks of 64 bits
	for _, r := range s.Ranges() {
		from, to := r.From().As16(), r.To().As16()
		if r.From().Is4() {
			v4 += tail(to, 12) - tail(from, 12) + 1
		} else {
			v6 += tail8(to) - tail8(from) + 1
		}
	}
	return v4 >= 1<<(32-wideBits) || v6 >= 1<<(61-wideBits) // of 2000::/3
}

func tail(b [16]byte, from int) uint64 {
	var n uint64
	for _, x := range b[from:] {
		n = n<<8 | uint64(x)
	}
	return n
}

func tail8(b [16]byte) uint64 {
	var n uint64
	for _, x := range b[:8] {
		n = n<<8 | uint64(x)
	}
	return n
}
