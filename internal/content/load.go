package content

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	files "github.com/azward/azward/content"
	"github.com/azward/azward/diag"
)

// Controls returns the controls in the binary, sorted by id. The list holds what
// is wrong with them, which in a released binary is nothing. Calls share no
// state; a caller that needs them twice keeps them.
func Controls() ([]Control, diag.List) {
	// Without the index every file is parsed, which is slower and as right.
	index, _ := files.Files.ReadFile(indexName)
	return fromIndex(files.Files, "controls", index)
}

// LoadDir returns the controls in a folder and the folders below it: every
// .yaml or .yml file is one, sorted by id. A file with an error in it is left
// out and named in the list with line and column; the rest are returned.
func LoadDir(dir string) ([]Control, diag.List) {
	return loadFS(os.DirFS(dir), ".", func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) })
}

// loadFS reads every control below root. display turns a path of fsys into the
// one that diagnostics name.
func loadFS(fsys fs.FS, root string, display func(string) string) ([]Control, diag.List) {
	names, list := controlFiles(fsys, root, display)
	var out []Control
	for _, name := range names {
		c, problems := loadFile(fsys, name, display(name))
		list = append(list, problems...)
		if !problems.HasErrors() {
			out = append(out, c)
		}
	}
	return unique(out, list)
}

func controlFiles(fsys fs.FS, root string, display func(string) string) ([]string, diag.List) {
	var names []string
	var list diag.List
	err := fs.WalkDir(fsys, root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			list.Add(diag.Diagnostic{Code: codeFile, Message: reason(err), Source: display(name)})
			if e != nil && e.IsDir() && name != root {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(name); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		list.Add(diag.Diagnostic{Code: codeFile, Message: reason(err), Source: display(root)})
	}
	return names, list
}

func loadFile(fsys fs.FS, name, display string) (Control, diag.List) {
	load := func() ([]byte, error) { return readControl(fsys, name) }
	text, err := load()
	if err != nil {
		return Control{}, diag.List{{Code: codeFile, Message: reason(err), Source: display}}
	}
	d := newDecoder(display, text)
	c := d.control(d.parse(), true)
	c.load = load
	return c, d.finish()
}

// readControl reads a file, but no more of it than a control may be long.
func readControl(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open control: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxControlSize+1))
	if err != nil {
		return nil, fmt.Errorf("read control: %w", err)
	}
	return text, nil
}

// reason is an error without the path, which the diagnostic names itself.
func reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// unique sorts by id and reports ids that stand twice; the first file keeps it.
func unique(cs []Control, list diag.List) ([]Control, diag.List) {
	slices.SortStableFunc(cs, func(a, b Control) int { return strings.Compare(a.ID, b.ID) })
	out := cs[:0]
	for _, c := range cs {
		if n := len(out); n > 0 && out[n-1].ID == c.ID {
			list.Add(diag.Diagnostic{Code: codeTwice, Message: fmt.Sprintf("id %q already stands in %s", c.ID, out[n-1].Source), Source: c.Source})
			continue
		}
		out = append(out, c)
	}
	return out, list
}
