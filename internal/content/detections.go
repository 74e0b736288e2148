package content

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/azward/azward/content"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/siem"
)

// detectionsFolder holds analytics rules in Microsoft Sentinel's YAML, each with
// its tests beside it.
const detectionsFolder = "detections"

// testEnding ends the names of files of tests.
const testEnding = ".test.yaml"

// Detections returns the detections that come with azward, in the order of
// their files. The list holds what is wrong with them, which in a released
// binary is nothing.
func Detections() ([]*siem.Rule, diag.List) {
	names, err := detectionFiles(func(name string) bool { return !strings.HasSuffix(name, testEnding) })
	if err != nil {
		return nil, diag.List{{Code: codeFile, Message: err.Error(), Source: detectionsFolder}}
	}
	return detections(names, Detection)
}

// DetectionTests names the files of their tests.
func DetectionTests() ([]string, error) {
	return detectionFiles(func(name string) bool { return strings.HasSuffix(name, testEnding) })
}

// Detection reads a file of a detection or its tests.
func Detection(name string) ([]byte, error) {
	if !strings.HasPrefix(path.Clean(name), detectionsFolder+"/") {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return content.Files.ReadFile(path.Clean(name))
}

func detectionFiles(want func(name string) bool) ([]string, error) {
	var out []string
	err := fs.WalkDir(content.Files, detectionsFolder, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(name, ".yaml") && want(name) {
			out = append(out, name)
		}
		return err
	})
	return out, err
}

// Forms that a detection's members have. Source: "Scheduled analytics rules in
// Microsoft Sentinel"; ids of techniques as ATT&CK writes them.
var (
	guidForm      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	techniqueForm = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
)

// detections reads rules and checks what Sentinel leaves open: that each has an
// id of its own, says what it means, and where it stands in ATT&CK.
func detections(names []string, read func(string) ([]byte, error)) ([]*siem.Rule, diag.List) {
	var out []*siem.Rule
	var list diag.List
	ids := map[string]string{}
	for _, name := range names {
		text, err := read(name)
		if err != nil {
			list.Add(diag.Diagnostic{Code: codeFile, Message: reason(err), Source: name})
			continue
		}
		rules, wrong := siem.ParseRules(name, text)
		list = append(list, wrong...)
		fail := func(code, format string, args ...any) {
			list.Add(diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Source: name})
		}
		if len(rules) != 1 {
			if !wrong.HasErrors() {
				fail(codeMissing, "%d rules, expected one", len(rules))
			}
			continue
		}
		r := rules[0]
		switch other, taken := ids[r.ID]; {
		case !guidForm.MatchString(r.ID):
			fail(codeValue, "id %q is no GUID", r.ID)
		case taken:
			fail(codeTwice, "id %q already stands in %s", r.ID, other)
		}
		ids[r.ID] = name
		if len(r.Description) < 40 {
			fail(codeMissing, "the description says nothing")
		}
		if len(r.Tactics) == 0 || len(r.Techniques) == 0 || slices.ContainsFunc(r.Techniques, func(t string) bool { return !techniqueForm.MatchString(t) }) {
			fail(codeValue, "tactics and relevantTechniques are expected to name tactics and techniques (T1110, T1110.003)")
		}
		if len(r.Entities) == 0 {
			fail(codeMissing, "no entity is mapped")
		}
		out = append(out, r)
	}
	return out, list
}
