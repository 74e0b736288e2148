package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/review"
)

// maxReviewFile bounds campaigns and decisions, in bytes.
const maxReviewFile = 64 << 20

func newReviewCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Review who holds what; keep a record that an auditor can verify",
		Long: `Review holds access reviews without Microsoft's licenses for them. A campaign (a
YAML file) says which grants are looked at and what stale means; begin makes the
record and a list of items with a recommendation and its evidence; reviewers
fill in the list; decide takes it in; commands prints what removes the grants
that were denied. The record is append-only, each line with the hash of the one
before: verify names the first line that was altered.`,
		Example: `  azward review begin campaign.yaml --demo -o q4.review --list q4.csv
  azward review decide q4.review q4.csv --reviewer adm-hedda.lorne@lindhaven.example
  azward review status q4.review
  azward review commands q4.review
  azward review verify q4.review`,
	}
	cmd.AddCommand(newReviewBeginCommand(env), newReviewDecideCommand(env), newReviewStatusCommand(env), newReviewCommandsCommand(env), newReviewVerifyCommand(env))
	return cmd
}

func newReviewBeginCommand(env *Env) *cobra.Command {
	var inv inventoryFlags
	var output, list, by string
	cmd := &cobra.Command{
		Use:   "begin CAMPAIGN.yaml",
		Short: "Begin a review: make its record and the list for the reviewers",
		Example: `  azward review begin campaign.yaml --demo -o q4.review --list q4.csv

  # campaign.yaml
  name: Privileged access, fourth quarter
  scope:
    azure: [lh-clinical]          # names or ids; everything below too
    directoryRoles: privileged    # or all
    groups: [az-research-data]
    applications: true
  reviewers: [adm-hedda.lorne@lindhaven.example]
  recurrence: quarterly
  stale: 90d`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usagef("say where the record goes with -o FILE")
			}
			if _, err := os.Stat(output); err == nil {
				return usagef("%s is there already; a record is never begun anew", output)
			}
			text, err := readSmallFile(args[0])
			if err != nil {
				return err
			}
			c, problems := review.ParseCampaign(args[0], text)
			for _, d := range problems {
				env.say("%s\n", d.Error())
				if d.Hint != "" {
					env.say("  hint: %s\n", d.Hint)
				}
			}
			if c == nil {
				return usagef("%s is no campaign", args[0])
			}
			loaded, err := inv.load(cmd.Context(), env, nil)
			if err != nil {
				return err
			}
			a := app.NewAccess(loaded)
			complainOf(env, append(graveOf(loaded), a.Problems()...))
			items, err := a.ReviewItems(c, inv.now(env))
			if err != nil {
				return err
			}
			r, err := review.Begin(c, items, by, env.Now())
			if err != nil {
				return err
			}
			if err := writeOutput(env, output, func(w io.Writer) error { _, err := w.Write(r.Text()); return err }); err != nil {
				return err
			}
			if list != "" {
				if err := writeOutput(env, list, func(w io.Writer) error { return writeReviewList(w, r) }); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(env.Stdout, "%d items in %s, due on %s\nhead %s\n", len(r.Items), output, c.DueOn(r.Begun).Format("2006-01-02"), r.Head())
			return err
		},
	}
	inv.add(cmd)
	cmd.Args = cobra.ExactArgs(1)
	cmd.Flags().StringVarP(&output, "output", "o", "", "the record's `FILE`")
	cmd.Flags().StringVar(&list, "list", "", "also write the items as CSV for the reviewers to `FILE`")
	cmd.Flags().StringVar(&by, "by", "azward", "`NAME` of who begins the review")
	return cmd
}

var reviewColumns = []string{"item", "kind", "principal", "principalType", "what", "scope", "recommendation", "evidence", "decision", "justification"}

func writeReviewList(w io.Writer, r *review.Record) error {
	out := csv.NewWriter(w)
	if err := out.Write(reviewColumns); err != nil {
		return err
	}
	for _, it := range r.Items {
		d, _ := r.Decided(it.ID)
		if err := out.Write([]string{it.ID, it.Kind, it.Principal, it.PrincipalType, it.What, it.Scope, it.Recommendation, it.Evidence, d.Decision, d.Justification}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// openRecord reads and verifies a record.
func openRecord(path string) (*review.Record, error) {
	text, err := readSmallFile(path)
	if err != nil {
		return nil, err
	}
	r, err := review.Open(text)
	if err != nil {
		return nil, badInput(fmt.Errorf("%s: %w", path, err))
	}
	return r, nil
}

func readSmallFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("read %s: %v", path, reasonOf(err))
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxReviewFile+1))
	if err != nil {
		return nil, usagef("read %s: %v", path, reasonOf(err))
	}
	if len(text) > maxReviewFile {
		return nil, usagef("%s is larger than %d MiB", path, maxReviewFile>>20)
	}
	return text, nil
}

