package fn

import (
	"math"

	"github.com/golang/geo/s2"

	"github.com/azward/azward/kql/internal/geo"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// at makes a position of two arguments.
func at(lng, lat value.Value) (geo.LngLat, bool) {
	p := geo.LngLat{Lng: lng.Float(), Lat: lat.Float()}
	return p, p.Valid()
}

// geoRow makes the row of a function that gives null for null or invalid
// arguments.
func geoRow(name, doc, sig string, f func(s *shapes, a []value.Value) (value.Value, bool), ex ...Example) Func {
	eval := one(func(c *Call) (*vec.Vec, error) {
		b, s, null := vec.NewBuilder(c.Out, c.N), &shapes{}, c.nulls()
		args := make([]value.Value, len(c.Args))
		for i := range c.N {
			if null != nil && null[i] {
				b.Append(value.Null)
				continue
			}
			for k, a := range c.Args {
				args[k] = a.Get(i)
			}
			v, ok := f(s, args)
			if !ok {
				v = value.Null
			}
			b.Append(v)
		}
		return b.Finish(), nil
	})
	return Func{Name: name, Doc: doc + " Null for invalid arguments.", Sigs: []Sig{{sig, eval}}, Ex: ex}
}

// shapes remembers the shapes of the row before, for most often one is the same
// for all rows.
type shapes struct {
	areas [2]struct {
		of *value.Bag
		p  *geo.Polygon
		ok bool
	}
	lines [2]struct {
		of *value.Bag
		l  *geo.Line
		ok bool
	}
}

func (s *shapes) polygon(v value.Value) (*geo.Polygon, bool) {
	b := v.Bag()
	for i := range s.areas {
		if b != nil && s.areas[i].of == b {
			return s.areas[i].p, s.areas[i].ok
		}
	}
	p, ok := polygonIn(v)
	s.areas[1] = s.areas[0]
	s.areas[0].of, s.areas[0].p, s.areas[0].ok = b, p, ok
	return p, ok
}

func (s *shapes) line(v value.Value) (*geo.Line, bool) {
	b := v.Bag()
	for i := range s.lines {
		if b != nil && s.lines[i].of == b {
			return s.lines[i].l, s.lines[i].ok
		}
	}
	l, ok := lineIn(v)
	s.lines[1] = s.lines[0]
	s.lines[0].of, s.lines[0].l, s.lines[0].ok = b, l, ok
	return l, ok
}

func realOr(f float64, ok bool) (value.Value, bool) {
	if math.IsNaN(f) {
		return value.Null, false
	}
	return value.Real(f), ok
}

const (
	exLine    = `dynamic({"type":"LineString","coordinates":[[0,0],[0,1]]})`
	exLine2   = `dynamic({"type":"LineString","coordinates":[[-1,0.5],[1,0.5]]})`
	exSquare  = `dynamic({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]})`
	exSquare2 = `dynamic({"type":"Polygon","coordinates":[[[5,5],[6,5],[6,6],[5,6],[5,5]]]})`
)

var geoFuncs = []Func{
	geoRow("geo_from_wkt", "Reads a shape in well-known text as GeoJSON.", "(wkt: string): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) { return geoFromWKT(a[0].Str()) },
		Example{`geo_from_wkt("POINT (1.0 2.0)")`, `{"type":"Point","coordinates":[1.0,2.0]}`}, Example{`geo_from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 0))")`, `{"type":"Polygon","coordinates":[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]}`}, Example{`geo_from_wkt("POINT 1")`, `null`}),
	geoRow("geo_angle", "Returns the angle at the second point from the first to the third, clockwise in radians.",
		"(p1_longitude: real, p1_latitude: real, p2_longitude: real, p2_latitude: real, p3_longitude: real, p3_latitude: real): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			q, ok2 := at(a[2], a[3])
			r, ok3 := at(a[4], a[5])
			if !ok1 || !ok2 || !ok3 {
				return value.Null, false
			}
			z1, ok1 := geo.Azimuth(q, p)
			z2, ok2 := geo.Azimuth(q, r)
			z := z2 - z1
			if z < 0 {
				z += 2 * math.Pi
			}
			return value.Real(z), ok1 && ok2
		}, Example{`round(degrees(geo_angle(0, 10, 0, 5, 3, -10)), 4)`, `168.7325`}, Example{`geo_angle(0, 10, 0, 10, 3, -10)`, `null`}),
	geoRow("geo_azimuth", "Returns the direction from one point to another, clockwise from north in radians.",
		"(p1_longitude: real, p1_latitude: real, p2_longitude: real, p2_latitude: real): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			q, ok2 := at(a[2], a[3])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			return realOr(geo.Azimuth(p, q))
		}, Example{`round(degrees(geo_azimuth(0, 0, 1, 0)), 4)`, `90.0`}, Example{`geo_azimuth(5, 10, 5, 10)`, `null`}),
	geoRow("geo_distance_2points", "Returns the meters between two points, on a sphere or, where asked for, on the WGS 84 spheroid.",
		"(p1_longitude: real, p1_latitude: real, p2_longitude: real, p2_latitude: real, use_spheroid?: bool|real): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			q, ok2 := at(a[2], a[3])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			if len(a) > 4 && a[4].Float() != 0 {
				if d, ok := geo.SpheroidDistance(p, q); ok {
					return value.Real(d), true
				}
			}
			return value.Real(geo.Distance(p, q)), true
		}, Example{`round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056), 1)`, `1546754.4`}, Example{`round(geo_distance_2points(0, 0, 0, 1, true), 1)`, `110574.4`}, Example{`geo_distance_2points(300, 1, 1, 1)`, `null`}),
	geoRow("geo_point_in_circle", "Tells whether a point lies within a radius in meters of another.",
		"(p_longitude: real, p_latitude: real, pc_longitude: real, pc_latitude: real, c_radius: real): bool",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			q, ok2 := at(a[2], a[3])
			return value.Bool(geo.Distance(p, q) <= a[4].Float()), ok1 && ok2 && a[4].Float() >= 0
		}, Example{`geo_point_in_circle(-122.143564, 47.535677, -122.100896, 47.527351, 3500)`, `true`}, Example{`geo_point_in_circle(1, 1, 1, 1, -1)`, `null`}),
	geoRow("geo_point_in_polygon", "Tells whether a point lies in a polygon.", "(longitude: real, latitude: real, polygon: dynamic): bool",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			g, ok2 := s.polygon(a[2])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			return value.Bool(g.Contains(p)), true
		}, Example{`geo_point_in_polygon(0.5, 0.5, ` + exSquare + `)`, `true`}, Example{`geo_point_in_polygon(2, 0.5, ` + exSquare + `)`, `false`}),
	geoRow("geo_distance_point_to_line", "Returns the meters from a point to a line.", "(longitude: real, latitude: real, line: dynamic): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			l, ok2 := s.line(a[2])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			_, d := l.Nearest(p)
			return value.Real(d), true
		}, Example{`round(geo_distance_point_to_line(1, 0, ` + exLine + `))`, `111195.0`}),
	geoRow("geo_distance_point_to_polygon", "Returns the meters from a point to a polygon, 0 inside it.", "(longitude: real, latitude: real, polygon: dynamic): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			g, ok2 := s.polygon(a[2])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			_, d := g.Nearest(p)
			return value.Real(d), true
		}, Example{`geo_distance_point_to_polygon(0.5, 0.5, ` + exSquare + `)`, `0.0`}),
	geoRow("geo_closest_point_on_line", "Returns the point of a line nearest to a point.", "(longitude: real, latitude: real, line: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			l, ok2 := s.line(a[2])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			q, _ := l.Nearest(p)
			return pointOut(q), true
		}, Example{`geo_closest_point_on_line(1, 0, ` + exLine + `)`, `{"type":"Point","coordinates":[0.0,0.0]}`}),
	geoRow("geo_closest_point_on_polygon", "Returns the point of a polygon nearest to a point.", "(longitude: real, latitude: real, polygon: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := at(a[0], a[1])
			g, ok2 := s.polygon(a[2])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			q, _ := g.Nearest(p)
			return pointOut(q), true
		}, Example{`geo_closest_point_on_polygon(-1, 0, ` + exSquare + `)`, `{"type":"Point","coordinates":[0.0,0.0]}`}),
	geoRow("geo_line_length", "Returns the length of a line in meters.", "(line: dynamic): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok := s.line(a[0])
			if !ok {
				return value.Null, false
			}
			return value.Real(l.Length()), true
		}, Example{`round(geo_line_length(` + exLine + `))`, `111195.0`}),
	geoRow("geo_line_centroid", "Returns the center of a line.", "(line: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok := s.line(a[0])
			if !ok {
				return value.Null, false
			}
			return pointOut(l.Centroid()), true
		}, Example{`geo_line_centroid(` + exLine + `)`, `{"type":"Point","coordinates":[0.0,0.5]}`}),
	geoRow("geo_line_locate_point", "Returns how far along a line, from 0 to 1, the point of it is that is nearest to a point.", "(line: dynamic, longitude: real, latitude: real, use_spheroid?: bool|real): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok1 := s.line(a[0])
			p, ok2 := at(a[1], a[2])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			return value.Real(l.Locate(p)), true
		}, Example{`round(geo_line_locate_point(` + exLine + `, 1, 0.5), 3)`, `0.5`}),
	geoRow("geo_line_interpolate_point", "Returns the point at a fraction (0 to 1) of a line.", "(line: dynamic, fraction: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok := s.line(a[0])
			f := a[1].Float()
			if !ok || !(f >= 0 && f <= 1) {
				return value.Null, false
			}
			return pointOut(l.At(f)), true
		}, Example{`geo_line_interpolate_point(` + exLine + `, 0)`, `{"type":"Point","coordinates":[0.0,0.0]}`}),
	geoRow("geo_line_simplify", "Drops vertices of a line that matter less than a tolerance in meters, by default 10.", "(line: dynamic, tolerance?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok := s.line(a[0])
			t := realArg(a, 1, 10)
			if !ok || !(t >= 0 && t <= maxTolerance) {
				return value.Null, false
			}
			l, ok = l.Simplify(t)
			return lineOut(l.Parts), ok
		}, Example{`geo_line_simplify(dynamic({"type":"LineString","coordinates":[[0,0],[0,0.00001],[0,1]]}))`, `{"type":"LineString","coordinates":[[0.0,0.0],[0.0,1.0]]}`}),
	geoRow("geo_line_densify", "Adds vertices to a line that is straight on a flat map, so that its great circles follow it to a tolerance in meters, by default 10.", "(line: dynamic, tolerance?: real, preserve_crossing?: bool|real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) { return densify(s, a, false) },
		Example{`geo_line_densify(` + exLine + `)`, `{"type":"LineString","coordinates":[[0.0,0.0],[0.0,1.0]]}`}),
	geoRow("geo_line_buffer", "Returns the polygon around a line within a radius in meters, its arcs exact to a tolerance, by default 10.", "(line: dynamic, radius: real, tolerance?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok := s.line(a[0])
			if !ok || !bufferArgs(a) {
				return value.Null, false
			}
			p, ok := geo.LineBuffer(l, a[1].Float(), realArg(a, 2, 10))
			return polygonOut(p), ok
		}, Example{`geo_line_buffer(` + exLine + `, 0)`, `null`}),
	geoRow("geo_line_to_s2cells", "Returns the S2 cells of a level, by default 11, that cover a line, widened by a radius in meters.", "(line: dynamic, level?: long, radius?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok := s.line(a[0])
			if !ok {
				return value.Null, false
			}
			r := l.Region()
			if radius := realArg(a, 2, 0); radius > 0 {
				p, ok := geo.LineBuffer(l, radius, radius/100)
				if !ok {
					return value.Null, false
				}
				r = p.Region()
			}
			return covering(a, r)
		}, Example{`geo_line_to_s2cells(` + exLine + `, 1)`, `["04","0c","14","1c"]`}),
	geoRow("geo_intersects_2lines", "Tells whether two lines have a point in common.", "(line1: dynamic, line2: dynamic): bool",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok1 := s.line(a[0])
			m, ok2 := s.line(a[1])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			return value.Bool(geo.Intersects(l, m)), true
		}, Example{`geo_intersects_2lines(` + exLine + `, ` + exLine2 + `)`, `true`}),
	geoRow("geo_intersects_line_with_polygon", "Tells whether a line and a polygon have a point in common.", "(line: dynamic, polygon: dynamic): bool",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok1 := s.line(a[0])
			p, ok2 := s.polygon(a[1])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			return value.Bool(geo.Intersects(l, p)), true
		}, Example{`geo_intersects_line_with_polygon(` + exLine + `, ` + exSquare2 + `)`, `false`}),
	geoRow("geo_intersects_2polygons", "Tells whether two polygons have a point in common.", "(polygon1: dynamic, polygon2: dynamic): bool",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := s.polygon(a[0])
			q, ok2 := s.polygon(a[1])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			return value.Bool(geo.Intersects(p, q)), true
		}, Example{`geo_intersects_2polygons(` + exSquare + `, ` + exSquare2 + `)`, `false`}, Example{`geo_intersects_2polygons(` + exSquare + `, ` + exSquare + `)`, `true`}),
	geoRow("geo_intersection_2lines", "Returns what two lines have in common; an empty collection where that is nothing.", "(line1: dynamic, line2: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok1 := s.line(a[0])
			m, ok2 := s.line(a[1])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			b, ok := geo.Crossing(l, m)
			return commonOut(b), ok
		}, Example{`geo_intersection_2lines(` + exLine + `, dynamic(1))`, `null`}),
	geoRow("geo_intersection_line_with_polygon", "Returns the part of a line that lies in a polygon; an empty collection where that is nothing.", "(line: dynamic, polygon: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			l, ok1 := s.line(a[0])
			p, ok2 := s.polygon(a[1])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			b, ok := geo.Within(l, p)
			return commonOut(b), ok
		}, Example{`geo_intersection_line_with_polygon(` + exLine + `, ` + exSquare2 + `)`, `{"type":"GeometryCollection","geometries":[]}`}),
	geoRow("geo_intersection_2polygons", "Returns what two polygons have in common; an empty collection where that is nothing.", "(polygon1: dynamic, polygon2: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok1 := s.polygon(a[0])
			q, ok2 := s.polygon(a[1])
			if !ok1 || !ok2 {
				return value.Null, false
			}
			b, ok := geo.Intersection(p, q)
			return commonOut(b), ok
		}, Example{`geo_intersection_2polygons(` + exSquare + `, ` + exSquare2 + `)`, `{"type":"GeometryCollection","geometries":[]}`}),
	geoRow("geo_union_polygons_array", "Joins the polygons of an array.", "(polygons: array): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			ps, ok := polygonsIn(a[0])
			if !ok {
				return value.Null, false
			}
			p, ok := geo.UnionAll(ps)
			return polygonOut(p), ok
		}, Example{`geo_union_polygons_array(dynamic([1]))`, `null`}),
	geoRow("geo_simplify_polygons_array", "Joins the polygons of an array and drops vertices that matter less than a tolerance in meters, by default 10.", "(polygons: array, tolerance?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			ps, ok := polygonsIn(a[0])
			t := realArg(a, 1, 10)
			if !ok || !(t >= 0 && t <= maxTolerance) {
				return value.Null, false
			}
			p, ok := geo.UnionAll(ps)
			if !ok {
				return value.Null, false
			}
			p, ok = p.Simplify(t)
			return polygonOut(p), ok
		}, Example{`geo_simplify_polygons_array(dynamic([]), -1)`, `null`}),
	geoRow("geo_union_lines_array", "Joins the lines of an array.", "(lines: array): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			var all [][]s2.Point
			for _, e := range a[0].Items() {
				l, ok := lineIn(e)
				if !ok {
					return value.Null, false
				}
				all = append(all, l.Parts...)
			}
			if len(all) == 0 {
				return value.Null, false
			}
			return lineOut(geo.JoinLines(all)), true
		}, Example{`geo_union_lines_array(pack_array(` + exLine + `))`, `{"type":"LineString","coordinates":[[0.0,0.0],[0.0,1.0]]}`}),
	geoRow("geo_polygon_area", "Returns the area of a polygon in square meters.", "(polygon: dynamic): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			if !ok {
				return value.Null, false
			}
			return value.Real(p.Area()), true
		}, Example{`round(geo_polygon_area(` + exSquare + `), -6)`, `12364000000.0`}),
	geoRow("geo_polygon_perimeter", "Returns the length of a polygon's boundary in meters.", "(polygon: dynamic): real",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			if !ok {
				return value.Null, false
			}
			return value.Real(p.Perimeter()), true
		}, Example{`round(geo_polygon_perimeter(` + exSquare + `))`, `444763.0`}),
	geoRow("geo_polygon_centroid", "Returns the center of a polygon.", "(polygon: dynamic): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			if !ok {
				return value.Null, false
			}
			return pointOut(p.Centroid()), true
		}, Example{`geo_polygon_centroid(dynamic(1))`, `null`}),
	geoRow("geo_polygon_simplify", "Drops vertices of a polygon that matter less than a tolerance in meters, by default 10.", "(polygon: dynamic, tolerance?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			t := realArg(a, 1, 10)
			if !ok || !(t >= 0 && t <= maxTolerance) {
				return value.Null, false
			}
			p, ok = p.Simplify(t)
			return polygonOut(p), ok
		}, Example{`geo_polygon_simplify(` + exSquare + `, 1000000)`, `null`}),
	geoRow("geo_polygon_densify", "Adds vertices to a polygon whose edges are straight on a flat map, so that its great circles follow them to a tolerance in meters, by default 10.", "(polygon: dynamic, tolerance?: real, preserve_crossing?: bool|real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) { return densify(s, a, true) },
		Example{`array_length(geo_polygon_densify(dynamic(1)))`, `null`}),
	geoRow("geo_polygon_buffer", "Returns the polygon around a polygon within a radius in meters, its arcs exact to a tolerance, by default 10.", "(polygon: dynamic, radius: real, tolerance?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			if !ok || !bufferArgs(a) {
				return value.Null, false
			}
			p, ok = geo.PolygonBuffer(p, a[1].Float(), realArg(a, 2, 10))
			return polygonOut(p), ok
		}, Example{`geo_polygon_buffer(` + exSquare + `, 0)`, `null`}),
	geoRow("geo_polygon_to_s2cells", "Returns the S2 cells of a level, by default 11, that cover a polygon, widened by a radius in meters.", "(polygon: dynamic, level?: long, radius?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := s.polygon(a[0])
			if !ok {
				return value.Null, false
			}
			if radius := realArg(a, 2, 0); radius > 0 {
				if p, ok = geo.PolygonBuffer(p, radius, radius/100); !ok {
					return value.Null, false
				}
			}
			return covering(a, p.Region())
		}, Example{`geo_polygon_to_s2cells(` + exSquare + `, 4)`, `["055","0ff","101","1ab"]`}),
	geoRow("geo_point_buffer", "Returns a polygon around a point within a radius in meters, its arcs exact to a tolerance, by default 10.", "(longitude: real, latitude: real, radius: real, tolerance?: real): dynamic",
		func(s *shapes, a []value.Value) (value.Value, bool) {
			p, ok := at(a[0], a[1])
			if !ok || !bufferArgs(a[1:]) {
				return value.Null, false
			}
			c, ok := geo.Circle(p, a[2].Float(), realArg(a, 3, 10))
			return polygonOut(c), ok
		}, Example{`geo_point_buffer(200, 1, 0.1)`, `null`}),
}

