package policy

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Aliases is a list of aliases that wins over the rule. It never changes once
// parsed. A nil list knows no alias.
type Aliases struct {
	byName   map[string][]aliasEntry
	metadata bool // the list says what may be modified
}

type aliasEntry struct {
	name       string // as the list spells it
	typ        string // that the list gives it for; "": the alias's own
	path       string
	paths      []aliasPath
	modifiable bool
}

// AliasBuilder makes a list of parts of Azure Resource Manager's, as they are
// read. Its zero value is an empty one.
type AliasBuilder struct {
	list     *Aliases
	versions map[string][]string // lists of API versions, of which there are few
}

// Add takes an alias as Azure Resource Manager gives it, with the resource type
// that it is listed for, which may be empty. One without a name or a path is left
// out. The alias's document is not kept.
func (b *AliasBuilder) Add(typ string, alias jsondoc.Value) {
	if b.list == nil {
		b.list, b.versions = &Aliases{byName: map[string][]aliasEntry{}}, map[string][]string{}
	}
	b.list.addAlias(alias, typ, b.shared)
}

func (b *AliasBuilder) shared(versions []string) []string {
	key := strings.Join(versions, ",")
	if known, ok := b.versions[key]; ok {
		return known
	}
	for i := range versions {
		versions[i] = strings.Clone(versions[i])
	}
	b.versions[key] = versions
	return versions
}

// Aliases returns the list, nil where it is empty. Nothing may be added to it
// afterwards.
func (b *AliasBuilder) Aliases() *Aliases {
	if b.list.Len() == 0 {
		return nil
	}
	return b.list
}

type aliasPath struct {
	path     string
	versions []string
}

// Len returns how many aliases the list has.
func (a *Aliases) Len() int {
	if a == nil {
		return 0
	}
	return len(a.byName)
}

// Path returns the path of an alias, and whether the list has it.
func (a *Aliases) Path(alias string) (string, bool) {
	list := a.lookup(alias)
	if list == nil {
		return "", false
	}
	return list[0].path, true
}

func (a *Aliases) lookup(alias string) []aliasEntry {
	if a == nil {
		return nil
	}
	return a.byName[strings.ToLower(alias)]
}

// ParseAliases reads a list of aliases: lines of "alias,path" as CSV, or ARM's
// list of resource providers with their aliases expanded as JSON (an array, or
// an object with the array in value). Paths that hold for some API versions
// only are kept.
func ParseAliases(text []byte) (*Aliases, error) {
	out := &Aliases{byName: map[string][]aliasEntry{}}
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(trimmed) > 0 && (trimmed[0] == '[' || trimmed[0] == '{') {
		doc, err := jsondoc.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read the aliases: %w", err)
		}
		return out, out.addJSON(doc)
	}
	r := csv.NewReader(bufio.NewReader(bytes.NewReader(text)))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the aliases: %w", err)
		}
		if len(row) < 2 || !strings.Contains(row[0], "/") {
			continue // a heading
		}
		key := strings.ToLower(row[0])
		out.byName[key] = append(out.byName[key], aliasEntry{name: strings.Clone(row[0]), path: strings.Clone(row[1]), modifiable: true})
	}
	if len(out.byName) == 0 {
		return nil, errors.New("read the aliases: no line of it is \"alias,path\"")
	}
	return out, nil
}

func (a *Aliases) addJSON(doc jsondoc.Value) error {
	if v := doc.Get("value"); v.Kind() == jsondoc.Array {
		doc = v
	}
	if doc.Kind() == jsondoc.Object {
		doc = jsondoc.NewArray(doc)
	}
	for _, provider := range doc.Elements() {
		for _, typ := range provider.Get("resourceTypes").Elements() {
			name := provider.Get("namespace").TextOr("") + "/" + typ.Get("resourceType").TextOr("")
			for _, alias := range typ.Get("aliases").Elements() {
				a.addAlias(alias, name, func(versions []string) []string { return versions })
			}
		}
	}
	if len(a.byName) == 0 {
		return errors.New("read the aliases: no provider of it has resourceTypes with aliases")
	}
	return nil
}

func (a *Aliases) addAlias(v jsondoc.Value, typ string, shared func([]string) []string) {
	name, ok := v.Get("name").Text()
	if !ok {
		return
	}
	name = strings.Clone(name)
	e := aliasEntry{name: name, typ: typ, path: strings.Clone(v.Get("defaultPath").TextOr(""))}
	for _, p := range v.Get("paths").Elements() {
		path := strings.Clone(p.Get("path").TextOr(""))
		if path == "" {
			continue
		}
		if e.path == "" {
			e.path = path
		}
		one := aliasPath{path: path}
		for _, version := range p.Get("apiVersions").Elements() {
			one.versions = append(one.versions, version.TextOr(""))
		}
		one.versions = shared(one.versions)
		e.paths = append(e.paths, one)
	}
	if e.path == "" {
		return
	}
	if attributes, ok := v.Path("defaultMetadata", "attributes").Text(); ok {
		a.metadata = true
		e.modifiable = strings.EqualFold(attributes, "Modifiable")
	}
	key := strings.ToLower(name)
	a.byName[key] = append(a.byName[key], e)
}

// modifiable tells whether the modify effect may set a field; all may where no
// list says otherwise.
func (a *Aliases) modifiable(field string) bool {
	list := a.lookup(field)
	if list == nil || !a.metadata {
		return true
	}
	for i := range list {
		if list[i].modifiable {
			return true
		}
	}
	return false
}
