package scratch

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestSession(t *testing.T) {
	parent := t.TempDir()
	a := New(parent, 100)
	if entries, _ := os.ReadDir(parent); len(entries) != 0 {
		t.Fatal("a folder is made before it is needed")
	}
	s, other := a.Session(), a.Session()
	f, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(parent)
	if len(entries) != 1 {
		t.Fatalf("%d folders", len(entries))
	}
	if info, err := entries[0].Info(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v: others may enter the folder", info.Mode(), err)
	}
	for range 3 {
		if _, err := f.Write([]byte("0123456789")); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, 10)
	if _, err := f.ReadAt(got, 15); err != nil || string(got) != "5678901234" {
		t.Errorf("%s %v", got, err)
	}
	if _, err := f.ReadAt(got, 25); !errors.Is(err, io.EOF) {
		t.Errorf("beyond the end: %v", err)
	}
	g, err := other.Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write(make([]byte, 71)); err == nil || !strings.Contains(err.Error(), "limit of 100 bytes") {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := g.Write(make([]byte, 70)); err != nil || a.Used() != 100 {
		t.Errorf("%v, %d used", err, a.Used())
	}
	if err := s.Close(); err != nil || a.Used() != 70 {
		t.Errorf("%v, %d used", err, a.Used())
	}
	if err := f.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if _, err := s.Create(); err == nil {
		t.Error("a file is made after the end")
	}
	if err := other.Close(); err != nil || a.Used() != 0 {
		t.Errorf("%v, %d used", err, a.Used())
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(parent); len(entries) != 0 {
		t.Error("the folder is left")
	}
	if _, err := a.Session().Create(); err == nil {
		t.Error("a file is made after the end")
	}
}

func TestNoFolder(t *testing.T) {
	a := New(t.TempDir()+"/none", 100)
	if _, err := a.Session().Create(); err == nil {
		t.Error("no error")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
