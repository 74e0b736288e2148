package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
)

func newSnapshotMergeCommand(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "merge FILE FILE ... -o FILE",
		Short: "Make one snapshot of several",
		Long: `Merge joins snapshots, or anything else that --from reads: of Azure and of Entra
ID, of several subscriptions, of the same tenant at several times. Of a resource
that several have, the latest snapshot counts, and one that a later snapshot
lacks though it read all of its type is left out. What is no snapshot counts as
older than those that are. Logs are joined, each event once; of lists of aliases
the latest counts.`,
		Example: `  azward snapshot merge azure.azs entra.azs -o tenant.azs
  azward snapshot merge monday.azs tuesday.azs -o latest.azs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("give at least two snapshots to merge")
			}
			if output == "" {
				return &usageError{message: "no file to write", help: "name it with -o"}
			}
			type reading struct {
				inv  *inventory.Inventory
				at   time.Time
				path string
			}
			var readings []reading
			var sources []snapshot.Source
			for _, path := range args {
				inv, err := loadPath(cmd.Context(), env, path)
				if err != nil {
					return err
				}
				at, of := origins(path)
				if len(of) == 0 {
					of = []snapshot.Source{{Name: path, Records: inv.Len()}}
				}
				readings = append(readings, reading{inv, at, path})
				sources = append(sources, of...)
			}
			slices.SortStableFunc(readings, func(a, b reading) int { return b.at.Compare(a.at) })
			latestFirst := make([]*inventory.Inventory, len(readings))
			paths := make([]string, len(readings))
			for i, r := range readings {
				latestFirst[i], paths[i] = r.inv, r.path
			}
			if err := app.OneTenant(latestFirst...); err != nil {
				return err
			}
			at := readings[0].at
			if at.IsZero() {
				at = env.Now()
			}
			return writeSnapshot(env, output, snapshot.Header{CreatedAt: at.UTC()}, snapshot.Merge(latestFirst...), copyRest(cmd.Context(), paths), sources...)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE`, whole or not at all")
	return cmd
}

// origins returns when a snapshot was made and what it was made of, and nothing
// for what is none.
func origins(path string) (at time.Time, sources []snapshot.Source) {
	f, err := os.Open(path)
	if err != nil {
		return at, nil
	}
	defer func() { _ = f.Close() }() // only read
	// What is wrong with the file was told when it was read.
	_ = snapshot.Scan(f, func(l snapshot.Line) error {
		switch {
		case l.Header != nil:
			at = l.Header.CreatedAt
		case l.Source != nil:
			sources = append(sources, *l.Source)
		}
		return nil
	})
	return at, sources
}

func newSnapshotRedactCommand(env *Env) *cobra.Command {
	var output, keyFile string
	cmd := &cobra.Command{
		Use:   "redact FILE -o FILE",
		Short: "Replace what tells whose tenant a snapshot is of",
		Long: `Redact copies a snapshot and replaces the names of resources, the ids of tenants,
subscriptions, objects and applications, mail addresses and domains, people's
data, IP addresses and the values of tags. What stands for one thing stands for
it everywhere, and the shipped controls judge the copy as they judge the
original. Names of tags, regions, types and settings stay. Logs are left out.

Replacements are made with a keyed hash. Without --key-file the key is random
and forgotten; with it, several snapshots are redacted alike.`,
		Example: `  azward snapshot redact tenant.azs -o shareable.azs
  azward snapshot redact tuesday.azs -o shareable.azs --key-file secret.key`,
		Args: exactly(1, "give the snapshot"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return &usageError{message: "no file to write", help: "name it with -o"}
			}
			key, err := redactionKey(keyFile)
			if err != nil {
				return err
			}
			return redact(env, args[0], output, key)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE`, whole or not at all")
	cmd.Flags().StringVar(&keyFile, "key-file", "", "take the key from `FILE` (16 bytes or more)")
	return cmd
}

func redactionKey(path string) ([]byte, error) {
	const least = 16
	if path == "" {
		key := make([]byte, 2*least)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		return key, nil
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("--key-file: %v", reasonOf(err))
	}
	if key = []byte(strings.TrimSpace(string(key))); len(key) < least {
		return nil, usagef("--key-file: %s holds less than %d bytes", path, least)
	}
	return key, nil
}

// redact copies a snapshot in two passes, in constant memory but for the names.
func redact(env *Env, from, to string, key []byte) error {
	f, err := os.Open(from)
	if err != nil {
		return usagef("read %s: %v", from, reasonOf(err))
	}
	defer func() { _ = f.Close() }() // only read
	words, err := app.ControlWords()
	if err != nil {
		return err
	}
	rd := snapshot.NewRedactor(key, func(word string) bool { return words[word] })
	// A snapshot that is cut off is redacted as far as it goes, and stays cut off.
	var cut error
	err = snapshot.Scan(f, func(l snapshot.Line) error { rd.Learn(l); return nil })
	if errors.Is(err, snapshot.ErrTruncated) {
		cut, err = err, nil
	}
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", from, err))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return badInput(fmt.Errorf("%s: %w", from, err))
	}
	n, logs := 0, 0
	err = writeOutput(env, to, func(out io.Writer) error {
		var w *snapshot.Writer
		err := snapshot.Scan(f, func(l snapshot.Line) error {
			if l.Log != nil {
				logs++
			}
			l, err := rd.Line(l)
			if err != nil {
				return err
			}
			if l.Header != nil {
				w, err = snapshot.NewWriter(out, *l.Header)
				return err
			}
			if l.Record != nil {
				n++
			}
			return w.Line(l)
		})
		if w == nil && (err == nil || errors.Is(err, snapshot.ErrTruncated)) {
			return usagef("%s: the file ends before the snapshot's first line", from)
		}
		if errors.Is(err, snapshot.ErrTruncated) {
			return w.Checkpoint()
		}
		if err != nil {
			return err
		}
		return w.Finish()
	})
	if err != nil {
		return err
	}
	if cut != nil {
		env.say("%s: warning: %v; what there is was redacted\n", from, cut)
	}
	if logs > 0 {
		env.say("%s: %d events of logs are left out\n", from, logs)
	}
	if env.ErrIsTerminal && to != "-" {
		env.say("wrote %d resources to %s\n", n, to)
	}
	return nil
}
