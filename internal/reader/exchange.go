package reader

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// isExchange tells whether v is one recorded call: {"url", "status", "body"}.
func isExchange(v jsondoc.Value) bool {
	u := v.Get("url").TextOr("")
	return (strings.Contains(u, "://") || strings.HasPrefix(u, "/")) && v.Get("status").Exists() && !v.Get("id").Exists()
}

// session is what the recorded calls of one text said. A session tells of a
// tenant over time: the last answer about a resource is the one that counts,
// and a call that was refused and then repeated with success was not refused.
type session struct {
	calls   map[string]*call
	order   []string
	records map[string]answered
	keys    []string
}

// call is the last answer to one URL.
type call struct {
	asked    *request
	at       place
	status   int
	errCode  string
	listed   bool   // the answer was a list
	count    int    // elements of it
	next     string // key of the next page
	why      string // why the list is not whole, where its answer shows that
	elements []jsondoc.Value
}

type answered struct {
	r      *resource.Resource
	listed bool
}

// put keeps a record: answers about one resource come before elements of
// lists, later ones before earlier ones, and any before one without properties.
func (s *session) put(r *resource.Resource, listed bool) {
	if s.records == nil {
		s.records = make(map[string]answered)
	}
	key := r.ID.Key()
	old, ok := s.records[key]
	if !ok {
		s.keys = append(s.keys, key)
	} else {
		rich := func(r *resource.Resource) bool { return r.IsGraph() || r.Properties().Exists() }
		if rich(old.r) != rich(r) {
			if rich(old.r) {
				return
			}
		} else if listed && !old.listed {
			return
		}
	}
	s.records[key] = answered{r, listed}
}

func (s *session) note(key string, c *call) {
	if s.calls == nil {
		s.calls = make(map[string]*call)
	}
	if old := s.calls[key]; old == nil {
		s.order = append(s.order, key)
	} else if old.status < 300 && c.status >= 400 {
		return // what was once read is read
	}
	s.calls[key] = c
}

const notListed = "single objects were read and not the list of all"

// exchange takes one recorded call.
func (f *fileRun) exchange(v jsondoc.Value, at place) {
	method := strings.ToUpper(v.Get("method").TextOr("GET"))
	asked, err := parseRequest(v.Get("url").TextOr(""))
	if err != nil {
		f.skip(diag.Warning, at, CodeNotRead, err.Error(), "")
		return
	}
	status := statusOf(v.Get("status"))
	body := v.Get("body")
	if text, ok := body.Text(); ok && strings.HasPrefix(strings.TrimSpace(text), "{") {
		if parsed, err := jsondoc.ParseInterned([]byte(text), f.in); err == nil {
			body = parsed
		}
	}
	switch {
	case method == "POST" && asked.resourceGraph && status < 300:
		f.value(body, at, nil, 1)
	case method == "GET", (method == "PUT" || method == "PATCH") && status < 300, method == "POST" && status == 201:
		f.answer(asked, method, status, body, at)
	case status >= 400:
		f.skip(diag.Info, at, CodeRefused, fmt.Sprintf("%s %s ended with status %d, and reads nothing", method, clip(asked.path), status), "")
	default:
		f.skip(diag.Info, at, CodeNotRead, fmt.Sprintf("%s %s reads nothing", method, clip(asked.path)), "")
	}
}

func statusOf(v jsondoc.Value) int {
	if n, ok := v.Int(); ok {
		return int(max(0, min(n, 999)))
	}
	n := 0
	if text, ok := v.Text(); ok {
		fmt.Sscan(text, &n) //nolint:errcheck // 0 where it is no number
	}
	return max(0, min(n, 999))
}

// answer takes the answer to a call that asked for something.
func (f *fileRun) answer(asked *request, method string, status int, body jsondoc.Value, at place) {
	call := &call{asked: asked, at: at, status: status}
	if status >= 400 || status == 0 {
		call.errCode = textOf(body.Get("error"), "code")
		if call.errCode == "" {
			call.errCode = textOf(body.Get("odata.error"), "code")
		}
		if method == "GET" {
			f.session.note(asked.key, call)
		}
		return
	}
	list := body.Get("value")
	if body.Kind() == jsondoc.Array {
		list = body
	}
	if list.Kind() != jsondoc.Array || method != "GET" {
		f.single(asked, body, at)
		return
	}
	c := &collection{at: at, streamed: true, asked: asked}
	if body.Kind() == jsondoc.Object {
		c.rest = body.Without("value")
	}
	call.listed = true
	if asked.member != "" {
		for _, e := range list.Elements() {
			call.elements = append(call.elements, e)
		}
		c.total = list.Len()
	} else {
		for _, e := range list.Elements() {
			f.value(e, at, c, 1)
		}
		f.endCollection(c)
	}
	call.count = c.total
	if link := textOf(c.rest, "nextLink", "@odata.nextLink", "odata.nextLink"); link != "" {
		call.next = callKey(link)
	} else {
		call.why = unfinished(c)
	}
	f.session.note(asked.key, call)
}