func newReviewDecideCommand(env *Env) *cobra.Command {
	var reviewer string
	cmd := &cobra.Command{
		Use:   "decide RECORD DECISIONS",
		Short: "Take in a file of decisions that a reviewer signed off",
		Long: `Decide takes in a CSV file (the list that begin wrote, with its column decision
filled in: approve or deny) or a JSON array of {"item", "decision",
"justification"}. All of it is taken or none. A decision against the
recommendation needs a justification; nobody reviews their own access.`,
		Example: `  azward review decide q4.review q4.csv --reviewer adm-hedda.lorne@lindhaven.example`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if reviewer == "" {
				return usagef("say who decided with --reviewer")
			}
			r, err := openRecord(args[0])
			if err != nil {
				return err
			}
			text, err := readSmallFile(args[1])
			if err != nil {
				return err
			}
			rows, err := readDecisions(text)
			if err != nil {
				return usagef("%s: %v", args[1], err)
			}
			n, err := r.Decide(reviewer, text, rows, env.Now())
			if err != nil {
				return usagef("%s: %v", args[1], err)
			}
			if err := writeOutput(env, args[0], func(w io.Writer) error { _, err := w.Write(r.Text()); return err }); err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Stdout, "%d decisions taken in, %d items left\nhead %s\n", n, r.Undecided(), r.Head())
			return err
		},
	}
	cmd.Flags().StringVar(&reviewer, "reviewer", "", "the reviewer's `MAIL`, as the campaign names it")
	return cmd
}

// readDecisions reads CSV or JSON.
func readDecisions(text []byte) ([]review.Decision, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // spreadsheets write it
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		var rows []review.Decision
		if err := json.Unmarshal(trimmed, &rows); err != nil {
			return nil, err
		}
		return rows, nil
	}
	in := csv.NewReader(bytes.NewReader(text))
	first, _, _ := bytes.Cut(text, []byte{'\n'})
	for _, sep := range []rune{';', '\t'} { // as spreadsheets of some languages write
		if !bytes.ContainsRune(first, ',') && bytes.ContainsRune(first, sep) {
			in.Comma = sep
		}
	}
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("it is neither CSV nor a JSON array: %w", err)
	}
	at := map[string]int{}
	for i, h := range header {
		at[strings.ToLower(strings.TrimSpace(h))] = i
	}
	item, okItem := at["item"]
	decision, okDecision := at["decision"]
	if !okItem || !okDecision {
		return nil, errors.New("it has no columns item and decision; fill in the list that azward review begin --list wrote")
	}
	var rows []review.Decision
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		d := review.Decision{Item: row[item], Decision: row[decision]}
		if why, ok := at["justification"]; ok {
			d.Justification = row[why]
		}
		rows = append(rows, d)
	}
}

func newReviewStatusCommand(env *Env) *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:     "status RECORD",
		Short:   "Show how far a review is",
		Example: "  azward review status q4.review\n  azward review status q4.review --format csv > left.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := openRecord(args[0])
			if err != nil {
				return err
			}
			return writeOutput(env, output, func(w io.Writer) error {
				switch format {
				case "csv":
					return writeReviewList(w, r)
				case "html":
					return report.TablePageHTML(w, thisTool(), reviewPage(r))
				case "json":
					return writeJSON(w, map[string]any{"campaign": r.Campaign, "begun": r.Begun, "due": r.Campaign.DueOn(r.Begun), "items": r.Items, "decisions": r.Decisions, "signOffs": r.SignOffs, "head": r.Head()})
				}
				return writeReviewStatus(w, r)
			})
		},
	}
	addFormat(cmd, &format, "table", "json", "csv", "html")
	addOutput(cmd, &output)
	return cmd
}

