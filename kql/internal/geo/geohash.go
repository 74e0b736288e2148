package geo

import "strings"

const geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"

// MaxGeohash is the longest geohash.
const MaxGeohash = 18

// Box is a range of longitudes and latitudes.
type Box struct{ West, South, East, North float64 }

// Geohash returns the cell of a position with a number of characters.
func Geohash(p LngLat, length int) string {
	b := Box{-180, -90, 180, 90}
	var out strings.Builder
	even := true
	for range length {
		d := 0
		for range 5 {
			d *= 2
			if even {
				if mid := (b.West + b.East) / 2; p.Lng >= mid {
					d, b.West = d+1, mid
				} else {
					b.East = mid
				}
			} else {
				if mid := (b.South + b.North) / 2; p.Lat >= mid {
					d, b.South = d+1, mid
				} else {
					b.North = mid
				}
			}
			even = !even
		}
		out.WriteByte(geohashDigits[d])
	}
	return out.String()
}

// GeohashBox returns the range of a geohash; ok is false for what is none.
func GeohashBox(hash string) (Box, bool) {
	b := Box{-180, -90, 180, 90}
	if hash == "" || len(hash) > MaxGeohash {
		return b, false
	}
	even := true
	for i := range len(hash) {
		d := strings.IndexByte(geohashDigits, hash[i]|0x20)
		if c := hash[i]; c >= '0' && c <= '9' {
			d = strings.IndexByte(geohashDigits, c)
		}
		if d < 0 {
			return b, false
		}
		for bit := 16; bit > 0; bit /= 2 {
			switch {
			case even && d&bit != 0:
				b.West = (b.West + b.East) / 2
			case even:
				b.East = (b.West + b.East) / 2
			case d&bit != 0:
				b.South = (b.South + b.North) / 2
			default:
				b.North = (b.South + b.North) / 2
			}
			even = !even
		}
	}
	return b, true
}

// Center returns the middle of a box.
func (b Box) Center() LngLat { return LngLat{(b.West + b.East) / 2, (b.South + b.North) / 2} }

// Ring returns the corners of a box, counterclockwise from the south-west, the
// first one again at the end.
func (b Box) Ring() []LngLat {
	return []LngLat{{b.West, b.South}, {b.East, b.South}, {b.East, b.North}, {b.West, b.North}, {b.West, b.South}}
}
