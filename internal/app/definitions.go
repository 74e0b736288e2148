package app

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy/assign"
)

// Limits on what is read as policies: none of it is trusted.
const (
	maxDefinitionFile = 8 << 20
	maxDefinitions    = 200_000
	maxArchive        = 2 << 30 // bytes of all files of an archive
)

// definition is an Azure Policy definition or initiative as it was read.
type definition struct {
	id, name string
	source   string
	text     *diag.Source  // for places; nil where it came from the inventory
	body     jsondoc.Value // its properties: displayName, parameters, policyRule or policyDefinitions
	doc      jsondoc.Value // with its envelope
}

func (d *definition) displayName() string {
	for _, text := range []string{d.body.Get("displayName").TextOr(""), d.name, d.id} {
		if text != "" {
			return text
		}
	}
	return d.source
}

// library holds definitions and initiatives by id and name.
type library struct {
	definitions []*definition
	initiatives []*definition
	index       *assign.Library // of both, by id, name and version
	of          map[*assign.Document]*definition
	problems    diag.List
}

// loadLibrary reads definitions and initiatives from files, folders and
// archives (.tar.gz, .tgz, .zip). What is neither is passed over in folders
// and archives, and reported where it was named itself.
func loadLibrary(paths []string) (*library, error) {
	lib := &library{index: assign.NewLibrary(), of: map[*assign.Document]*definition{}}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usagef("read the policies: %v", err)
		}
		before := len(lib.definitions) + len(lib.initiatives)
		lowered := strings.ToLower(p)
		switch {
		case info.IsDir():
			err = lib.addFolder(p)
		case strings.HasSuffix(lowered, ".tar.gz"), strings.HasSuffix(lowered, ".tgz"):
			err = lib.addTar(p)
		case strings.HasSuffix(lowered, ".zip"):
			err = lib.addZip(p)
		default:
			var text []byte
			if text, err = readSmall(p, maxDefinitionFile); err == nil {
				err = lib.addText(p, text, true)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("read the policies of %s: %w", p, err)
		}
		if len(lib.definitions)+len(lib.initiatives) == before && !lib.problems.HasErrors() {
			lib.problems.Add(diag.Diagnostic{Code: "APP0001", Message: "no policy definition or initiative is in here", Source: p})
		}
	}
	return lib, nil
}

func (lib *library) addFolder(root string) error {
	return filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			lib.problems.Add(diag.Diagnostic{Code: "APP0002", Message: err.Error(), Source: name, Severity: diag.Warning})
			return nil
		}
		if e.IsDir() || !strings.HasSuffix(strings.ToLower(name), ".json") {
			return nil
		}
		text, err := readSmall(name, maxDefinitionFile)
		if err != nil {
			lib.problems.Add(diag.Diagnostic{Code: "APP0002", Message: err.Error(), Source: name, Severity: diag.Warning})
			return nil
		}
		return lib.addText(name, text, false)
	})
}

func (lib *library) addTar(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	in := tar.NewReader(io.LimitReader(z, maxArchive))
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !strings.HasSuffix(strings.ToLower(h.Name), ".json") || h.Size > maxDefinitionFile {
			continue
		}
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		if err := lib.addText(name+"!"+h.Name, text, false); err != nil {
			return err
		}
	}
}

func (lib *library) addZip(name string) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }() // only read
	var total int64
	for _, f := range z.File {
		if !strings.HasSuffix(strings.ToLower(f.Name), ".json") || f.UncompressedSize64 > maxDefinitionFile {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(in, maxDefinitionFile+1))
		_ = in.Close() // only read
		if err != nil {
			return err
		}
		if total += int64(len(text)); total > maxArchive {
			return errors.New("the archive expands beyond reason")
		}
		if err := lib.addText(name+"!"+f.Name, text, false); err != nil {
			return err
		}
	}
	return nil
}

