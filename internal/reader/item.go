package reader

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// collection is an object around an array of resources, while it is read.
type collection struct {
	at       place
	rest     jsondoc.Value // the members other than the array, so far
	streamed bool          // the array has begun
	asked    *request      // the recorded call that answered it, nil in a plain file
	single   bool          // it stands for an answer that is one object
	pending  []pending     // elements that wait for the context
	added    []*resource.Resource
	total    int // elements
}

type pending struct {
	v  jsondoc.Value
	at place
}

// maxUnwrap bounds envelopes in envelopes.
const maxUnwrap = 8

// item takes one value of a text: it parses it and finds out what it is.
func (f *fileRun) item(raw []byte, at place, c *collection) {
	v, err := jsondoc.ParseInterned(raw, f.in)
	if err != nil {
		f.syntax(err, at)
		return
	}
	f.value(v, at, c, 0)
}

func (f *fileRun) value(v jsondoc.Value, at place, c *collection, depth int) {
	if depth > maxUnwrap {
		f.skip(diag.Warning, at, CodeNoResource, "envelopes nest too deep", "")
		return
	}
	if c != nil {
		c.total++
	}
	if v.Kind() == jsondoc.Array {
		f.lists++
		for _, e := range v.Elements() {
			f.value(e, at, c, depth+1)
		}
		return
	}
	if v.Kind() != jsondoc.Object {
		f.skip(diag.Warning, at, CodeNoResource, fmt.Sprintf("a %s is no resource", v.Kind()), "")
		return
	}
	switch {
	case isStatement(v):
		f.statement(v, at)
	case isExchange(v):
		f.values++
		f.exchange(v, at)
	case isHound(v):
		f.houndRecord(v, at)
	case isCollection(v):
		f.collectionValue(v, at, depth)
	case isTable(v.Get("data")):
		f.table(v, at, depth)
	case unwrapped(v).Exists():
		f.value(unwrapped(v), at, c, depth+1)
	case v.Get("$schema").Exists() && strings.Contains(strings.ToLower(v.Get("$schema").TextOr("")), "deployment"):
		f.skip(diag.Warning, at, CodeTemplate, "a deployment template or its parameters, which is no inventory", "azward check judges templates")
	case hasARMID(v):
		f.addARM(v, at, c)
	case c != nil && c.asked == nil && graphContext(c.rest) == "" && graphContext(v) == "" && !looksLikeGraph(v):
		c.pending = append(c.pending, pending{v, at}) // the context may stand behind the array
	default:
		f.noARMID(v, at, c)
	}
}

// noARMID takes an object without an ARM id: of Microsoft Graph, or a resource
// that an exporter gave none.
func (f *fileRun) noARMID(v jsondoc.Value, at place, c *collection) {
	context := graphContext(v)
	if context == "" && c != nil {
		context = graphContext(c.rest)
	}
	if context != "" || c != nil && c.asked != nil && c.asked.graph || looksLikeGraph(v) {
		f.addGraph(v, at, c, context)
		return
	}
	if isAccount(v) {
		f.addBody(subscriptionOf(v), at, c, 0)
		return
	}
	if typ, name := typeOf(v), textOf(v, "name", "ResourceName"); strings.Count(typ, "/") > 0 && name != "" && strings.Contains(typ, ".") {
		f.addNamed(v, typ, name, at, c)
		return
	}
	if c == nil && bundled(v) {
		f.bundle(v, at)
		return
	}
	hint, severity := "", diag.Warning
	if c != nil && c.asked != nil {
		severity = diag.Info // lists of other things than resources
	}
	if v.Get("odata.type").Exists() {
		hint = "Azure AD Graph is retired; export from Microsoft Graph"
	}
	if id, ok := v.Get("id").Text(); ok && id != "" {
		f.skip(severity, at, CodeBadID, fmt.Sprintf("%q is neither the id of an Azure resource nor of a Microsoft Graph object whose collection is known", clip(id)), hint)
		return
	}
	f.skip(severity, at, CodeNoResource, "an object without an id is no resource", hint)
}

