package fn

import (
	"encoding/xml"
	"strings"

	"github.com/azward/azward/kql/internal/value"
)

// maxXML bounds the text and the nesting that parse_xml reads.
const (
	maxXMLText  = 1 << 20
	maxXMLDepth = 64
)

var xmlFuncs = []Func{
	{Name: "parse_xml", Doc: "Turns XML into a bag: attributes get an @, texts beside them the name #text, repeated elements become an array.", Naming: NameFirst,
		Sigs: []Sig{{"(xml_text: string): dynamic", Map1(parseXML)}},
		Ex: []Example{{`parse_xml("<a><b x='1'>t</b><c/></a>")`, `{"a":{"b":{"@x":"1","#text":"t"},"c":null}}`},
			{`parse_xml("<a><b>1</b><b>2</b></a>")`, `{"a":{"b":["1","2"]}}`},
			{`parse_xml("<e> text <a>text</a> </e>")`, `{"e":{"#text":"text","a":"text"}}`}, {`parse_xml("<a/><b/>")`, `null`}}},
}

func parseXML(s string) (value.Value, bool) {
	if s == "" || len(s) > maxXMLText {
		return value.Null, false
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict = true
	d.Entity = map[string]string{}
	root := value.NewBag(1)
	some := false
	for {
		tok, err := d.RawToken()
		if err != nil {
			return value.Object(root), some && err.Error() == "EOF"
		}
		switch t := tok.(type) {
		case xml.StartElement:
			v, ok := xmlElement(d, t, 1)
			if !ok || some {
				return value.Null, false
			}
			xmlAdd(root, xmlName(t.Name), v)
			some = true
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return value.Null, false
			}
		case xml.EndElement:
			return value.Null, false
		}
	}
}

func xmlName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// xmlAdd sets a child, turning repeated names into an array.
func xmlAdd(b *value.Bag, name string, v value.Value) {
	old, ok := b.Get(name)
	switch {
	case !ok:
		b.Set(name, v)
	case old.Kind() == value.KindArray:
		b.Set(name, value.Array(append(old.Items()[:len(old.Items()):len(old.Items())], v)))
	default:
		b.Set(name, value.Array([]value.Value{old, v}))
	}
}

func xmlElement(d *xml.Decoder, start xml.StartElement, depth int) (value.Value, bool) {
	if depth > maxXMLDepth {
		return value.Null, false
	}
	b := value.NewBag(len(start.Attr))
	for _, a := range start.Attr {
		b.Set("@"+xmlName(a.Name), value.String(a.Value))
	}
	var text strings.Builder
	for {
		tok, err := d.RawToken()
		if err != nil {
			return value.Null, false
		}
		switch t := tok.(type) {
		case xml.StartElement:
			v, ok := xmlElement(d, t, depth+1)
			if !ok {
				return value.Null, false
			}
			xmlAdd(b, xmlName(t.Name), v)
		case xml.CharData:
			if text.Len() == 0 && strings.TrimSpace(string(t)) != "" {
				b.Set("#text", value.Null) // in its place
			}
			if text.Len() > 0 || strings.TrimSpace(string(t)) != "" {
				text.Write(t)
			}
		case xml.EndElement:
			if t.Name != start.Name {
				return value.Null, false
			}
			s := strings.TrimSpace(text.String())
			switch {
			case b.Len() == 0:
				return value.Null, true
			case b.Len() == 1 && s != "":
				return value.String(s), true
			case s != "":
				b.Set("#text", value.String(s))
			}
			return value.Object(b), true
		}
	}
}
