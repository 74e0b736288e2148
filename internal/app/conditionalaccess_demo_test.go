package app

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/internal/report"
)

func demoAccess(t *testing.T) *ConditionalAccess {
	t.Helper()
	inv, err := Load(context.Background(), &Options{Demo: true, Now: demo.ReadAt()})
	if err != nil {
		t.Fatal(err)
	}
	c := NewConditionalAccess(inv, demo.ReadAt())
	if len(c.Problems()) > 0 {
		t.Errorf("the demo tenant is not read whole: %v", c.Problems())
	}
	return c
}

// TestDemoHoles: the gap search finds every hole that content/demo/STORY.md plants,
// and What If confirms each witness.
func TestDemoHoles(t *testing.T) {
	c := demoAccess(t)
	gaps := map[string]*condaccess.Gaps{}
	for _, q := range condaccess.Questions() {
		g := c.Set.Gaps(q, false)
		gaps[q.ID] = g
		if !g.Exact {
			t.Errorf("%s is not exact", q.ID)
		}
		for i := range g.Open {
			x, list := condaccess.ParseSignIn(g.Open[i].Witness.JSON())
			if len(list) > 0 {
				t.Fatal(list)
			}
			var d condaccess.Decision
			c.Set.Decide(&x, &d)
			if q.ID != "auth-context" && (d.Result == condaccess.Blocked || c.Set.Guarantees(&d, q.Property) != condaccess.False) {
				t.Errorf("%s: what if does not confirm the witness %s", q.ID, x.JSON())
			}
			if f := c.Set.Close(q, &g.Open[i]); f == nil || f.Text == "" {
				t.Errorf("%s: no fix for region %d", q.ID, i)
			}
		}
	}
	for _, hole := range []struct{ name, question, axis, text string }{
		{"an excluded app", "mfa", "what", "Rota Planner"},
		{"an excluded group", "admin-mfa", "who", "adm-petra.holm"},
		{"an unknown platform", "compliant-device", "platform", "unknownPlatform"},
		{"guests on an unknown platform", "mfa", "platform", "unknownPlatform"},
		{"a named location that is too wide", "mfa", "where", "in Hospital campuses"},
		{"an OR of controls", "mfa", "not enough", "CA009"},
		{"a context that nothing enforces", "auth-context", "what", "c2"},
	} {
		found := false
		for i := range gaps[hole.question].Open {
			r := &gaps[hole.question].Open[i]
			for _, w := range r.Conditions() {
				found = found || w.Axis == hole.axis && strings.Contains(w.Text, hole.text)
			}
			for _, p := range r.Weak {
				found = found || hole.axis == "not enough" && strings.Contains(p.Name(), hole.text)
			}
		}
		if !found {
			t.Errorf("%s (%s in %s of %s) is not found", hole.name, hole.text, hole.axis, hole.question)
		}
	}
	if n := len(gaps["mfa"].Emergency); n != 2 {
		t.Errorf("%d emergency accounts, want the two of the story", n)
	}
	for _, id := range []string{"legacy", "device-code", "risky-sign-in", "security-info"} {
		if gaps[id].Holds() != condaccess.True {
			t.Errorf("%s does not hold in the demo tenant", id)
		}
	}
}

// TestDemoMatrix: the picture shows the story's holes, and is a well-formed drawing.
func TestDemoMatrix(t *testing.T) {
	c := demoAccess(t)
	m := c.Set.Matrix()
	place := map[string]int{}
	for i, x := range m.Circumstances {
		place[x.ID] = i
	}
	column := func(text string) int {
		for i, name := range m.Columns {
			if strings.HasPrefix(name, text) {
				return i
			}
		}
		t.Fatalf("no column %q in %q", text, m.Columns)
		return 0
	}
	people := 0
	for i, r := range m.Rows {
		people += r.People
		if !strings.HasPrefix(r.Label, "members of app-ehr-users") {
			continue
		}
		for _, w := range []struct {
			app, circumstance string
			want              condaccess.Status
		}{
			{"Payroll", "everyday", condaccess.StatusEither}, {"Rota Planner", "everyday", condaccess.StatusPartly}, {"Rota Planner", "trusted", condaccess.StatusOpen},
			{"every application but", "everyday", condaccess.StatusMFA}, {"every application but", "trusted", condaccess.StatusOpen},
			{"every application but", "legacy", condaccess.StatusBlocked}, {"every application but", "device-code", condaccess.StatusBlocked},
		} {
			if got := m.Cells[i][column(w.app)][place[w.circumstance]]; got != w.want {
				t.Errorf("%s, %s, %s: %s, want %s", r.Label, w.app, w.circumstance, got, w.want)
			}
		}
	}
	if people != 149 {
		t.Errorf("%d people in the rows, want the 149 who can sign in", people)
	}
	d := xml.NewDecoder(strings.NewReader(report.AccessMatrixSVG(m)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the drawing is not well formed: %v", err)
		}
	}
}
