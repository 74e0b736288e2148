package syntax

import (
	"slices"
	"strings"

	"github.com/azward/azward/diag"
)

// charts are the visualizations of render
// (https://learn.microsoft.com/kusto/query/render-operator), with those that
// only Microsoft's tools list.
var charts = []string{
	"table", "list", "barchart", "piechart", "ladderchart", "timechart", "linechart", "anomalychart", "pivotchart", "areachart",
	"stackedareachart", "scatterchart", "timepivot", "columnchart", "timeline", "3Dchart", "card", "treemap", "plotly", "graph", "sankey",
}

// chartProps are the properties of render; those that take a word list it.
var chartProps = map[string][]string{
	"title": nil, "xcolumn": nil, "series": nil, "ycolumns": nil, "anomalycolumns": nil, "xtitle": nil, "ytitle": nil,
	"accumulate": nil, "ymin": nil, "ymax": nil, "xmin": nil, "xmax": nil,
	"kind":   {"default", "unstacked", "stacked", "stacked100", "map"},
	"xaxis":  {"linear", "log"},
	"yaxis":  {"linear", "log"},
	"legend": {"visible", "hidden"},
	"ysplit": {"none", "axes", "panels"},
}

func (p *parser) render(at diag.Span) Op {
	o := &Render{}
	t := p.tok()
	if t.Kind != Ident {
		p.expected("a kind of chart")
	}
	if !slices.Contains(charts, t.Text) {
		p.report(errWord("kind of chart", t.Text, charts), t.Span)
	}
	o.Kind = p.next().Text
	switch {
	case p.isWord("with") && p.isAt(1, "("):
		p.next()
		o.With = true
		p.next()
		p.accept(",")
		for !p.accept(")") {
			if t := p.tok(); len(o.Props) > 0 && !p.accept(",") {
				if t.Kind != Ident {
					p.expected("\",\" or \")\"")
				}
				p.report(errExpected("\",\"", "\""+t.Text+"\""), t.Span)
			}
			o.Props = append(o.Props, p.renderProp())
		}
	default:
		for p.tok().Kind == Ident && p.isAt(1, "=") {
			o.Props = append(o.Props, p.renderProp())
			p.accept(",")
		}
		if p.acceptWord("by") {
			p.name()
			for p.accept(",") {
				p.name()
			}
		}
	}
	o.node = p.from(at)
	return o
}

// renderProp reads one property of a chart.
func (p *parser) renderProp() Prop {
	pr := Prop{Name: p.name()}
	words, known := chartProps[pr.Name.Text]
	if !known {
		var all []string
		for name := range chartProps {
			all = append(all, name)
		}
		slices.Sort(all)
		p.report(errWord("property of a chart", pr.Name.Text, all), pr.Name.At)
	}
	p.expect("=")
	pr.Value = p.renderValue()
	if r, ok := pr.Value.(*Ref); ok && words != nil && !slices.Contains(words, r.Name.Text) {
		p.report(errWord("value of "+pr.Name.Text, r.Name.Text, words), r.Name.At)
	}
	return pr
}

// errWord is about a word that is none of those a place takes.
func errWord(what, got string, words []string) diag.Diagnostic {
	d := diag.Diagnostic{Code: "KQL0005", Message: "\"" + got + "\" is no " + what, Hint: "use one of " + strings.Join(words, ", ")}
	for _, w := range words {
		if strings.EqualFold(w, got) {
			d.Hint = "write \"" + w + "\""
			return d
		}
	}
	if near := Nearest(got, words); near != "" {
		d.Hint = "did you mean \"" + near + "\"?"
	}
	return d
}

// renderValue reads a value or a list of names (ycolumns = a, b).
func (p *parser) renderValue() Expr {
	start := p.tok().Span
	v := p.propValue()
	if !p.is(",") || p.isAt(2, "=") || p.isAt(2, "(") {
		return v
	}
	list := &Call{Args: []Expr{v}}
	for p.is(",") && p.at(1).Kind == Ident && !p.isAt(2, "=") {
		p.next()
		list.Args = append(list.Args, p.propValue())
	}
	list.node = p.from(start)
	return list
}
