package fake

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// graph answers Microsoft Graph.
func (s *Server) graph(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimRight(r.URL.Path, "/")
	if r.Method == http.MethodPost && strings.HasSuffix(path, "/$batch") {
		s.batch(w, r)
		return
	}
	if r.Method != http.MethodGet {
		fail(w, http.StatusMethodNotAllowed, "Request_BadRequest", "this fake is read-only")
		return
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/") // the version
	if collection, single, ok := collect.GraphCollection(rest); ok {
		s.collection(w, r, collection, single)
		return
	}
	switch rest {
	case "auditLogs/signIns":
		s.logs(w, r, collect.TableSignIns, "", "@odata.nextLink")
		return
	case "auditLogs/directoryAudits":
		s.logs(w, r, collect.TableAudits, "", "@odata.nextLink")
		return
	}
	if of, ok := strings.CutSuffix(rest, "/delta"); ok {
		if collection, _, known := collect.GraphCollection(of); known {
			s.delta(w, r, collection)
			return
		}
	}
	// {collection}/{id}, {collection}/{id}/{part}
	seg := strings.Split(rest, "/")
	if len(seg) == 2 {
		if o, ok := s.now().inv.Get(resource.GraphID(seg[0], seg[1])); ok {
			reply(w, shown(o, seg[0], r).With("@odata.context", jsondoc.NewString("https://"+r.Host+"/v1.0/$metadata#"+seg[0]+"/$entity")))
			return
		}
	}
	if len(seg) >= 3 {
		of, id, part := seg[len(seg)-3], seg[len(seg)-2], seg[len(seg)-1]
		s.part(w, r, of, id, part)
		return
	}
	fail(w, http.StatusNotFound, "Request_ResourceNotFound", rest+" is not there")
}

func (s *Server) collection(w http.ResponseWriter, r *http.Request, collection string, single bool) {
	var list []jsondoc.Value
	for o := range s.now().inv.OfType("Microsoft.Graph/" + collection) {
		list = append(list, shown(o, collection, r))
	}
	if single {
		if len(list) == 0 {
			fail(w, http.StatusNotFound, "Request_ResourceNotFound", collection+" is not there")
			return
		}
		reply(w, list[0])
		return
	}
	s.page(w, r, list, "@odata.nextLink")
}

// shown is an object as a collection gives it.
func shown(o *resource.Resource, collection string, r *http.Request) jsondoc.Value {
	b := body(o)
	// Graph gives these on their own pages.
	switch collection {
	case "groups":
		b = b.Without("members").Without("owners")
	case "applications", "servicePrincipals":
		b = b.Without("owners").Without("appRoleAssignments")
	case "administrativeUnits":
		b = b.Without("members")
	case "users":
		if !strings.Contains(r.URL.Query().Get("$select"), "signInActivity") {
			b = b.Without("signInActivity")
		}
	}
	return b
}

// part answers a list that hangs below an object.
func (s *Server) part(w http.ResponseWriter, r *http.Request, of, id, part string) {
	o, ok := s.now().inv.Get(resource.GraphID(of, id))
	if !ok {
		fail(w, http.StatusNotFound, "Request_ResourceNotFound", id+" is not there")
		return
	}
	var list []jsondoc.Value
	if part == "appRoleAssignments" {
		for a := range s.now().inv.OfType("Microsoft.Graph/appRoleAssignments") {
			if strings.EqualFold(a.Body.Get("principalId").TextOr(""), id) {
				list = append(list, body(a))
			}
		}
	} else {
		for _, e := range o.Body.Get(part).Elements() {
			list = append(list, e)
		}
	}
	s.page(w, r, list, "@odata.nextLink")
}

// batch answers several requests at once, each as if it had come alone.
func (s *Server) batch(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Requests []struct{ ID, Method, URL string } `json:"requests"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil || len(in.Requests) > 20 {
		fail(w, http.StatusBadRequest, "BadRequest", "a batch takes at most 20 requests")
		return
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	type response struct {
		ID     string          `json:"id"`
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	}
	var out []response
	for _, q := range in.Requests {
		rec := &recorder{code: http.StatusOK, header: http.Header{}}
		req, err := http.NewRequestWithContext(r.Context(), q.Method, "https://"+r.Host+"/"+version+q.URL, nil)
		if err != nil {
			out = append(out, response{q.ID, http.StatusBadRequest, []byte(`{}`)})
			continue
		}
		req.Header.Set("Authorization", "inside a batch")
		req.Host = r.Host
		s.inBatch(rec, req)
		out = append(out, response{q.ID, rec.code, bytes.TrimSpace(rec.Bytes())})
	}
	reply(w, map[string]any{"responses": out})
}

// inBatch lets refusals and faults count for the requests of a batch too.
func (s *Server) inBatch(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + r.URL.RequestURI()
	for _, d := range s.deny {
		if d.MatchString(name) {
			fail(w, http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
			return
		}
	}
	s.mu.Lock()
	throttled := s.random.Float64() < s.o.Throttle
	s.mu.Unlock()
	if throttled {
		s.Throttled.Add(1)
		fail(w, http.StatusTooManyRequests, "TooManyRequests", "too many calls")
		return
	}
	s.graph(w, r)
}

// recorder keeps the answer to one request of a batch.
type recorder struct {
	bytes.Buffer

	code   int
	header http.Header
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) { r.code = code }
