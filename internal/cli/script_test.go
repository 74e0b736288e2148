package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/azward/azward/internal/store/duck"
)

// TestMain lets the scripts run azward's real main: the test binary is it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"azward": func() {
			env := ProcessEnv(os.Stdin, os.Stdout, os.Stderr, time.Now, os.Getenv)
			os.Exit(Run(context.Background(), os.Args[1:], env))
		},
	})
}

// TestScripts runs testdata/script/*.txtar. `go test ./internal/cli -run
// TestScripts/name` runs one; AZWARD_UPDATE=1 rewrites what `cmp` compares.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("AZWARD_UPDATE") != "",
		RequireExplicitExec: true,
		Condition: func(cond string) (bool, error) {
			if cond == "store" {
				return duck.Available, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": exitCode,
		},
	})
}

// exitCode is the script command `exitcode N program args...`: the program must
// end with exactly that code. What it printed is for stdout and stderr.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
