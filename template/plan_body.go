package template

import (
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// bodyWriter writes the body of a planned resource.
type bodyWriter struct {
	p    *plan
	r    *planned
	body jsondoc.Value
	from map[string]string // attributes, by the path that they went to
}

func (p *plan) writer(r *planned) *bodyWriter {
	return &bodyWriter{p: p, r: r, body: jsondoc.NewObject(), from: map[string]string{}}
}

// common sets what resources of every type have.
func (w *bodyWriter) common() {
	for _, name := range []string{"location", "tags", "zones"} {
		if v := w.r.values.Get(name); !w.unset(v, name) {
			w.body = w.body.With(name, v)
		}
	}
	if t := attribute(w.r.values, "identity[0].type"); !w.unset(t, "identity[0].type") {
		w.body = put(w.body, []string{"identity", "type"}, t)
	}
}

// unset tells whether an attribute has no value: null, absent, or computed by
// the provider where nobody sets it.
func (w *bodyWriter) unset(v jsondoc.Value, attr string) bool {
	switch {
	case v.IsMissing() || v.IsNull():
		return true
	case isHole(v):
		why, _ := arm.IsHole(v)
		return len(why) == 1 && why[0] == "it is known only after the apply" && !w.p.configured(w.r, attr)
	}
	return false
}

// assign takes attributes of from to their paths.
func (w *bodyWriter) assign(list []assign, from jsondoc.Value) {
	for _, a := range list {
		if v, attr := w.read(a, from, ""); v.Exists() {
			w.body = put(w.body, strings.Split(a.to, "."), v)
			w.from[bare(a.to)] = attr
		}
	}
}

// read returns the value of an assignment and the attribute that it is from;
// missing where it sets nothing. within is the path of from in the resource's
// attributes.
func (w *bodyWriter) read(a assign, from jsondoc.Value, within string) (jsondoc.Value, string) {
	for _, attr := range a.from {
		v := attribute(from, attr)
		path := strings.TrimPrefix(within+"."+attr, ".")
		if attr == "" {
			path = within
		}
		if w.unset(v, path) {
			if a.keep && isHole(v) {
				return v, path
			}
			continue
		}
		if got := w.turn(a, v, path); got.Exists() {
			return got, path
		}
	}
	return jsondoc.Value{}, ""
}

// turn applies an assignment's form to a value that is set.
func (w *bodyWriter) turn(a assign, v jsondoc.Value, path string) jsondoc.Value {
	switch {
	case a.as == "id":
		return w.id(v, path)
	case a.as == "ids":
		return w.ids(v, path)
	case isHole(v):
		return v
	case a.exists.Exists():
		if v.Kind() == jsondoc.Array && v.Len() == 0 {
			return jsondoc.Value{}
		}
		return a.exists
	case a.each != nil:
		out := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			sub := &bodyWriter{p: w.p, r: w.r, body: jsondoc.NewObject()}
			for _, one := range a.each {
				if got, _ := sub.read(one, e, path); got.Exists() {
					sub.body = put(sub.body, strings.Split(one.to, "."), got)
				}
			}
			out = append(out, sub.body)
		}
		return jsondoc.NewArray(out...)
	case a.not:
		if b, ok := v.Bool(); ok {
			return jsondoc.NewBool(!b)
		}
		return jsondoc.Value{}
	case a.values != nil:
		key := v.String()
		if s, ok := v.Text(); ok {
			key = s
		}
		return a.values[lower(key)]
	case a.as == "unix":
		if t, err := time.Parse(time.RFC3339, v.TextOr("")); err == nil {
			return jsondoc.NewInt(t.Unix())
		}
		return arm.Hole("the date " + v.TextOr("") + " cannot be read")
	}
	return v
}

// id is the id that an attribute holds, or that of the resource it refers to.
func (w *bodyWriter) id(v jsondoc.Value, path string) jsondoc.Value {
	if !isHole(v) {
		return v
	}
	// Inside a block the configuration has the block's position.
	for _, expr := range []jsondoc.Value{expression(w.r.config, path), expression(w.r.config, indexed(path))} {
		if to := w.p.single(w.r, expr); to != nil {
			id, _ := w.p.idOf(to)
			return jsondoc.NewString(id)
		}
	}
	return v
}

// indexed reads a path into the first block: "ip_configuration.subnet_id".
func indexed(path string) string {
	head, rest, ok := strings.Cut(path, ".")
	if !ok || strings.Contains(head, "[") {
		return path
	}
	return head + "[0]." + rest
}

func (w *bodyWriter) ids(v jsondoc.Value, path string) jsondoc.Value {
	ref := func(id jsondoc.Value) jsondoc.Value {
		return jsondoc.NewObject(jsondoc.Member{Name: "id", Value: id})
	}
	var out []jsondoc.Value
	refs := w.p.refs(w.r.place, expression(w.r.config, path), w.r.module, 0)
	var targets []*planned
	for _, one := range refs {
		if one.attr == "id" {
			targets = append(targets, one.to)
		}
	}
	if isHole(v) {
		if len(targets) == 0 {
			return v
		}
		for _, to := range targets {
			id, _ := w.p.idOf(to)
			out = append(out, ref(jsondoc.NewString(id)))
		}
		return jsondoc.NewArray(out...)
	}
	for i, e := range v.Elements() {
		if isHole(e) && len(targets) == v.Len() {
			id, _ := w.p.idOf(targets[i])
			e = jsondoc.NewString(id)
		}
		out = append(out, ref(e))
	}
	return jsondoc.NewArray(out...)
}

// join writes several attributes as one text.
func (w *bodyWriter) join(j join) {
	var words []string
	for _, attr := range j.of {
		v := attribute(w.r.values, attr)
		if isHole(v) {
			w.body = put(w.body, strings.Split(j.to, "."), v)
			return
		}
		s, ok := v.Text()
		if !ok {
			return
		}
		words = append(words, s)
	}
	w.body = put(w.body, strings.Split(j.to, "."), jsondoc.NewString(strings.Join(words, j.with)))
}

// put sets a path in an object.
func put(v jsondoc.Value, path []string, val jsondoc.Value) jsondoc.Value {
	if len(path) == 1 {
		return v.With(path[0], val)
	}
	inner := v.Get(path[0])
	if isHole(inner) {
		return v // not known as a whole
	}
	return v.With(path[0], put(inner, path[1:], val))
}
