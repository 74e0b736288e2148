package content

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// indexName is the index's path below content.
const indexName = "controls.index.json"

// The index is a JSON array of {"file", "hash", "control"}: what the YAML files
// say, without the examples. Parsing YAML costs some 140 ns a byte, and JSON a
// thirtieth of that. An entry counts only while its hash is that of the file.

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

func fromIndex(fsys fs.FS, root string, index []byte) ([]Control, diag.List) {
	same := func(name string) string { return name }
	entries := map[string]jsondoc.Value{}
	doc, err := jsondoc.Parse(index)
	if err == nil { // an index that is no JSON is no index: every file is then parsed
		for _, e := range doc.Elements() {
			entries[e.Get("file").TextOr("")] = e
		}
	}
	names, list := controlFiles(fsys, root, same)
	out := make([]Control, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			list.Add(diag.Diagnostic{Code: codeFile, Message: reason(err), Source: name})
			continue
		}
		if e, ok := entries[name]; ok && e.Get("hash").TextOr("") == hashOf(text) {
			d := newDecoder(name, nil)
			if c := d.control(e.Get("control"), false); len(d.list) == 0 {
				c.load = func() ([]byte, error) { return readControl(fsys, name) }
				out = append(out, c)
				continue
			}
		}
		c, problems := loadFile(fsys, name, name)
		list = append(list, problems...)
		if !problems.HasErrors() {
			out = append(out, c)
		}
	}
	return unique(out, list)
}

// buildIndex writes the index of the controls below root.
func buildIndex(fsys fs.FS, root string) ([]byte, error) {
	names, list := controlFiles(fsys, root, func(s string) string { return s })
	if err := list.Err(); err != nil {
		return nil, err
	}
	out := []byte("[")
	for i, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		doc, err := yamldoc.Parse(text)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		entry := jsondoc.NewObject(
			jsondoc.Member{Name: "file", Value: jsondoc.NewString(name)},
			jsondoc.Member{Name: "hash", Value: jsondoc.NewString(hashOf(text))},
			jsondoc.Member{Name: "control", Value: doc.Without("examples")},
		)
		out = append(out, '\n')
		out = entry.AppendJSON(out)
	}
	return append(out, "\n]\n"...), nil
}