// maxTolerance is the most that shapes are simplified by, in meters.
const maxTolerance = 7.8e6

// bufferArgs checks radius and tolerance, arguments 1 and 2.
func bufferArgs(a []value.Value) bool {
	r, t := a[1].Float(), realArg(a, 2, 10)
	return r > 0 && r <= 20e6/4 && t > 0 && !math.IsInf(t, 0)
}

func polygonsIn(v value.Value) ([]*geo.Polygon, bool) {
	items := v.Items()
	out := make([]*geo.Polygon, len(items))
	for i, e := range items {
		var ok bool
		if out[i], ok = polygonIn(e); !ok {
			return nil, false
		}
	}
	return out, len(out) > 0
}

func covering(a []value.Value, r s2.Region) (value.Value, bool) {
	level := longArg(a, 1, 11)
	if level < 0 || level > 30 {
		return value.Null, false
	}
	cells, ok := geo.Covering(int(level), r)
	if !ok {
		return value.Null, false
	}
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c.ToToken()
	}
	return value.Strings(out), true
}

// densify works on the coordinates as they are written: the flat map is where
// its lines are straight.
func densify(s *shapes, a []value.Value, polygon bool) (value.Value, bool) {
	t := realArg(a, 1, 10)
	if !(t >= 0.1 && t <= 10000) {
		return value.Null, false
	}
	g := geometry(a[0])
	var valid bool
	if polygon {
		_, valid = s.polygon(a[0])
	} else {
		_, valid = s.line(a[0])
	}
	if !valid {
		return value.Null, false
	}
	var walk func(v value.Value) (value.Value, bool)
	walk = func(v value.Value) (value.Value, bool) {
		if ps, ok := positions(v); ok {
			d := geo.Densify(ps, t)
			return coordinates(d), d != nil
		}
		out := make([]value.Value, len(v.Items()))
		for i, e := range v.Items() {
			var ok bool
			if out[i], ok = walk(e); !ok {
				return value.Null, false
			}
		}
		return value.Array(out), true
	}
	c, ok := walk(g.Member("coordinates"))
	return geoJSON(g.Member("type").Str(), c), ok
}
