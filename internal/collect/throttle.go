package collect

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// throttle paces the calls to one service: a bucket of tokens for the rate that
// the service documents, and a number of calls at once that shrinks by a part when
// the service says 429, once for each round of calls, and grows back faster after
// each round of good answers: what slows a run down for good is the pause that
// the service asks for, which every call waits out.
type throttle struct {
	turn   chan struct{} // held by the one that waits for its turn: nobody else is woken
	mu     sync.Mutex
	wake   chan struct{} // closed and replaced when something changes
	clock  func() time.Time
	rate   float64 // tokens a second
	burst  float64
	tokens float64
	filled time.Time
	paused time.Time // nobody calls before

	limit   int // calls at once, now
	most    int
	running int
	good    int
	since   int // answers since it last shrank
}

func newThrottle(rate, burst float64, most int, clock func() time.Time) *throttle {
	return &throttle{turn: make(chan struct{}, 1), wake: make(chan struct{}), clock: clock, rate: rate, burst: burst, tokens: burst, filled: clock(), limit: most, most: most}
}

// setRate changes the rate once more is known of who is called.
func (t *throttle) setRate(rate, burst float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rate, t.burst = rate, burst
}

// acquire waits until a call may be made.
func (t *throttle) acquire(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		t.mu.Lock()
		now := t.clock()
		if now.Before(t.filled) { // somebody set the clock back: what is waited for moves with it
			t.paused = t.paused.Add(now.Sub(t.filled))
			t.filled = now
		}
		t.tokens = min(t.burst, t.tokens+now.Sub(t.filled).Seconds()*t.rate)
		t.filled = now
		var wait time.Duration
		switch {
		case now.Before(t.paused):
			wait = t.paused.Sub(now)
		case t.running >= t.limit:
			wait = time.Minute // until release wakes us
		case t.tokens < 1:
			wait = time.Duration((1 - t.tokens) / t.rate * float64(time.Second))
		default:
			t.tokens--
			t.running++
			t.mu.Unlock()
			return nil
		}
		wake := t.wake
		t.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// release ends a call. throttled says that the service asked for fewer; pause is
// how long it wants to be left alone.
func (t *throttle) release(throttled bool, pause time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.since++
	switch {
	case throttled:
		if t.good = 0; t.since >= t.limit { // the calls of one round were sent before anybody knew
			t.limit, t.since = max(1, t.limit-(t.limit+7)/8), 0
		}
		if until := t.clock().Add(pause); until.After(t.paused) {
			t.paused = until
		}
	default:
		if until := t.clock().Add(pause); pause > 0 && until.After(t.paused) {
			t.paused = until // the quota is used up with this answer
		}
		if t.good++; t.good >= t.limit && t.limit < t.most {
			t.limit, t.good = min(t.most, t.limit+max(1, t.limit/4)), 0
		}
	}
	close(t.wake)
	t.wake = make(chan struct{})
}

// longest is the longest pause that is honored; a service that asks for more is
// given up on for the call at hand.
const longest = 5 * time.Minute

// retryAfter reads how long a service wants to be left alone: Retry-After in
// seconds or as a date, Resource Graph's own header for its quota, else an
// exponential pause with jitter. Sources: "Throttling Resource Manager
// requests", "Guidance for throttled requests in Azure Resource Graph",
// "Microsoft Graph throttling guidance".
func retryAfter(h http.Header, attempt int, first time.Duration, now time.Time) time.Duration {
	if text := h.Get("Retry-After"); text != "" {
		if n, err := strconv.Atoi(text); err == nil && n >= 0 {
			return min(time.Duration(n)*time.Second, longest)
		}
		if at, err := http.ParseTime(text); err == nil {
			// The service's date is by its own clock.
			if said, err := http.ParseTime(h.Get("Date")); err == nil {
				now = said
			}
			return min(max(at.Sub(now), 0), longest)
		}
	}
	if d := quotaPause(h); d > 0 {
		return d
	}
	base := first << min(attempt, 6)
	return min(base/2+rand.N(base), longest)
}

// quotaPause returns how long Resource Graph wants to be left alone where an
// answer, a good one as well, says that its quota is used up.
func quotaPause(h http.Header) time.Duration {
	if h.Get("x-ms-user-quota-remaining") != "0" {
		return 0
	}
	d, _ := clockSpan(h.Get("x-ms-user-quota-resets-after")) // 0 where it does not say
	return min(d, longest)
}

// clockSpan reads hh:mm:ss.
func clockSpan(text string) (time.Duration, bool) {
	t, err := time.Parse("15:04:05", text)
	if err != nil {
		return 0, false
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second, true
}
