package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/azward/azward/jsondoc"
)

// Failure is a call that gave no answer to use.
type Failure struct {
	Status  int    // HTTP status, 0 where there was none
	Code    string // the service's error code
	Message string
	final   bool // trying again changes nothing
}

// Error says what the service said.
func (f *Failure) Error() string {
	switch {
	case f.Status == 0:
		return f.Message
	case f.Code == "":
		return fmt.Sprintf("%d %s: %s", f.Status, http.StatusText(f.Status), f.Message)
	default:
		return fmt.Sprintf("%d %s: %s", f.Status, f.Code, f.Message)
	}
}

// Denied tells whether the call was refused for lack of permission.
func (f *Failure) Denied() bool {
	return !f.unlicensed() && (f.Status == http.StatusForbidden || f.Status == http.StatusUnauthorized)
}

// unlicensed tells whether the call was refused because the tenant has not
// bought what it asks for.
func (f *Failure) unlicensed() bool {
	return strings.HasPrefix(f.Code, "Authentication_RequestFromNonPremiumTenant")
}

// Limits on one answer and on one call.
const (
	maxPage     = 32 << 20 // bytes: a page is in memory whole
	smallPage   = 2 << 20  // pages up to this are read several at once
	maxAttempts = 7
	callTimeout = 100 * time.Second
)

// client calls one service.
type client struct {
	base     *url.URL
	pipeline runtime.Pipeline
	throttle *throttle
	clock    func() time.Time
	backoff  time.Duration
	calls    atomic.Int64
	large    *sync.Mutex // held while a large page is read
	skew     *skew
}

// skew is by how much a service's clock is ahead of ours, as its last answer said.
type skew struct{ ahead atomic.Int64 }

// see takes the header Date of an answer that has just arrived.
func (s *skew) see(h http.Header, now time.Time) {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		s.ahead.Store(int64(at.Sub(now)))
	}
}

func (s *skew) get() time.Duration { return time.Duration(s.ahead.Load()) }

// newClient makes a client of a service at base; scope is what tokens are for.
// They are sent to the service's own host alone.
func newClient(base, scope string, cred azcore.TokenCredential, t *throttle, o *Options) (*client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", base, err)
	}
	c := &client{base: u, throttle: t, clock: o.Clock, backoff: o.Backoff, large: &sync.Mutex{}, skew: &skew{}}
	auth := &bearer{cred: cred, scope: scope, host: u.Host, now: o.Clock, skew: c.skew}
	c.pipeline = runtime.NewPipeline("azward", o.Version, runtime.PipelineOptions{PerRetry: []policy.Policy{auth}}, &policy.ClientOptions{
		Retry:     policy.RetryOptions{MaxRetries: -1}, // send retries, so that the throttle sees every answer
		Telemetry: policy.TelemetryOptions{ApplicationID: "azward"},
		Transport: o.Transport,
	})
	return c, nil
}

// with returns a client of the same service and with the same tokens, paced by
// another throttle.
func (c *client) with(t *throttle) *client {
	return &client{base: c.base, pipeline: c.pipeline, throttle: t, clock: c.clock, backoff: c.backoff, large: c.large, skew: c.skew}
}

// bearer puts a token on calls to one host. A call that is refused with 401 is
// tried once with a new token: one may end while a long run goes on, or the
// clocks may differ.
type bearer struct {
	cred    azcore.TokenCredential
	scope   string
	host    string
	mu      sync.Mutex
	token   azcore.AccessToken
	useless time.Time // a new token was refused as well: not tried again before
	now     func() time.Time
	skew    *skew
}

// Do sends a request with a token.
func (b *bearer) Do(req *policy.Request) (*http.Response, error) {
	if u := req.Raw().URL; u.Scheme != "https" || u.Host != b.host {
		return nil, &Failure{final: true, Message: "a token for " + b.host + " is never sent to " + u.Host}
	}
	token, err := b.get(req.Raw().Context(), "")
	if err != nil {
		return nil, err
	}
	again := req.Clone(req.Raw().Context())
	req.Raw().Header.Set("Authorization", "Bearer "+token)
	resp, err := req.Next()
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	fresh, err := b.get(req.Raw().Context(), token)
	if err != nil || fresh == token {
		return resp, nil //nolint:nilerr // the refusal says more than the token's error
	}
	runtime.Drain(resp)
	if err := again.RewindBody(); err != nil {
		return nil, err
	}
	again.Raw().Header.Set("Authorization", "Bearer "+fresh)
	resp, err = again.Next()
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		// It is not the token: some services refuse so. The sign-in is not asked again for every call.
		b.mu.Lock()
		b.useless = b.now().Add(5 * time.Minute)
		b.mu.Unlock()
	}
	return resp, err
}

