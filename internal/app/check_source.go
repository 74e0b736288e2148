package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Limits on the sources of a plan.
const (
	maxSourceFile  = 8 << 20
	maxSourceFiles = 20_000
)

// resourceBlock matches the head of a resource block of Terraform's language.
var resourceBlock = regexp.MustCompile(`(?m)^[ \t]*resource[ \t]+"([^"\n]+)"[ \t]+"([^"\n]+)"`)

// blockLines finds the resource blocks in the .tf files of a folder and those
// below it. The function that it returns answers for a module's folder,
// relative to the root, with the file and line of a block; 0 where it is not there.
func blockLines(root string) (func(module, typ, name string) (string, int), error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, usagef("read the sources %s: %v", root, reason(err))
	}
	if !info.IsDir() {
		return nil, usagef("--source %s is no folder", root)
	}
	type place struct {
		file string
		line int
	}
	at := map[string]place{}
	files := 0
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case e.IsDir() && name != root && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(name) != ".tf":
			return nil
		}
		if files++; files > maxSourceFiles {
			return filepath.SkipAll
		}
		text, err := readSmall(name, maxSourceFile)
		if err != nil {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		module := filepath.ToSlash(rel)
		if module == "." {
			module = ""
		}
		line, last := 1, 0
		for _, m := range resourceBlock.FindAllSubmatchIndex(text, -1) {
			line += strings.Count(string(text[last:m[0]]), "\n")
			last = m[0]
			at[module+"\x00"+string(text[m[2]:m[3]])+"."+string(text[m[4]:m[5]])] = place{shownPath(name), line}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(module, typ, name string) (string, int) {
		p := at[module+"\x00"+typ+"."+name]
		return p.file, p.line
	}, nil
}
