//go:build linux

package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/azward/azward/internal/snapshot"
)

// collector is a fake Azure in one process, read by azward in another.
type collector struct {
	t         *testing.T
	dir, path string
}

// newCollector serves a generated tenant. The test binary is azward where it is
// called so.
func newCollector(t *testing.T, resources, users int, flags ...string) *collector {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{t: t, dir: t.TempDir()}
	c.path = filepath.Join(c.dir, "azward")
	if err := os.Symlink(self, c.path); err != nil {
		t.Fatal(err)
	}
	if out, err := c.command("demo", "generate", "--resources", strconv.Itoa(resources), "-o", "tenant.json").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var text strings.Builder
	text.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[`)
	for i := range users {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"id":"%08d-0000-0000-0000-000000000000","userPrincipalName":"u%d@x.example","userType":"Member","accountEnabled":true}`, i, i)
	}
	text.WriteString("]}")
	if err := os.WriteFile(filepath.Join(c.dir, "users.json"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	serve := c.command(append([]string{"fake", "serve", "--from", "tenant.json", "users.json", "--endpoints-file", "fake.json"}, flags...)...)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = serve.Process.Kill(); _ = serve.Wait() })
	for range 1200 {
		if info, err := os.Stat(filepath.Join(c.dir, "fake.json")); err == nil && info.Size() > 0 {
			return c
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the fake does not serve")
	return nil
}

func (c *collector) command(args ...string) *exec.Cmd {
	cmd := exec.Command(c.path, args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "AZURE_TENANT_ID=fake", "AZURE_CLIENT_ID=fake", "AZURE_CLIENT_SECRET=fake")
	return cmd
}

func (c *collector) collect(to string) *exec.Cmd {
	return c.command("collect", "-o", to, "--endpoints", "fake.json", "--parallel", "32")
}

// keys returns the ids in the lines of records.
func keys(records []string) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i], _, _ = strings.Cut(r, " ")
	}
	return out
}

// records returns a line for every record of a snapshot, in order.
func (c *collector) records(name string) []string {
	c.t.Helper()
	f, err := os.Open(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var out []string
	err = snapshot.Scan(f, func(l snapshot.Line) error {
		if l.Record != nil {
			out = append(out, fmt.Sprintf("%s %x", l.Record.ID.Key(), sha256.Sum256(l.Record.Body.AppendJSON(nil))))
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestCollectInAProcessOfItsOwn measures the memory and time of a collection:
// AZWARD_COLLECT names the number of resources, 2,000 where it is not set, with
// half as many users. Nothing may be lost or be there twice, and memory must stay
// below 300 MiB.
func TestCollectInAProcessOfItsOwn(t *testing.T) {
	n := 2000
	if text := os.Getenv("AZWARD_COLLECT"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	c := newCollector(t, n, n/2, "--throttle", "0.05", "--latency", "5ms", "--page", "999")
	cmd := c.collect("tenant.azs")
	begun := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(begun)
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Skip("this system does not say what a process used")
	}
	records := c.records("tenant.azs")
	if unique := slices.Compact(keys(records)); len(unique) != len(records) {
		t.Errorf("%d records, of which %d are different", len(records), len(unique))
	}
	out, err := c.command("snapshot", "save", "--from", "tenant.json", "users.json", "-o", "files.azs").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// Settings of types that no control asks about are not asked for.
	out, err = c.command("snapshot", "diff", "files.azs", "tenant.azs").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "0 added, 0 removed, 0 changed") {
		t.Errorf("%v: %.2000s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "? ") && !strings.Contains(line, "/diagnosticSettings/") {
			t.Errorf("not read: %s", line)
		}
	}
	mib := usage.Maxrss >> 10
	how := ""
	if racing {
		how = ", with the race detector"
	}
	t.Logf("figure: collect of %d records: %.1f s, %d MiB at most%s", len(records), took.Seconds(), mib, how)
	if mib > 300 && !racing {
		t.Errorf("%d MiB of memory", mib)
	}
}

// TestCollectIsKilledAndGoesOn kills the process at random moments.
func TestCollectIsKilledAndGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c := newCollector(t, 300, 200, "--page", "50", "--latency", "2ms")
	if out, err := c.collect("whole.azs").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := c.records("whole.azs")
	random := rand.New(rand.NewPCG(1, 2))
	kills := 0
	for range 8 {
		cmd := c.collect("cut.azs")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+random.IntN(700)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended
		if err := cmd.Wait(); err == nil {
			break
		}
		kills++
	}
	out, err := c.collect("cut.azs").CombinedOutput()
	if err != nil {
		t.Fatalf("after %d kills: %v: %s", kills, err, out)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "cut.azs.collect")); err == nil {
		t.Error("what was kept for the run is still there")
	}
	if got := c.records("cut.azs"); !slices.Equal(got, want) {
		t.Errorf("after %d kills: %d records, want %d", kills, len(got), len(want))
	}
	t.Logf("killed %d times; %s", kills, bytes.SplitN(out, []byte("\n"), 2)[0])
}

// TestWatchIsKilledAndGoesOn kills rounds of a watch at random moments: what is
// kept is whole, and the next round goes well.
func TestWatchIsKilledAndGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c := newCollector(t, 60, 40, "--page", "50", "--latency", "1ms")
	watch := func() *exec.Cmd {
		return c.command("watch", "--once", "-o", "history", "--endpoints", "fake.json", "--parallel", "16", "--keep", "3")
	}
	out, err := watch().CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	random := rand.New(rand.NewPCG(3, 4))
	kills := 0
	for range 12 {
		cmd := watch()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+random.IntN(900)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended
		if cmd.Wait() != nil {
			kills++
		}
		c.whole("history", false)
	}
	if out, err = watch().CombinedOutput(); err != nil || !strings.Contains(string(out), " 0 new findings") {
		t.Fatalf("after %d kills: %v: %s", kills, err, out)
	}
	c.whole("history", true)
	t.Logf("killed %d times; %s", kills, bytes.TrimSpace(out))
	if kills == 0 {
		t.Error("no round was killed")
	}
}

// whole checks that what a watch keeps can be read; at rest nothing else is there.
func (c *collector) whole(history string, rest bool) {
	c.t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(c.dir, history), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if err == nil && strings.HasSuffix(path, ".collect") {
				if rest {
					c.t.Errorf("%s is left", path)
				}
				return filepath.SkipDir
			}
			return err
		}
		name := e.Name()
		switch {
		case strings.HasSuffix(name, ".azs"):
			n++
			rel, err := filepath.Rel(c.dir, path)
			if err != nil {
				return err
			}
			c.records(rel)
		case strings.HasSuffix(name, ".json"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !json.Valid(text) {
				c.t.Errorf("%s is broken", path)
			}
		case name == "lock":
		case rest:
			c.t.Errorf("%s is left", path)
		}
		return nil
	})
	if err != nil || n == 0 || n > 20 {
		c.t.Errorf("%d snapshots: %v", n, err)
	}
}