// single takes an answer that is one object, or none.
func (f *fileRun) single(asked *request, body jsondoc.Value, at place) {
	c := &collection{at: at, streamed: true, asked: asked, single: true}
	switch {
	case body.Kind() != jsondoc.Object:
		return // no content
	case hasARMID(body), asked.graph && (graphContext(body) != "" || looksLikeGraph(body)):
		f.value(body, at, c, 1)
	default:
		f.skip(diag.Info, at, CodeNotRead, fmt.Sprintf("the answer to %s holds no resource", clip(asked.path)), "")
	}
}

// finishSession turns the calls of a text into records and into entries of the
// manifest.
func (f *fileRun) finishSession() {
	s := &f.session
	alone := holdings{}
	for _, key := range s.keys {
		a := s.records[key]
		f.keep(a.r)
		if !a.listed {
			alone.add(a.r, false)
		}
	}
	follows := make(map[string]bool)
	for _, c := range s.calls {
		if c.next != "" {
			follows[c.next] = true
		}
	}
	for _, key := range s.order {
		if c := s.calls[key]; !follows[key] || c.next == key {
			f.settle(c)
		}
	}
	// What was asked for one by one comes last: lists say more of the same.
	for k, e := range alone.types {
		entry := inventory.Entry{Type: e.typ, Scope: e.scope, State: inventory.Partial, Count: e.count, Source: f.name, Reason: notListed}
		if oneOfAKind(k.typ) || !strings.Contains(e.scope, "/subscriptions/") && !strings.HasPrefix(k.typ, strings.ToLower(graphPrefix)) {
			continue // there is one of it, or it is a scope itself
		}
		f.b.Cover(entry)
	}
}

// settle says in the manifest what a call and the pages after it came to.
func (f *fileRun) settle(first *call) {
	a := first.asked
	e := inventory.Entry{Type: a.typ, Scope: a.scope, Source: f.name}
	var elements []jsondoc.Value
	seen := make(map[*call]bool)
	for c := first; ; {
		seen[c] = true
		if state, why := c.refusal(); why != "" {
			if c == first && (c.status == 404 || c.status == 410) {
				return // it, or what it would be a list of, does not exist
			}
			f.skip(diag.Warning, c.at, CodeRefused, fmt.Sprintf("GET %s: %s", clip(c.asked.path), why), hintFor(state))
			if e.State, e.Reason = state, why; c != first {
				e.State = inventory.Partial
			}
			break
		}
		if !c.listed {
			return // one resource says nothing of others
		}
		e.State, e.Count = inventory.Complete, e.Count+c.count
		elements = append(elements, c.elements...)
		if c.why != "" {
			e.State, e.Reason = inventory.Partial, c.why
			break
		}
		if c.next == "" {
			break
		}
		next := f.session.calls[c.next]
		if next == nil || seen[next] {
			e.State, e.Reason = inventory.Partial, "the list goes on in a page that is not here"
			break
		}
		c = next
	}
	if e.State == inventory.Complete && a.narrowed != "" {
		e.State, e.Reason = inventory.Partial, "the call asked for some of them only: "+a.narrowed
	}
	f.stateCall(a, e, elements)
}

// stateCall hands on what a call came to: to the object whose members it
// lists, to what is known of all owners, or to the manifest.
func (f *fileRun) stateCall(a *request, e inventory.Entry, elements []jsondoc.Value) {
	switch {
	case a.member != "":
		if e.State == inventory.Complete {
			f.b.Attach(a.owner, a.member, resource.Origin{File: f.name}, elements...)
			return
		}
		e.Type, e.Scope, e.Unread = a.owner.Type(), a.owner.String(), []string{a.member}
		e.State, e.Count = inventory.Complete, 1
		f.b.Cover(e) // the object is read, its members are not
	case !a.owner.IsZero():
		f.perOwner.note(a, e)
	case e.Type == inventory.AnyType && e.State == inventory.Complete:
		return // children are not in such a list
	case e.Type != "":
		f.b.Cover(e)
	}
}

// refusal says why a call was not answered, "" where it was.
func (c *call) refusal() (state inventory.State, why string) {
	code := ""
	if c.errCode != "" {
		code = " (" + clip(c.errCode) + ")"
	}
	switch {
	case c.status == 401 || c.status == 403:
		return inventory.Denied, fmt.Sprintf("the call was refused with status %d%s", c.status, code)
	case c.status >= 400 || c.status < 100:
		return inventory.Failed, fmt.Sprintf("the call ended with status %d%s", c.status, code)
	}
	return inventory.Complete, ""
}

func hintFor(state inventory.State) string {
	if state == inventory.Denied {
		return "read with an identity that may see this: Reader in Azure, Directory Readers or Global Reader in Entra ID"
	}
	return ""
}

// callKey is a URL in the form to compare by: without the port, in lower case,
// the query in order.
func callKey(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return strings.ToLower(text)
	}
	return strings.ToLower(u.Hostname() + strings.TrimRight(u.Path, "/") + "?" + u.Query().Encode())
}
