package fn

import (
	"encoding/csv"
	"net/url"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var parseFuncs = []Func{
	{Name: "parse_csv", Doc: "Splits one record of comma-separated values.", Naming: NameFirst,
		Sigs: []Sig{{"(csv_text: string): dynamic", Map1(parseCSV)}},
		Ex:   []Example{{`parse_csv("aa,b,cc")`, `["aa","b","cc"]`}, {`parse_csv('a,"b,c"')`, `["a","b,c"]`}}},
	{Name: "parse_url", Aliases: []string{"parseurl"}, Doc: "Takes a URL apart.",
		Sigs: []Sig{{"(url: string): dynamic", Map1(parseURL)}},
		Ex: []Example{{`parse_url("https://u:p@host:1234/a/b?k1=v1&k2=v2#f")`,
			`{"Scheme":"https","Host":"host","Port":"1234","Path":"/a/b","Username":"u","Password":"p","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"f"}`}}},
	{Name: "parse_urlquery", Aliases: []string{"parseurlquery"}, Doc: "Takes the query of a URL apart.",
		Sigs: []Sig{{"(query: string): dynamic", Map1(func(s string) (value.Value, bool) {
			b := value.NewBag(1)
			b.Set("Query Parameters", queryBag(s))
			return value.Object(b), true
		})}},
		Ex: []Example{{`parse_urlquery("k1=v1&k2=v2")`, `{"Query Parameters":{"k1":"v1","k2":"v2"}}`}}},
	{Name: "parse_path", Doc: "Takes a file path apart.",
		Sigs: []Sig{{"(path: string): dynamic", Map1(parsePath)}},
		Ex: []Example{{`parse_path("/usr/lib/temp/file.txt")`,
			`{"Scheme":"","RootPath":"","DirectoryPath":"/usr/lib/temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":""}`}}},
	{Name: "parse_version", Doc: "Returns a version of up to four parts as a decimal that can be compared.",
		Sigs: []Sig{{"(version: string): decimal", Map1(parseVersion)}},
		Ex:   []Example{{`parse_version("0.0.0.5")`, `5`}, {`parse_version("1")`, `1000000000000000000000000`}}},
	{Name: "parse_command_line", Doc: "Splits a Windows command line into its arguments.",
		Sigs: []Sig{{"(command: text, parser: string): dynamic", Map2(parseCommandLine)}},
		Ex:   []Example{{`parse_command_line('echo "hello world!" x', "windows")`, `["echo","hello world!","x"]`}}},
	{Name: "has_any_index", Doc: "Returns the place in an array of the first text that a source holds as a term, -1 where there is none.",
		Sigs: []Sig{{"(source: string, values: array): long", Map2(func(s string, list value.Value) (int64, bool) {
			for i, v := range list.Items() {
				if Matcher("has")(value.Text(v, true))(s) {
					return int64(i), true
				}
			}
			return -1, list.Kind() == value.KindArray
		})}},
		Ex: []Example{{`has_any_index("this is an example", dynamic(["zebra","example"]))`, `1`}, {`has_any_index("this", dynamic(["not"]))`, `-1`}}},
}

func parseCSV(s string) (value.Value, bool) {
	r := csv.NewReader(strings.NewReader(s))
	r.LazyQuotes = true
	r.FieldsPerRecord = -1
	rec, err := r.Read()
	if err != nil {
		if s == "" {
			return value.Strings([]string{""}), true
		}
		return value.Null, false
	}
	return value.Strings(rec), true
}

func queryBag(s string) value.Value {
	b := value.NewBag(4)
	for part := range strings.SplitSeq(strings.TrimPrefix(s, "?"), "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		b.Set(unescape(k), value.String(unescape(v)))
	}
	return value.Object(b)
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func bagOf(pairs ...string) value.Value {
	b := value.NewBag(len(pairs) / 2)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Set(pairs[i], value.String(pairs[i+1]))
	}
	return value.Object(b)
}

func parseURL(s string) (value.Value, bool) {
	scheme, host, port, path, user, pass, query, fragment := "", "", "", "", "", "", "", ""
	rest := s
	if i := strings.Index(rest, "://"); i >= 0 {
		scheme, rest = rest[:i], rest[i+3:]
	} else if i := strings.IndexByte(rest, ':'); i > 0 && !strings.ContainsAny(rest[:i], "/?#") && !strings.HasPrefix(rest, "//") {
		scheme, rest = rest[:i], rest[i+1:]
	}
	rest, fragment, _ = strings.Cut(rest, "#")
	rest, query, _ = strings.Cut(rest, "?")
	auth := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		auth, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(auth, '@'); i >= 0 {
		user, pass, _ = strings.Cut(auth[:i], ":")
		auth = auth[i+1:]
	}
	host = auth
	if i := strings.LastIndexByte(auth, ':'); i >= 0 && !strings.HasSuffix(auth, "]") {
		host, port = auth[:i], auth[i+1:]
	}
	b := bagOf("Scheme", scheme, "Host", host, "Port", port, "Path", path, "Username", user, "Password", pass).Bag()
	b.Set("Query Parameters", queryBag(query))
	b.Set("Fragment", value.String(fragment))
	return value.Object(b), true
}

func parsePath(s string) (value.Value, bool) {
	if s == "" {
		return value.Null, false
	}
	scheme, root, stream := "", "", ""
	rest := s
	if i := strings.Index(rest, "://"); i > 0 {
		scheme, rest = rest[:i], rest[i+3:]
	}
	if len(rest) > 1 && rest[1] == ':' {
		root = rest[:min(3, len(rest))]
		if i := strings.LastIndexByte(rest, ':'); i > 1 {
			rest, stream = rest[:i], rest[i+1:]
		}
	} else if i := strings.LastIndexByte(rest, ':'); i >= 0 && scheme == "" && !strings.ContainsAny(rest[i:], `/\`) {
		rest, stream = rest[:i], rest[i+1:]
	}
	dir, file := "", rest
	if i := strings.LastIndexAny(rest, `/\`); i >= 0 {
		dir, file = rest[:i], rest[i+1:]
	}
	name := dir
	if i := strings.LastIndexAny(dir, `/\`); i >= 0 {
		name = dir[i+1:]
	}
	ext := ""
	if i := strings.LastIndexByte(file, '.'); i >= 0 {
		ext = file[i+1:]
	}
	return bagOf("Scheme", scheme, "RootPath", root, "DirectoryPath", dir, "DirectoryName", name, "Filename", file, "Extension", ext, "AlternateDataStreamName", stream), true
}

func parseVersion(s string) (*types.Dec, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return nil, false
	}
	text := ""
	for i := range 4 {
		n := 0
		if i < len(parts) {
			var err error
			if n, err = strconv.Atoi(parts[i]); err != nil || n < 0 || n > 99999999 {
				return nil, false
			}
		}
		d := strconv.Itoa(n)
		text += strings.Repeat("0", 8-len(d)) + d
	}
	text = strings.TrimLeft(text, "0")
	if text == "" {
		text = "0"
	}
	return types.ParseDecimal(text)
}

// parseCommandLine splits as Windows does: quotes group, \" is a quote.
func parseCommandLine(s, kind string) (value.Value, bool) {
	if !strings.EqualFold(kind, "windows") {
		return value.Null, false
	}
	var out []string
	var cur strings.Builder
	in, some := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			n := 0
			for i+n < len(s) && s[i+n] == '\\' {
				n++
			}
			if i+n < len(s) && s[i+n] == '"' {
				cur.WriteString(strings.Repeat(`\`, n/2))
				i += n - 1
				if n%2 == 1 {
					cur.WriteByte('"')
					i++
				}
			} else {
				cur.WriteString(s[i : i+n])
				i += n - 1
			}
			some = true
		case c == '"':
			in, some = !in, true
		case (c == ' ' || c == '\t') && !in:
			if some {
				out = append(out, cur.String())
			}
			cur.Reset()
			some = false
		default:
			cur.WriteByte(c)
			some = true
		}
	}
	if some {
		out = append(out, cur.String())
	}
	if len(out) == 0 {
		return value.Null, false
	}
	return value.Strings(out), true
}
