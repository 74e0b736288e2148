package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// A later run goes on from the snapshot of an earlier one where Microsoft Graph
// tells what changed since. The tokens of Graph's delta functions serve for that
// alone: what changed is read again, one object at a time and by the same
// $select as before, so that a record is the same to the byte whichever way it
// came; what did not change is taken from the earlier snapshot.

// ErrSince is an earlier snapshot that cannot be gone on from.
var ErrSince = errors.New("the earlier snapshot")

// deltaPaths are the delta functions that are asked. Only collections are here of
// which v1.0 tracks everything that is read of them. Sources: "user: delta",
// "group: delta" (members, owners: "any group relationship of type directoryObject
// collection"), "oauth2PermissionGrant: delta", and "Use delta query to track
// changes in Microsoft Graph data", of version 1.0.
//
// Not here: applications, service principals and devices are read without
// $select, of which delta tracks "a default set of properties"; owners and
// permissions of applications are not tracked; signInActivity is not either.
var deltaPaths = map[string]string{
	"users":                  "/v1.0/users/delta?$select=" + userMembers,
	"groups":                 "/v1.0/groups/delta?$select=" + groupMembers + ",members,owners",
	"oauth2PermissionGrants": "/v1.0/oauth2PermissionGrants/delta",
}

// rereadPaths read one object of a collection with the members that the list has.
var rereadPaths = map[string]string{
	"users":                  "/users/%s?$select=" + userMembers,
	"groups":                 "/groups/%s?$select=" + groupMembers,
	"oauth2PermissionGrants": "/oauth2PermissionGrants/%s",
}

// maxChanges is how many changed objects are read one by one; where there are
// more, a whole read takes fewer calls.
const maxChanges = 10_000

// memberTypes are what members and owners of groups may be.
var memberTypes = []string{"users", "groups", "servicePrincipals", "devices"}

// earlier is what is known of the snapshot of the run before.
type earlier struct {
	at     time.Time
	tenant string                     // id of the organization, "" where it was not read
	links  map[string]*snapshot.Delta // by type in lower case
	unread map[string][]string        // paths that were not read, by type in lower case
	again  map[string]bool            // keys of objects of which something was not read
}

const sinceUnit = "since"

// sinceMark tells whether a snapshot is the same file as before.
func (c *run) sinceMark() (string, error) {
	if c.o.Since == "" {
		return "", nil
	}
	info, err := os.Stat(c.o.Since)
	if err != nil {
		return "", fmt.Errorf("%w %s cannot be read: %w", ErrSince, c.o.Since, reasonOf(err))
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano()), nil
}

