package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
)

// The tenant's own list of aliases of Azure Policy: "Providers - List At Tenant
// Scope" with resourceTypes/aliases expanded. It is one answer of tens of MiB,
// which is never in memory whole.
const (
	aliasType    = "Microsoft.Resources/providers"
	aliasAddress = "/providers?api-version=2021-04-01&$expand=resourceTypes/aliases"
	aliasUnit    = "aliases"
)

// Limits on the list. Azure's has some 65,000 aliases, the largest of a few tens
// of KiB.
const (
	maxAliasBody = 512 << 20
	maxAlias     = 2 << 20
	maxAliases   = 500_000
	maxAliasNest = 64
	aliasesALine = 256
	aliasTimeout = 5 * time.Minute
)

// aliasesUnit reads the list.
func (c *run) aliasesUnit() unit {
	return unit{name: aliasUnit, source: sourceARM, types: []string{aliasType}, scope: "/", run: c.readAliases}
}

// readAliases writes the list into the unit's file. An answer that breaks off is
// asked for again, and what was written of it already is not written twice.
func (c *run) readAliases(ctx context.Context, s *sink) error {
	seen := map[string]bool{}
	pages := map[string]bool{}
	for address := aliasAddress; address != ""; {
		if pages[address] {
			return &Failure{final: true, Message: "the pages go in a circle"}
		}
		pages[address] = true
		next := ""
		err := c.arm.stream(ctx, address, func(body io.Reader) error {
			r := newAliasReader(body, seen, func(l snapshot.AliasList) error {
				s.count.Add(int64(len(l.List)))
				return s.w.Aliases(l)
			})
			err := r.page()
			next = r.next
			return err
		})
		if err != nil {
			return err
		}
		address = next
	}
	if len(seen) == 0 {
		return &Failure{final: true, Message: "the answer holds no alias"}
	}
	return nil
}

// stream gets an address and hands the body of the answer to read, which must
// bound what it keeps. Where the answer breaks off it is asked for again, and read
// is called again. Errors of read that are no Failure end the run.
func (c *client) stream(ctx context.Context, address string, read func(io.Reader) error) error {
	u, err := c.address(address)
	if err != nil {
		return err
	}
	return c.try(ctx, func(attempt int) (*Failure, time.Duration, error) {
		ctx, cancel := context.WithTimeout(ctx, aliasTimeout)
		defer cancel()
		resp, failure, pause, err := c.send(ctx, http.MethodGet, u, nil, nil, attempt)
		if resp == nil {
			return failure, pause, err
		}
		defer func() { _ = resp.Body.Close() }() // what is left of it is of no use
		if resp.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(io.LimitReader(resp.Body, smallPage)) // what there is of it says why
			return failureOf(resp.StatusCode, text), c.after(resp.Header, attempt), nil
		}
		body := &watched{r: resp.Body}
		err = read(body)
		var known *Failure
		switch {
		case err == nil:
			return nil, quotaPause(resp.Header), nil
		case body.err != nil:
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, 0, err
			}
			return &Failure{Message: "the answer broke off: " + plainError(body.err)}, c.after(resp.Header, attempt), nil
		case errors.As(err, &known):
			return known, 0, nil
		}
		return nil, 0, err
	})
}

// watched remembers how a body broke off.
type watched struct {
	r   io.Reader
	err error
}

// Read reads on.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// rationed gives so much between two marks, and so much in all.
type rationed struct {
	r          io.Reader
	left, rest int64
}

// Read reads on.
func (b *rationed) Read(p []byte) (int, error) {
	most := min(b.left, b.rest)
	if most <= 0 {
		if b.rest <= 0 {
			return 0, &Failure{final: true, Message: fmt.Sprintf("a list of more than %d MiB was not read to its end", maxAliasBody>>20)}
		}
		return 0, &Failure{final: true, Message: fmt.Sprintf("an alias of more than %d MiB was not read", maxAlias>>20)}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), most)])
	b.left -= int64(n)
	b.rest -= int64(n)
	return n, err
}

// aliasReader reads a page of providers token by token. It holds the aliases of
// one line, and the names of all of them.
type aliasReader struct {
	in   *rationed
	dec  *json.Decoder
	seen map[string]bool // types and names in lower case that were emitted
	emit func(snapshot.AliasList) error
	line snapshot.AliasList
	next string // the link to the next page
}

func newAliasReader(r io.Reader, seen map[string]bool, emit func(snapshot.AliasList) error) *aliasReader {
	in := &rationed{r: r, left: maxAlias, rest: maxAliasBody}
	dec := json.NewDecoder(in)
	dec.UseNumber()
	return &aliasReader{in: in, dec: dec, seen: seen, emit: emit}
}

// page reads the whole body: an object with the list in value, or the list. What
// arrived before an error is emitted.
func (a *aliasReader) page() error {
	err := a.body()
	if fatal := a.flush(); fatal != nil {
		return fatal
	}
	return err
}

func (a *aliasReader) body() error {
	t, err := a.token()
	if err != nil {
		return err
	}
	found := t == json.Delim('[')
	switch t {
	case json.Delim('['):
		err = a.elements(a.provider)
	case json.Delim('{'):
		err = a.members(func(name string) error {
			switch name {
			case "value":
				found = true
				return a.array(a.provider)
			case "nextLink":
				return a.text(&a.next)
			}
			return a.skip()
		})
	}
	if err == nil && !found {
		return errNoList
	}
	return err
}

