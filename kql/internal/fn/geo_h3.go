package fn

import (
	"math"

	"github.com/azward/azward/kql/internal/geo"
	"github.com/azward/azward/kql/internal/geo/h3"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

const toRadians = math.Pi / 180

func cellNames(cells []h3.Cell) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c.String()
	}
	return out
}

func cellTexts(cells []h3.Cell) value.Value { return value.Strings(cellNames(cells)) }

func inDegrees(lat, lng float64) geo.LngLat {
	return geo.LngLat{Lng: lng / toRadians, Lat: lat / toRadians}
}

var geoH3Funcs = []Func{
	{Name: "geo_point_to_h3cell", Doc: "Returns the H3 cell of a resolution (0 to 15, by default 6) in which a point lies; empty for invalid arguments.",
		Sigs: []Sig{{"(longitude: real, latitude: real, resolution?: long): string", Strict(func(a []value.Value) value.Value {
			p, ok := at(a[0], a[1])
			n := longArg(a, 2, 6)
			if !ok || n < 0 || n > h3.MaxLevel {
				return value.String("")
			}
			c, ok := h3.FromPosition(p.Lat*toRadians, p.Lng*toRadians, int(n))
			if !ok {
				return value.String("")
			}
			return value.String(c.String())
		})}},
		Ex: []Example{{`geo_point_to_h3cell(-74.04450446039874, 40.689250859314974, 6)`, `862a1072fffffff`}, {`geo_point_to_h3cell(1, 1, 16)`, ``}}},
	geoRow("geo_h3cell_to_central_point", "Returns the middle of an H3 cell.", "(h3cell: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := h3.Parse(a[0].Str())
			if !ok {
				return value.Null, false
			}
			return pointOut(inDegrees(c.Center())), true
		}, Example{`geo_h3cell_to_central_point("x")`, `null`}),
	geoRow("geo_h3cell_to_polygon", "Returns an H3 cell.", "(h3cell: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := h3.Parse(a[0].Str())
			if !ok {
				return value.Null, false
			}
			var ring []geo.LngLat
			for _, p := range c.Boundary() {
				ring = append(ring, inDegrees(p[0], p[1]))
			}
			return geoJSON("Polygon", value.Array([]value.Value{coordinates(append(ring, ring[0]))})), true
		}, Example{`geo_h3cell_to_polygon("@")`, `null`}),
	geoRow("geo_h3cell_neighbors", "Returns the H3 cells around one.", "(h3cell: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := h3.Parse(a[0].Str())
			if !ok {
				return value.Null, false
			}
			return value.Strings(tableOrder(cellNames(c.Neighbors()))), true
		}, Example{`array_length(geo_h3cell_neighbors("862a1072fffffff"))`, `6`}, Example{`geo_h3cell_neighbors("abc")`, `null`}),
	geoRow("geo_h3cell_rings", "Returns the rings of H3 cells around one up to a distance (0 to 142).", "(h3cell: string, distance: long): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := h3.Parse(a[0].Str())
			d := a[1].Int64()
			if !ok || d < 0 || d > 142 {
				return value.Null, false
			}
			var out []value.Value
			for _, r := range c.Rings(int(d)) {
				out = append(out, cellTexts(r))
			}
			return value.Array(out), true
		}, Example{`geo_h3cell_rings("861f8894fffffff", 1)`, `[["861f8894fffffff"],["861f88947ffffff","861f8895fffffff","861f88867ffffff","861f8d497ffffff","861f8d4b7ffffff","861f8896fffffff"]]`}, Example{`geo_h3cell_rings("861f8894fffffff", 150)`, `null`}),
	geoRow("geo_h3cell_children", "Returns the H3 cells of a finer resolution (by default the next, at most five further) in one.", "(h3cell: string, resolution?: long): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := h3.Parse(a[0].Str())
			level := longArg(a, 1, int64(c.Level())+1)
			if !ok || level <= int64(c.Level()) || level > h3.MaxLevel {
				return value.Null, false
			}
			cs, ok := c.Children(int(level))
			return cellTexts(cs), ok
		}, Example{`array_length(geo_h3cell_children("862a1072fffffff"))`, `7`}, Example{`geo_h3cell_children("862a1072fffffff", 12)`, `null`}),
	{Name: "geo_h3cell_parent", Doc: "Returns the H3 cell of a coarser resolution (by default the one before) in which one lies; empty for invalid arguments.",
		Sigs: []Sig{{"(h3cell: string, resolution?: long): string", Strict(func(a []value.Value) value.Value {
			c, ok := h3.Parse(a[0].Str())
			level := longArg(a, 1, int64(c.Level())-1)
			if !ok || level < 0 || level >= int64(c.Level()) {
				return value.String("")
			}
			p, _ := c.Parent(int(level))
			return value.String(p.String())
		})}},
		Ex: []Example{{`geo_h3cell_parent("862a1072fffffff", 1)`, `812a3ffffffffff`}, {`geo_h3cell_parent("862a1072fffffff", 100)`, ``}}},
	geoRow("geo_h3cell_level", "Returns the resolution of an H3 cell.", "(h3cell: string): int",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := h3.Parse(a[0].Str())
			return value.Int(int32(c.Level())), ok
		}, Example{`geo_h3cell_level("862a1072fffffff")`, `6`}, Example{`geo_h3cell_level("x")`, `null`}),
	geoRow("geo_polygon_to_h3cells", "Returns the H3 cells of a resolution (by default 6) whose middle lies in a polygon, widened by a radius in meters.", "(polygon: dynamic, resolution?: long, radius?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			level := longArg(a, 1, 6)
			if !ok || level < 0 || level > h3.MaxLevel {
				return value.Null, false
			}
			if radius := realArg(a, 2, 0); radius > 0 {
				if p, ok = geo.PolygonBuffer(p, radius, radius/100); !ok {
					return value.Null, false
				}
			}
			cs, ok := p.H3Cells(int(level))
			return value.Strings(tableOrder(cellNames(cs))), ok
		}, Example{`geo_polygon_to_h3cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}), 3)`, `["83754efffffffff"]`}),
	{Name: "geo_info_from_ip_address", Doc: "Returns where in the world an address is; null, for azward holds no such data.",
		Sigs: []Sig{{"(ip: string): dynamic", nothing(types.Dynamic)}}, Ex: []Example{{`geo_info_from_ip_address("192.0.2.1")`, `null`}},
		Caveat: "azward holds no data of where addresses are, so the answer is always null"},
}
