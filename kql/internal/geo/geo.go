// Package geo computes with points, lines and polygons on a sphere, as Kusto's
// geo_ functions do: edges are parts of great circles, distances are meters on
// a sphere of the earth's mean radius.
//
// Lines and polygons are made with NewLine and NewPolygon from vertices in
// degrees, which check them; Overlay joins and cuts polygons, Buffer widens
// shapes; geohash.go and package h3 have the grids. Everything is a pure
// function of its arguments.
package geo

import (
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Radius is the radius of the sphere in meters.
const Radius = 6371010

// LngLat is a position in degrees.
type LngLat struct{ Lng, Lat float64 }

// Valid tells whether longitude and latitude are in range.
func (p LngLat) Valid() bool {
	return p.Lng >= -180 && p.Lng <= 180 && p.Lat >= -90 && p.Lat <= 90
}

// Point returns the position on the sphere.
func (p LngLat) Point() s2.Point { return s2.PointFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lng)) }

// Degrees returns a point's position.
func Degrees(p s2.Point) LngLat {
	ll := s2.LatLngFromPoint(p)
	return LngLat{ll.Lng.Degrees(), ll.Lat.Degrees()}
}

// Angle returns the angle that a length in meters has at the center.
func Angle(meters float64) s1.Angle { return s1.Angle(meters / Radius) }

// Meters returns the length of an angle at the center.
func Meters(a s1.Angle) float64 { return float64(a) * Radius }

// Distance returns the meters between two positions.
func Distance(a, b LngLat) float64 { return Meters(a.Point().Distance(b.Point())) }

// Azimuth returns the direction from a to b, clockwise from north in radians
// from 0 to 2 pi; ok is false where they are the same.
func Azimuth(a, b LngLat) (float64, bool) {
	if a.Point() == b.Point() {
		return 0, false
	}
	rad := math.Pi / 180
	dl := (b.Lng - a.Lng) * rad
	sa, ca := math.Sincos(a.Lat * rad)
	sb, cb := math.Sincos(b.Lat * rad)
	z := math.Atan2(math.Sin(dl)*cb, ca*sb-sa*cb*math.Cos(dl))
	if z < 0 {
		z += 2 * math.Pi
	}
	return z, true
}

// SpheroidDistance returns the meters between two positions on the WGS 84
// ellipsoid (Vincenty's inverse formula); ok is false for nearly opposite
// positions, where it does not converge.
func SpheroidDistance(p, q LngLat) (float64, bool) {
	const a, f = 6378137.0, 1 / 298.257223563
	const b = a * (1 - f)
	rad := math.Pi / 180
	l := (q.Lng - p.Lng) * rad
	su1, cu1 := math.Sincos(math.Atan((1 - f) * math.Tan(p.Lat*rad)))
	su2, cu2 := math.Sincos(math.Atan((1 - f) * math.Tan(q.Lat*rad)))
	lambda := l
	for range 200 {
		sl, cl := math.Sincos(lambda)
		ss := math.Hypot(cu2*sl, cu1*su2-su1*cu2*cl)
		if ss == 0 {
			return 0, true
		}
		cs := su1*su2 + cu1*cu2*cl
		sigma := math.Atan2(ss, cs)
		sin := cu1 * cu2 * sl / ss
		cos2 := 1 - sin*sin
		cm := 0.0
		if cos2 != 0 {
			cm = cs - 2*su1*su2/cos2
		}
		c := f / 16 * cos2 * (4 + f*(4-3*cos2))
		before := lambda
		lambda = l + (1-c)*f*sin*(sigma+c*ss*(cm+c*cs*(2*cm*cm-1)))
		if math.Abs(lambda-before) < 1e-12 {
			u2 := cos2 * (a*a - b*b) / (b * b)
			ka := 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
			kb := u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
			ds := kb * ss * (cm + kb/4*(cs*(2*cm*cm-1)-kb/6*cm*(4*ss*ss-3)*(4*cm*cm-3)))
			return b * ka * (sigma - ds), true
		}
	}
	return 0, false
}

func cross(a, b s2.Point) r3.Vector { return a.Vector.Cross(b.Vector) }

// onEdge returns the point of an edge that is nearest to p.
func onEdge(p, a, b s2.Point) s2.Point { return s2.Project(p, a, b) }
