package review

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is one line of a record. Its hash is the SHA-256 of the line's own text
// up to the hash; the text has the hash of the line before in it, so that no
// line can be changed, taken out or put in without breaking every one behind.
type Entry struct {
	Seq  int             `json:"seq"`
	Prev string          `json:"prev"`
	At   time.Time       `json:"at"`
	By   string          `json:"by"`
	Kind string          `json:"kind"` // campaign, item, decision, signoff
	Data json.RawMessage `json:"data"`
	Hash string          `json:"-"`
}

// Record is a review as it stands: append-only.
type Record struct {
	Campaign  Campaign
	Begun     time.Time
	Items     []Item
	Decisions map[string]Decision // by item
	SignOffs  []SignOff

	text     []byte
	entries  int
	head     string
	at       map[string]int // index of items
	unsigned []Decision     // read since the last sign-off
	count    int            // items that the opening promises; 0: it does not say
}

// Decision is what a reviewer said of an item.
type Decision struct {
	Item          string    `json:"item"`
	Decision      string    `json:"decision"` // Approve or Deny
	Justification string    `json:"justification,omitempty"`
	By            string    `json:"by"`
	At            time.Time `json:"at"`
}

// SignOff is a file of decisions that was taken in.
type SignOff struct {
	Reviewer string    `json:"reviewer"`
	File     string    `json:"fileSha256"`
	Count    int       `json:"decisions"`
	At       time.Time `json:"at"`
}

// ErrBroken is wrapped by the error of a record whose chain does not hold.
var ErrBroken = errors.New("the record was altered")

const hashKey = `,"hash":"`

// Begin makes the record of a campaign with its items.
func Begin(c *Campaign, items []Item, by string, now time.Time) (*Record, error) {
	r := &Record{Campaign: *c, Begun: now, Decisions: map[string]Decision{}, at: map[string]int{}}
	if err := r.append(now, by, "campaign", opening{*c, len(items)}); err != nil {
		return nil, err
	}
	for _, it := range items {
		if err := r.append(now, by, "item", it); err != nil {
			return nil, err
		}
		r.take(it)
	}
	return r, nil
}

// opening is the first line of a record: the campaign, and how many items follow.
type opening struct {
	Campaign
	Count int `json:"items,omitempty"` // older records do not say
}

func (r *Record) take(it Item) {
	r.at[strings.ToLower(it.ID)] = len(r.Items)
	r.Items = append(r.Items, it)
}

func (r *Record) append(at time.Time, by, kind string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("record a %s: %w", kind, err)
	}
	line, err := json.Marshal(Entry{Seq: r.entries + 1, Prev: r.head, At: at.UTC(), By: by, Kind: kind, Data: body})
	if err != nil {
		return fmt.Errorf("record a %s: %w", kind, err)
	}
	line = line[:len(line)-1]
	r.head = sum(line)
	r.text = append(append(append(append(r.text, line...), hashKey...), r.head...), "\"}\n"...)
	r.entries++
	return nil
}

func sum(line []byte) string {
	h := sha256.Sum256(line)
	return hex.EncodeToString(h[:])
}

// Text returns the record as it is to be written: one JSON object a line.
func (r *Record) Text() []byte { return r.text }

// Head returns the hash of the last line. Kept elsewhere, it shows that nothing
// was cut off the end.
func (r *Record) Head() string { return r.head }

// Len returns the number of lines.
func (r *Record) Len() int { return r.entries }

// maxRecord bounds a record, in bytes.
const maxRecord = 256 << 20

