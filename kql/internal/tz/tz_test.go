package tz

import (
	"slices"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	l, ok := Load("europe/brussels")
	if !ok {
		t.Fatal("no Europe/Brussels")
	}
	_, off := time.Unix(1656633600, 0).In(l).Zone() // July 2022
	if off != 2*3600 {
		t.Errorf("offset %d, want 7200", off)
	}
	if _, ok := Load("Nowhere/City"); ok {
		t.Error("found a zone that does not exist")
	}
	if n := Names(); !slices.Contains(n, "US/Pacific") || !slices.IsSorted(n) {
		t.Errorf("%d names", len(n))
	}
}
