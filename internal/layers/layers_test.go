package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/azward/azward/"

type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// testOnly tells whether a package exists for tests alone.
func testOnly(pkg string) bool {
	switch pkg {
	case "internal/testdata", "internal/golden", "internal/layers":
		return true
	}
	return strings.HasSuffix(pkg, "test")
}

// insideOf returns the engine whose inside a package is ("kql/internal/exec" -> "kql").
func insideOf(pkg string) string {
	engine, _, ok := strings.Cut(pkg, "/internal/")
	if !ok {
		return ""
	}
	return engine
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range list(t) {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		if testOnly(pkg) {
			continue
		}
		from, known := Of(pkg)
		engine := insideOf(pkg)
		if engine != "" {
			from, known = Of(engine)
		}
		if !known {
			t.Errorf("%s stands on no floor: add it to Floors and to ARCHITECTURE.md", pkg)
			continue
		}
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			if testOnly(to) {
				t.Errorf("%s imports %s, which is for tests", pkg, to)
				continue
			}
			if in := insideOf(to); in != "" {
				if in != pkg && in != engine && !strings.HasPrefix(pkg, in+"/") {
					t.Errorf("%s imports %s past the door of %s", pkg, to, in)
				}
				continue
			}
			floor, ok := Of(to)
			same := strings.HasPrefix(to, pkg+"/") || strings.HasPrefix(pkg, to+"/")
			if ok && floor >= from && !same {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go to strictly lower floors", pkg, from, to, floor)
			}
		}
	}
}

func TestEnginesTouchNoOutsideWorld(t *testing.T) {
	forbidden := regexp.MustCompile(`^(os|os/.*|net|net/http|github\.com/Azure/.*|math/rand|log)$`)
	for _, p := range list(t) {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		if e := insideOf(pkg); e != "" {
			pkg = e
		}
		floor, ok := Of(pkg)
		if !ok || floor > 6 || testOnly(strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, imp := range p.Imports {
			if forbidden.MatchString(imp) {
				t.Errorf("%s imports %s: engines and judges take text and data, and give answers", p.ImportPath, imp)
			}
		}
	}
}

func TestArchitectureNamesEveryFloorAndOnlyPathsThatAre(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list(t) {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		if testOnly(pkg) || insideOf(pkg) != "" || strings.Count(pkg, "/") > 1 {
			continue
		}
		if !strings.Contains(string(text), "`"+pkg+"`") {
			t.Errorf("ARCHITECTURE.md does not name `%s`", pkg)
		}
	}
	for _, m := range regexp.MustCompile("`([a-z]+(?:/[a-z_.A-Z-]+)+)`").FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", m[1])
		}
	}
}
