package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// testEnv returns an environment without a terminal and its two outputs.
func testEnv() (*Env, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return &Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Now:   func() time.Time { return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) },
		Width: DefaultWidth,
	}, &out, &errs
}

func TestRunExitCodes(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
		errs string
	}{
		{[]string{"--version"}, ExitClean, ""},
		{[]string{"version"}, ExitClean, ""},
		{[]string{"--help"}, ExitClean, ""},
		{[]string{"asses"}, ExitUsage, `did you mean "azward assess"?`},
		{[]string{"--nonsense"}, ExitUsage, "no flag --nonsense"},
		{[]string{"version", "extra"}, ExitUsage, `too many arguments: extra`},
	} {
		env, _, errs := testEnv()
		if got := Run(context.Background(), c.args, env); got != c.want {
			t.Errorf("Run(%q) = %d, want %d", c.args, got, c.want)
		}
		if !strings.Contains(errs.String(), c.errs) || (c.errs == "") != (errs.Len() == 0) {
			t.Errorf("Run(%q) said %q, want %q in it", c.args, errs, c.errs)
		}
	}
}

func TestPrepareMarksTheStart(t *testing.T) {
	boom := errors.New("disk on fire")
	child := &cobra.Command{Use: "child", RunE: func(*cobra.Command, []string) error { return boom }}
	root := &cobra.Command{Use: "root", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(child)
	started := false
	env, _, _ := testEnv()
	prepare(root, env, &started)
	root.SetArgs([]string{"child"})
	if err := root.Execute(); !errors.Is(err, boom) || !started {
		t.Errorf("started = %v, err = %v; want the command's own error after its start", started, err)
	}
}
