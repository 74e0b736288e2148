// Package fake is an Azure to try collectors on: an HTTPS server that speaks
// enough of the token endpoint, Azure Resource Manager, Azure Resource Graph and
// Microsoft Graph to read a tenant, over an inventory. It pages, throttles,
// refuses and breaks as it is told.
//
// Start with [Serve]. It is for tests and demonstrations; it keeps no secret and
// checks no password.
package fake

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// Fault makes calls fail.
type Fault struct {
	Path   string // a regular expression over method, path and query: "GET /v1.0/users"
	Status int    // what to answer; 0 breaks the connection off
	Code   string // of the error object
	Times  int    // how often; 0: always
	Body   string // what to answer in place of an error object
	After  int    // let this many calls pass first
}

// Options say how the fake behaves.
type Options struct {
	Inventory *inventory.Inventory
	// Query answers Resource Graph: the rows as objects, in order. Nil: the table
	// that begins the query, read off the inventory, is not there.
	Query func(ctx context.Context, query string) ([]jsondoc.Value, error)

	// Logs are the events by table, the latest first; nil: [Events] makes some up.
	Logs map[string][]jsondoc.Value

	// Providers are the resource providers with their aliases; nil: [Providers] makes
	// some up.
	Providers []jsondoc.Value

	PageSize int           // of lists; 0: 100
	Latency  time.Duration // of every call
	Throttle float64       // share of calls that are answered 429
	Seed     uint64
	Deny     []string // regular expressions over paths that are answered 403
	Faults   []Fault
	Clock    func() time.Time

	// TokenLife is how long a token is good by the fake's clock; 0: an hour.
	TokenLife time.Duration
	// RetryDate makes answers of 429 say when to come back as a date.
	RetryDate bool
}

// Server is a running fake.
type Server struct {
	Endpoints collect.Endpoints
	Calls     atomic.Int64
	Throttled atomic.Int64
	Tokens    atomic.Int64
	Refused   atomic.Int64 // calls with a token that is missing or has ended

	o         Options
	deny      []*regexp.Regexp
	faults    []*fault
	servers   []*http.Server
	mu        sync.Mutex
	random    *mrand.Rand
	queries   map[string][]jsondoc.Value
	states    []state // of the tenant, the latest last
	logOnce   sync.Once
	logRows   map[string][]jsondoc.Value
	changed   []jsondoc.Value      // events of the activity log that changes made
	tokens    map[string]time.Time // and when they end
	listeners []net.Listener
}

type fault struct {
	Fault
	match *regexp.Regexp
	seen  atomic.Int64
}

// Serve listens on addresses of the loopback and answers until Close. base is
// the port of the first of three; 0 takes free ones.
func Serve(o Options, base int) (*Server, error) {
	if o.PageSize <= 0 {
		o.PageSize = 100
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.TokenLife <= 0 {
		o.TokenLife = time.Hour
	}
	s := &Server{o: o, tokens: map[string]time.Time{}, random: mrand.New(mrand.NewPCG(o.Seed, 1))}
	s.Change(o.Inventory, o.Query)
	for _, d := range o.Deny {
		re, err := regexp.Compile(d)
		if err != nil {
			return nil, fmt.Errorf("deny %q: %w", d, err)
		}
		s.deny = append(s.deny, re)
	}
	if err := s.Break(o.Faults...); err != nil {
		return nil, err
	}
	certificate, authority, err := selfSigned(o.Clock())
	if err != nil {
		return nil, err
	}
	addresses := make([]string, 3)
	for i, h := range []http.HandlerFunc{s.token, s.manager, s.graph} {
		port := 0
		if base > 0 {
			port = base + i
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen: %w", err), s.Close())
		}
		s.listeners = append(s.listeners, l)
		addresses[i] = "https://" + l.Addr().String()
		handler := http.Handler(h)
		if i > 0 {
			handler = s.behave(h)
		}
		srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}}
		s.servers = append(s.servers, srv)
		go func() { _ = srv.ServeTLS(l, "", "") }() // ends with Close
	}
	s.Endpoints = collect.Endpoints{Name: "fake", Authority: addresses[0], Manager: addresses[1], Graph: addresses[2], CA: authority}
	return s, nil
}

// Break makes more calls fail from now on.
func (s *Server) Break(faults ...Fault) error {
	for _, f := range faults {
		re, err := regexp.Compile(f.Path)
		if err != nil {
			return fmt.Errorf("fault %q: %w", f.Path, err)
		}
		s.mu.Lock()
		s.faults = append(s.faults, &fault{Fault: f, match: re})
		s.mu.Unlock()
	}
	return nil
}