func writeReviewStatus(w io.Writer, r *review.Record) error {
	out := &strings.Builder{}
	approved, denied := 0, 0
	for _, d := range r.Decisions {
		if d.Decision == review.Deny {
			denied++
		} else {
			approved++
		}
	}
	fmt.Fprintf(out, "%s\n  begun %s, due %s", r.Campaign.Name, r.Begun.Format("2006-01-02"), r.Campaign.DueOn(r.Begun).Format("2006-01-02"))
	if next := r.Campaign.Next(r.Begun); !next.IsZero() {
		fmt.Fprintf(out, ", again on %s", next.Format("2006-01-02"))
	}
	fmt.Fprintf(out, "\n  %d items: %d approved, %d denied, %d left\n", len(r.Items), approved, denied, r.Undecided())
	for _, s := range r.SignOffs {
		fmt.Fprintf(out, "  %s signed off %d decisions on %s\n", s.Reviewer, s.Count, s.At.Format("2006-01-02"))
	}
	for _, it := range r.Items {
		if _, ok := r.Decided(it.ID); !ok {
			fmt.Fprintf(out, "\n  %s: %s at %s\n    %s: %s\n", it.Principal, it.What, it.Scope, it.Recommendation, it.Evidence)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func newReviewCommandsCommand(env *Env) *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "commands RECORD",
		Short: "Print the exact commands that remove what was denied",
		Example: `  azward review commands q4.review > remove.sh
  azward review commands q4.review --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := openRecord(args[0])
			if err != nil {
				return err
			}
			type command struct {
				Comment string   `json:"comment"`
				Lines   []string `json:"lines"`
			}
			list := []command{}
			for _, c := range r.Commands() {
				list = append(list, command{c.Comment, c.Lines})
			}
			return writeOutput(env, output, func(w io.Writer) error {
				if format == "json" {
					return writeJSON(w, map[string]any{"commands": list})
				}
				for _, c := range list {
					if _, err := fmt.Fprintf(w, "# %s\n", strings.NewReplacer("\n", " ", "\r", " ").Replace(c.Comment)); err != nil {
						return err
					}
					for _, line := range c.Lines {
						if _, err := fmt.Fprintln(w, line); err != nil {
							return err
						}
					}
				}
				return nil
			})
		},
	}
	addFormat(cmd, &format, "table (a shell script)", "json")
	addOutput(cmd, &output)
	return cmd
}

// reviewVerdict is what azward review verify answers.
type reviewVerdict struct {
	Whole  bool   `json:"whole"`
	Lines  int    `json:"lines,omitempty"`
	Head   string `json:"head,omitempty"`
	Reason string `json:"reason,omitempty"` // why it is not whole
}

func newReviewVerifyCommand(env *Env) *cobra.Command {
	var head, format, output string
	cmd := &cobra.Command{
		Use:   "verify RECORD",
		Short: "Verify that nothing in a record was altered",
		Long: `Verify checks the chain of hashes and names the first line at which it does not
hold (exit code 1). Whether lines were cut off the end shows only beside a head
that was kept elsewhere: give it with --head.`,
		Example: `  azward review verify q4.review
  azward review verify q4.review --head 3f6a…
  azward review verify q4.review --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := openRecord(args[0])
			var v reviewVerdict
			switch {
			case errors.Is(err, review.ErrBroken):
				v.Reason = err.Error()
			case err != nil:
				return err
			case head != "" && !strings.EqualFold(head, r.Head()):
				v = reviewVerdict{Lines: r.Len(), Head: r.Head()}
				v.Reason = fmt.Sprintf("%s: its head is %s and not the one given: lines were added or cut off", args[0], r.Head())
			default:
				v = reviewVerdict{Whole: true, Lines: r.Len(), Head: r.Head()}
			}
			err = writeOutput(env, output, func(w io.Writer) error {
				switch {
				case format == "json":
					return writeJSON(w, v)
				case v.Whole:
					printTo(w, "%s is whole: %d lines\nhead %s\n", args[0], v.Lines, v.Head)
					if head == "" {
						printlnTo(w, "a whole sign-off cut off the end would show only beside a head that was kept elsewhere: give it with --head")
					}
				default:
					printlnTo(w, v.Reason)
				}
				return nil
			})
			if err == nil && !v.Whole {
				return errFindings
			}
			return err
		},
	}
	cmd.Flags().StringVar(&head, "head", "", "the `HASH` that an earlier command printed as head")
	addFormat(cmd, &format, "table", "json")
	addOutput(cmd, &output)
	return cmd
}
