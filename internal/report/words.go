package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/azward/azward/finding"
)

// shortMessage leaves of a path at a message's beginning the last two names, so
// that what is said of it fits into the line.
func shortMessage(text string) string {
	path, rest, _ := strings.Cut(text, " ")
	bare := strings.TrimRight(path, ":/")
	parts := strings.Split(bare, "/")
	if len(parts) < 5 {
		return text
	}
	return "…/" + strings.Join(parts[len(parts)-2:], "/") + path[len(bare):] + " " + rest
}

// shortPlace returns of a file's place what follows its folders, and of an id
// the last two names.
func shortPlace(place string) string {
	if !strings.Contains(place, "/providers/") {
		return place[strings.LastIndexByte(place, '/')+1:]
	}
	parts := strings.Split(strings.TrimRight(place, "/"), "/")
	return "…/" + strings.Join(parts[max(0, len(parts)-2):], "/")
}

// lastName is the last name of an id, and the whole of what has none.
func lastName(id string) string {
	id = strings.TrimRight(id, "/")
	return id[strings.LastIndexByte(id, '/')+1:]
}

// joinFacts writes facts beside each other, those that there are.
func joinFacts(facts ...string) string {
	return strings.Join(slices.DeleteFunc(facts, func(s string) bool { return s == "" }), " · ")
}

func scoreColor(p float64) string {
	switch {
	case p >= 0.8:
		return green
	case p >= 0.5:
		return yellow
	}
	return red
}

func severityStyle(s finding.Severity) string {
	switch s {
	case finding.Critical:
		return alarm
	case finding.High:
		return red
	case finding.Medium:
		return yellow
	case finding.Low, finding.Informational:
	}
	return dim
}

// percent formats a share with one decimal where it has one.
func percent(share float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", share*100), ".0") + "%"
}

// gain formats what a fix adds to the score; nothing where it adds nothing that
// shows.
func gain(share float64) string {
	if share < 0.0005 {
		return ""
	}
	return "+" + percent(share)
}

// number formats points with up to two decimals.
func number(f float64) string {
	text := fmt.Sprintf("%.2f", f)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func duration(ms float64) string {
	if ms < 1000 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

func length(s string) int { return len([]rune(s)) }

// clip shortens text to width columns, with an ellipsis where it was longer.
func clip(s string, width int) string {
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	return strings.TrimRight(string(r[:max(0, width-1)]), " ") + "…"
}

// clean takes out what would steer a terminal: the input is not ours.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
