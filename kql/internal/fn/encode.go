package fn

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var encodeFuncs = []Func{
	{Name: "base64_encode_tostring", Aliases: []string{"base64_encodestring"}, Doc: "Encodes a text in base64.",
		Sigs: []Sig{{"(source: string): string", Map1(Total(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }))}},
		Ex:   []Example{{`base64_encode_tostring("Kusto")`, `S3VzdG8=`}}},
	{Name: "base64_decode_tostring", Aliases: []string{"base64_decodestring"}, Doc: "Decodes base64 to a text; empty where it is no base64 or no UTF-8.",
		Sigs: []Sig{{"(base64_string: string): string", Map1(func(s string) (string, bool) {
			b, ok := decode64(s)
			return string(b), ok && utf8.Valid(b)
		})}},
		Ex: []Example{{`base64_decode_tostring("S3VzdG8=")`, `Kusto`}, {`base64_decode_tostring("U3RyaW5n0KHR0tGA0L7MMA==")`, ``}, {`base64_decode_tostring("a")`, ``}}},
	{Name: "base64_decode_toarray", Doc: "Decodes base64 to an array of bytes.",
		Sigs: []Sig{{"(base64_string: string): dynamic", Map1(func(s string) (value.Value, bool) {
			b, ok := decode64(s)
			items := make([]value.Value, len(b))
			for i, c := range b {
				items[i] = value.Long(int64(c))
			}
			return value.Array(items), ok
		})}},
		Ex: []Example{{`base64_decode_toarray("S3VzdG8=")`, `[75,117,115,116,111]`}, {`base64_decode_toarray("?")`, `null`}}},
	{Name: "base64_encode_fromarray", Doc: "Encodes an array of bytes in base64.",
		Sigs: []Sig{{"(bytes: array): string", Map1(func(v value.Value) (string, bool) {
			b := make([]byte, len(v.Items()))
			for i, e := range v.Items() {
				if e.Kind() != value.KindLong || e.Int64() < 0 || e.Int64() > 255 {
					return "", false
				}
				b[i] = byte(e.Int64())
			}
			return base64.StdEncoding.EncodeToString(b), true
		})}},
		Ex: []Example{{`base64_encode_fromarray(dynamic([75,117,115,116,111]))`, `S3VzdG8=`}, {`base64_encode_fromarray(dynamic([300]))`, ``}}},
	{Name: "base64_encode_fromguid", Doc: "Encodes the bytes of a guid in base64.",
		Sigs: []Sig{{"(guid: guid): string", Map1(func(g types.UUID) (string, bool) {
			b := netOrder(g)
			return base64.StdEncoding.EncodeToString(b[:]), true
		})}},
		Ex: []Example{{`base64_encode_fromguid(guid(ae3133f2-6e22-49ae-b06a-16e6a9b212eb))`, `8jMxriJurkmwahbmqbIS6w==`}}},
	{Name: "base64_decode_toguid", Doc: "Decodes base64 to a guid; null where it is not 16 bytes.",
		Sigs: []Sig{{"(base64_string: string): guid", Map1(func(s string) (types.UUID, bool) {
			b, ok := decode64(s)
			if !ok || len(b) != 16 {
				return types.UUID{}, false
			}
			return netOrder(types.UUID(b)), true
		})}},
		Ex: []Example{{`base64_decode_toguid("8jMxriJurkmwahbmqbIS6w==")`, `ae3133f2-6e22-49ae-b06a-16e6a9b212eb`}, {`base64_decode_toguid("abcd1231")`, `null`}}},
	{Name: "url_encode", Doc: "Encodes a text for use in a URL; blanks become +.",
		Sigs: []Sig{{"(url: string): string", Map1(func(s string) (string, bool) { return urlEncode(s, "+"), true })}},
		Ex:   []Example{{`url_encode("https://www.bing.com/hello world")`, `https%3a%2f%2fwww.bing.com%2fhello+world`}}},
	{Name: "url_encode_component", Doc: "Encodes a text for use in a URL; blanks become %20.",
		Sigs: []Sig{{"(url: string): string", Map1(func(s string) (string, bool) { return urlEncode(s, "%20"), true })}},
		Ex:   []Example{{`url_encode_component("hello world/é")`, `hello%20world%2f%c3%a9`}}},
	{Name: "url_decode", Doc: "Decodes what url_encode() encoded.",
		Sigs: []Sig{{"(encoded_url: string): string", Map1(Total(urlDecode))}},
		Ex:   []Example{{`url_decode("https%3a%2f%2fwww.bing.com%2f")`, `https://www.bing.com/`}, {`url_decode("a+b%zz")`, `a b%zz`}}},
	{Name: "gzip_compress_to_base64_string", Doc: "Compresses a text with gzip and encodes it in base64.",
		Sigs: []Sig{{"(string: string): string", Map1(Total(func(s string) string { return base64.StdEncoding.EncodeToString(gzipped(s)) }))}},
		Ex:   []Example{{`gzip_compress_to_base64_string("1234567890qwertyuiop")`, `H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==`}}},
	{Name: "gzip_decompress_from_base64_string", Doc: "Decodes base64 and decompresses it with gzip; empty where that fails.",
		Sigs: []Sig{{"(string: string): string", inflated(func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })}},
		Ex:   []Example{{`gzip_decompress_from_base64_string("H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==")`, `1234567890qwertyuiop`}, {`gzip_decompress_from_base64_string("x")`, ``}}},
	{Name: "zlib_compress_to_base64_string", Doc: "Compresses a text with zlib and encodes it in base64.",
		Sigs: []Sig{{"(string: string): string", Map1(Total(func(s string) string { return base64.StdEncoding.EncodeToString(zlibbed(s)) }))}},
		Ex:   []Example{{`zlib_compress_to_base64_string("1234567890qwertyuiop")`, `eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==`}}},
	{Name: "zlib_decompress_from_base64_string", Doc: "Decodes base64 and decompresses it with zlib; empty where that fails.",
		Sigs: []Sig{{"(string: string): string", inflated(func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })}},
		Ex:   []Example{{`zlib_decompress_from_base64_string("eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=")`, `Test string 123`}, {`zlib_decompress_from_base64_string("x")`, ``}}},
	{Name: "punycode_from_string", Doc: "Encodes a text in Punycode (RFC 3492).",
		Sigs: []Sig{{"(string: string): string", Map1(punyEncode)}},
		Ex:   []Example{{`punycode_from_string("académie-française")`, `acadmie-franaise-npb1a`}}},
	{Name: "punycode_to_string", Doc: "Decodes Punycode (RFC 3492); empty where it is none.",
		Sigs: []Sig{{"(string: string): string", Map1(punyDecode)}},
		Ex:   []Example{{`punycode_to_string("acadmie-franaise-npb1a")`, `académie-française`}}},
	{Name: "punycode_domain_to_string", Doc: "Encodes the labels of a domain name that are not ASCII in Punycode, with the prefix xn--, as the engine does.",
		Sigs: []Sig{{"(string: string): string", Map1(domainEncode)}},
		Ex:   []Example{{`punycode_domain_to_string("Kaledvoulc'h.Artorījos.edu")`, `Kaledvoulc'h.xn--Artorjos-ejb.edu`}}},
	{Name: "punycode_domain_from_string", Doc: "Decodes the labels of a domain name that begin with xn--.",
		Sigs: []Sig{{"(string: string): string", Map1(domainDecode)}},
		Ex:   []Example{{`punycode_domain_from_string("Kaledvoulc'h.xn--Artorjos-ejb.edu")`, `Kaledvoulc'h.Artorījos.edu`}}},
}

