package fn

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Parameters of Punycode, RFC 3492 section 5.
const (
	punyBase, punyTMin, punyTMax, punySkew, punyDamp = 36, 1, 26, 38, 700
	punyBias, punyFirst                              = 72, 128
	maxPuny                                          = 4096 // characters: the algorithm is quadratic
)

func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (punyBase-punyTMin)*punyTMax/2 {
		delta /= punyBase - punyTMin
		k += punyBase
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}

func punyThreshold(k, bias int) int { return max(punyTMin, min(punyTMax, k-bias)) }

func punyDigit(d int) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}

func punyEncode(s string) (string, bool) {
	runes := []rune(s)
	if len(runes) > maxPuny {
		return "", false
	}
	var out []byte
	for _, r := range runes {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	handled := basic
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(punyFirst), 0, punyBias
	for handled < len(runes) {
		next := rune(math.MaxInt32)
		for _, r := range runes {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := punyBase; ; k += punyBase {
				t := punyThreshold(k, bias)
				if q < t {
					break
				}
				out = append(out, punyDigit(t+(q-t)%(punyBase-t)))
				q = (q - t) / (punyBase - t)
			}
			out = append(out, punyDigit(q))
			bias = punyAdapt(delta, handled+1, handled == basic)
			delta = 0
			handled++
		}
		delta++
		n++
	}
	return string(out), true
}

func punyDecode(s string) (string, bool) {
	if len(s) > maxPuny || !isASCII(s) {
		return "", false
	}
	var out []rune
	rest := s
	if at := strings.LastIndexByte(s, '-'); at >= 0 {
		out, rest = []rune(s[:at]), s[at+1:]
	}
	n, i, bias := punyFirst, 0, punyBias
	for rest != "" {
		old, w := i, 1
		for k := punyBase; ; k += punyBase {
			if rest == "" {
				return "", false
			}
			c := rest[0] | 0x20
			rest = rest[1:]
			d := 0
			switch {
			case c >= 'a' && c <= 'z':
				d = int(c - 'a')
			case c >= '0' && c <= '9':
				d = int(c-'0') + 26
			default:
				return "", false
			}
			if i += d * w; i > math.MaxInt32 {
				return "", false
			}
			t := punyThreshold(k, bias)
			if d < t {
				break
			}
			if w *= punyBase - t; w > math.MaxInt32 {
				return "", false
			}
		}
		bias = punyAdapt(i-old, len(out)+1, old == 0)
		n += i / (len(out) + 1)
		i %= len(out) + 1
		if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return "", false
		}
		out = append(out, 0)
		copy(out[i+1:], out[i:])
		out[i] = rune(n)
		i++
	}
	return string(out), true
}

// labels cuts a domain name at the dots that RFC 3490 names.
func labels(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".。．｡", r) })
}

func domainEncode(s string) (string, bool) {
	parts := labels(s)
	for i, p := range parts {
		if isASCII(p) {
			continue
		}
		e, ok := punyEncode(p)
		if !ok {
			return "", false
		}
		parts[i] = "xn--" + e
	}
	return strings.Join(parts, "."), true
}

func domainDecode(s string) (string, bool) {
	parts := labels(s)
	for i, p := range parts {
		if rest, ok := strings.CutPrefix(p, "xn--"); ok {
			d, ok := punyDecode(rest)
			if !ok {
				return "", false
			}
			parts[i] = d
		}
	}
	return strings.Join(parts, "."), true
}
