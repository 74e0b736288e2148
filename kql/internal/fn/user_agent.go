package fn

import (
	"strings"
	"sync"

	"github.com/ua-parser/uap-go/uaparser"

	"github.com/azward/azward/kql/internal/value"
)

var userAgentFuncs = []Func{
	{Name: "parse_user_agent", Doc: "Reads browser, operating system and device out of a user agent, by the patterns of the uap project.",
		Sigs: []Sig{{"(user_agent: string, look_for?: string|array): dynamic", Row(parseUserAgent)}},
		Ex: []Example{{`parse_user_agent("Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1", "browser")`,
			`{"Browser":{"Family":"AdobeAIR","MajorVersion":"2","MinorVersion":"5","Patch":"1"}}`}, {`parse_user_agent("", "nothing")`, `{}`}}},
}

// agents is the parser with the patterns that the library holds; compiling
// them takes a while, so it waits for the first use.
var agents = sync.OnceValues(func() (*uaparser.Parser, error) { return uaparser.New() })

func parseUserAgent(a []value.Value) value.Value {
	p, err := agents()
	if err != nil {
		return value.Null
	}
	want := map[string]bool{}
	if len(a) < 2 {
		want["browser"], want["os"], want["device"] = true, true, true
	} else if isArray(a[1]) {
		for _, e := range a[1].Items() {
			want[strings.ToLower(e.Str())] = true
		}
	} else {
		want[strings.ToLower(a[1].Str())] = true
	}
	text := func(pairs ...string) value.Value {
		b := value.NewBag(len(pairs) / 2)
		for i := 0; i < len(pairs); i += 2 {
			b.Set(pairs[i], value.String(pairs[i+1]))
		}
		return value.Object(b)
	}
	s := a[0].Str()
	out := value.NewBag(3)
	if want["browser"] {
		u := p.ParseUserAgent(s)
		out.Set("Browser", text("Family", u.Family, "MajorVersion", u.Major, "MinorVersion", u.Minor, "Patch", u.Patch))
	}
	if want["os"] {
		o := p.ParseOs(s)
		out.Set("OperatingSystem", text("Family", o.Family, "MajorVersion", o.Major, "MinorVersion", o.Minor, "Patch", o.Patch, "PatchMinor", o.PatchMinor))
	}
	if want["device"] {
		d := p.ParseDevice(s)
		out.Set("Device", text("Family", d.Family, "Brand", d.Brand, "Model", d.Model))
	}
	return value.Object(out)
}
