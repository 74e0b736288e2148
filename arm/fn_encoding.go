package arm

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/jsondoc"
)

// maxJSON bounds what json() parses, so that its tree stays in proportion.
const maxJSON = 4 << 20

func parseJSON(s string) (Value, error) {
	if len(s) > maxJSON {
		return Null, fmt.Errorf("%w: JSON of more than %d bytes", ErrLimit, maxJSON)
	}
	v, err := jsondoc.ParseString(s)
	if err != nil {
		plain, ok := plainJSON(s)
		if !ok {
			return Null, fmt.Errorf("not JSON: %w", err)
		}
		var again error
		if v, again = jsondoc.ParseString(plain); again != nil {
			return Null, fmt.Errorf("not JSON: %w", err)
		}
	}
	return FromDoc(v), nil
}

func decode64(s string) (string, error) {
	// .NET passes over white space, of which Go's decoder knows line ends only.
	b, err := base64.StdEncoding.DecodeString(strings.NewReplacer(" ", "", "\t", "").Replace(s))
	if err != nil {
		return "", fmt.Errorf("not base64: %w", err)
	}
	if !utf8.Valid(b) {
		return strings.ToValidUTF8(string(b), "\uFFFD"), nil
	}
	return string(b), nil
}

func encodingFunction(name, doc, sig string, ex Example, f func(string) (Value, error)) Function {
	return Function{
		Name: name, Doc: doc, Min: 1, Max: 1, Sigs: []string{sig}, Examples: []Example{ex},
		eval: func(c *call) (Value, error) {
			s, err := c.text(0)
			if err != nil {
				return Null, err
			}
			return f(s)
		},
	}
}

func encodingFunctions() []Function {
	return []Function{
		encodingFunction("base64", "Encodes a string in base 64.", "(inputString: string) string", Example{"base64('one, two')", `"b25lLCB0d28="`},
			func(s string) (Value, error) { return sized(base64.StdEncoding.EncodeToString([]byte(s))) }),
		encodingFunction("base64ToString", "Decodes base 64 to a string.", "(base64Value: string) string", Example{"base64ToString('b25l')", `"one"`},
			func(s string) (Value, error) {
				d, err := decode64(s)
				return Text(d), err
			}),
		encodingFunction("base64ToJson", "Decodes base 64 and reads it as JSON.", "(base64Value: string) any", Example{"base64ToJson(base64('{\"a\": 1}')).a", "1"},
			func(s string) (Value, error) {
				d, err := decode64(s)
				if err != nil {
					return Null, err
				}
				return parseJSON(d)
			}),
		encodingFunction("json", "Reads a string as JSON.", "(arg1: string) any", Example{"json('{\"a\": [1, null]}').a", "[1,null]"}, parseJSON),
		encodingFunction("dataUri", "Makes a data URI of a string.", "(stringToConvert: string) string", Example{"dataUri('Hello')", `"data:text/plain;charset=utf8;base64,SGVsbG8="`},
			func(s string) (Value, error) {
				return sized("data:text/plain;charset=utf8;base64," + base64.StdEncoding.EncodeToString([]byte(s)))
			}),
		encodingFunction("dataUriToString", "Reads the text of a data URI.", "(dataUriToConvert: string) string", Example{"dataUriToString('data:;base64,SGVsbG8=')", `"Hello"`}, dataURIToString),
		encodingFunction("uriComponent", "Escapes a string for use in a URI.", "(stringToEncode: string) string", Example{"uriComponent('a b/c')", `"a%20b%2Fc"`},
			func(s string) (Value, error) { return sized(escapeData(s)) }),
		encodingFunction("uriComponentToString", "Resolves the escapes of a URI.", "(uriEncodedString: string) string", Example{"uriComponentToString('a%20b%2Fc')", `"a b/c"`},
			func(s string) (Value, error) { return sized(unescapeData(s)) }),
		{
			Name: "uri", Doc: "Resolves a relative URI against a base.", Min: 2, Max: 2,
			Sigs:     []string{"(baseUri: string, relativeUri: string) string"},
			Examples: []Example{{"uri('http://contoso.org/a/b', 'c.sh')", `"http://contoso.org/a/c.sh"`}},
			eval: func(c *call) (Value, error) {
				base, err := c.text(0)
				if err != nil {
					return Null, err
				}
				rel, err := c.text(1)
				if err != nil {
					return Null, err
				}
				b, err := url.Parse(base)
				if err != nil || !b.IsAbs() {
					return Null, fmt.Errorf("%q is no absolute URI", base)
				}
				r, err := url.Parse(rel)
				if err != nil {
					return Null, fmt.Errorf("%q is no URI", rel)
				}
				if b.Path == "" {
					b.Path = "/"
				}
				out := b.ResolveReference(r)
				plainHost(out)
				return sized(out.String())
			},
		},
	}
}

// plainHost writes the host as .NET's Uri does: in lower case, without the scheme's own port.
func plainHost(u *url.URL) {
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port != "" && port == map[string]string{"http": "80", "https": "443", "ftp": "21"}[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
}

// dataURIToString reads RFC 2397's data URIs; the character set is taken to be UTF-8 or ASCII.
func dataURIToString(s string) (Value, error) {
	rest, ok := cutPrefixFold(s, "data:")
	if !ok {
		return Null, fmt.Errorf("no data URI")
	}
	meta, data, ok := strings.Cut(rest, ",")
	if !ok {
		return Null, fmt.Errorf("data URI without a comma")
	}
	if _, ok := cutSuffixFold(meta, ";base64"); ok {
		d, err := decode64(data)
		return Text(d), err
	}
	return sized(unescapeData(data))
}

func cutPrefixFold(s, p string) (string, bool) {
	if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
		return s[len(p):], true
	}
	return s, false
}

func cutSuffixFold(s, p string) (string, bool) {
	if n := len(s) - len(p); n >= 0 && strings.EqualFold(s[n:], p) {
		return s[:n], true
	}
	return s, false
}

// escapeData escapes all but RFC 3986's unreserved characters, as .NET's Uri.EscapeDataString.
func escapeData(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// unescapeData resolves %XX and leaves what is no escape as it is.
func unescapeData(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
