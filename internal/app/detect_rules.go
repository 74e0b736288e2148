package app

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/siem"
)

// maxRuleFile bounds a file of rules.
const maxRuleFile = 16 << 20

// BuiltinRules stands, as a path, for the detections that come with azward.
const BuiltinRules = "builtin"

// ReadRules reads the analytics rules in files and folders, [BuiltinRules] among
// them; no path is BuiltinRules. What is wrong with
// single rules is in the list, with file, line and column; an error is one of
// reading, or that there is no rule at all.
func ReadRules(paths []string) ([]*siem.Rule, diag.List, error) {
	var rules []*siem.Rule
	var list diag.List
	read := func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return usagef("%v", err)
		}
		if info.Size() > maxRuleFile {
			return usagef("read %s: larger than 16 MiB", path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return usagef("%v", err)
		}
		more, wrong := siem.ParseRules(path, text)
		rules, list = append(rules, more...), append(list, wrong...)
		return nil
	}
	if len(paths) == 0 {
		paths = []string{BuiltinRules}
	}
	for _, p := range paths {
		if p == BuiltinRules {
			more, wrong := content.Detections()
			rules, list = append(rules, more...), append(list, wrong...)
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			return nil, nil, usagef("%v", err)
		}
		if !info.IsDir() {
			if err := read(p); err != nil {
				return nil, nil, err
			}
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Type().IsRegular() && isRuleFile(path) {
				return read(path)
			}
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", p, err)
		}
	}
	if len(rules) == 0 && !list.HasErrors() {
		return nil, nil, usagef("there is no analytics rule in %s: a rule is YAML or JSON with a query, queryFrequency and queryPeriod", strings.Join(paths, ", "))
	}
	return rules, list, nil
}

// isRuleFile tells whether a file in a folder may hold rules, by its name; tests
// of rules do not.
func isRuleFile(path string) bool {
	switch filepath.Ext(lower(path)) {
	case ".yaml", ".yml", ".json":
		return !isTestFile(path)
	}
	return false
}
