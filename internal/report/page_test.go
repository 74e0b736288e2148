package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/azward/azward/attackpath"
	"github.com/azward/azward/condaccess"
)

func samplePath() []attackpath.Step {
	user := attackpath.Thing{Kind: attackpath.UserNode, ID: "u", Name: `<b>u@x`}
	group := attackpath.Thing{Kind: attackpath.GroupNode, ID: "g", Name: "helpers"}
	role := attackpath.Thing{Kind: attackpath.RoleNode, ID: "r", Name: "Global Administrator"}
	return []attackpath.Step{
		{From: user, Says: "is in the group", To: group},
		{From: group, Says: "holds the directory role", To: role, Cost: 1, Note: "for good", Cut: "take the role from <b>helpers, " + strings.Repeat("long ", 40)},
	}
}

func sampleMatrix() *condaccess.Matrix {
	return &condaccess.Matrix{
		Circumstances: []condaccess.Circumstance{{ID: "a", Title: "everyday"}, {ID: "b", Title: "legacy <i>"}},
		Rows:          []condaccess.MatrixRow{{Label: "<b>everybody", People: 1200, Comers: true}, {Label: "one", People: 1}},
		Columns:       []string{"every application but <b>"},
		Cells:         [][][]condaccess.Status{{{condaccess.StatusMFA, condaccess.StatusBlocked}}, {{condaccess.StatusOpen, condaccess.StatusUnknown}}},
	}
}

// pages are all the pages that are written, with something in every part.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	put := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		out[name] = b.String()
	}
	whole := sample(30)
	steps := samplePath()
	changes := []attackpath.Change{{Change: steps[1].Cut, Step: steps[1], Paths: 1, Freed: 1}}
	whole.Path = &AttackPath{Accounts: 3, Reaching: 1, Target: "Global Administrator", Steps: steps, Changes: changes, Unknown: []string{"groups"}}
	whole.Access = sampleMatrix()
	tool := Tool{"azward", "1.0"}
	put("assess", func(w io.Writer) error { return HTML(w, whole) })
	put("assess, empty", func(w io.Writer) error { return HTML(w, &Assessment{Tool: tool, Subject: "nothing"}) })
	put("matrix", func(w io.Writer) error { return AccessMatrixHTML(w, tool, "2 policies", sampleMatrix()) })
	put("matrix, empty", func(w io.Writer) error { return AccessMatrixHTML(w, tool, "2 policies", &condaccess.Matrix{}) })
	put("paths", func(w io.Writer) error {
		return AttackPathsHTML(w, tool, &AttackPaths{
			Subject: "1 of 3 accounts", Reaching: 1, Paths: []DrawnPath{{From: steps[0].From, To: steps[1].To, Cost: 1, Steps: steps}}, Changes: changes, Unknown: []string{"<b>groups"},
		})
	})
	put("gaps", func(w io.Writer) error {
		region := GapRegion{Known: true, People: 1, Conditions: []condaccess.Where{{Axis: "who", Text: "<b>everybody"}, {Axis: "what", Text: "every application but <b>"}, {Axis: "where", Text: "in <b>groups"}, {Axis: "client", Text: "browser"}},
			Strips: []condaccess.Strip{{Axis: "client", Values: []condaccess.StripValue{{Name: "browser", Holds: true}, {Name: "other"}}}}, Weak: "P", Witness: "<b>u@x", Fix: "take <b>groups out"}
		maybe := region
		maybe.Known = false
		return GapsHTML(w, tool, &GapsPage{Subject: "2 policies", Aside: "<b>u@x", Questions: []GapQuestion{
			{ID: "mfa", Title: "Everybody <b>groups", Holds: condaccess.False, Asked: 3, People: 1, Inexact: true, Regions: []GapRegion{region, maybe}}, {ID: "legacy", Title: "L", Holds: condaccess.True}, {ID: "x", Title: "X", Holds: condaccess.Unknown},
		}})
	})
	put("gaps, none", func(w io.Writer) error { return GapsHTML(w, tool, &GapsPage{Subject: "0 policies"}) })
	put("tables", func(w io.Writer) error {
		return TablesHTML(w, tool, &ServedDatabase{URL: "https://h", Database: "<b>groups", Tables: []ServedTable{{"T", []ServedColumn{{"a", "long"}}}, {"<b>everybody", nil}}})
	})
	put("list", func(w io.Writer) error {
		return TablePageHTML(w, tool, &TablePage{
			Title: "A list", Subject: "of <b>groups", Figures: []Figure{{3, "bad", "critical"}, {4, "good", Good}},
			Sections: []TableSection{
				{Title: "One", Note: "all", Columns: []string{"State", "What"}, Rows: []TableRow{{"bad", "high", []string{"<b>everybody"}}}},
				{Title: "None", Columns: []string{"What"}},
				{Title: "Many", Columns: []string{"What"}, Rows: make([]TableRow, pageListRows+7)},
			},
		})
	})
	put("list, empty", func(w io.Writer) error { return TablePageHTML(w, tool, &TablePage{Title: "A list"}) })
	put("tables, token", func(w io.Writer) error { return TablesHTML(w, tool, &ServedDatabase{Database: "x", Token: true}) })
	put("tables, none", func(w io.Writer) error { return TablesHTML(w, tool, &ServedDatabase{Database: "x"}) })
	put("paths, none", func(w io.Writer) error { return AttackPathsHTML(w, tool, &AttackPaths{Subject: "0 of 3 accounts"}) })
	return out
}

