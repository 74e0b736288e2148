package fn

import (
	"strconv"
	"strings"

	"github.com/golang/geo/s2"

	"github.com/azward/azward/kql/internal/geo"
	"github.com/azward/azward/kql/internal/value"
)

// Shapes come and go as GeoJSON in dynamic values.

func position(v value.Value) (geo.LngLat, bool) {
	c := v.Items()
	if len(c) < 2 || !c[0].Numeric() || !c[1].Numeric() {
		return geo.LngLat{}, false
	}
	p := geo.LngLat{Lng: c[0].Float(), Lat: c[1].Float()}
	return p, p.Valid()
}

func positions(v value.Value) ([]geo.LngLat, bool) {
	items := v.Items()
	out := make([]geo.LngLat, len(items))
	for i, e := range items {
		var ok bool
		if out[i], ok = position(e); !ok {
			return nil, false
		}
	}
	return out, len(out) > 0
}

func ringsIn(v value.Value) ([][]geo.LngLat, bool) {
	var out [][]geo.LngLat
	for _, e := range v.Items() {
		r, ok := positions(e)
		if !ok {
			return nil, false
		}
		out = append(out, r)
	}
	return out, len(out) > 0
}

// geometry unwraps a Feature.
func geometry(v value.Value) value.Value {
	if v.Kind() == value.KindString {
		v = ParseDynamic(v.Str())
	}
	if v.Member("type").Str() == "Feature" {
		return v.Member("geometry")
	}
	return v
}

// lineIn reads a LineString or MultiLineString.
func lineIn(v value.Value) (*geo.Line, bool) {
	v = geometry(v)
	c := v.Member("coordinates")
	switch v.Member("type").Str() {
	case "LineString":
		p, ok := positions(c)
		if !ok {
			return nil, false
		}
		return geo.NewLine([][]geo.LngLat{p})
	case "MultiLineString":
		ps, ok := ringsIn(c)
		if !ok {
			return nil, false
		}
		return geo.NewLine(ps)
	}
	return nil, false
}

// polygonIn reads a Polygon or MultiPolygon.
func polygonIn(v value.Value) (*geo.Polygon, bool) {
	parts, ok := polygonRings(geometry(v))
	if !ok {
		return nil, false
	}
	return geo.NewPolygon(parts)
}

func polygonRings(v value.Value) ([][][]geo.LngLat, bool) {
	c := v.Member("coordinates")
	switch v.Member("type").Str() {
	case "Polygon":
		r, ok := ringsIn(c)
		return [][][]geo.LngLat{r}, ok
	case "MultiPolygon":
		var parts [][][]geo.LngLat
		for _, e := range c.Items() {
			r, ok := ringsIn(e)
			if !ok {
				return nil, false
			}
			parts = append(parts, r)
		}
		return parts, len(parts) > 0
	}
	return nil, false
}

func geoJSON(kind string, coordinates value.Value) value.Value {
	b := value.NewBag(2)
	b.Set("type", value.String(kind))
	b.Set("coordinates", coordinates)
	return value.Object(b)
}

func coordinate(p geo.LngLat) value.Value {
	return value.Array([]value.Value{value.Real(p.Lng), value.Real(p.Lat)})
}

func coordinates(ps []geo.LngLat) value.Value {
	out := make([]value.Value, len(ps))
	for i, p := range ps {
		out[i] = coordinate(p)
	}
	return value.Array(out)
}

func degrees(ps []s2.Point, closed bool) []geo.LngLat {
	out := make([]geo.LngLat, 0, len(ps)+1)
	for _, p := range ps {
		out = append(out, geo.Degrees(p))
	}
	if closed && len(out) > 0 {
		out = append(out, out[0])
	}
	return out
}

func pointOut(p geo.LngLat) value.Value { return geoJSON("Point", coordinate(p)) }

func lineOut(parts [][]s2.Point) value.Value {
	out := make([]value.Value, len(parts))
	for i, p := range parts {
		out[i] = coordinates(degrees(p, false))
	}
	if len(out) == 1 {
		return geoJSON("LineString", out[0])
	}
	return geoJSON("MultiLineString", value.Array(out))
}

func polygonOut(p *geo.Polygon) value.Value {
	if p == nil || len(p.Parts) == 0 {
		return value.Null
	}
	parts := make([]value.Value, len(p.Parts))
	for i, part := range p.Parts {
		rings := []value.Value{coordinates(degrees(part.Shell, true))}
		for _, h := range part.Holes {
			rings = append(rings, coordinates(degrees(h, true)))
		}
		parts[i] = value.Array(rings)
	}
	if len(parts) == 1 {
		return geoJSON("Polygon", parts[0])
	}
	return geoJSON("MultiPolygon", value.Array(parts))
}

