package collect

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestEndpoints(t *testing.T) {
	for text, want := range map[string]string{
		`{"authority":"https://a","resourceManager":"https://b/","microsoftGraph":"https://c"}`: "",
		`{"authority":"http://a","resourceManager":"https://b","microsoftGraph":"https://c"}`:   "https address",
		`{"authority":"https://a"}`: "https address",
		`nonsense`:                  "endpoints",
	} {
		e, err := ParseEndpoints([]byte(text))
		switch {
		case want == "" && (err != nil || e.Manager != "https://b" || e.Name != "custom"):
			t.Errorf("%s: %+v, %v", text, e, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Cloud("azuregovernment"); err != nil {
		t.Error(err)
	}
	if _, err := Cloud("moon"); err == nil {
		t.Error("there is a cloud on the moon")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"Retry-After", "86400", longest},
		{"Retry-After", "Sun, 01 Nov 2026 00:00:30 GMT", 30 * time.Second},
		{"Retry-After", "Sat, 31 Oct 2026 23:00:00 GMT", 0},
	} {
		h := http.Header{}
		h.Set(c.name, c.value)
		if got := retryAfter(h, 0, time.Second, now); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, c.value, got, c.want)
		}
	}
	// A date is by the clock of the service that gives it.
	for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		h := http.Header{}
		h.Set("Date", now.Add(off).Format(http.TimeFormat))
		h.Set("Retry-After", now.Add(off+20*time.Second).Format(http.TimeFormat))
		if got := retryAfter(h, 0, time.Second, now); got != 20*time.Second {
			t.Errorf("a clock that is %s ahead: %s", off, got)
		}
	}
	h := http.Header{}
	h.Set("x-ms-user-quota-remaining", "0")
	h.Set("x-ms-user-quota-resets-after", "00:00:04")
	if got := retryAfter(h, 0, time.Second, now); got != 4*time.Second {
		t.Errorf("Resource Graph's quota: %s", got)
	}
	for attempt := range 6 {
		base := time.Second << attempt
		if got := retryAfter(http.Header{}, attempt, time.Second, now); got < base/2 || got > base+base/2 {
			t.Errorf("attempt %d waits %s", attempt, got)
		}
	}
}

func TestThrottleShrinksAndGrowsBack(t *testing.T) {
	th := newThrottle(1e6, 1e6, 8, time.Now)
	refuse := func(n int) {
		for range n {
			if err := th.acquire(context.Background()); err != nil {
				t.Fatal(err)
			}
			th.release(true, 0)
		}
	}
	refuse(8)
	if th.limit != 7 {
		t.Errorf("limit %d after one round of refusals, want 7", th.limit)
	}
	refuse(200)
	if th.limit != 1 {
		t.Errorf("limit %d after many refusals, want 1", th.limit)
	}
	for range 200 {
		if err := th.acquire(context.Background()); err != nil {
			t.Fatal(err)
		}
		th.release(false, 0)
	}
	if th.limit != 8 {
		t.Errorf("limit %d after many good answers, want 8", th.limit)
	}
}

func TestThrottleKeepsTheRateAndThePause(t *testing.T) {
	th := newThrottle(200, 1, 64, time.Now)
	begun := time.Now()
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				if th.acquire(context.Background()) == nil {
					n.Add(1)
					th.release(false, 0)
				}
			}
		})
	}
	wg.Wait()
	if took := time.Since(begun); n.Load() != 40 || took < 190*time.Millisecond {
		t.Errorf("%d calls in %s at 200 a second", n.Load(), took)
	}
	if err := th.acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	th.release(true, time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := th.acquire(ctx); err == nil {
		t.Error("a call was made while the service wanted to be left alone")
	}
}

func TestEachStopsAtTheFirstError(t *testing.T) {
	list := make([]int, 1000)
	var n atomic.Int64
	err := each(context.Background(), 4, list, func(context.Context, int) error {
		if n.Add(1) == 10 {
			return context.DeadlineExceeded
		}
		return nil
	})
	if err == nil || n.Load() > 100 {
		t.Errorf("%v after %d", err, n.Load())
	}
	if err := each(context.Background(), 4, list[:0], func(context.Context, int) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestUnitFilesKeepNamesApart(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a/b", "a-b", "A-b", strings.Repeat("x", 200), strings.Repeat("x", 201), "../../etc", ""} {
		p := unitPath("dir", name)
		if old, ok := seen[p]; ok {
			t.Errorf("%q and %q share %s", old, name, p)
		}
		if strings.Contains(strings.TrimPrefix(p, "dir/"), "/") || strings.Contains(p, "..") {
			t.Errorf("%q leaves the folder: %s", name, p)
		}
		seen[p] = name
	}
}

func TestEveryPermissionSaysWhatForAndEveryCallReads(t *testing.T) {
	wants := []Want{{Type: "Microsoft.Storage/storageAccounts"}, {Type: "Microsoft.Storage/storageAccounts/blobServices/containers"}, {Type: "Microsoft.Security/pricings"}}
	for _, p := range Permissions(wants) {
		if len(p.Types) == 0 || p.Name == "" || strings.Contains(p.Name, "Write") {
			t.Errorf("%+v", p)
		}
	}
	e, _ := Cloud("AzurePublic")
	for _, call := range Plan(Options{Endpoints: e, Wants: wants}) {
		if !strings.HasPrefix(call, "GET ") && !strings.Contains(call, "ResourceGraph/resources") && !strings.Contains(call, "$batch") {
			t.Errorf("%s does more than read", call)
		}
	}
}

// TestThrottleOutlivesAClockThatIsSet sets the clock back and forward by ten
// minutes while calls wait.
func TestThrottleOutlivesAClockThatIsSet(t *testing.T) {
	for _, by := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		var off atomic.Int64
		th := newThrottle(100, 1, 4, func() time.Time { return time.Now().Add(time.Duration(off.Load())).Round(0) })
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := th.acquire(ctx); err != nil {
			t.Fatal(err)
		}
		th.release(true, 50*time.Millisecond) // a pause that is going on
		off.Store(int64(by))
		for range 5 {
			if err := th.acquire(ctx); err != nil {
				t.Fatalf("a clock that is set by %s: %v", by, err)
			}
			th.release(false, 0)
		}
	}
}
