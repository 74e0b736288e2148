package fn

import (
	"slices"

	"github.com/golang/geo/s2"

	"github.com/azward/azward/kql/internal/geo"
	"github.com/azward/azward/kql/internal/value"
)

var geoCellFuncs = []Func{
	{Name: "geo_point_to_geohash", Doc: "Returns the geohash of a point with a number of characters (1 to 18, by default 5); empty for invalid arguments.",
		Sigs: []Sig{{"(longitude: real, latitude: real, accuracy?: long): string", Strict(func(a []value.Value) value.Value {
			p, ok := at(a[0], a[1])
			n := longArg(a, 2, 5)
			if !ok || n < 1 || n > geo.MaxGeohash {
				return value.String("")
			}
			return value.String(geo.Geohash(p, int(n)))
		})}},
		Ex: []Example{{`geo_point_to_geohash(-80.195829, 25.802215, 8)`, `dhwfz15h`}, {`geo_point_to_geohash(200, 1)`, ``}}},
	geoRow("geo_geohash_to_central_point", "Returns the middle of a geohash cell.", "(geohash: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			b, ok := geo.GeohashBox(a[0].Str())
			return pointOut(b.Center()), ok
		}, Example{`geo_geohash_to_central_point("sunny")`, `{"type":"Point","coordinates":[42.47314453125,23.70849609375]}`}, Example{`geo_geohash_to_central_point("a")`, `null`}),
	geoRow("geo_geohash_to_polygon", "Returns a geohash cell.", "(geohash: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			b, ok := geo.GeohashBox(a[0].Str())
			return geoJSON("Polygon", value.Array([]value.Value{coordinates(b.Ring())})), ok
		}, Example{`geo_geohash_to_polygon("s")`, `{"type":"Polygon","coordinates":[[[0.0,0.0],[45.0,0.0],[45.0,45.0],[0.0,45.0],[0.0,0.0]]]}`}),
	geoRow("geo_geohash_neighbors", "Returns the geohash cells around one.", "(geohash: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			hash := a[0].Str()
			b, ok := geo.GeohashBox(hash)
			if !ok {
				return value.Null, false
			}
			w, h, c := b.East-b.West, b.North-b.South, b.Center()
			var out []value.Value
			for _, d := range [8][2]float64{{-1, 0}, {-1, -1}, {0, -1}, {1, -1}, {1, 1}, {1, 0}, {0, 1}, {-1, 1}} {
				p := geo.LngLat{Lng: c.Lng + d[0]*w, Lat: c.Lat + d[1]*h}
				if p.Lng > 180 {
					p.Lng -= 360
				} else if p.Lng < -180 {
					p.Lng += 360
				}
				if p.Valid() {
					out = append(out, value.String(geo.Geohash(p, len(hash))))
				}
			}
			return value.Array(out), true
		}, Example{`geo_geohash_neighbors("sunny")`, `["sunnv","sunnt","sunnw","sunnx","sunpp","sunnz","sunpn","sunpj"]`}, Example{`geo_geohash_neighbors("a")`, `null`}),
	{Name: "geo_point_to_s2cell", Doc: "Returns the token of the S2 cell of a level (0 to 30, by default 11) in which a point lies; empty for invalid arguments.",
		Sigs: []Sig{{"(longitude: real, latitude: real, level?: long): string", Strict(func(a []value.Value) value.Value {
			p, ok := at(a[0], a[1])
			n := longArg(a, 2, 11)
			if !ok || n < 0 || n > 30 {
				return value.String("")
			}
			return value.String(s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lng)).Parent(int(n)).ToToken())
		})}},
		Ex: []Example{{`geo_point_to_s2cell(-80.195829, 25.802215, 8)`, `88d9b`}, {`geo_point_to_s2cell(300, 1, 8)`, ``}}},
	geoRow("geo_s2cell_to_central_point", "Returns the middle of an S2 cell.", "(s2cell: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := s2Cell(a[0])
			if !ok {
				return value.Null, false
			}
			return pointOut(geo.Degrees(c.Point())), true
		}, Example{`geo_s2cell_to_central_point("a")`, `null`}, Example{`geo_s2cell_to_central_point("1")`, `{"type":"Point","coordinates":[0.0,0.0]}`}),
	geoRow("geo_s2cell_to_polygon", "Returns an S2 cell.", "(s2cell: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := s2Cell(a[0])
			if !ok {
				return value.Null, false
			}
			cell := s2.CellFromCellID(c)
			var ps []s2.Point
			for k := range 4 {
				ps = append(ps, cell.Vertex(k))
			}
			return geoJSON("Polygon", value.Array([]value.Value{coordinates(degrees(ps, true))})), true
		}, Example{`geo_s2cell_to_polygon("a")`, `null`}),
	geoRow("geo_s2cell_neighbors", "Returns the S2 cells of the same level around one.", "(s2cell: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			c, ok := s2Cell(a[0])
			if !ok {
				return value.Null, false
			}
			var out []string
			if c.Level() == 0 {
				for _, n := range c.EdgeNeighbors() {
					out = append(out, n.ToToken())
				}
			} else {
				for _, n := range c.AllNeighbors(c.Level()) {
					if t := n.ToToken(); !slices.Contains(out, t) {
						out = append(out, t)
					}
				}
			}
			return value.Strings(tableOrder(out)), true
		}, Example{`geo_s2cell_neighbors("89c259")`, `["89c25d","89c25b","89c2f7","89c257","89c2f5","89c251","89c25f","89c2f9"]`}),
}

func s2Cell(v value.Value) (s2.CellID, bool) {
	c := s2.CellIDFromToken(v.Str())
	return c, c.IsValid()
}