// addText adds what one JSON text holds: a definition or initiative, with or
// without its envelope, or an array or {"value": [...]} of them.
func (lib *library) addText(name string, text []byte, named bool) error {
	doc, err := jsondoc.Parse(text)
	if err != nil {
		d := diag.Diagnostic{Code: "APP0003", Message: err.Error(), Source: name, Severity: diag.Warning}
		if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
			d.Message, d.Pos = syntax.Message, syntax.Pos
		}
		if named {
			d.Severity = diag.Error
		}
		lib.problems.Add(d)
		return nil
	}
	src := diag.NewSource(name, string(text))
	list := []jsondoc.Value{doc}
	if value := doc.Get("value"); value.Kind() == jsondoc.Array {
		doc = value
	}
	if doc.Kind() == jsondoc.Array {
		list = list[:0]
		for _, v := range doc.Elements() {
			list = append(list, v)
		}
	}
	for _, v := range list {
		if err := lib.add(v, name, src); err != nil {
			return err
		}
	}
	return nil
}

func (lib *library) add(v jsondoc.Value, source string, text *diag.Source) error {
	if len(lib.definitions)+len(lib.initiatives) >= maxDefinitions {
		return fmt.Errorf("more than %d definitions", maxDefinitions)
	}
	d := &definition{source: source, text: text, body: v, doc: v, id: v.Get("id").TextOr(""), name: v.Get("name").TextOr("")}
	if props := v.Get("properties"); props.Kind() == jsondoc.Object {
		d.body = props
	}
	if d.name == "" {
		d.name = d.id[strings.LastIndexByte(d.id, '/')+1:]
	}
	if d.name == "" {
		d.name = strings.TrimSuffix(filepath.Base(source), ".json")
	}
	switch {
	case d.body.Get("policyRule").Kind() == jsondoc.Object:
		lib.definitions = append(lib.definitions, d)
	case d.body.Get("policyDefinitions").Kind() == jsondoc.Array:
		lib.initiatives = append(lib.initiatives, d)
	default:
		lib.misshapen(d)
		return nil
	}
	if lib.index.Add(d.doc, d.name, text) {
		docs := lib.index.Documents()
		lib.of[docs[len(docs)-1]] = d
	}
	return nil
}

// misshapen reports a document that means to be a definition or an initiative.
func (lib *library) misshapen(d *definition) {
	for _, part := range [][2]string{{"policyRule", "an object"}, {"policyDefinitions", "an array"}} {
		v := d.body.Get(part[0])
		if v.IsMissing() {
			continue
		}
		p := diag.Diagnostic{Code: "APP0004", Message: part[0] + " is expected to be " + part[1], Source: d.source, Severity: diag.Warning}
		if d.text != nil {
			p.Pos = d.text.Position(v.Offset())
		}
		lib.problems.Add(p)
	}
}

// addInventory adds the definitions and initiatives that the inventory has.
func (lib *library) addInventory(inv *inventory.Inventory) {
	for _, typ := range []string{assign.TypeDefinition, assign.TypeInitiative} {
		for r := range inv.OfType(typ) {
			if d, _ := lib.index.Find(r.ID.String(), "", strings.EqualFold(typ, assign.TypeInitiative)); d == nil || !strings.EqualFold(d.ID, r.ID.String()) {
				if err := lib.add(r.Body, r.ID.String(), nil); err != nil {
					return
				}
			}
		}
	}
}

// initiative returns the initiative of an id, name or display name: of several
// versions the newest.
func (lib *library) initiative(want string) *definition {
	d := lib.index.Named(want, true)
	if d == nil {
		return nil
	}
	if newest, _ := lib.index.Find(cmp.Or(d.ID, d.Name), "", true); newest != nil {
		d = newest
	}
	return lib.of[d]
}

// find returns the definition that an initiative's member names, in the version
// that it asks for or else the newest.
func (lib *library) find(id, version string) *definition {
	d, _ := lib.index.Find(id, version, false)
	return lib.of[d]
}