// Open reads a record and verifies its chain, and that it holds nothing that
// [Record.Decide] would not have written: whoever can write the file can make hashes
// that fit. The error wraps ErrBroken and names the first line that is wrong.
func Open(text []byte) (*Record, error) {
	if len(text) > maxRecord {
		return nil, fmt.Errorf("the record is larger than %d bytes", maxRecord)
	}
	r := &Record{Decisions: map[string]Decision{}, at: map[string]int{}}
	rest := text
	for n := 1; len(rest) > 0; n++ {
		line, tail, whole := bytes.Cut(rest, []byte{'\n'})
		if !whole {
			return nil, fmt.Errorf("%w: line %d is cut short", ErrBroken, n)
		}
		rest = tail
		if err := r.line(n, line); err != nil {
			return nil, err
		}
	}
	switch n := len(r.unsigned); {
	case r.entries == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrBroken)
	case r.count > 0 && r.count != len(r.Items):
		return nil, fmt.Errorf("%w: it began with %d items and holds %d", ErrBroken, r.count, len(r.Items))
	case n > 0:
		return nil, fmt.Errorf("%w: it ends with decisions that nobody signed off (%d, the last in line %d)", ErrBroken, n, r.entries)
	}
	r.text = slices.Clone(text)
	return r, nil
}

func (r *Record) line(n int, line []byte) error {
	broken := func(why string) error { return fmt.Errorf("%w: line %d: %s", ErrBroken, n, why) }
	i := bytes.LastIndex(line, []byte(hashKey))
	if i < 0 || len(line) < i+len(hashKey)+2 || !bytes.HasSuffix(line, []byte(`"}`)) {
		return broken("it is no line of a record")
	}
	hash := string(line[i+len(hashKey) : len(line)-2])
	if sum(line[:i]) != hash {
		return broken("its text does not match its hash")
	}
	var e Entry
	if err := json.Unmarshal(append(slices.Clone(line[:i]), '}'), &e); err != nil {
		return broken(err.Error())
	}
	if e.Seq != n || e.Prev != r.head {
		return broken("it does not follow the line before")
	}
	if same, err := json.Marshal(e); err != nil || !bytes.Equal(same[:len(same)-1], line[:i]) {
		return broken("it is not written as azward writes")
	}
	r.head, r.entries = hash, n
	var err error
	switch {
	case (e.Kind == "campaign") != (n == 1):
		return broken("a campaign begins a record, and nothing else does")
	case e.Kind == "campaign":
		var o opening
		err = json.Unmarshal(e.Data, &o)
		r.Begun, r.Campaign, r.count = e.At, o.Campaign, o.Count
	case e.Kind == "item":
		var it Item
		if err = json.Unmarshal(e.Data, &it); err == nil {
			if _, twice := r.at[strings.ToLower(it.ID)]; twice || len(r.Decisions)+len(r.SignOffs) > 0 {
				return broken("an item is there twice, or after the decisions began")
			}
			r.take(it)
		}
	case e.Kind == "decision":
		var d Decision
		if err = json.Unmarshal(e.Data, &d); err == nil {
			err = r.reread(&d, &e)
		}
	case e.Kind == "signoff":
		var s SignOff
		if err = json.Unmarshal(e.Data, &s); err == nil {
			if s.Reviewer != e.By || s.Count != len(r.unsigned) || s.Count == 0 {
				return broken(fmt.Sprintf("%s signed off %d decisions, and %d stand before it", s.Reviewer, s.Count, len(r.unsigned)))
			}
			if by := r.unsigned[0].By; by != e.By {
				return broken(fmt.Sprintf("%s signed off what %s decided", s.Reviewer, by))
			}
			r.SignOffs, r.unsigned = append(r.SignOffs, s), nil
		}
	default:
		return broken(fmt.Sprintf("no entry is of the kind %q", e.Kind))
	}
	if err != nil {
		return broken(err.Error())
	}
	return nil
}

// reread takes a decision of a record that is read, if [Record.Decide] would have.
func (r *Record) reread(d *Decision, e *Entry) error {
	if !r.reviews(e.By) {
		return fmt.Errorf("%s is not a reviewer of this campaign", e.By)
	}
	if d.By != e.By || !d.At.Equal(e.At) {
		return errors.New("it names another reviewer or moment than its line")
	}
	if len(r.unsigned) > 0 && r.unsigned[0].By != e.By {
		return fmt.Errorf("%s did not sign off what stands before", r.unsigned[0].By)
	}
	word := d.Decision
	if err := r.check(e.By, d, map[string]bool{}); err != nil {
		return err
	}
	if d.Decision != word {
		return fmt.Errorf("%q is no decision", word)
	}
	r.Decisions[strings.ToLower(d.Item)] = *d
	r.unsigned = append(r.unsigned, *d)
	return nil
}

