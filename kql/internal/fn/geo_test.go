package fn

import (
	"testing"
	"time"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// FuzzShapes gives texts as well-known text and as GeoJSON to the functions
// that read shapes: whatever they hold, an answer comes.
func FuzzShapes(f *testing.F) {
	f.Add(`POLYGON ((0 0, 2 0, 2 2, 0 0), (1 0.5, 1.5 0.5, 1.5 1, 1 0.5))`)
	f.Add(`GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))`)
	f.Add(`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}`)
	f.Add(`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[0,0],[-179,80],[1,-89],[0,0]]]]}`)
	f.Add(`{"type":"LineString","coordinates":[[0,0],[180,0],[0,1e-300]]}`)
	names := []string{"geo_polygon_area", "geo_polygon_centroid", "geo_polygon_simplify", "geo_polygon_densify", "geo_line_length", "geo_line_simplify", "geo_line_densify"}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		v, ok := geoFromWKT(s)
		if !ok {
			v = ParseDynamic(s)
		}
		for _, n := range names {
			run(t, n, v)
		}
		run(t, "geo_intersection_2polygons", v, v)
		run(t, "geo_intersection_2lines", v, v)
		run(t, "geo_intersection_line_with_polygon", v, v)
		run(t, "geo_union_polygons_array", value.Array([]value.Value{v, v}))
	})
}

func run(t *testing.T, name string, args ...value.Value) {
	ts := make([]types.Type, len(args))
	for i := range ts {
		ts[i] = types.Dynamic
	}
	o, err := Builtin().Resolve(Builtin().Func(name), ts)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := o.Eval(callOf(o, args)); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Fatalf("%s took %v", name, d)
	}
}

func callOf(o Overload, args []value.Value) *Call {
	c := &Call{Ctx: NewCtx(types.UnixEpoch, 1), Out: o.Out, N: 1}
	for _, a := range args {
		c.Args = append(c.Args, vec.Repeat(types.Dynamic, a, 1))
	}
	return c
}
