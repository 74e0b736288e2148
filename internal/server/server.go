// Package server answers Kusto's REST query endpoints over the tables of one
// database, so that the published Kusto clients, and what is built on them,
// work against data that stays with the user.
//
//	GET  /v1/rest/auth/metadata   how a client signs in
//	POST /v1/rest/query           a query; the whole answer as one object
//	POST /v2/rest/query           a query; the answer as frames
//	POST /v1/rest/mgmt            .show and .cancel commands
//	GET  /                        the tables and how to ask them, as a page
//	GET  /healthz                 200 while the server takes requests
//
// Requests and answers follow the pages "Query/management HTTP request",
// "Query/management HTTP response" and "Query V2 HTTP response" of the Azure
// Data Explorer documentation. Nothing here writes: the endpoints cannot change
// a table. Start with New and Server.Serve; CheckAddress says where a server
// without a token may listen.
package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/azward/azward/internal/scratch"
	"github.com/azward/azward/kql"
)

// Config says what a server answers from and how much it takes on.
type Config struct {
	Database string // the name that clients see; empty: azward
	Schema   kql.Schema
	Tables   kql.Database
	Version  string
	Token    string           // bearer token that requests must carry; empty: none is asked for
	Now      func() time.Time // clock
	Log      *slog.Logger     // nil: silent
	Workers  int              // goroutines of one query
	Memory   int64            // bytes that one query may hold; 0: no limit
	Scratch  *scratch.Area    // for rows that do not fit into Memory; nil: none

	MaxBody    int64         // bytes of a request, unpacked; 0: 4 MiB
	MaxQueries int           // queries at once; 0: 8
	Timeout    time.Duration // of a query that asks for none; 0: 4 minutes
	MaxTimeout time.Duration // the longest that a query may ask for; 0: 1 hour
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	cfg   Config
	slots chan struct{}
	ids   idSource

	mu      sync.Mutex
	running map[string]map[*call]context.CancelCauseFunc // by client request id
}

// New returns a server over cfg's tables.
func New(cfg Config) *Server {
	if cfg.Database == "" {
		cfg.Database = "azward"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.MaxBody = orDefault(cfg.MaxBody, 4<<20)
	cfg.MaxQueries = orDefault(cfg.MaxQueries, 8)
	cfg.Timeout = orDefault(cfg.Timeout, 4*time.Minute)
	cfg.MaxTimeout = orDefault(cfg.MaxTimeout, time.Hour)
	return &Server{cfg: cfg, slots: make(chan struct{}, cfg.MaxQueries), running: map[string]map[*call]context.CancelCauseFunc{}}
}

func orDefault[T int | int64 | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Handler returns the endpoints.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /v1/rest/auth/metadata", s.metadata)
	for _, method := range []string{"GET", "POST"} {
		mux.Handle(method+" /v1/rest/query", s.endpoint((*call).queryV1))
		mux.Handle(method+" /v2/rest/query", s.endpoint((*call).queryV2))
		mux.Handle(method+" /v1/rest/mgmt", s.endpoint((*call).mgmt))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(w, r)
		c.fail(&apiError{status: http.StatusNotFound, code: "NotFound", kind: "BadRequest", message: fmt.Sprintf("there is no %s %s here", r.Method, r.URL.Path), permanent: true})
	})
	return s.guard(mux)
}

// Serve answers on l until ctx is done; it then lets running queries finish for
// a few seconds, cancels the rest, and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	h := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer stop()
	time.AfterFunc(shutdownGrace/2, func() { cancel(errShutdown) })
	if err := h.Shutdown(grace); err != nil {
		return h.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// shutdownGrace is how long running queries get once the server is told to end.
const shutdownGrace = 6 * time.Second

var errShutdown = errors.New("the server is shutting down")

// CheckAddress tells whether a server may listen on an address: on loopback
// always, on any other only where requests must carry a token.
func CheckAddress(addr, token string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is no address: want host:port", addr)
	}
	if token != "" || loopback(host) {
		return nil
	}
	return fmt.Errorf("%s can be reached from other machines: set AZWARD_TOKEN to the token that clients must send, or listen on 127.0.0.1", addr)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// guard turns away what no client of this server sends: requests of web pages
// of other origins, and, where no token protects the data, requests for names
// that are not this machine's own (a page whose name was made to resolve here).
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if s.cfg.Token == "" && !loopback(hostOnly(r.Host)) {
			s.newCall(w, r).fail(forbidden(fmt.Sprintf("this server answers for localhost, not for %q", r.Host)))
			return
		}
		if o := r.Header.Get("Origin"); o != "" {
			if u, err := url.Parse(o); err != nil || u.Host != r.Host {
				s.newCall(w, r).fail(forbidden("requests of other web origins are not answered"))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func hostOnly(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return hostport
}

// endpoint wraps a handler with what all share: the token, the limit of
// requests at once, reading the request.
func (s *Server) endpoint(run func(*call)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(w, r)
		if !s.authorized(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			c.fail(&apiError{status: http.StatusUnauthorized, code: "Unauthorized", kind: "Unauthorized", message: "a bearer token is needed, or the one sent is not the right one", permanent: true})
			return
		}
		if err := c.read(); err != nil {
			c.fail(err)
			return
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		default:
			w.Header().Set("Retry-After", "1")
			c.fail(&apiError{status: http.StatusTooManyRequests, code: "TooManyRequests", kind: "Throttled", message: fmt.Sprintf("%d requests are running already", s.cfg.MaxQueries)})
			return
		}
		start := s.cfg.Now()
		run(c)
		s.cfg.Log.Info("request", "path", r.URL.Path, "id", c.clientID, "took", s.cfg.Now().Sub(start), "failed", c.failed)
	})
}

func (s *Server) authorized(r *http.Request) bool {
	if s.cfg.Token == "" {
		return true
	}
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return false
	}
	// Hashes are of one length whatever was sent.
	got, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(s.cfg.Token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