func decode64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil
}

const upperHex = "0123456789abcdef"

// urlEncode leaves letters, digits and -_.!*() as they are, like .NET's
// HttpUtility.
func urlEncode(s, blank string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!*()", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteString(blank)
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

func urlDecode(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if d, err := url.QueryUnescape(s[i : i+3]); err == nil {
				out = append(out, d...)
				i += 2
				continue
			}
		}
		if c == '+' {
			c = ' '
		}
		out = append(out, c)
	}
	return string(out)
}

// deflated compresses at level 1 and, where that does not pay, stores.
func deflated(s string) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		_, err = io.WriteString(w, s)
		if err == nil {
			err = w.Close()
		}
	}
	if err == nil && b.Len() < len(s) {
		return b.Bytes()
	}
	var out []byte
	for first := true; first || s != ""; first = false {
		n := min(len(s), 0xffff)
		final := byte(0)
		if n == len(s) {
			final = 1
		}
		out = append(out, final, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		out = append(out, s[:n]...)
		s = s[n:]
	}
	return out
}

func gzipped(s string) []byte {
	out := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, deflated(s)...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(s)))
	return binary.LittleEndian.AppendUint32(out, uint32(len(s)))
}

func zlibbed(s string) []byte {
	out := append([]byte{0x78, 1}, deflated(s)...)
	return binary.BigEndian.AppendUint32(out, adler32.Checksum([]byte(s)))
}

// inflated is the kernel of what decompresses: a few bytes may give many.
func inflated(open func(io.Reader) (io.Reader, error)) Kernel {
	return Row(func(a []value.Value) value.Value {
		s, ok := inflate(a[0].Str(), open)
		if !ok {
			s = ""
		}
		return value.String(s)
	})
}

func inflate(s string, open func(io.Reader) (io.Reader, error)) (string, bool) {
	raw, ok := decode64(s)
	if !ok {
		return "", false
	}
	r, err := open(bytes.NewReader(raw))
	if err != nil {
		return "", false
	}
	out, err := io.ReadAll(io.LimitReader(r, maxText+1))
	return string(out), err == nil && len(out) <= maxText && utf8.Valid(out)
}