// commonOut is what two shapes share: a shape, several of a kind, or a
// collection of shapes of different kinds, empty where there is nothing.
func commonOut(b geo.Both) value.Value {
	var parts []value.Value
	switch len(b.Points) {
	case 0:
	case 1:
		parts = append(parts, pointOut(geo.Degrees(b.Points[0])))
	default:
		parts = append(parts, geoJSON("MultiPoint", coordinates(degrees(b.Points, false))))
	}
	if len(b.Lines) > 0 {
		parts = append(parts, lineOut(b.Lines))
	}
	if p := polygonOut(b.Area); !p.IsNull() {
		parts = append(parts, p)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	c := value.NewBag(2)
	c.Set("type", value.String("GeometryCollection"))
	c.Set("geometries", value.Array(parts))
	return value.Object(c)
}

// wkt reads well-known text.
type wkt struct {
	s     string
	depth int
}

var wktKinds = map[string]struct {
	name  string
	depth int // of the lists around a position
}{
	"POINT": {"Point", 0}, "LINESTRING": {"LineString", 1}, "POLYGON": {"Polygon", 2},
	"MULTIPOINT": {"MultiPoint", 1}, "MULTILINESTRING": {"MultiLineString", 2}, "MULTIPOLYGON": {"MultiPolygon", 3},
}

func geoFromWKT(s string) (value.Value, bool) {
	w := &wkt{s: s}
	v, ok := w.shape()
	return v, ok && strings.TrimSpace(w.s) == ""
}

func (w *wkt) word() string {
	w.s = strings.TrimLeft(w.s, " \t\r\n")
	i := 0
	for i < len(w.s) && (w.s[i]|0x20 >= 'a' && w.s[i]|0x20 <= 'z') {
		i++
	}
	out := strings.ToUpper(w.s[:i])
	w.s = w.s[i:]
	return out
}

func (w *wkt) is(c byte) bool {
	w.s = strings.TrimLeft(w.s, " \t\r\n")
	if w.s == "" || w.s[0] != c {
		return false
	}
	w.s = w.s[1:]
	return true
}

func (w *wkt) shape() (value.Value, bool) {
	name := w.word()
	if w.depth++; w.depth > 32 {
		return value.Null, false
	}
	defer func() { w.depth-- }()
	if name == "GEOMETRYCOLLECTION" {
		var parts []value.Value
		if !w.is('(') {
			return value.Null, false
		}
		for {
			p, ok := w.shape()
			if !ok {
				return value.Null, false
			}
			parts = append(parts, p)
			if w.is(')') {
				break
			}
			if !w.is(',') {
				return value.Null, false
			}
		}
		c := value.NewBag(2)
		c.Set("type", value.String("GeometryCollection"))
		c.Set("geometries", value.Array(parts))
		return value.Object(c), true
	}
	k, ok := wktKinds[name]
	if !ok {
		return value.Null, false
	}
	var c value.Value
	if k.depth == 0 {
		if !w.is('(') {
			return value.Null, false
		}
		if c, ok = w.position(); ok {
			ok = w.is(')')
		}
	} else {
		c, ok = w.list(k.depth)
	}
	return geoJSON(k.name, c), ok
}

func (w *wkt) list(depth int) (value.Value, bool) {
	if !w.is('(') {
		return value.Null, false
	}
	var out []value.Value
	for {
		var v value.Value
		var ok bool
		if depth > 1 {
			v, ok = w.list(depth - 1)
		} else if w.is('(') { // MULTIPOINT ((1 1), (2 2))
			if v, ok = w.position(); ok {
				ok = w.is(')')
			}
		} else {
			v, ok = w.position()
		}
		if !ok {
			return value.Null, false
		}
		out = append(out, v)
		if w.is(')') {
			return value.Array(out), true
		}
		if !w.is(',') {
			return value.Null, false
		}
	}
}

func (w *wkt) position() (value.Value, bool) {
	var out []value.Value
	for {
		w.s = strings.TrimLeft(w.s, " \t\r\n")
		i := strings.IndexAny(w.s, " \t\r\n,()")
		if i < 0 {
			i = len(w.s)
		}
		if i == 0 {
			return value.Array(out), len(out) >= 2 && len(out) <= 4
		}
		f, err := strconv.ParseFloat(w.s[:i], 64)
		if err != nil {
			return value.Null, false
		}
		out, w.s = append(out, value.Real(f)), w.s[i:]
	}
}