// isCollection tells whether v is an object around an array of resources.
func isCollection(v jsondoc.Value) bool {
	if hasARMID(v) && v.Get("type").Exists() || v.Get("properties").Exists() {
		return false
	}
	return v.Get("value").Kind() == jsondoc.Array || v.Get("data").Kind() == jsondoc.Array
}

func (f *fileRun) collectionValue(v jsondoc.Value, at place, depth int) {
	name := "value"
	if v.Get(name).Kind() != jsondoc.Array {
		name = "data"
	}
	f.lists++
	c := &collection{at: at, rest: v.Without(name), streamed: true}
	for _, e := range v.Get(name).Elements() {
		f.value(e, at, c, depth+1)
	}
	f.endCollection(c)
}

// endCollection resolves what waited for members behind the array, and sees
// whether there are further pages that are not here.
func (f *fileRun) endCollection(c *collection) {
	for _, p := range c.pending {
		f.noARMID(p.v, p.at, c)
	}
	if !c.streamed {
		if c.rest.Exists() {
			f.value(c.rest, c.at, nil, 1)
		}
		return
	}
	f.houndMeta(c.rest)
	context := graphContext(c.rest)
	if c.asked == nil && context != "" {
		f.graphCollection(c, context)
	}
	if c.asked == nil {
		if why := unfinished(c); why != "" {
			f.held.partial(c.added, why)
			if context != "" {
				f.held.partialGraph(context, why)
			}
		}
		f.values++
	}
}

// isTable tells whether v is an answer of Resource Graph in columns and rows.
func isTable(v jsondoc.Value) bool {
	return v.Get("columns").Kind() == jsondoc.Array && v.Get("rows").Kind() == jsondoc.Array
}

// table takes an answer of Resource Graph in columns and rows.
func (f *fileRun) table(v jsondoc.Value, at place, depth int) {
	f.lists++
	columns := v.Path("data", "columns")
	c := &collection{at: at, rest: v.Without("data"), streamed: true}
	for _, row := range v.Path("data", "rows").Elements() {
		ms := make([]jsondoc.Member, 0, row.Len())
		for i, cell := range row.Elements() {
			if name := columns.At(i).Get("name").TextOr(""); name != "" && !cell.IsNull() {
				ms = append(ms, jsondoc.Member{Name: name, Value: cell})
			}
		}
		f.value(jsondoc.NewObject(ms...), at, c, depth+1)
	}
	f.endCollection(c)
}

// unfinished says why a collection does not hold everything, "" where it does.
func unfinished(c *collection) string {
	if link := textOf(c.rest, "nextLink", "@odata.nextLink", "$skipToken", "skipToken", "skip_token"); link != "" {
		return "the list goes on in a page that is not here"
	}
	if t := c.rest.Get("resultTruncated"); t.TextOr("") == "true" {
		return "Resource Graph cut the answer off"
	} else if b, ok := t.Bool(); ok && b {
		return "Resource Graph cut the answer off"
	}
	total := c.rest.Get("totalRecords")
	if !total.Exists() {
		total = c.rest.Get("total_records")
	}
	if n, ok := total.Int(); ok && n > int64(c.total) {
		return fmt.Sprintf("%d of %d records are here", c.total, n)
	}
	return ""
}

// unwrapped returns what an envelope holds: an object that is no resource
// itself and has the resource in a member "body", "resource" or the like.
func unwrapped(v jsondoc.Value) jsondoc.Value {
	if textOf(v, "id", "ResourceId") != "" || v.Get("properties").Exists() || v.Get("type").Exists() {
		return jsondoc.Value{}
	}
	for _, name := range []string{"body", "resource", "item", "result", "response", "value"} {
		if in := v.Get(name); in.Kind() == jsondoc.Object || in.Kind() == jsondoc.Array {
			return in
		}
	}
	return jsondoc.Value{}
}

// textOf returns the first of the members that is a string with something in it.
func textOf(v jsondoc.Value, names ...string) string {
	for _, n := range names {
		if s, ok := v.Get(n).Text(); ok && strings.TrimSpace(s) != "" {
			return strings.TrimSpace(s)
		}
	}
	return ""
}

func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
