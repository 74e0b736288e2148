package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/azward/azward/compliance"
	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/posture"
)

//go:embed page
var page embed.FS

// frame is what every page has around its contents: the look and what moves,
// inside the page, so that it opens without a network.
type frame struct {
	Title string
	CSS   template.CSS
	JS    template.JS
}

// writePage writes one self-contained page: the template of that name in page,
// in the frame that all pages share. view makes what the template shows.
func writePage(w io.Writer, name, title string, view func(frame) any) error {
	css, err := page.ReadFile("page/page.css")
	if err != nil {
		return fmt.Errorf("read the pages' style: %w", err)
	}
	js, err := page.ReadFile("page/page.js")
	if err != nil {
		return fmt.Errorf("read the pages' script: %w", err)
	}
	t, err := template.New(name).Funcs(pageFuncs()).ParseFS(page, "page/frame.tmpl", "page/"+name)
	if err != nil {
		return fmt.Errorf("read a page's template: %w", err)
	}
	out := newWriter(w)
	if err := t.Execute(out, view(frame{Title: title, CSS: template.CSS(string(css) + statusCSS()), JS: template.JS(js)})); err != nil { //nolint:gosec // every part is ours
		return fmt.Errorf("write the page: %w", err)
	}
	return out.flush()
}

func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"percent": percent, "number": number, "plural": plural, "thousands": thousands,
		"breakable": breakable, "spaced": spaced,
		"grade": grade, "gain": gain,
		"step": func(i int) int { return i + 1 },
		"arc":  func(share float64) string { return fmt.Sprintf("%.1f", 339.292*min(1, max(0, share))) },
		"barWidth": func(c posture.ControlScore) template.CSS {
			share := c.Percentage
			if c.Max == 0 && c.Healthy+c.Unhealthy > 0 {
				share = float64(c.Healthy) / float64(c.Healthy+c.Unhealthy)
			}
			return template.CSS(fmt.Sprintf("%.1f%%", share*100))
		},
		"healthOf": func(c posture.ControlScore) int { return c.Healthy + c.Unhealthy },
		"cell":     pageCell,
		"stack":    pageStack,
		"whose": func(o compliance.Owner) string {
			return map[compliance.Owner]string{compliance.Microsoft: "Microsoft's", compliance.Both: "shared", compliance.Customer: "yours"}[o]
		},
		"stateWords": stateWords,
		"quiet":      func(s compliance.State) bool { return s == compliance.NotAssessed || s == compliance.Inherited },
		"answers": func(list []compliance.Answer) string {
			if len(list) == 0 {
				return ""
			}
			bad, controls := 0, 0
			for _, a := range list {
				if a.State == compliance.NotMet {
					bad++
				}
				if !a.Policy {
					controls++
				}
			}
			var parts []string
			if controls > 0 {
				parts = append(parts, plural(controls, "control"))
			}
			if n := len(list) - controls; n == 1 {
				parts = append(parts, "1 policy")
			} else if n > 1 {
				parts = append(parts, thousands(n)+" policies")
			}
			text := strings.Join(parts, ", ")
			if bad > 0 {
				text += fmt.Sprintf(", %d with open findings", bad)
			}
			return text
		},
	}
}

func grade(share float64) string {
	switch {
	case share >= 0.8:
		return "good"
	case share >= 0.5:
		return "fair"
	}
	return "poor"
}

func stateWords(s compliance.State) string {
	return map[compliance.State]string{
		compliance.NotAssessed: "not assessed", compliance.NotMet: "not met", compliance.Unknown: "not known",
		compliance.Met: "met", compliance.Inherited: "Microsoft's",
	}[s]
}

func pageCell(c compliance.Cell) template.HTML {
	text := map[compliance.State]string{
		compliance.Inherited: "M", compliance.Met: "✓", compliance.Unknown: "?", compliance.NotAssessed: "–", compliance.NotMet: fmt.Sprint(c.Open),
	}[c.State]
	both := ""
	if c.Owner == compliance.Both {
		both = " both"
	}
	return template.HTML(fmt.Sprintf(`<span class="cell k-%s%s">%s</span>`, c.State, both, text)) //nolint:gosec // every part is ours
}

func pageStack(s compliance.Summary) template.HTML {
	total := s.Met + s.NotMet + s.Unknown + s.NotAssessed + s.Inherited
	if total == 0 {
		return ""
	}
	var b strings.Builder
	for _, p := range []struct {
		class string
		n     int
	}{{"met", s.Met}, {"notMet", s.NotMet}, {"unknown", s.Unknown}, {"inherited", s.Inherited}} {
		fmt.Fprintf(&b, `<i class="s-%s" style="width:%.1f%%"></i>`, p.class, 100*float64(p.n)/float64(total))
	}
	return template.HTML(b.String()) //nolint:gosec // every part is ours
}

// statusCSS is the look of the squares that the pages and the drawing share.
func statusCSS() string {
	var b strings.Builder
	for s := condaccess.StatusBlocked; s <= condaccess.StatusNone; s++ {
		l := matrixLook[s]
		fmt.Fprintf(&b, ".q%d{background:%s;color:%s}", s, l[0], l[1])
	}
	return b.String()
}