func reasonOf(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// takeEarlier copies what later units need of the earlier snapshot into a unit of
// its own, in one pass over it.
func (c *run) takeEarlier(ctx context.Context, s *sink) error {
	f, err := os.Open(c.o.Since)
	if err != nil {
		return fmt.Errorf("%w %s cannot be read: %w", ErrSince, c.o.Since, reasonOf(err))
	}
	defer func() { _ = f.Close() }() // only read
	err = snapshot.Scan(f, func(l snapshot.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch {
		case l.Header != nil && l.Header.Redacted:
			return fmt.Errorf("%w %s is redacted: its ids are not the tenant's", ErrSince, c.o.Since)
		case l.Header != nil:
			return s.w.Source(snapshot.Source{Name: sinceUnit, StartedAt: l.Header.CreatedAt})
		case l.Delta != nil:
			return s.w.Delta(*l.Delta)
		case l.Cover != nil && strings.HasPrefix(strings.ToLower(l.Cover.Type), "microsoft.graph/") && len(l.Cover.Unread) > 0:
			return s.w.Cover(*l.Cover)
		case l.Attach != nil && strings.HasPrefix(l.Attach.ID.Key(), groupPrefix):
			return s.w.Attach(l.Attach.ID, l.Attach.Member, l.Attach.Elements...)
		case l.Record != nil && l.Record.IsGraph():
			collection := l.Record.Type[strings.IndexByte(l.Record.Type, '/')+1:]
			if _, tracked := deltaPaths[collection]; tracked || collection == "organization" {
				return s.w.Add(l.Record, l.From)
			}
			if slices.Contains(memberTypes, collection) { // only who it was
				id := resource.GraphID(collection, l.Record.ID.Name())
				return s.w.Add(&resource.Resource{ID: id, Type: id.Type(), Body: jsondoc.NewObject()}, "")
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrSince) && ctx.Err() == nil {
		return fmt.Errorf("%w %s cannot be gone on from: %w", ErrSince, c.o.Since, err)
	}
	return err
}

// groupPrefix begins the key of every group's id.
var groupPrefix = strings.TrimSuffix(resource.GraphID("groups", "x").Key(), "x")

// readEarlier reads what the unit of the earlier snapshot says but for its
// objects.
func (c *run) readEarlier() error {
	e := &earlier{links: map[string]*snapshot.Delta{}, unread: map[string][]string{}, again: map[string]bool{}}
	err := scanLines(c.dir, sinceUnit, func(l snapshot.Line) error {
		switch {
		case l.Source != nil && l.Source.Name == sinceUnit:
			e.at = l.Source.StartedAt
		case l.Delta != nil:
			e.links[strings.ToLower(l.Delta.Type)] = l.Delta
		case l.Cover != nil && (l.Cover.Scope == "/" || l.Cover.Scope == ""):
			e.unread[strings.ToLower(l.Cover.Type)] = l.Cover.Unread
		case l.Cover != nil:
			if id, err := resource.ParseID(l.Cover.Scope); err == nil {
				e.again[id.Key()] = true
			}
		case l.Record != nil && strings.EqualFold(l.Record.Type, "Microsoft.Graph/organization"):
			e.tenant = strings.ToLower(l.Record.ID.Name())
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.earlier = e
	return nil
}

// sameTenant compares the tenant of the earlier snapshot with the one that is
// read, whose organization was read before.
func (c *run) sameTenant() error {
	now := ""
	err := scanUnit(c.dir, graphUnit("organization"), func(r *resource.Resource) error { now = strings.ToLower(r.ID.Name()); return nil })
	switch {
	case err != nil:
		return err
	case now == "" || c.earlier.tenant == "":
		c.earlier.tenant = ""
	case now != c.earlier.tenant:
		return fmt.Errorf("%w %s is of another tenant: %s, and this one is %s", ErrSince, c.o.Since, c.earlier.tenant, now)
	}
	return nil
}

// latest asks for a link behind which everything that changes from now on will
// be. Without an answer there is none.
func (c *run) latest(ctx context.Context, collection string) (string, error) {
	path, ok := deltaPaths[collection]
	if !ok {
		return "", nil
	}
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	link := ""
	_, err := c.deltaPages(ctx, path+mark+"$deltatoken=latest", func(jsondoc.Value) error { return nil }, &link)
	if isFailure(err) {
		return "", nil // the next run reads everything, and says why
	}
	return link, err
}

// deltaPages follows a link of a delta function to its end, whose own link goes
// into next.
func (c *run) deltaPages(ctx context.Context, address string, each func(jsondoc.Value) error, next *string) (pages int, err error) {
	seen := map[string]bool{}
	for ; ; pages++ {
		v, err := c.graph.call(ctx, http.MethodGet, address, nil, nil)
		if err != nil {
			return pages, err
		}
		list, err := elementsOf(v)
		if err != nil {
			return pages, err
		}
		for _, e := range list.Elements() {
			if err := each(e); err != nil {
				return pages, err
			}
		}
		if *next = jsonText(v, "@odata.deltaLink"); *next != "" {
			return pages, nil
		}
		if address = jsonText(v, "@odata.nextLink"); address == "" || seen[address] {
			return pages, &Failure{final: true, Message: "the changes have no end: the last page has no delta link"}
		}
		seen[address] = true
	}
}

// changes is what became of a collection since the earlier snapshot.
type changes struct {
	since   time.Time
	link    string // where the next run goes on
	gone    map[string]bool
	changed map[string]jsondoc.Value // as they are now, by id
	unread  []string
}

// errTooMany ends the reading of changes that a whole read is cheaper than.
var errTooMany = &Failure{final: true, Message: fmt.Sprintf("more than %d objects changed", maxChanges)}

// whyWhole says why a collection is read whole though there is an earlier
// snapshot; "" where it can be gone on from.
func (c *run) whyWhole(ctx context.Context, g graphCollection, typ string) (string, error) {
	e := c.earlier
	unread := e.unread[strings.ToLower(typ)]
	link := e.links[strings.ToLower(typ)]
	switch {
	case e.tenant == "":
		return "it is not known that the earlier snapshot is of this tenant", nil
	case len(g.lost) > 0 && !slices.Equal(unread, g.lost):
		return "Microsoft Graph does not tell changes of " + strings.Join(g.lost, ", "), nil
	case link == nil:
		return "the earlier snapshot has no delta link", nil
	case len(g.lost) > 0:
		// Was refused then: a permission or a license may be there now.
		probe := strings.Replace(g.path, "$top=500", "$top=1", 1)
		if _, err := c.graph.call(ctx, http.MethodGet, probe, nil, nil); err == nil {
			return strings.Join(g.lost, ", ") + " can be read now", nil
		} else if !isFailure(err) {
			return "", err
		}
	}
	return "", nil
}

// readChanges asks for what changed, and reads that again. A failure means that
// the collection must be read whole.
func (c *run) readChanges(ctx context.Context, g graphCollection, typ string) (*changes, error) {
	d := c.earlier.links[strings.ToLower(typ)]
	u, err := url.Parse(d.Link)
	path, _, _ := strings.Cut(deltaPaths[g.collection], "?")
	if err != nil || u.Host == c.graph.base.Host && !strings.EqualFold(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "()"), path) {
		return nil, &Failure{final: true, Message: "the delta link leads elsewhere and is not followed"}
	}
	out := &changes{since: c.earlier.at, gone: map[string]bool{}, changed: map[string]jsondoc.Value{}, unread: c.earlier.unread[strings.ToLower(typ)]}
	prefix := resource.GraphID(g.collection, "x").Key()
	prefix = prefix[:len(prefix)-1]
	again := map[string]bool{}
	for key := range c.earlier.again {
		if id, ok := strings.CutPrefix(key, prefix); ok {
			again[id] = true
		}
	}
	_, err = c.deltaPages(ctx, d.Link, func(v jsondoc.Value) error {
		id := strings.ToLower(jsonText(v, "id"))
		switch {
		case id == "":
			return &Failure{final: true, Message: "a change has no id"}
		case v.Get("@removed").Exists():
			out.gone[id] = true
		default:
			again[id] = true
		}
		if len(again)+len(out.gone) > maxChanges {
			return errTooMany
		}
		return nil
	}, &out.link)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(again))
	for id := range again {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	err = each(ctx, c.workers, batches(ids), func(ctx context.Context, part []string) error {
		lost, err := c.batch(ctx, part, rereadPaths[g.collection], func(i int, body jsondoc.Value) error {
			if body.Kind() != jsondoc.Object || !strings.EqualFold(jsonText(body, "id"), part[i]) {
				return &Failure{final: true, Message: "the answer is another object"}
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			out.changed[part[i]] = body.Without("@odata.context")
			delete(out.gone, part[i])
			return nil
		})
		if err != nil {
			return err
		}
		for i, err := range lost {
			var f *Failure
			switch {
			case err == nil:
			case errors.As(err, &f) && f.Status == http.StatusNotFound:
				c.mu.Lock()
				out.gone[part[i]] = true
				c.mu.Unlock()
			default:
				return fmt.Errorf("read %s again: %w", part[i], err)
			}
		}
		return nil
	})
	return out, err
}

// goOn writes a collection as the earlier snapshot has it, but for what changed.
func (c *run) goOn(s *sink, g graphCollection, typ string, ch *changes) error {
	n := 0
	err := scanUnit(c.dir, sinceUnit, func(r *resource.Resource) error {
		if !strings.EqualFold(r.Type, typ) {
			return nil
		}
		id := strings.ToLower(r.ID.Name())
		if _, changed := ch.changed[id]; changed || ch.gone[id] {
			return nil
		}
		n++
		s.count.Add(1)
		return s.w.Add(r, s.source)
	})
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(ch.changed))
	for id := range ch.changed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		n++
		if err := s.addGraph(g.collection, ch.changed[id]); err != nil {
			return err
		}
	}
	if err := s.w.Delta(snapshot.Delta{Type: typ, Link: ch.link, At: c.clock().UTC(), Since: ch.since, Changed: ids}); err != nil {
		return err
	}
	reason := fmt.Sprintf("taken from the snapshot of %s with what changed since: %d new or changed, %d gone", ch.since.UTC().Format(time.RFC3339), len(ids), len(ch.gone))
	if len(ch.unread) > 0 {
		reason = "not read in the snapshot of " + ch.since.UTC().Format(time.RFC3339) + " and refused still"
	}
	return s.cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Complete, Count: n, Unread: ch.unread, Reason: reason})
}

// carried writes what groups had in the earlier snapshot into a list of theirs,
// for those that did not change, and returns the ids of the others.
//
// Who was deleted is in no group any more; whether Graph counts that as a change
// of the group is not documented, so such groups are read again too.
func (c *run) carried(s *sink, of, member string, ids []string) ([]string, error) {
	if c.earlier == nil || of != "groups" {
		return ids, nil
	}
	var d *snapshot.Delta
	err := scanLines(c.dir, graphUnit(of), func(l snapshot.Line) error {
		if l.Delta != nil {
			d = l.Delta
		}
		return nil
	})
	if err != nil || d == nil || d.Since.IsZero() {
		return ids, err // the groups were read whole
	}
	keep := make(map[string]bool, len(ids))
	for _, id := range ids {
		keep[strings.ToLower(id)] = false
	}
	for _, id := range d.Changed {
		delete(keep, id)
	}
	attached := func(f func(id string, a *snapshot.Attachment) error) error {
		return scanLines(c.dir, sinceUnit, func(l snapshot.Line) error {
			if l.Attach == nil || !strings.EqualFold(l.Attach.Member, member) {
				return nil
			}
			id := strings.ToLower(l.Attach.ID.Name())
			if _, ok := keep[id]; !ok {
				return nil
			}
			return f(id, l.Attach)
		})
	}
	err = attached(func(id string, a *snapshot.Attachment) error {
		keep[id] = true
		for _, e := range a.Elements {
			if c.gone[strings.ToLower(jsonText(e, "id"))] {
				delete(keep, id)
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := attached(func(id string, a *snapshot.Attachment) error { return s.w.Attach(a.ID, a.Member, a.Elements...) }); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool { return keep[strings.ToLower(id)] }), nil
}

// findGone returns the ids of objects that were in the earlier snapshot and are
// not there any more.
func (c *run) findGone() (map[string]bool, error) {
	out := map[string]bool{}
	err := scanUnit(c.dir, sinceUnit, func(r *resource.Resource) error {
		out[strings.ToLower(r.ID.Name())] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, collection := range memberTypes {
		if err := scanUnit(c.dir, graphUnit(collection), func(r *resource.Resource) error {
			delete(out, strings.ToLower(r.ID.Name()))
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
