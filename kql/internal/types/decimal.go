package types

import (
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Dec is a decimal value of at most 34 significant digits.
type Dec = apd.Decimal

// decimals computes as Kusto's decimal does: 34 digits, half to even. It is a
// value that is never changed.
var decimals = apd.Context{Precision: 34, MaxExponent: 6144, MinExponent: -6143, Rounding: apd.RoundHalfEven}

// Decimals returns the arithmetic context of KQL's decimal type.
func Decimals() *apd.Context { c := decimals; return &c }

// ParseDecimal reads a decimal number in plain or scientific notation.
func ParseDecimal(text string) (*Dec, bool) {
	s := strings.TrimSpace(text)
	if s == "" || len(s) > 6200 {
		return nil, false
	}
	d, _, err := decimals.NewFromString(s)
	if err != nil || d.Form != apd.Finite {
		return nil, false
	}
	return d, true
}

// DecimalFromInt turns an integer into a decimal.
func DecimalFromInt(i int64) *Dec { return apd.New(i, 0) }

// DecimalFromReal turns a finite real into a decimal by its shortest text.
func DecimalFromReal(f float64) (*Dec, bool) {
	d, err := new(Dec).SetFloat64(f)
	if err != nil || d.Form != apd.Finite {
		return nil, false
	}
	return d, true
}

// FormatDecimal writes a decimal without exponent.
func FormatDecimal(d *Dec) string { return d.Text('f') }
