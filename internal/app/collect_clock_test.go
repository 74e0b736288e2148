package app

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/inventory"
)

// absolute has tokens that say when they end by the service's clock, as those of
// managed identities do.
type absolute struct {
	s    *fake.Server
	last azcore.AccessToken
	now  func() time.Time // the service's
}

func (a *absolute) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if o.Claims == "" && a.last.Token != "" && a.now().Before(a.last.ExpiresOn) {
		return a.last, nil // its own cache
	}
	a.last.Token, a.last.ExpiresOn = a.s.Token()
	return a.last, nil
}

// TestClocksDifferByTenMinutes moves our clock by ten minutes in both directions,
// before a run and in the middle of one, with tokens that end while it goes on
// and pauses that are given as dates.
func TestClocksDifferByTenMinutes(t *testing.T) {
	inv := demoInventory(t)
	for name, c := range map[string]struct {
		before, later time.Duration // by how much our clock is ahead
		want          string
	}{
		"ahead":                  {10 * time.Minute, 10 * time.Minute, "10 minutes ahead of"},
		"behind":                 {-10 * time.Minute, -10 * time.Minute, "10 minutes behind"},
		"set forward in the run": {0, 10 * time.Minute, "10 minutes ahead of"},
		"set back in the run":    {0, -10 * time.Minute, "10 minutes behind"},
		"the same":               {0, 0, ""},
		"nearly the same":        {time.Minute, time.Minute, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			ours := func() time.Time { // without what the runtime knows of time besides the clock
				by := c.before
				if calls.Load() > 30 {
					by = c.later
				}
				return time.Now().Add(by).Round(0)
			}
			// The service's clock runs fast, so that tokens end while the run goes on.
			begun := time.Now()
			theirs := func() time.Time { return begun.Add(time.Since(begun)) }
			s, o := startFake(t, inv, fake.Options{PageSize: 20, Throttle: 0.05, Seed: 9, RetryDate: true, TokenLife: 900 * time.Millisecond, Latency: 5 * time.Millisecond, Clock: theirs})
			o.Credential = &absolute{s: s, now: theirs}
			o.Clock, o.Only, o.Unpaced = func() time.Time { calls.Add(1); return ours() }, []string{"graph"}, false
			path := filepath.Join(t.TempDir(), "tenant.azs")
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if _, err := Collect(ctx, path, o); err != nil {
				t.Fatal(err)
			}
			got, err := Load(context.Background(), &Options{From: []string{path}})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range got.Manifest().Entries() {
				if e.State != inventory.Complete || len(e.Unread) > 0 {
					t.Errorf("%+v", e)
				}
			}
			said := ""
			for _, d := range got.Diagnostics() {
				if d.Code == collect.CodeSkew {
					said += d.Message
				}
			}
			if (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
				t.Errorf("the manifest says %q, want %q", said, c.want)
			}
			lines, err := CollectSummary(path)
			if err != nil || strings.Contains(strings.Join(lines, "\n"), "clock") != (c.want != "") {
				t.Errorf("the summary: %q, %v", lines, err)
			}
			t.Logf("%d tokens, %d calls refused, %d throttled", s.Tokens.Load(), s.Refused.Load(), s.Throttled.Load())
			if s.Tokens.Load() < 2 || s.Throttled.Load() == 0 {
				t.Error("no token ended, or no call was throttled")
			}
		})
	}
}
