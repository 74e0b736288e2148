// Package tz holds the IANA time zone database (public domain), so that
// datetime_utc_to_local() and its like answer the same on every machine. It
// reads neither disk nor environment. Start with Load.
package tz

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"io"
	"sort"
	"strings"
	"sync"
	"time"
)

// zoneinfo.zip is the file of the same name in Go's lib/time.
//
//go:embed zoneinfo.zip
var data []byte

var archive = sync.OnceValue(func() map[string]*zip.File {
	zones := map[string]*zip.File{}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return zones
	}
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, "/") {
			zones[strings.ToLower(f.Name)] = f
		}
	}
	return zones
})

var cache sync.Map // lower-case name to *time.Location

// Load returns the zone with an IANA name, whatever its case; false where
// there is none.
func Load(name string) (*time.Location, bool) {
	if len(name) > 64 {
		return nil, false
	}
	key := strings.ToLower(name)
	if l, ok := cache.Load(key); ok {
		return l.(*time.Location), true
	}
	f := archive()[key]
	if f == nil {
		return nil, false
	}
	rc, err := f.Open()
	if err != nil {
		return nil, false
	}
	defer func() { _ = rc.Close() }() // it is only read
	raw, err := io.ReadAll(rc)
	if err != nil {
		return nil, false
	}
	l, err := time.LoadLocationFromTZData(f.Name, raw)
	if err != nil {
		return nil, false
	}
	cache.Store(key, l)
	return l, true
}

// Names lists all zones in order.
func Names() []string {
	names := make([]string, 0, len(archive()))
	for _, f := range archive() {
		names = append(names, f.Name)
	}
	sort.Strings(names)
	return names
}