// provider reads a resource provider, behind its brace.
func (a *aliasReader) provider() error {
	namespace := ""
	return a.members(func(name string) error {
		switch name {
		case "namespace":
			return a.text(&namespace)
		case "resourceTypes":
			return a.array(func() error { return a.resourceType(namespace) })
		}
		return a.skip()
	})
}

// resourceType reads a type. Where the answer gives the aliases before the names,
// they are listed for no type.
func (a *aliasReader) resourceType(namespace string) error {
	typ := ""
	return a.members(func(name string) error {
		switch name {
		case "resourceType":
			return a.text(&typ)
		case "aliases":
			a.line = snapshot.AliasList{}
			if namespace != "" && typ != "" {
				a.line.Type = namespace + "/" + typ
			}
			t, err := a.token()
			if err != nil || t == nil {
				return err
			}
			if t != json.Delim('[') {
				return a.rest(t)
			}
			for a.dec.More() {
				if err := a.alias(); err != nil {
					return err
				}
			}
			if _, err = a.token(); err != nil {
				return err
			}
			return a.flush()
		}
		return a.skip()
	})
}

// alias reads one alias and keeps what is of use.
func (a *aliasReader) alias() error {
	a.in.left = maxAlias
	var raw json.RawMessage
	if err := a.dec.Decode(&raw); err != nil {
		return noJSON(err)
	}
	v, err := jsondoc.Parse(raw)
	if err != nil {
		return noJSON(err)
	}
	v = trimAlias(v)
	name := jsonText(v, "name")
	key := strings.ToLower(a.line.Type + "|" + name)
	if name == "" || a.seen[key] {
		return nil
	}
	if len(a.seen) >= maxAliases {
		return &Failure{final: true, Message: fmt.Sprintf("the list has more than %d aliases and was not read to its end", maxAliases)}
	}
	a.seen[key] = true
	a.line.List = append(a.line.List, v)
	if len(a.line.List) >= aliasesALine {
		return a.flush()
	}
	return nil
}

// flush emits what is read.
func (a *aliasReader) flush() error {
	if len(a.line.List) == 0 {
		return nil
	}
	l := a.line
	a.line.List = nil
	return a.emit(l)
}

// trimAlias keeps of an alias what an evaluation may ask for.
func trimAlias(v jsondoc.Value) jsondoc.Value {
	var out []jsondoc.Member
	put := func(to *[]jsondoc.Member, from jsondoc.Value, name string) {
		if m := from.Get(name); m.Exists() && !m.IsNull() {
			*to = append(*to, jsondoc.Member{Name: name, Value: m})
		}
	}
	put(&out, v, "name")
	put(&out, v, "defaultPath")
	put(&out, v, "defaultPattern")
	put(&out, v, "defaultMetadata")
	if t := jsonText(v, "type"); t != "" && t != "PlainText" && t != "NotSpecified" {
		put(&out, v, "type")
	}
	var paths []jsondoc.Value
	for _, p := range v.Get("paths").Elements() {
		var one []jsondoc.Member
		for _, name := range []string{"path", "apiVersions", "pattern", "metadata"} {
			put(&one, p, name)
		}
		paths = append(paths, jsondoc.NewObject(one...))
	}
	if len(paths) > 0 {
		out = append(out, jsondoc.Member{Name: "paths", Value: jsondoc.NewArray(paths...)})
	}
	return jsondoc.NewObject(out...)
}

func noJSON(err error) error {
	if _, ok := errors.AsType[*Failure](err); ok {
		return err
	}
	return &Failure{final: true, Message: "the answer is no JSON: " + err.Error()}
}

func (a *aliasReader) token() (json.Token, error) {
	a.in.left = maxAlias
	t, err := a.dec.Token()
	if err != nil {
		return nil, noJSON(err)
	}
	return t, nil
}

// members calls f behind the name of each member of an object whose brace was read.
func (a *aliasReader) members(f func(name string) error) error {
	for a.dec.More() {
		t, err := a.token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := f(name); err != nil {
			return err
		}
	}
	_, err := a.token()
	return err
}

// array calls f behind the brace of each object in an array, which may be null.
func (a *aliasReader) array(f func() error) error {
	t, err := a.token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return a.rest(t)
	}
	return a.elements(f)
}

func (a *aliasReader) elements(f func() error) error {
	for a.dec.More() {
		t, err := a.token()
		if err != nil {
			return err
		}
		if t == json.Delim('{') {
			err = f()
		} else {
			err = a.rest(t)
		}
		if err != nil {
			return err
		}
	}
	_, err := a.token()
	return err
}

// text reads a string; anything else is passed over.
func (a *aliasReader) text(to *string) error {
	t, err := a.token()
	if err != nil {
		return err
	}
	if s, ok := t.(string); ok {
		*to = s
		return nil
	}
	return a.rest(t)
}

// skip passes over a value.
func (a *aliasReader) skip() error {
	t, err := a.token()
	if err != nil {
		return err
	}
	return a.rest(t)
}

// rest passes over what is left of a value that begins with a token.
func (a *aliasReader) rest(t json.Token) error {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxAliasNest {
				return &Failure{final: true, Message: fmt.Sprintf("the answer is nested more than %d levels deep", maxAliasNest)}
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = a.token(); err != nil {
			return err
		}
	}
}
