package types

import (
	"encoding/hex"
	"strings"
)

// UUID is a GUID in the order in which it is written.
type UUID [16]byte

// String writes the lower-case form with hyphens.
func (g UUID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], g[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], g[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], g[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], g[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], g[10:16])
	return string(b[:])
}

// ReadGUID is ParseGUID as toguid() has it: 32 hexadecimal digits, hyphens where
// they belong, and whatever follows them.
func ReadGUID(text string) (UUID, bool) {
	if g, ok := ParseGUID(text); ok {
		return g, ok
	}
	var digits []byte
	for _, c := range []byte(strings.TrimSpace(text)) {
		if n := len(digits); c == '-' && (n == 8 || n == 12 || n == 16 || n == 20) {
			continue
		}
		if digits = append(digits, c); len(digits) == 32 {
			break
		}
	}
	var g UUID
	if len(digits) != 32 {
		return g, false
	}
	_, err := hex.Decode(g[:], digits)
	return g, err == nil
}

// ParseGUID reads 32 hexadecimal digits with or without hyphens (in
// any place) and braces.
func ParseGUID(text string) (UUID, bool) {
	s := strings.TrimSpace(text)
	if len(s) == 38 && (s[0] == '{' && s[37] == '}' || s[0] == '(' && s[37] == ')') {
		s = s[1:37]
	}
	if len(s) > 32 && len(s) <= 36 && s[0] != '-' {
		s = strings.ReplaceAll(s, "-", "")
	}
	if len(s) != 32 {
		return UUID{}, false
	}
	var g UUID
	_, err := hex.Decode(g[:], []byte(s))
	return g, err == nil
}
