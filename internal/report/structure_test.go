package report

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// object walks decoded JSON and says where something is not as it must be.
type object struct {
	t    *testing.T
	path string
	v    any
}

func (o object) get(name string) object {
	m, ok := o.v.(map[string]any)
	if !ok {
		o.t.Errorf("%s is no object", o.path)
		return object{o.t, o.path + "." + name, nil}
	}
	v, ok := m[name]
	if !ok {
		o.t.Errorf("%s has no %s", o.path, name)
	} else if v == nil {
		o.t.Errorf("%s.%s is null", o.path, name)
	}
	return object{o.t, o.path + "." + name, v}
}

func (o object) has(name string) bool { m, _ := o.v.(map[string]any); _, ok := m[name]; return ok }

func (o object) each(f func(i int, e object)) {
	list, ok := o.v.([]any)
	if !ok {
		o.t.Errorf("%s is no array", o.path)
	}
	for i, e := range list {
		f(i, object{o.t, o.path + "[]", e})
	}
}

func (o object) text() string {
	s, ok := o.v.(string)
	if !ok || s == "" {
		o.t.Errorf("%s is %v, expected text", o.path, o.v)
	}
	return s
}

func (o object) number() int {
	f, ok := o.v.(float64)
	if !ok || f != math.Trunc(f) {
		o.t.Errorf("%s is %v, expected a whole number", o.path, o.v)
	}
	return int(f)
}

func (o object) oneOf(list ...string) string {
	s := o.text()
	if !slices.Contains(list, s) {
		o.t.Errorf("%s is %q, expected one of %v", o.path, s, list)
	}
	return s
}

func decoded(t *testing.T, name string, write Write, a *Assessment) object {
	t.Helper()
	var v any
	if err := json.Unmarshal(render(t, write, a), &v); err != nil {
		t.Fatal(err)
	}
	return object{t, name, v}
}

// Source: SARIF 2.1.0, the sections that its schema makes binding.
func TestSARIFFollowsItsSchema(t *testing.T) {
	sarifFollowsSchema(t, decoded(t, "sarif", SARIF, sample(40)))
}

func sarifFollowsSchema(t *testing.T, log object) {
	t.Helper()
	log.get("version").oneOf("2.1.0")
	if !strings.Contains(log.get("$schema").text(), "sarif") {
		t.Error("$schema names no SARIF schema")
	}
	log.get("runs").each(func(_ int, run object) {
		driver := run.get("tool").get("driver")
		driver.get("name").text()
		var ids []string
		driver.get("rules").each(func(_ int, rule object) {
			id := rule.get("id").text()
			if slices.Contains(ids, id) {
				t.Errorf("rule %s stands twice", id)
			}
			ids = append(ids, id)
			rule.get("shortDescription").get("text").text()
			if rule.has("helpUri") {
				if u, err := url.Parse(rule.get("helpUri").text()); err != nil || !u.IsAbs() {
					t.Errorf("helpUri of %s is no absolute URI", id)
				}
			}
			if rule.has("defaultConfiguration") {
				rule.get("defaultConfiguration").get("level").oneOf("none", "note", "warning", "error")
			}
		})
		run.get("results").each(func(_ int, r object) {
			i := r.get("ruleIndex").number()
			if i < 0 || i >= len(ids) || ids[i] != r.get("ruleId").text() {
				t.Errorf("ruleIndex %d is not the rule", i)
			}
			r.get("message").get("text").text()
			kind := r.get("kind").oneOf("notApplicable", "pass", "fail", "review", "open", "informational")
			level := r.get("level").oneOf("none", "note", "warning", "error")
			if kind != "fail" && level != "none" { // 3.27.10
				t.Errorf("a result of kind %s has the level %s", kind, level)
			}
			r.get("locations").each(func(_ int, l object) {
				if !l.has("physicalLocation") {
					return
				}
				uri := l.get("physicalLocation").get("artifactLocation").get("uri").text()
				if _, err := url.Parse(uri); err != nil || strings.ContainsAny(uri, " \\") {
					t.Errorf("%q is no URI reference", uri)
				}
				region := l.get("physicalLocation").get("region")
				if region.get("startLine").number() < 1 || region.has("startColumn") && region.get("startColumn").number() < 1 {
					t.Errorf("a region begins before the file: %v", region.v)
				}
			})
			for _, k := range []string{"fingerprints", "partialFingerprints"} {
				if r.has(k) {
					m, _ := r.get(k).v.(map[string]any)
					for name := range m {
						r.get(k).get(name).text()
					}
				}
			}
			if r.has("suppressions") {
				r.get("suppressions").each(func(_ int, s object) { s.get("kind").oneOf("inSource", "external") })
			}
		})
	})
}

// Source: OCSF, class Compliance Finding (2003): its required attributes, and
// the enumerations of those that azward fills in.
func TestOCSFFollowsItsClass(t *testing.T) {
	decoded(t, "ocsf", OCSF, sample(40)).each(func(_ int, e object) {
		activity := e.get("activity_id").number()
		if e.get("category_uid").number() != 2 || e.get("class_uid").number() != 2003 || e.get("type_uid").number() != 2003*100+activity {
			t.Errorf("category, class or type is wrong: %v", e.v)
		}
		if activity < 0 || activity > 3 && activity != 99 {
			t.Errorf("activity_id %d", activity)
		}
		if s := e.get("severity_id").number(); s < 0 || s > 6 && s != 99 {
			t.Errorf("severity_id %d", s)
		}
		if s := e.get("status_id").number(); s < 0 || s > 6 && s != 99 {
			t.Errorf("status_id %d", s)
		}
		if at := e.get("time").number(); at < 1_500_000_000_000 {
			t.Errorf("time %d is not in milliseconds", at)
		}
		product := e.get("metadata").get("product")
		e.get("metadata").get("version").text()
		product.get("name").text()
		product.get("vendor_name").text()
		e.get("finding_info").get("uid").text()
		e.get("finding_info").get("title").text()
		c := e.get("compliance")
		if !c.has("standards") && !c.has("control") && !c.has("checks") {
			t.Error("compliance names neither a standard, a control nor a check")
		}
		if s := c.get("status_id").number(); s < 0 || s > 3 && s != 99 {
			t.Errorf("compliance.status_id %d", s)
		}
		e.get("resources").each(func(_ int, r object) {
			r.get("uid").text()
			if r.has("type") {
				r.get("type").text()
			}
		})
		e.get("cloud").get("provider").text()
	})
}
