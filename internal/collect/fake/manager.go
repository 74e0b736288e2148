package fake

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// manager answers Azure Resource Manager and Resource Graph.
func (s *Server) manager(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimRight(r.URL.Path, "/")
	lower := strings.ToLower(path)
	switch {
	case r.Method == http.MethodPost && lower == "/providers/microsoft.resourcegraph/resources":
		s.query(w, r)
	case r.Method != http.MethodGet:
		fail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "this fake is read-only")
	case r.URL.Query().Get("api-version") == "":
		fail(w, http.StatusBadRequest, "MissingApiVersionParameter", "the api-version query parameter is required")
	case lower == "/providers":
		s.providers(w, r)
	case lower == "/subscriptions":
		var list []jsondoc.Value
		for _, id := range s.now().inv.Subscriptions() {
			if sub, ok := s.now().inv.Get(id); ok {
				list = append(list, body(sub))
			}
		}
		s.page(w, r, list, "nextLink")
	case lower == "/providers/microsoft.management/managementgroups":
		var list []jsondoc.Value
		for g := range s.now().inv.OfType(resource.TypeManagementGroup) {
			list = append(list, body(g))
		}
		s.page(w, r, list, "nextLink")
	case strings.HasPrefix(lower, "/providers/microsoft.management/managementgroups/") && strings.HasSuffix(lower, "/descendants"):
		s.descendants(w, r, strings.TrimSuffix(lower, "/descendants"))
	default:
		if sub, ok := logPath(path); ok {
			s.logs(w, r, collect.TableActivity, sub, "nextLink")
			return
		}
		s.resource(w, r, path)
	}
}

func (s *Server) descendants(w http.ResponseWriter, r *http.Request, group string) {
	id, err := resource.ParseID(group)
	if _, known := s.now().inv.Get(id); err != nil || !known {
		fail(w, http.StatusNotFound, "NotFound", group+" is not there")
		return
	}
	var list []jsondoc.Value
	for _, sub := range s.now().inv.Subscriptions() {
		if s.now().inv.Within(sub, id) {
			list = append(list, jsondoc.NewObject(jsondoc.Member{Name: "name", Value: jsondoc.NewString(sub.Name())},
				jsondoc.Member{Name: "type", Value: jsondoc.NewString("/subscriptions")}))
		}
	}
	s.page(w, r, list, "nextLink")
}

// body returns a resource as Azure would give it: without derived facts.
func body(r *resource.Resource) jsondoc.Value { return r.Body.Without(resource.Facts) }

// resource answers one resource, or the list of a type at a scope.
func (s *Server) resource(w http.ResponseWriter, r *http.Request, path string) {
	if one, ok := s.now().inv.Lookup(path); ok {
		reply(w, body(one))
		return
	}
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		fail(w, http.StatusNotFound, "NotFound", path+" is not there")
		return
	}
	// .../{name}/{child type}, or {scope}/providers/{namespace}/{type}
	parent, last := path[:i], path[i+1:]
	namespace := ""
	if k := strings.LastIndex(strings.ToLower(parent), "/providers/"); k >= 0 && !strings.Contains(parent[k+len("/providers/"):], "/") {
		namespace, parent = parent[k+len("/providers/"):], parent[:k]
	}
	if parent == "" {
		parent = "/"
	}
	id, err := resource.ParseID(parent)
	if err != nil {
		fail(w, http.StatusNotFound, "InvalidResourceNamespace", err.Error())
		return
	}
	typ := id.Type() + "/" + last
	if namespace != "" {
		typ = namespace + "/" + last
	}
	var list []jsondoc.Value
	below, isBelow := collect.DeepList(id.Type(), last)
	if isBelow {
		typ = below
	}
	deep := isBelow || namespace != "" && id.Level() == resource.LevelSubscription && strings.HasPrefix(strings.ToLower(typ), "microsoft.authorization/")
	for c := range s.now().inv.Under(id, typ) {
		if deep || parentOf(c, namespace != "") == id.Key() {
			list = append(list, body(c))
		}
	}
	if _, known := s.now().inv.Get(id); !known && id.Level() == resource.LevelResource && len(list) == 0 {
		fail(w, http.StatusNotFound, "ResourceNotFound", parent+" is not there")
		return
	}
	s.page(w, r, list, "nextLink")
}

// parentOf returns the key of what a resource hangs below: its parent, or for
// an extension resource the resource that it extends.
func parentOf(r *resource.Resource, extension bool) string {
	if extension {
		return r.ID.Scope().Key()
	}
	p, ok := r.ID.Parent()
	if !ok {
		return ""
	}
	return p.Key()
}

// page answers a part of a list, with a link to the rest.
func (s *Server) page(w http.ResponseWriter, r *http.Request, list []jsondoc.Value, link string) {
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	size := s.o.PageSize
	if top, err := strconv.Atoi(r.URL.Query().Get("$top")); err == nil && top > 0 {
		size = min(size, top)
	}
	from = min(max(from, 0), len(list))
	to := min(from+size, len(list))
	out := map[string]any{"value": append([]jsondoc.Value{}, list[from:to]...)}
	if to < len(list) {
		q := r.URL.Query()
		q.Set("$skiptoken", strconv.Itoa(to))
		out[link] = (&url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawQuery: q.Encode()}).String()
	}
	reply(w, out)
}

// ofEverySubscription tells whether Resource Graph answers with a row whichever
// subscriptions are asked about: built-in roles, which stand at the root.
func ofEverySubscription(row jsondoc.Value) bool {
	return strings.HasPrefix(strings.ToLower(row.Get("id").TextOr("")), "/providers/microsoft.authorization/roledefinitions/")
}

// query answers Resource Graph.
func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Query         string   `json:"query"`
		Subscriptions []string `json:"subscriptions"`
		Options       struct {
			Top       int    `json:"$top"`
			SkipToken string `json:"$skipToken"`
		} `json:"options"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil {
		fail(w, http.StatusBadRequest, "BadRequest", err.Error())
		return
	}
	answer := s.now().query
	if answer == nil {
		fail(w, http.StatusNotImplemented, "NotImplemented", "this fake answers no queries")
		return
	}
	key := q.Query + "\x00" + strings.ToLower(strings.Join(q.Subscriptions, ","))
	s.mu.Lock()
	rows, ok := s.queries[key]
	s.mu.Unlock()
	if !ok {
		all, err := answer(r.Context(), q.Query)
		if err != nil {
			fail(w, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
		for _, row := range all {
			if len(q.Subscriptions) == 0 || ofEverySubscription(row) ||
				slices.ContainsFunc(q.Subscriptions, func(sub string) bool { return strings.EqualFold(sub, row.Get("subscriptionId").TextOr("")) }) {
				rows = append(rows, row)
			}
		}
		s.mu.Lock()
		s.queries[key] = rows
		s.mu.Unlock()
	}
	from, _ := strconv.Atoi(q.Options.SkipToken)
	top := q.Options.Top
	if top <= 0 || top > 1000 {
		top = 100
	}
	from = min(max(from, 0), len(rows))
	to := min(from+top, len(rows))
	out := map[string]any{"totalRecords": len(rows), "count": to - from, "resultTruncated": "false", "data": append([]jsondoc.Value{}, rows[from:to]...)}
	if to < len(rows) {
		out["$skipToken"] = strconv.Itoa(to)
	}
	w.Header().Set("x-ms-user-quota-remaining", "14")
	w.Header().Set("x-ms-user-quota-resets-after", "00:00:05")
	reply(w, out)
}