// get returns a token that is not the refused one, but for where a new one was of
// no use a moment ago.
func (b *bearer) get(ctx context.Context, refused string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token.Token != "" && b.token.Token != refused && b.token.ExpiresOn.Sub(b.now()) > 2*time.Minute {
		return b.token.Token, nil
	}
	if refused != "" && refused == b.token.Token && b.now().Before(b.useless) {
		return refused, nil
	}
	o := policy.TokenRequestOptions{Scopes: []string{b.scope}}
	if refused != "" {
		// The claim that continuous access evaluation asks with: a token made from now on, past every cache.
		o.Claims = fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, b.now().Add(b.skew.get()).Unix())
	}
	t, err := b.cred.GetToken(ctx, o)
	if err != nil && o.Claims != "" {
		// Credentials that ask another program take no claims; the program has a new token by itself once the old one ends.
		t, err = b.cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: o.Scopes})
	}
	if err != nil {
		return "", &signInError{err}
	}
	b.token = t
	return t.Token, nil
}

// ErrSignIn is a sign-in that failed.
var ErrSignIn = errors.New("sign in")

// signInError is the one failure that ends a run.
type signInError struct{ err error }

func (e *signInError) Error() string { return "sign in: " + e.err.Error() }
func (e *signInError) Unwrap() error { return e.err }

// Is makes it an [ErrSignIn].
func (e *signInError) Is(target error) bool { return target == ErrSignIn }

// NonRetriable keeps azcore from trying again.
func (e *signInError) NonRetriable() {}

// call sends a request and returns the answer's JSON. address is a path with its
// query, or a whole address of the same host. The error is a *Failure where the
// service answered something else, and a sign-in error where there is no token.
func (c *client) call(ctx context.Context, method, address string, body any, header http.Header) (jsondoc.Value, error) {
	u, err := c.address(address)
	if err != nil {
		return jsondoc.Value{}, err
	}
	var v jsondoc.Value
	err = c.try(ctx, func(attempt int) (failure *Failure, pause time.Duration, err error) {
		v, failure, pause, err = c.once(ctx, method, u, body, header, attempt)
		return failure, pause, err
	})
	if err != nil {
		return jsondoc.Value{}, err
	}
	return v, nil
}

// try calls once until it answers, fails for good, or has failed too often.
func (c *client) try(ctx context.Context, once func(attempt int) (*Failure, time.Duration, error)) error {
	var last *Failure
	for attempt := range maxAttempts {
		if err := c.throttle.acquire(ctx); err != nil {
			return err
		}
		failure, pause, err := once(attempt)
		throttled := failure != nil && (failure.Status == http.StatusTooManyRequests || failure.Status == http.StatusServiceUnavailable)
		if failure != nil && !throttled {
			c.throttle.release(false, 0) // this call waits, below, and no other
		} else {
			c.throttle.release(throttled, pause)
		}
		switch {
		case err != nil:
			return err
		case failure == nil:
			return nil
		case !failure.retriable():
			return failure
		}
		last = failure
		if !throttled {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
		}
	}
	last.Message += fmt.Sprintf(" (tried %d times)", maxAttempts)
	return last
}

// after says how long to wait before the next try.
func (c *client) after(h http.Header, attempt int) time.Duration {
	return retryAfter(h, attempt, c.backoff, c.clock())
}

// retriable tells whether a failure may pass: throttling, the service's own
// trouble, a connection that broke.
func (f *Failure) retriable() bool {
	switch f.Status {
	case 0, http.StatusAccepted, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return !f.final
	}
	return false
}

// address resolves a path or a page link, and refuses another host: tokens stay
// with the service that they are for.
func (c *client) address(text string) (string, error) {
	u, err := c.base.Parse(text)
	if err != nil {
		return "", &Failure{final: true, Message: fmt.Sprintf("%q is no address", text)}
	}
	if u.Scheme != c.base.Scheme || u.Host != c.base.Host {
		return "", &Failure{final: true, Message: fmt.Sprintf("the page link points to %s and is not followed", u.Host)}
	}
	return u.String(), nil
}

// send makes one request. The answer is for the caller to close, and is nil where
// there is none.
func (c *client) send(ctx context.Context, method, address string, body any, header http.Header, attempt int) (resp *http.Response, failure *Failure, pause time.Duration, err error) {
	c.calls.Add(1)
	req, err := runtime.NewRequest(ctx, method, address)
	if err != nil {
		return nil, nil, 0, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	maps.Copy(req.Raw().Header, header)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, nil, 0, err
		}
		if err := req.SetBody(readSeekCloser{bytes.NewReader(text)}, "application/json"); err != nil {
			return nil, nil, 0, err
		}
	}
	runtime.SkipBodyDownload(req) // bounded by who reads it
	resp, err = c.pipeline.Do(req)
	if err != nil {
		var sign *signInError
		var known *Failure
		switch {
		case errors.As(err, &sign), errors.Is(ctx.Err(), context.Canceled):
			return nil, nil, 0, err
		case errors.As(err, &known):
			return nil, known, 0, nil
		}
		return nil, &Failure{Message: "the connection failed: " + plainError(err)}, c.after(http.Header{}, attempt), nil
	}
	c.skew.see(resp.Header, c.clock())
	return resp, nil, 0, nil
}

