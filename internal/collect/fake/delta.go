package fake

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// delta answers a delta function: what is different in a collection since the
// state of the tenant that the token names. Without a token everything is.
func (s *Server) delta(w http.ResponseWriter, r *http.Request, collection string) {
	q := r.URL.Query()
	s.mu.Lock()
	states := s.states
	s.mu.Unlock()
	last := len(states) - 1
	token, selected := q.Get("$deltatoken"), q.Get("$select")
	link := func(skip int) string {
		v := url.Values{"$deltatoken": {strconv.Itoa(last)}}
		if skip > 0 {
			v = url.Values{"$deltatoken": {token}, "$skiptoken": {strconv.Itoa(skip)}}
		}
		if selected != "" {
			v.Set("$select", selected)
		}
		return (&url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawQuery: v.Encode()}).String()
	}
	var list []jsondoc.Value
	typ := "Microsoft.Graph/" + collection
	switch from, err := strconv.Atoi(token); {
	case token == "latest":
	case token == "":
		for o := range states[last].inv.OfType(typ) {
			list = append(list, tracked(body(o), selected))
		}
	case err != nil || from < 0 || from > last:
		fail(w, http.StatusBadRequest, "syncStateNotFound", "The sync state generation is not found. The delta token is expired and data must be synchronized again.")
		return
	default:
		for o := range states[last].inv.OfType(typ) {
			now := tracked(body(o), selected)
			if old, ok := states[from].inv.Get(o.ID); !ok || tracked(body(old), selected).String() != now.String() {
				list = append(list, now)
			}
		}
		for o := range states[from].inv.OfType(typ) {
			if _, ok := states[last].inv.Get(o.ID); !ok {
				list = append(list, jsondoc.NewObject(
					jsondoc.Member{Name: "id", Value: o.Body.Get("id")},
					jsondoc.Member{Name: "@removed", Value: jsondoc.NewObject(jsondoc.Member{Name: "reason", Value: jsondoc.NewString("changed")})},
				))
			}
		}
	}
	from, _ := strconv.Atoi(q.Get("$skiptoken"))
	from = min(max(from, 0), len(list))
	to := min(from+s.o.PageSize, len(list))
	out := map[string]any{"value": append([]jsondoc.Value{}, list[from:to]...)}
	if to < len(list) {
		out["@odata.nextLink"] = link(to)
	} else {
		out["@odata.deltaLink"] = link(0)
	}
	reply(w, out)
}

// tracked is what a delta function tells of an object: the members that were
// selected when it was first called. Lists of other objects are told as changes.
func tracked(b jsondoc.Value, selected string) jsondoc.Value {
	if selected == "" {
		return b
	}
	ms := []jsondoc.Member{{Name: "id", Value: b.Get("id")}}
	for name := range strings.SplitSeq(selected, ",") {
		v := b.Get(name)
		switch {
		case name == "id" || v.IsMissing():
			continue
		case name == "members" || name == "owners":
			name += "@delta"
		}
		ms = append(ms, jsondoc.Member{Name: name, Value: v})
	}
	return jsondoc.NewObject(ms...)
}
