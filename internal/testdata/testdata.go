// Package testdata finds the recorded answers and real exports that conformance
// tests compare with. They are no part of the repository; only tests import
// this package.
package testdata

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Env names the variable that says where the data is.
const Env = "AZWARD_TESTDATA"

// Dir returns the folder of the shared test data: $AZWARD_TESTDATA, or
// ../shared/data beside the checkout. It skips the test, saying so, where
// there is none.
func Dir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv(Env); dir != "" {
		if _, err := os.Stat(dir); err != nil {
			tb.Fatalf("%s is set: %v", Env, err)
		}
		return dir
	}
	wd, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			data := filepath.Join(dir, "..", "shared", "data")
			if _, err := os.Stat(data); err == nil {
				return data
			}
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	tb.Skipf("no shared test data: set %s, or put it at ../shared/data beside the checkout", Env)
	return ""
}

// File returns the path of one file of the shared test data, and skips the
// test where it is absent.
func File(tb testing.TB, elem ...string) string {
	tb.Helper()
	path := filepath.Join(append([]string{Dir(tb)}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("no shared test data: %v", err)
	}
	return path
}

// Unzip opens a file of the shared test data that gzip packed, and closes it
// with the test. It skips the test where the file is absent.
func Unzip(tb testing.TB, elem ...string) io.Reader {
	tb.Helper()
	f, err := os.Open(File(tb, elem...))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() }) // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}
