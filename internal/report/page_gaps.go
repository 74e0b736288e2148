package report

import (
	"fmt"
	"html/template"
	"io"

	"github.com/azward/azward/condaccess"
)

// GapsPage is what Conditional Access leaves open, question by question.
type GapsPage struct {
	Subject, Aside string // Aside: the accounts for emergency access
	Questions      []GapQuestion
}

// GapQuestion is the answer to one question.
type GapQuestion struct {
	ID, Title     string
	Holds         condaccess.Tri
	Asked, People int // people asked about, and in open regions
	Inexact       bool
	Regions       []GapRegion
}

// GapRegion is a region of sign-ins: what it holds, who is in it, what closes it.
type GapRegion struct {
	Known      bool // open; otherwise closed only if a policy applies of which that is unknown
	People     int
	Comers     bool
	Conditions []condaccess.Where
	Strips     []condaccess.Strip
	Weak       string
	Witness    string
	Fix        string
}

type gapsView struct {
	*GapsPage
	Frame                  frame
	Open, Unknown, Holding int
	Questions              []gapQuestionView
	Footer                 string
}

type gapQuestionView struct {
	*GapQuestion
	State, Bar string
	Tone       Tone
	Share      template.CSS
	Regions    []gapRegionView
}

type gapRegionView struct {
	State     string
	Tone      Tone
	What, Who string
	People    string
	Where     []condaccess.Where
	Strips    []gapStrip
	Weak      string
	Witness   string
	Fix       string
}

type gapStrip struct {
	Axis  string
	Tiles []gapTile
}

type gapTile struct{ Label, Class, Title string }

// tileWords are shorter than Graph's names.
var tileWords = map[string]string{
	"mobileAppsAndDesktopClients": "mobile and desktop apps", "exchangeActiveSync": "Exchange ActiveSync", "other": "other (legacy)", "android": "Android",
	"windows": "Windows", "windowsPhone": "Windows Phone", "linux": "Linux", "unknownPlatform": "unknown", "deviceCodeFlow": "device code", "authenticationTransfer": "transfer",
}

// stripAxes are the conditions that tiles show.
var stripAxes = map[string]bool{"client": true, "platform": true, "flow": true, "sign-in risk": true, "user risk": true, "insider risk": true}

func newGapRegion(r *GapRegion) gapRegionView {
	v := gapRegionView{State: "open", Tone: "critical", People: peopleOf(condaccess.MatrixRow{People: r.People, Comers: r.Comers}), Weak: r.Weak, Witness: r.Witness, Fix: r.Fix}
	lit := "open"
	if !r.Known {
		v.State, v.Tone, lit = "unknown", "medium", "maybe"
	}
	for _, w := range r.Conditions {
		switch {
		case w.Axis == "what":
			v.What = w.Text
		case w.Axis == "who":
			v.Who = w.Text
		case !stripAxes[w.Axis]:
			v.Where = append(v.Where, w)
		}
	}
	for _, s := range r.Strips {
		strip := gapStrip{Axis: s.Axis}
		for _, x := range s.Values {
			t := gapTile{Label: x.Name, Title: x.Name + ": not in this region"}
			if short, ok := tileWords[x.Name]; ok {
				t.Label = short
			}
			if x.Holds {
				t.Class, t.Title = lit, x.Name+": in this region"
			}
			strip.Tiles = append(strip.Tiles, t)
		}
		v.Strips = append(v.Strips, strip)
	}
	return v
}

// GapsHTML writes what the policies leave open as one page: no network, no other files.
func GapsHTML(w io.Writer, tool Tool, p *GapsPage) error {
	return writePage(w, "gaps.tmpl", "Conditional Access · what is left open", func(f frame) any {
		v := gapsView{GapsPage: p, Frame: f, Footer: tool.String()}
		for i := range p.Questions {
			q := &p.Questions[i]
			one := gapQuestionView{GapQuestion: q, State: "holds", Tone: Good, Bar: "good", Share: "0%"}
			switch q.Holds {
			case condaccess.False:
				one.State, one.Tone, one.Bar = "does not hold", "critical", "poor"
				v.Open++
			case condaccess.Unknown:
				one.State, one.Tone, one.Bar = "unknown", "medium", "fair"
				v.Unknown++
			default:
				v.Holding++
			}
			if q.Asked > 0 {
				one.Share = template.CSS(fmt.Sprintf("%.1f%%", 100*float64(q.People)/float64(q.Asked)))
			}
			for k := range q.Regions {
				one.Regions = append(one.Regions, newGapRegion(&q.Regions[k]))
			}
			v.Questions = append(v.Questions, one)
		}
		return v
	})
}
