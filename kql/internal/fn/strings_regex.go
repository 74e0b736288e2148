package fn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/regex"
	"github.com/azward/azward/kql/internal/value"
)

var regexFuncs = []Func{
	{Name: "extract", Doc: "Returns what a capture group (0: the whole match) of a regular expression matched; the empty string where nothing did.", TypeArg: true,
		Sigs: []Sig{{"(!regex: string, captureGroup: long, source: string): string", Rows(extract)}},
		Ex: []Example{{`extract("x=([0-9.]+)", 1, "hello x=45.6|wo")`, `45.6`}, {`extract("a(b)?", 1, "a")`, ``}, {`extract("z", 0, "a")`, ``},
			{`extract(@"\d+", 0, "n٣")`, `٣`}}},
	{Name: "extract_all", Aliases: []string{"extractall"}, Doc: "Returns all matches of a regular expression: an array of texts, of arrays where there are several capture groups; null without a match.",
		Sigs: []Sig{
			{"(!regex: string, source: string): dynamic", Rows(func(c *Call, a []value.Value) (value.Value, error) {
				return extractAll(c, a[0].Str(), value.Null, a[1].Str())
			})},
			{"(!regex: string, captureGroups: array, source: string): dynamic", Rows(func(c *Call, a []value.Value) (value.Value, error) {
				return extractAll(c, a[0].Str(), a[1], a[2].Str())
			})},
		},
		Ex: []Example{{`extract_all(@"(\d+)", "123, 567 and 789")`, `["123","567","789"]`}, {`extract_all(@"(\w)(\w)", "ab-cd")`, `[["a","b"],["c","d"]]`},
			{`extract_all(@"(\w)(\w)(\w)", dynamic([1,3]), "abc-def")`, `[["a","c"],["d","f"]]`}, {`extract_all("(z)", "a")`, `null`}}},
	{Name: "replace_regex", Doc: "Replaces all matches of a regular expression; \\1 in the replacement stands for capture group 1, \\0 for the match.",
		Sigs: []Sig{{"(source: string, !lookup_regex: string, !rewrite_pattern: string): string", Rows(func(c *Call, a []value.Value) (value.Value, error) {
			return replaceRegex(c, a[1].Str(), a[2].Str(), a[0].Str())
		})}},
		Ex: []Example{{`replace_regex("Number is 1", @"is (\d+)", @"was: \1")`, `Number was: 1`}, {`replace_regex("a b", @"\s", "$1")`, `a$1b`}}},
	{Name: "replace", Doc: "Replaces all matches of a regular expression (older order of arguments; see replace_regex).",
		Sigs: []Sig{{"(!regex: string, !rewrite: string, source: string): string", Rows(func(c *Call, a []value.Value) (value.Value, error) {
			return replaceRegex(c, a[0].Str(), a[1].Str(), a[2].Str())
		})}},
		Ex: []Example{{`replace(@"is (\d+)", @"was: \1", "Number is 1")`, `Number was: 1`}}},
	{Name: "trim", Doc: "Removes one match of a regular expression from both ends of a text.",
		Sigs: []Sig{{"(!regex: string, source: string): string", trimmer(true, true)}},
		Ex:   []Example{{`trim("--", "--https://bing.com--")`, `https://bing.com`}, {`trim(" ", "  a ")`, ` a`}, {`trim(@"[^\w]+", "-  Te st1// $")`, `Te st1`}}},
	{Name: "trim_start", Doc: "Removes one match of a regular expression from the start of a text.",
		Sigs: []Sig{{"(!regex: string, source: string): string", trimmer(true, false)}},
		Ex:   []Example{{`trim_start("https://", "https://bing.com")`, `bing.com`}, {`trim_start("x", "xxab")`, `xab`}}},
	{Name: "trim_end", Doc: "Removes one match of a regular expression from the end of a text.",
		Sigs: []Sig{{"(!regex: string, source: string): string", trimmer(false, true)}},
		Ex:   []Example{{`trim_end(".com", "bing.com")`, `bing`}, {`trim_end(@"\s+", "a  ")`, `a`}}},
	{Name: "indexof_regex", Doc: "Returns the place (from 0) of the first, or the given, match of a regular expression; -1 where there is none, null where start is negative.",
		Sigs: []Sig{{"(source: text, !match: text, start?: long, length?: long, !occurrence?: long): long", Rows(indexOfRegex)}},
		Ex: []Example{{`indexof_regex("abcabc", "a.c")`, `0`}, {`indexof_regex("abcabcdefg", "a.c", 0, 9, 2)`, `3`}, {`indexof_regex("abcabc", "a.c", 1, -1, 2)`, `-1`},
			{`indexof_regex("ababaa", "a.a", 0, -1, 2)`, `-1`}, {`indexof_regex("abcabc", "a|ab", -1)`, `null`}}},
	{Name: "regex_quote", Doc: "Escapes the characters of a text that mean something in a regular expression.",
		Sigs: []Sig{{"(string: text): string", Map1(Total(regexp.QuoteMeta))}},
		Ex:   []Example{{`regex_quote("(so$me.Te^xt)")`, `\(so\$me\.Te\^xt\)`}}},
}