func (r *Record) reviews(who string) bool {
	return slices.ContainsFunc(r.Campaign.Reviewers, func(s string) bool { return strings.EqualFold(s, who) })
}

// Decided returns the decision about an item.
func (r *Record) Decided(item string) (Decision, bool) {
	d, ok := r.Decisions[strings.ToLower(item)]
	return d, ok
}

// Undecided returns how many items nobody has decided.
func (r *Record) Undecided() int { return len(r.Items) - len(r.Decisions) }

// Decide takes a file of decisions that a reviewer signed off. All of it is
// taken or none: an item that is not under review, one decided twice, a word
// that is no decision, a denial or approval against the recommendation without
// a justification, a reviewer whom the campaign does not name, and a file that
// was taken in before are errors. Rows without a decision are left for later.
func (r *Record) Decide(reviewer string, file []byte, rows []Decision, now time.Time) (taken int, err error) {
	if !r.reviews(reviewer) {
		return 0, fmt.Errorf("%s is not a reviewer of this campaign; those are %s", reviewer, strings.Join(r.Campaign.Reviewers, ", "))
	}
	digest := sum(file)
	for _, s := range r.SignOffs {
		if s.File == digest {
			return 0, fmt.Errorf("this file was signed off by %s on %s already", s.Reviewer, s.At.Format("2006-01-02"))
		}
	}
	var list []Decision
	seen := map[string]bool{}
	var problems []error
	for i, d := range rows {
		if strings.TrimSpace(d.Decision) == "" {
			continue
		}
		if err := r.check(reviewer, &d, seen); err != nil {
			problems = append(problems, fmt.Errorf("row %d: %w", i+1, err))
			continue
		}
		list = append(list, d)
	}
	if len(problems) > 0 {
		return 0, errors.Join(problems...)
	}
	if len(list) == 0 {
		return 0, errors.New("no row has a decision")
	}
	for _, d := range list {
		d.By, d.At = reviewer, now.UTC()
		if err := r.append(now, reviewer, "decision", d); err != nil {
			return 0, err
		}
		r.Decisions[strings.ToLower(d.Item)] = d
	}
	s := SignOff{Reviewer: reviewer, File: digest, Count: len(list), At: now.UTC()}
	if err := r.append(now, reviewer, "signoff", s); err != nil {
		return 0, err
	}
	r.SignOffs = append(r.SignOffs, s)
	return len(list), nil
}

func (r *Record) check(reviewer string, d *Decision, seen map[string]bool) error {
	key := strings.ToLower(d.Item)
	i, ok := r.at[key]
	switch {
	case !ok:
		return fmt.Errorf("%q is not under review", d.Item)
	case seen[key]:
		return fmt.Errorf("%s is decided twice in this file", d.Item)
	}
	seen[key] = true
	if old, done := r.Decisions[key]; done {
		return fmt.Errorf("%s was decided by %s on %s (%s)", d.Item, old.By, old.At.Format("2006-01-02"), old.Decision)
	}
	switch strings.ToLower(strings.TrimSpace(d.Decision)) {
	case "approve", "keep":
		d.Decision = Approve
	case "deny", "remove":
		d.Decision = Deny
	default:
		return fmt.Errorf("%s: %q is no decision; expected approve or deny", d.Item, d.Decision)
	}
	it := r.Items[i]
	if strings.TrimSpace(d.Justification) == "" && d.Decision != it.Recommendation && it.Recommendation != NoInfo {
		return fmt.Errorf("%s: %s goes against the recommendation (%s: %s) and needs a justification", d.Item, d.Decision, it.Recommendation, it.Evidence)
	}
	if strings.EqualFold(reviewer, it.Principal) {
		return fmt.Errorf("%s: nobody reviews their own access", d.Item)
	}
	return nil
}
