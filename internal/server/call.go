package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/azward/azward/internal/scratch"
	"github.com/azward/azward/kql"
)

// idSource makes activity ids.
type idSource struct{}

func (idSource) next() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// call is one request on its way.
type call struct {
	s        *Server
	w        http.ResponseWriter
	r        *http.Request
	clientID string
	activity string
	started  time.Time
	failed   bool

	database string
	text     string
	opts     options

	session *scratch.Session // what the query has on disk
	result  *kql.Result      // of the query that was started last
}

func (s *Server) newCall(w http.ResponseWriter, r *http.Request) *call {
	c := &call{s: s, w: w, r: r, activity: s.ids.next(), started: s.cfg.Now()}
	c.clientID = printable(r.Header.Get("x-ms-client-request-id"), 200)
	if c.clientID == "" {
		c.clientID = "unspecified;" + c.activity
	}
	w.Header().Set("x-ms-client-request-id", c.clientID)
	w.Header().Set("x-ms-activity-id", c.activity)
	return c
}

// printable keeps the ASCII characters that a header may hold.
func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), limit)]
}

// request is the body of a query or command.
type request struct {
	DB         string          `json:"db"`
	CSL        *string         `json:"csl"`
	Properties json.RawMessage `json:"properties"`
}

// properties are the request's properties, an object or the text of one.
type properties struct {
	Options         map[string]json.RawMessage
	Parameters      map[string]json.RawMessage
	ClientRequestID string `json:"ClientRequestId"`
}

// read takes the query and its properties from the request.
func (c *call) read() *apiError {
	var req request
	if c.r.Method == http.MethodGet {
		q := c.r.URL.Query()
		text := q.Get("csl")
		if text == "" {
			text = q.Get("query")
		}
		req.DB, req.CSL = q.Get("db"), &text
		if p := q.Get("properties"); p != "" {
			req.Properties = json.RawMessage(p)
		}
	} else {
		body, err := c.body()
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &req); err != nil {
			return badRequest(fmt.Sprintf("the body is no JSON object of db, csl and properties: %v", err))
		}
	}
	if req.CSL == nil || strings.TrimSpace(*req.CSL) == "" {
		return badRequest(`the request has no query: "csl" is missing or empty`)
	}
	c.text, c.database = *req.CSL, req.DB
	var props properties
	raw := bytes.TrimSpace(req.Properties)
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return badRequest(fmt.Sprintf("properties: %v", err))
		}
		raw = bytes.TrimSpace([]byte(text))
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &props); err != nil {
			return badRequest(fmt.Sprintf("properties are neither an object nor the text of one: %v", err))
		}
	}
	if props.ClientRequestID != "" && c.r.Header.Get("x-ms-client-request-id") == "" {
		c.clientID = printable(props.ClientRequestID, 200)
		c.w.Header().Set("x-ms-client-request-id", c.clientID)
	}
	opts, err := c.s.readOptions(props)
	if err != nil {
		return badRequest(err.Error())
	}
	c.opts = opts
	return nil
}

// body reads the request's body, unpacked and bounded.
func (c *call) body() ([]byte, *apiError) {
	limit := c.s.cfg.MaxBody
	var in io.Reader = http.MaxBytesReader(c.w, c.r.Body, limit)
	switch enc := strings.ToLower(c.r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, badRequest(fmt.Sprintf("the body is not gzip as its header says: %v", err))
		}
		in = z
	default:
		return nil, &apiError{status: http.StatusUnsupportedMediaType, code: "BadRequest", kind: "BadRequest", message: fmt.Sprintf("content encoding %q is not supported: want gzip", enc), permanent: true}
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || int64(len(b)) > limit {
		return nil, &apiError{status: http.StatusRequestEntityTooLarge, code: "RequestTooLarge", kind: "BadRequest", message: fmt.Sprintf("the request is larger than %d bytes", limit), permanent: true}
	}
	if err != nil {
		return nil, badRequest(fmt.Sprintf("read the body: %v", err))
	}
	return b, nil
}

// context returns the context that a query runs under: of the request, with its
// timeout, and known by its id to .cancel query. done must be called.
func (c *call) context() (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(c.r.Context())
	ctx, stop := context.WithTimeoutCause(ctx, c.opts.timeout, errTimeout)
	s := c.s
	s.mu.Lock()
	if s.running[c.clientID] == nil {
		s.running[c.clientID] = map[*call]context.CancelCauseFunc{}
	}
	s.running[c.clientID][c] = cancel
	s.mu.Unlock()
	if a := s.cfg.Scratch; a != nil && a.Allowed() {
		c.session = a.Session()
	}
	return ctx, func() {
		if c.session != nil {
			if err := c.session.Close(); err != nil {
				s.cfg.Log.Warn("remove temporary files", "error", err)
			}
		}
		s.mu.Lock()
		delete(s.running[c.clientID], c)
		if len(s.running[c.clientID]) == 0 {
			delete(s.running, c.clientID)
		}
		s.mu.Unlock()
		stop()
		cancel(nil)
	}
}

// cancel ends the running queries with a client request id; it tells whether
// there were any.
func (s *Server) cancel(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.running[id] {
		f(errCanceled)
	}
	return len(s.running[id]) > 0
}

var (
	errTimeout  = errors.New("the query ran into its servertimeout")
	errCanceled = errors.New("the query was canceled by a command")
)

// writer buffers the start of an answer, so that what fails early is answered
// by an error and its status, and packs what the client takes packed.
type writer struct {
	c      *call
	buf    []byte
	out    io.Writer
	zip    *gzip.Writer
	begun  bool
	failed error
}

// bufferSize is how much of an answer is held back.
const bufferSize = 256 << 10

func (c *call) writer() *writer { return &writer{c: c, buf: make([]byte, 0, 32<<10)} }

// Write adds to the answer.
func (w *writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	if len(w.buf) >= bufferSize {
		w.flush()
	}
	return len(p), w.failed
}

func (w *writer) flush() {
	if w.failed != nil {
		return
	}
	if !w.begun {
		w.begun = true
		h := w.c.w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Vary", "Accept-Encoding")
		w.out = w.c.w
		if len(w.buf) > 1024 && acceptsGzip(w.c.r) {
			h.Set("Content-Encoding", "gzip")
			w.zip, _ = gzip.NewWriterLevel(w.c.w, gzip.BestSpeed)
			w.out = w.zip
		}
	}
	_, w.failed = w.out.Write(w.buf)
	w.buf = w.buf[:0]
}

// close sends what is left.
func (w *writer) close() {
	w.flush()
	if w.zip != nil && w.failed == nil {
		w.failed = w.zip.Close()
	}
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0"
		}
	}
	return false
}