func extract(c *Call, a []value.Value) (value.Value, error) {
	re, err := c.Regexp(a[0].Str())
	if err != nil {
		return value.Null, err
	}
	g := a[1].Int64()
	if a[1].IsNull() || g < 0 || g > int64(re.NumSubexp()) {
		return value.String(""), nil
	}
	s := a[2].Str()
	m := re.FindStringSubmatchIndex(s)
	if m == nil || m[2*g] < 0 {
		return value.String(""), nil
	}
	return value.String(s[m[2*g]:m[2*g+1]]), nil
}

// groupsOf resolves the capture groups asked for, by number or name.
func groupsOf(re *regex.Regexp, want value.Value) ([]int, error) {
	n := re.NumSubexp()
	if n == 0 {
		return nil, errors.New("extract_all(): the regular expression needs at least one capture group")
	}
	if want.IsNull() {
		all := make([]int, n)
		for i := range all {
			all[i] = i + 1
		}
		return all, nil
	}
	var groups []int
	for _, w := range want.Items() {
		g := -1
		switch w.Kind() {
		case value.KindLong:
			g = int(w.Int64())
		case value.KindString:
			g = re.SubexpIndex(w.Str())
		default:
		}
		if g < 0 || g > n {
			return nil, fmt.Errorf("extract_all(): no capture group %s", value.JSON(w))
		}
		groups = append(groups, g)
	}
	if len(groups) == 0 {
		return nil, errors.New("extract_all(): the list of capture groups is empty")
	}
	return groups, nil
}

func extractAll(c *Call, pattern string, want value.Value, s string) (value.Value, error) {
	re, err := c.Regexp(pattern)
	if err != nil {
		return value.Null, err
	}
	groups, err := groupsOf(re, want)
	if err != nil {
		return value.Null, err
	}
	matches := re.FindAllStringSubmatch(s)
	if matches == nil {
		return value.Null, nil
	}
	out := make([]value.Value, len(matches))
	for i, m := range matches {
		if len(groups) == 1 {
			out[i] = value.String(m[groups[0]])
			continue
		}
		parts := make([]value.Value, len(groups))
		for k, g := range groups {
			parts[k] = value.String(m[g])
		}
		out[i] = value.Array(parts)
	}
	return value.Array(out), nil
}

// goRewrite turns RE2's replacement syntax (\1) into Go's (${1}).
func goRewrite(s string) string {
	if strings.IndexByte(s, '\\') < 0 && strings.IndexByte(s, '$') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '\\' && i+1 < len(s):
			i++
			if d := s[i]; d >= '0' && d <= '9' {
				b.WriteString("${")
				b.WriteByte(d)
				b.WriteByte('}')
			} else {
				b.WriteByte(d)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func replaceRegex(c *Call, pattern, rewrite, s string) (value.Value, error) {
	re, err := c.Regexp(pattern)
	if err != nil {
		return value.Null, err
	}
	if int64(len(s))*int64(len(rewrite)+1) > maxText {
		// Matches do not overlap: each part of the rewriting that stands for one
		// gives the whole text at most.
		n := int64(len(re.FindAllStringIndex(s, -1)))
		if n*int64(len(rewrite))+int64(len(s))*int64(1+strings.Count(rewrite, `\`)) > 16*maxText {
			return value.Null, errors.New("replace_regex(): the result is too long")
		}
	}
	return value.String(re.ReplaceAllString(s, goRewrite(rewrite))), nil
}

func trimmer(start, end bool) Kernel {
	return Rows(func(c *Call, a []value.Value) (value.Value, error) {
		s := a[1].Str()
		if _, err := c.Regexp(a[0].Str()); err != nil {
			return value.Null, err
		}
		if start {
			re, err := c.Regexp(`\A(?:` + a[0].Str() + `)`)
			if err != nil {
				return value.Null, err
			}
			if m := re.FindStringIndex(s); m != nil {
				s = s[m[1]:]
			}
		}
		if end {
			re, err := c.Regexp(`(?:` + a[0].Str() + `)\z`)
			if err != nil {
				return value.Null, err
			}
			if m := re.FindStringIndex(s); m != nil {
				s = s[:m[0]]
			}
		}
		return value.String(s), nil
	})
}

func indexOfRegex(c *Call, a []value.Value) (value.Value, error) {
	re, err := c.Regexp(a[1].Str())
	if err != nil {
		return value.Null, err
	}
	start, length, occurrence := longArg(a, 2, 0), longArg(a, 3, -1), longArg(a, 4, 1)
	if a[1].Str() == "" || start < 0 || length < -1 || occurrence < 1 {
		return value.Null, nil
	}
	part, before, ok := span(a[0].Str(), start, length)
	if !ok {
		return value.Long(-1), nil
	}
	if occurrence <= int64(len(part))+1 {
		if all := re.FindAllStringIndex(part, int(occurrence)); int64(len(all)) == occurrence {
			at := all[occurrence-1][0]
			return value.Long(before + int64(utf8.RuneCountInString(part[:at]))), nil
		}
	}
	return value.Long(-1), nil
}
