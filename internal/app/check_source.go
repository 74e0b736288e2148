package app

import (
	"fmt"
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

// argument matches an argument of a block.
var argument = regexp.MustCompile(`^[ \t]*([A-Za-z_][A-Za-z0-9_-]*)[ \t]*[={]`)

// sources are the resource blocks in the .tf files of a folder and those below it.
type sources struct {
	blocks map[string]block // by module folder, type and name
	at     map[string]block // by file and line
}

// block is one resource block.
type block struct {
	file string
	line int
	text string // from its head to the end of the file
}

// readSources reads the .tf files of a folder. A file that cannot be read has
// no lines to give.
func readSources(root string) (*sources, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, usagef("read the sources %s: %v", root, reason(err))
	}
	if !info.IsDir() {
		return nil, usagef("--source %s is no folder", root)
	}
	s := &sources{blocks: map[string]block{}, at: map[string]block{}}
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
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		if text, err := readSmall(name, maxSourceFile); err == nil {
			s.add(shownPath(name), strings.TrimPrefix(filepath.ToSlash(rel), "."), string(text))
		}
		return nil
	})
	return s, err
}

func (s *sources) add(file, module, text string) {
	line, last := 1, 0
	for _, m := range resourceBlock.FindAllStringSubmatchIndex(text, -1) {
		line += strings.Count(text[last:m[0]], "\n")
		last = m[0]
		b := block{file, line, text[m[0]:]}
		s.blocks[module+"\x00"+text[m[2]:m[3]]+"."+text[m[4]:m[5]]] = b
		s.at[fmt.Sprintf("%s:%d", file, line)] = b
	}
}

// line returns where the block of a resource stands, relative to the root
// module's folder; 0 where it does not.
func (s *sources) line(module, typ, name string) (string, int) {
	b := s.blocks[module+"\x00"+typ+"."+name]
	return b.file, b.line
}

// attribute returns the line of an attribute in the block at a line; 0 where
// the block does not say it. Of "network_rules[0].default_action" it is the
// line of default_action, of a block of that name, its head.
func (s *sources) attribute(file string, at int, attr string) int {
	b, ok := s.at[fmt.Sprintf("%s:%d", file, at)]
	if !ok || attr == "" {
		return 0
	}
	want, _, _ := strings.Cut(attr[strings.LastIndexByte(attr, '.')+1:], "[")
	depth, line := 0, at
	for text := range strings.Lines(b.text) {
		if m := argument.FindStringSubmatch(text); m != nil && m[1] == want && depth > 0 {
			return line
		}
		depth += strings.Count(text, "{") - strings.Count(text, "}")
		if depth <= 0 {
			return 0
		}
		line++
	}
	return 0
}
