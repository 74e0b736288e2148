package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/azward/azward/content"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// maxPlainFile is the size in bytes of the largest text that is read whole.
const maxPlainFile = 1 << 30

// plain reads files into an inventory: arrays and {"value": [...]} or
// {"data": [...]} of resources, exporters' nested resources, Microsoft Graph
// collections, and a value a line, plain or gzip.
type plain struct {
	b      *inventory.Builder
	in     *jsondoc.Interner
	held   map[string]map[string]int // count by scope and type, for the manifest
	typed  map[string]string         // casing of types
	failed int
	read   int
	single bool // what is read is the answer to one call, which lists nothing
}

func newPlain() *plain {
	return &plain{b: inventory.NewBuilder(), in: jsondoc.NewInterner(), held: map[string]map[string]int{}, typed: map[string]string{}}
}

// loadFiles reads files and folders.
func loadFiles(ctx context.Context, o *Options) (*inventory.Inventory, error) {
	p := newPlain()
	var files []string
	for _, path := range o.From {
		err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.Type().IsRegular() && (name == path || !strings.HasPrefix(e.Name(), ".")) {
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, usagef("read: %v", err)
		}
	}
	for i, name := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o.progress("read", i, len(files))
		text, err := readPlain(name)
		if err != nil {
			p.lost(name, diag.Position{}, err.Error())
			continue
		}
		p.text(name, text)
	}
	if p.read == 0 && p.failed > 0 {
		return nil, fmt.Errorf("nothing could be read: %w", p.b.Build().Diagnostics().Err())
	}
	p.cover()
	return p.b.Build(), nil
}

// loadDemo reads the tenant in the binary.
func loadDemo(ctx context.Context) (*inventory.Inventory, error) {
	p := newPlain()
	names, err := fs.Glob(content.Files, "demo/tenant/*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("the demo tenant is not in this binary")
	}
	sort.Strings(names)
	manifest := jsondoc.Value{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text, err := content.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, "/manifest.json") {
			if manifest, err = jsondoc.Parse(text); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		p.text(name, text)
	}
	for _, v := range manifest.Get("entries").Elements() {
		e := inventory.Entry{Type: v.Get("type").TextOr(""), Scope: v.Get("scope").TextOr("/"), Reason: v.Get("reason").TextOr("")}
		if err := e.State.UnmarshalText([]byte(v.Get("state").TextOr(""))); err != nil {
			return nil, fmt.Errorf("demo manifest: %w", err)
		}
		n, _ := v.Get("count").Int()
		e.Count = int(n)
		for _, u := range v.Get("unread").Elements() {
			e.Unread = append(e.Unread, u.TextOr(""))
		}
		p.b.Cover(e)
	}
	return p.b.Build(), nil
}

func readPlain(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	in := bufio.NewReader(f)
	var r io.Reader = in
	if head, _ := in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		if r, err = gzip.NewReader(in); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.LimitReader(r, maxPlainFile+1))
	if err == nil && len(text) > maxPlainFile {
		err = fmt.Errorf("larger than %d bytes", maxPlainFile)
	}
	return text, err
}

func (p *plain) lost(name string, at diag.Position, message string) {
	p.failed++
	p.b.Report(diag.Diagnostic{Code: "RDR0003", Message: message, Source: name, Pos: at})
	p.b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/", State: inventory.Failed, Source: name, Reason: filepath.Base(name) + " could not be read whole: " + message})
}

// text takes a JSON text, or one with a value a line.
func (p *plain) text(name string, text []byte) {
	doc, err := jsondoc.ParseInterned(text, p.in)
	if err == nil {
		p.read++
		p.value(doc, name, jsondoc.Value{}, 0)
		return
	}
	lines := bytes.Split(text, []byte{'\n'})
	if first, e := jsondoc.Parse(bytes.TrimSpace(lines[0])); len(lines) > 1 && e == nil && first.Kind() == jsondoc.Object {
		p.read++
		for i, line := range lines {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			v, err := jsondoc.ParseInterned(line, p.in)
			if err != nil {
				p.lost(name, diag.Position{Line: i + 1, Column: 1}, err.Error())
				continue
			}
			p.single = false
			p.value(v, name, jsondoc.Value{}, 0)
		}
		p.single = false
		return
	}
	pos := diag.Position{}
	message := err.Error()
	if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
		pos, message = syntax.Pos, syntax.Message
		if pos.Line == 0 {
			pos = diag.NewSource(name, string(text)).Position(int(syntax.Offset))
		}
	}
	p.lost(name, pos, message)
}

