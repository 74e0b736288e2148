package app

import (
	"encoding/json"
	"fmt"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
)

// maxBaseline is the size in bytes of the largest earlier answer that is read.
const maxBaseline = 256 << 20

// baselineKey is what makes a finding the same in two checks of the same path.
type baselineKey struct{ control, resource string }

// readBaseline reads the findings of an earlier check, written with --format json.
func readBaseline(path string) (map[baselineKey]bool, error) {
	text, err := readSmall(path, maxBaseline)
	if err != nil {
		return nil, usagef("read the baseline %s: %v", path, reason(err))
	}
	var old struct {
		Files    []json.RawMessage `json:"files"`
		Findings []struct {
			ControlID  string `json:"controlId"`
			ResourceID string `json:"resourceId"`
		} `json:"findings"`
		Known []struct {
			ControlID  string `json:"controlId"`
			ResourceID string `json:"resourceId"`
		} `json:"known"`
	}
	if err := json.Unmarshal(text, &old); err != nil || old.Findings == nil || old.Files == nil {
		why := "it has no files and findings"
		if err != nil {
			why = err.Error()
		}
		return nil, fmt.Errorf("%w: the baseline %s is no answer of azward check --format json: %s", ErrUsage, path, why)
	}
	out := make(map[baselineKey]bool, len(old.Findings)+len(old.Known))
	for _, f := range append(old.Findings, old.Known...) {
		out[baselineKey{lower(f.ControlID), lower(f.ResourceID)}] = true
	}
	return out, nil
}

// sift moves what an earlier check found as well from the findings to the known.
func sift(c *report.Check, old map[baselineKey]bool) {
	fresh := []report.Finding{}
	for _, f := range c.Findings {
		if f.State == finding.NonCompliant && old[baselineKey{lower(f.ControlID), lower(f.ResourceID)}] {
			c.Known = append(c.Known, f)
		} else {
			fresh = append(fresh, f)
		}
	}
	c.Findings = fresh
}
