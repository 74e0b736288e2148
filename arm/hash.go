package arm

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// guidNamespace is the name space of ARM's guid(), of which Microsoft documents only that
// the result is a name-based UUID; 11fb06fb-712d-4ddd-98c7-e71bbd588830.
var guidNamespace = [16]byte{0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd, 0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30}

// nameGUID is UUID version 5 (RFC 4122, 4.3) in ARM's name space.
func nameGUID(name string) string {
	h := sha1.New() //nolint:gosec // see above
	h.Write(guidNamespace[:])
	h.Write([]byte(name))
	var u [16]byte
	copy(u[:], h.Sum(nil))
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	var b [36]byte
	hex.Encode(b[:8], u[:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:], u[10:])
	for _, i := range []int{8, 13, 18, 23} {
		b[i] = '-'
	}
	return string(b[:])
}

// uniqueString is ARM's uniqueString: a 64-bit hash in 13 characters of base 32.
func uniqueString(s string) string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	h := murmur64([]byte(s))
	var out [13]byte
	for i := range out {
		out[i] = digits[h>>59]
		h <<= 5
	}
	return string(out[:])
}

// murmur64 is the 64-bit variant of MurmurHash3 with two 32-bit lanes and seed 0.
func murmur64(data []byte) uint64 {
	const c1, c2 = 0x239b961b, 0xab0e9789
	var h1, h2 uint32
	n := uint32(len(data))
	for ; len(data) >= 8; data = data[8:] {
		k1 := binary.LittleEndian.Uint32(data)
		k2 := binary.LittleEndian.Uint32(data[4:])
		h1 ^= bits.RotateLeft32(k1*c1, 15) * c2
		h1 = bits.RotateLeft32(h1, 19) + h2
		h1 = h1*5 + 0x561ccd1b
		h2 ^= bits.RotateLeft32(k2*c2, 17) * c1
		h2 = bits.RotateLeft32(h2, 13) + h1
		h2 = h2*5 + 0x0bcaa747
	}
	if len(data) > 0 {
		var tail [8]byte
		copy(tail[:], data)
		h1 ^= bits.RotateLeft32(binary.LittleEndian.Uint32(tail[:])*c1, 15) * c2
		if len(data) > 4 {
			h2 ^= bits.RotateLeft32(binary.LittleEndian.Uint32(tail[4:])*c2, 17) * c1
		}
	}
	h1 ^= n
	h2 ^= n
	h1 += h2
	h2 += h1
	h1, h2 = mix32(h1), mix32(h2)
	h1 += h2
	h2 += h1
	return uint64(h2)<<32 | uint64(h1)
}

func mix32(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