func (c *client) once(ctx context.Context, method, address string, body any, header http.Header, attempt int) (v jsondoc.Value, failure *Failure, pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, failure, pause, err := c.send(ctx, method, address, body, header, attempt)
	if resp == nil {
		return v, failure, pause, err
	}
	defer runtime.Drain(resp)
	text, err := io.ReadAll(io.LimitReader(resp.Body, smallPage))
	if err == nil && len(text) == smallPage {
		// Large pages are read one at a time, so that memory does not grow with the number of calls.
		c.large.Lock()
		defer c.large.Unlock()
		var more []byte
		more, err = io.ReadAll(io.LimitReader(resp.Body, maxPage+1-smallPage))
		text = append(text, more...)
	}
	switch {
	case err != nil:
		return v, &Failure{Message: "the answer broke off: " + plainError(err)}, c.after(http.Header{}, attempt), nil
	case len(text) > maxPage:
		return v, &Failure{final: true, Message: fmt.Sprintf("a page of more than %d MiB was not read", maxPage>>20)}, 0, nil
	case resp.StatusCode == http.StatusAccepted:
		// The answer is not there yet; what the body holds is how far it is.
		return v, &Failure{Status: resp.StatusCode, Message: "the service has not finished its answer"}, c.after(resp.Header, attempt), nil
	case resp.StatusCode/100 != 2:
		return v, failureOf(resp.StatusCode, text), c.after(resp.Header, attempt), nil
	case len(bytes.TrimSpace(text)) == 0:
		return v, nil, 0, nil
	}
	v, err = jsondoc.Parse(text)
	if err != nil {
		return v, &Failure{final: true, Message: "the answer is no JSON: " + err.Error()}, 0, nil
	}
	return v, nil, quotaPause(resp.Header), nil
}

// plainError leaves out what net/http says around an error: the address may
// carry a page token.
func plainError(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err.Error()
	}
	return err.Error()
}

// failureOf reads the error objects of Azure Resource Manager and Microsoft Graph.
func failureOf(status int, text []byte) *Failure {
	f := &Failure{Status: status}
	if v, err := jsondoc.Parse(text); err == nil {
		e := v.Get("error")
		f.Code, f.Message = e.Get("code").TextOr(""), e.Get("message").TextOr("")
	}
	if f.Message == "" {
		f.Message = clip(strings.TrimSpace(string(text)), 200)
	}
	f.Message = clip(f.Message, 400)
	if f.unlicensed() {
		f.Message = "the tenant has no license of Microsoft Entra ID P1, which this needs"
	}
	return f
}

func clip(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

type readSeekCloser struct{ *bytes.Reader }

func (readSeekCloser) Close() error { return nil }

// errNoList is what an answer without a list is: no empty one.
var errNoList = &Failure{final: true, Message: "the answer holds no list"}

// elementsOf returns the array of a page: its member value, or the page itself,
// as some old lists of Azure Resource Manager are.
func elementsOf(page jsondoc.Value) (jsondoc.Value, error) {
	if page.Kind() == jsondoc.Array {
		return page, nil
	}
	if list := page.Get("value"); list.Kind() == jsondoc.Array {
		return list, nil
	}
	return jsondoc.Value{}, errNoList
}

// list calls each with the elements of every page. Pages are "value" or "data"
// arrays with a link to the next. It stops at a page that fails; what came
// before is kept.
func (c *client) list(ctx context.Context, address string, header http.Header, each func(jsondoc.Value) error) error {
	const maxPages = 1_000_000
	seen := map[string]bool{}
	for range maxPages {
		v, err := c.call(ctx, http.MethodGet, address, nil, header)
		if err != nil {
			return err
		}
		page, err := elementsOf(v)
		if err != nil {
			return err
		}
		for _, e := range page.Elements() {
			if err := each(e); err != nil {
				return err
			}
		}
		next := v.Get("nextLink").TextOr(v.Get("@odata.nextLink").TextOr(""))
		if next == "" {
			return nil
		}
		if seen[next] {
			return &Failure{final: true, Message: "the pages go in a circle"}
		}
		seen[next] = true
		address = next
	}
	return &Failure{final: true, Message: "the list has no end"}
}