// TestPagesAreWellMade checks what a reader with a keyboard, without a mouse or
// without scripts needs: one first heading and none skipped, names for what
// scrolls and for what is typed into, links that lead somewhere.
func TestPagesAreWellMade(t *testing.T) {
	for name, text := range pages(t) {
		body := text[strings.Index(text, "<body>"):]
		body = body[:strings.LastIndex(body, "<script>")]
		if !strings.Contains(text, `<html lang="en">`) || !strings.Contains(text, "<title>") || !strings.Contains(text, "Content-Security-Policy") || !strings.Contains(body, `<main id="top">`) {
			t.Errorf("%s: the frame is missing", name)
		}
		last, firsts := 0, 0
		for _, h := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(body, -1) {
			level, _ := strconv.Atoi(h[1])
			if level > last+1 {
				t.Errorf("%s: a heading of level %d after one of level %d", name, level, last)
			}
			last = level
			if level == 1 {
				firsts++
			}
		}
		if firsts != 1 {
			t.Errorf("%s: %d first headings", name, firsts)
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if ids[m[1]] || m[1] == "" {
				t.Errorf("%s: the id %q stands twice or is empty", name, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if !ids[m[1]] {
				t.Errorf("%s: a link to #%s leads nowhere", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`<(?:div class="scroll[^>]*|input[^>]*|select[^>]*|svg[^>]*)>`).FindAllString(body, -1) {
			if !strings.Contains(m, `aria-label="`) {
				t.Errorf("%s: %s has no name", name, m)
			}
			if strings.HasPrefix(m, "<div") && !strings.Contains(m, `tabindex="0"`) {
				t.Errorf("%s: %s cannot be scrolled by keyboard", name, m)
			}
		}
		for _, m := range regexp.MustCompile(`<th[^>]*>`).FindAllString(body, -1) {
			if m != "<thead>" && !strings.Contains(m, "scope=") {
				t.Errorf("%s: %s heads nothing", name, m)
			}
		}
		for _, bad := range []string{"<b>u@x", "<b>everybody", "legacy <i>", "but <b>", "<b>groups", "http://", "<script src", "<link"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: holds %q", name, bad)
			}
		}
	}
}

// TestColorsCanBeRead computes the contrast of every pair of ink and ground that
// the pages use. Source: WCAG 2.1, success criterion 1.4.3: 4.5 to 1.
func TestColorsCanBeRead(t *testing.T) {
	css, err := page.ReadFile("page/page.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "prefers-color-scheme:dark")
	if !ok {
		t.Fatal("no dark colors")
	}
	for name, part := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{3,6})`).FindAllStringSubmatch(part, -1) {
			colors[m[1]] = m[2]
		}
		for _, pair := range []struct{ inks, grounds string }{
			{"ink soft faint accent crit high med low info good bad", "bg card"},
			{"ink soft accent", "code"},
			{"faint", "none-bg ms-bg"},
			{"good", "good-bg"},
			{"bad", "bad-bg"},
			{"maybe", "maybe-bg"},
		} {
			for ink := range strings.FieldsSeq(pair.inks) {
				for ground := range strings.FieldsSeq(pair.grounds) {
					if c := contrast(t, colors[ink], colors[ground]); c < 4.5 {
						t.Errorf("%s: %s %s on %s %s: %.2f to 1", name, ink, colors[ink], ground, colors[ground], c)
					}
				}
			}
		}
	}
	for s, look := range matrixLook {
		if c := contrast(t, look[1], look[0]); c < 4.5 {
			t.Errorf("%s: %.2f to 1", s, c)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(color string) float64 {
		color = strings.TrimPrefix(color, "#")
		if len(color) == 3 {
			color = fmt.Sprintf("%c%c%c%c%c%c", color[0], color[0], color[1], color[1], color[2], color[2])
		}
		var l float64
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(color[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v := float64(n) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			l += weight * v
		}
		return l
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestPathDrawingKeepsEveryWord(t *testing.T) {
	steps := samplePath()
	got := PathSVG(steps, []attackpath.Change{{Change: steps[1].Cut}})
	if n := strings.Count(got, "long"); n != 40 {
		t.Errorf("%d of 40 words of the change are drawn", n)
	}
	if strings.Contains(got, "<b>") {
		t.Error("a name is markup")
	}
}
