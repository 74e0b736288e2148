package fn

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var hashFuncs = []Func{
	{Name: "hash", Aliases: []string{"hash_xxhash64"}, Doc: "Returns the xxHash64 of a value or, with a modulus, a number below it.",
		Sigs: []Sig{{"(source: orderable, mod?: integer): long", Row(func(a []value.Value) value.Value {
			h := Hash64(a[0])
			if len(a) > 1 {
				return modulo(h, a[1])
			}
			return value.Long(int64(h))
		})}},
		Ex: []Example{{`hash("World")`, `1846988464401551951`}, {`hash("World", 100)`, `51`}, {`hash_xxhash64(datetime(2015-01-01))`, `1380966698541616202`}}},
	{Name: "hash_sha256", Doc: "Returns the SHA-256 of a value's text in hexadecimal digits.",
		Sigs: []Sig{{"(source: plaintext): string", Map1(Total(func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }))}},
		Ex:   []Example{{`hash_sha256("World")`, `78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524`}, {`hash_sha256(datetime(2020-01-01))`, `ba666752dc1a20eb750b0eb64e780cc4c968bc9fb8813461c1d7e750f302d71d`}}},
	{Name: "hash_sha1", Doc: "Returns the SHA-1 of a value's text in hexadecimal digits.",
		Sigs: []Sig{{"(source: plaintext): string", Map1(Total(func(s string) string { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]) }))}},
		Ex:   []Example{{`hash_sha1("World")`, `70c07ec18ef89c5309bbb0937f3a6342411e1fdd`}}},
	{Name: "hash_md5", Doc: "Returns the MD5 of a value's text in hexadecimal digits.",
		Sigs: []Sig{{"(source: plaintext): string", Map1(Total(func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }))}},
		Ex:   []Example{{`hash_md5("World")`, `f5a7924e621e84c9280a9a27e1bcb7f6`}, {`hash_md5(datetime(2020-01-01))`, `786c530672d1f8db31fee25ea8a9390b`}}},
	{Name: "hash_combine", Doc: "Combines hashes to one; equal within azward, not the number that another engine gives.",
		Sigs: []Sig{{"(h1: long, h2: long, more...: long): long", Strict(func(a []value.Value) value.Value {
			h := uint64(0)
			for _, v := range a {
				h = combineHash(h, uint64(v.Int64()))
			}
			return value.Long(int64(h))
		})}},
		Ex: []Example{{`hash_combine(1, 2)`, `-46737055899956204`}}},
	{Name: "hash_many", Doc: "Hashes several values to one number; equal within azward, not the number that another engine gives.",
		Sigs: []Sig{{"(source: orderable, more...: orderable): long", Row(func(a []value.Value) value.Value {
			h := uint64(0)
			for _, v := range a {
				h = combineHash(h, Hash64(v))
			}
			return value.Long(int64(h))
		})}},
		Ex: []Example{{`hash_many("Hello")`, `-1809847104559028002`}}},
}

func modulo(h uint64, mod value.Value) value.Value {
	m := mod.Int64()
	if mod.IsNull() || m <= 0 {
		return value.Null
	}
	return value.Long(int64(h % uint64(m)))
}

// combineHash adds h to a running hash in a way that depends on the order.
func combineHash(seed, h uint64) uint64 {
	return bits.RotateLeft64(seed, 27)*0x9e3779b97f4a7c15 ^ mix64(h)
}

// mix64 spreads the bits of a number over all of it.
func mix64(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// Hash64 is the xxHash64 of a value as hash() gives it: of a text's bytes, of
// the eight bytes of a number or of the ticks of a time.
func Hash64(v value.Value) uint64 {
	var b [16]byte
	switch v.Kind() {
	case value.KindString:
		return xxhash.Sum64String(v.Str())
	case value.KindReal:
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v.Float()))
		return xxhash.Sum64(b[:8])
	case value.KindInt:
		binary.LittleEndian.PutUint32(b[:], uint32(v.Int64()))
		return xxhash.Sum64(b[:4])
	case value.KindBool:
		b[0] = byte(v.Int64())
		return xxhash.Sum64(b[:1])
	case value.KindLong, value.KindDateTime, value.KindTimeSpan:
		binary.LittleEndian.PutUint64(b[:], uint64(v.Int64()))
		return xxhash.Sum64(b[:8])
	case value.KindGUID:
		b = netOrder(v.UUID())
		return xxhash.Sum64(b[:])
	default:
	}
	return xxhash.Sum64String(value.Text(v, true))
}

// netOrder gives the bytes of a guid as .NET keeps them: the first three
// groups little-endian.
func netOrder(g types.UUID) [16]byte {
	g[0], g[1], g[2], g[3] = g[3], g[2], g[1], g[0]
	g[4], g[5] = g[5], g[4]
	g[6], g[7] = g[7], g[6]
	return g
}