// value takes whatever holds resources.
func (p *plain) value(v jsondoc.Value, file string, context jsondoc.Value, depth int) {
	if depth > 8 {
		return
	}
	if v.Kind() == jsondoc.Array {
		for _, e := range v.Elements() {
			p.value(e, file, context, depth+1)
		}
		return
	}
	if v.Kind() != jsondoc.Object {
		return
	}
	id := v.Get("id").TextOr(v.Get("ResourceId").TextOr(""))
	if strings.HasPrefix(id, "/") {
		p.resource(v, id, file, depth)
		return
	}
	if v.Get("@odata.context").Exists() {
		context = v
	}
	if v.Get("url").Exists() && v.Get("status").Exists() {
		p.single = true
		p.exchange(v, file)
	}
	for _, key := range []string{"value", "data", "body"} {
		if in := v.Get(key); in.Kind() == jsondoc.Array || key == "body" && in.Kind() == jsondoc.Object {
			p.value(in, file, context, depth+1)
			return
		}
	}
	if typ, name := v.Get("type").TextOr(""), v.Get("name").TextOr(""); id == "" && strings.Contains(typ, "/") && strings.Contains(typ, ".") && name != "" && !strings.Contains(name, "/") {
		p.resource(v, "/providers/"+typ+"/"+name, file, depth) // an exporter gave it no id
		return
	}
	if collection := graphCollection(context.Get("@odata.context").TextOr("")); collection != "" && id != "" {
		gid := resource.GraphID(collection, id)
		r := &resource.Resource{ID: gid, Type: "Microsoft.Graph/" + collection, Body: v, From: resource.Origin{File: file}}
		p.b.Add(r)
		p.hold("/", r.Type)
	}
}

// exchange notes in the manifest what one recorded call says of a list: whole,
// cut off, or refused. Calls for one resource say nothing of others.
func (p *plain) exchange(v jsondoc.Value, file string) {
	if m := v.Get("method").TextOr("GET"); !strings.EqualFold(m, "GET") {
		return
	}
	u, err := url.Parse(v.Get("url").TextOr(""))
	if err != nil {
		return
	}
	path := strings.TrimRight(u.Path, "/")
	at := strings.LastIndex(lower(path), "/providers/")
	if at < 0 {
		return
	}
	parts := strings.Split(path[at+len("/providers/"):], "/")
	if len(parts)%2 != 0 {
		return // one resource
	}
	typ, scope := parts[0], path[:at]
	for i := 1; i < len(parts); i += 2 {
		typ += "/" + parts[i]
	}
	if len(parts) > 2 { // children of a resource
		scope = path[:strings.LastIndexByte(path, '/')]
	}
	if scope == "" {
		scope = "/"
	}
	e := inventory.Entry{Type: typ, Scope: scope, Source: file}
	status, _ := v.Get("status").Int()
	body := v.Get("body")
	switch {
	case status == 401 || status == 403:
		e.State, e.Reason = inventory.Denied, fmt.Sprintf("the call was refused with status %d", status)
	case status >= 400 && status != 404:
		e.State, e.Reason = inventory.Failed, fmt.Sprintf("the call ended with status %d", status)
	case status == 200 && body.Get("value").Kind() == jsondoc.Array:
		e.State, e.Count = inventory.Complete, body.Get("value").Len()
		if body.Get("nextLink").TextOr("") != "" {
			e.State, e.Reason = inventory.Partial, "the list goes on in a page that may not be here"
		}
	default:
		return
	}
	p.b.Cover(e)
}

// graphCollection returns the collection of an OData context URL.
func graphCollection(context string) string {
	_, fragment, ok := strings.Cut(context, "#")
	if !ok {
		return ""
	}
	fragment, _, _ = strings.Cut(fragment, "(")
	fragment = strings.TrimSuffix(strings.TrimSuffix(fragment, "/$entity"), "/")
	name := fragment[strings.LastIndexByte(fragment, '/')+1:]
	switch {
	case strings.EqualFold(name, "policies") && strings.Contains(lower(fragment), "conditionalaccess"):
		return "conditionalAccessPolicies"
	case strings.EqualFold(name, "authenticationContextClassReferences"):
		return "authenticationContextClassReferences"
	}
	return name
}

func (p *plain) resource(v jsondoc.Value, id, file string, depth int) {
	for strings.Contains(id, "//") {
		id = strings.ReplaceAll(id, "//", "/")
		v = v.With("id", jsondoc.NewString(id))
	}
	if v.Get("id").TextOr("") == "" {
		v = v.With("id", jsondoc.NewString(id))
	}
	typ := ""
	for _, key := range []string{"type", "ResourceType"} {
		if t := v.Get(key).TextOr(""); strings.Contains(t, "/") {
			typ = t
			break
		}
	}
	r, err := resource.New(v, typ, resource.Origin{File: file, Offset: int64(v.Offset())})
	if err != nil {
		p.b.Report(diag.Diagnostic{Code: "RDR0008", Severity: diag.Warning, Message: err.Error(), Source: file})
		return
	}
	p.b.Add(r)
	scope := "/"
	if s := r.ID.Subscription(); s != "" {
		scope = "/subscriptions/" + s
	}
	if r.Properties().Exists() {
		p.hold(scope, r.Type)
	}
	for _, child := range v.Get("resources").Elements() {
		p.value(child, file, jsondoc.Value{}, depth+1)
	}
}

func (p *plain) hold(scope, typ string) {
	if p.single {
		return
	}
	key := lower(typ)
	p.typed[key] = typ
	if p.held[scope] == nil {
		p.held[scope] = map[string]int{}
	}
	p.held[scope][key]++
}

// cover says that the files hold all of the types that they hold, within the
// subscriptions that they hold them of.
func (p *plain) cover() {
	for scope, types := range p.held {
		for typ, n := range types {
			p.b.Cover(inventory.Entry{Type: p.typed[typ], Scope: scope, State: inventory.Complete, Count: n})
		}
	}
}
