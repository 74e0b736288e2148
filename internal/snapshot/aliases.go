package snapshot

import (
	"bytes"
	"errors"
	"io"

	"github.com/azward/azward/jsondoc"
)

// AliasList is a part of the tenant's own list of aliases: some or all of those
// of one resource type, as Azure Resource Manager gives them but for what
// nothing reads. Its lines follow each other.
type AliasList struct {
	Type string // the resource type that they are listed for; empty where it is not known
	List []jsondoc.Value
}

// aliasKind begins every line of a list of aliases.
const aliasKind = `{"aliases":`

// Aliases writes a part of the tenant's list of aliases.
func (w *Writer) Aliases(l AliasList) error {
	return w.value("aliases", jsondoc.NewObject(
		jsondoc.Member{Name: "type", Value: jsondoc.NewString(l.Type)},
		jsondoc.Member{Name: "list", Value: jsondoc.NewArray(l.List...)},
	))
}

func aliasList(v jsondoc.Value) *AliasList {
	l := &AliasList{Type: v.Get("type").TextOr("")}
	for _, e := range v.Get("list").Elements() {
		l.List = append(l.List, e)
	}
	return l
}

// ScanAliases calls f with the tenant's list of aliases that a snapshot holds,
// part by part. All other lines are passed over unread, so that it takes little
// beside reading the file, and those behind the list are not looked at. Where
// the snapshot is broken before the list ends, f has been called with what there
// was; the error is as of [Scan].
func ScanAliases(r io.Reader, f func(AliasList) error) error {
	in, done, err := plain(r)
	if err != nil {
		return err
	}
	defer done()
	seen := false
	for n := 1; ; n++ {
		text, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errors.Join(ErrTruncated, err)
		case n == 1 && !IsSnapshot(text):
			return ErrNotSnapshot
		case !bytes.HasPrefix(text, []byte(aliasKind)):
			if seen {
				return nil
			}
			continue
		}
		line, err := ParseLine(text, nil)
		if err != nil {
			return err
		}
		seen = true
		if err := f(*line.Aliases); err != nil {
			return err
		}
	}
}