// state is the tenant at one time.
type state struct {
	inv   *inventory.Inventory
	query func(ctx context.Context, query string) ([]jsondoc.Value, error)
}

// Change makes the tenant another one from now on. The delta functions of
// Microsoft Graph tell what is different, and made-up activity logs who did it. query is as in [Options].
func (s *Server) Change(inv *inventory.Inventory, query func(ctx context.Context, query string) ([]jsondoc.Value, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.states); n > 0 && s.o.Logs == nil {
		s.changed = append(changeEvents(s.states[n-1].inv, inv, s.o.Clock(), len(s.changed)), s.changed...)
	}
	s.states = append(s.states, state{inv, query})
	s.queries = map[string][]jsondoc.Value{}
}

// now returns the tenant as it is.
func (s *Server) now() state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states[len(s.states)-1]
}

// Close ends the server.
func (s *Server) Close() error {
	var errs []error
	for _, srv := range s.servers {
		errs = append(errs, srv.Close())
	}
	return errors.Join(errs...)
}

// selfSigned makes a certificate for the loopback that is its own authority.
func selfSigned(now time.Time) (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a key: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "azward fake"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(365 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

// behave waits, checks the token, throttles, refuses and breaks before it lets a
// call through.
func (s *Server) behave(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Calls.Add(1)
		if s.o.Latency > 0 {
			time.Sleep(s.o.Latency)
		}
		w.Header().Set("Date", s.o.Clock().UTC().Format(http.TimeFormat))
		if !s.known(r.Header.Get("Authorization")) {
			s.Refused.Add(1)
			fail(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "the token is missing or has ended")
			return
		}
		name := r.Method + " " + r.URL.RequestURI()
		for _, d := range s.deny {
			if d.MatchString(name) {
				fail(w, http.StatusForbidden, "AuthorizationFailed", "the caller may not read this")
				return
			}
		}
		s.mu.Lock()
		faults := s.faults
		s.mu.Unlock()
		for _, f := range faults {
			if !f.match.MatchString(name) {
				continue
			}
			n := int(f.seen.Add(1))
			if n <= f.After || f.Times > 0 && n > f.After+f.Times {
				continue
			}
			s.breakDown(w, f)
			return
		}
		s.mu.Lock()
		throttled := s.random.Float64() < s.o.Throttle
		s.mu.Unlock()
		if throttled {
			s.Throttled.Add(1)
			w.Header().Set("Retry-After", "0")
			if s.o.RetryDate {
				w.Header().Set("Retry-After", s.o.Clock().UTC().Add(time.Second).Format(http.TimeFormat))
			}
			fail(w, http.StatusTooManyRequests, "TooManyRequests", "too many calls")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) breakDown(w http.ResponseWriter, f *fault) {
	if f.Status == 0 {
		if h, ok := w.(http.Hijacker); ok {
			if conn, _, err := h.Hijack(); err == nil {
				_ = conn.Close()
				return
			}
		}
		panic(http.ErrAbortHandler)
	}
	if f.Body != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body)) // a client that went away needs no answer
		return
	}
	fail(w, f.Status, f.Code, "as it was told to")
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}}) // a client that went away needs no answer
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that went away needs no answer
}

// Token makes a token and says when it ends, by the fake's clock.
func (s *Server) Token() (token string, ends time.Time) {
	token = fmt.Sprintf("fake-%d", s.Tokens.Add(1))
	ends = s.o.Clock().Add(s.o.TokenLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = ends
	return token, ends
}

// known tells whether a call carries a token that is still good.
func (s *Server) known(authorization string) bool {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	ends, made := s.tokens[token]
	return ok && made && s.o.Clock().Before(ends)
}

// token answers the token endpoint and the documents that lead to it.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	self := "https://" + r.Host
	switch {
	case r.Method == http.MethodPost:
		token, _ := s.Token()
		reply(w, map[string]any{"token_type": "Bearer", "expires_in": int(s.o.TokenLife.Seconds()), "access_token": token})
	default:
		tenant := "00000000-0000-0000-0000-000000000001"
		reply(w, map[string]any{
			"issuer": self + "/" + tenant + "/v2.0", "authorization_endpoint": self + "/" + tenant + "/oauth2/v2.0/authorize", "token_endpoint": self + "/" + tenant + "/oauth2/v2.0/token",
			"tenant_discovery_endpoint": self + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		})
	}
}
