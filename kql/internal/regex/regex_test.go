package regex

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestSyntax asks of each construct of the reference's page
// (https://learn.microsoft.com/kusto/query/regex) what it matches.
func TestSyntax(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{ // want: the matches, joined by "|"
		{`\d+`, "a12 ٣٤", "12|٣٤"},
		{`\D`, "1a٣", "a"},
		{`[^\d]`, "1a٣", "a"},
		{`[\D]`, "1a٣", "a"},
		{`\s`, "a\u00a0b\u3000", "\u00a0|\u3000"},
		{`[\S]+`, "a\u00a0b", "a|b"},
		{`[^\S]`, "a\u00a0b", "\u00a0"},
		{`\w+`, "naïve Ⓐx a\u200db", "naïve|Ⓐx|a\u200db"},
		{`[\W]`, "é-", "-"},
		{`[^\W_]+`, "é_è", "é|è"},
		{`\bé\w+`, "été éa", "été|éa"},
		{`\b\w`, "été é-à", "é|é|à"},
		{`a\b`, "aé a", "a"},
		{`a\B`, "aé a", "a"},
		{`(?-u)a\b`, "aé", "a"},
		{`(?-u:\w)+`, "aé", "a"},
		{`\p{Greek}+`, "abγδ", "γδ"},
		{`\p{greek}`, "abγ", "γ"},
		{`\p{Letter}`, "1é", "é"},
		{`\p{sc=Greek}`, "abγ", "γ"},
		{`\p{Uppercase}`, "aBⒷ", "B|Ⓑ"},
		{`\P{Greek}`, "γa", "a"},
		{`\p{^Greek}`, "γa", "a"},
		{`\pN`, "a1", "1"},
		{`[\p{Greek}[:digit:]]`, "aγ1", "γ|1"},
		{`[\p{Greek}&&\pL]`, "aγ1", "γ"},
		{`[[:alpha:]]+`, "ab1é", "ab"},
		{`[[:^alpha:]]`, "a1", "1"},
		{`[x[^xyz]]`, "xyza", "x|a"},
		{`[a-y&&xyz]`, "axyz", "x|y"},
		{`[0-9&&[^4]]+`, "12453", "12|53"},
		{`[0-9--4]+`, "12453", "12|53"},
		{`[a-g~~b-h]`, "abgh", "a|h"},
		{`[a&&b]`, "ab", ""},
		{`[\[\]]`, "a[b]", "[|]"},
		{`[]a]`, "]ab", "]|a"},
		{`[^]a]`, "]ab", "b"},
		{`[^[]+`, "ab[c", "ab|c"},
		{`[a-]+`, "a-b", "a-"},
		{`[-a]+`, "a-b", "a-"},
		{`[\w.-]+@[\w-]+`, "x ä.b-c@é-1!", "ä.b-c@é-1"},
		{`(?i)[k-m]+`, "xKl\u212a", "Kl\u212a"},
		{`(?i)[^k]`, "kKx", "x"},
		{`(?i)[a-z--k]`, "kKxX", "x|X"},
		{`(?i)é`, "É", "É"},
		{`\x41\x{42}\u0043\u{44}\U00000045`, "ABCDE", "ABCDE"},
		{`[\u0041-\u{43}]+`, "ABCD", "ABC"},
		{`\<\w`, "ab cd éa", "a|c|é"},
		{`\w\>`, "ab cd aé", "b|d|é"},
		{`\b{start}\w+\b{end}`, "ab, cd", "ab|cd"},
		{`\b{start-half}a`, "aa -a", "a|a"},
		{`a\b{end-half}`, "aa a-", "a|a"},
		{`(?x) a b # letters` + "\n" + ` [ c d ] \ `, "abc abd", "abc "},
		{`(?x: a b )c d`, "abc d", "abc d"},
		{`(a(?x) b )c d`, "abc d", "abc d"},
		{`(?i)a+(?-i)b+`, "AabB", "Aab"},
		{`(?i:a)b`, "Ab AB", "Ab"},
		{`(?P<y>\d{4})-(?<m>\d\d)`, "2024-05", "2024-05"},
		{`(?U)a+`, "aa", "a|a"},
		{`(?s)a.b`, "a\nb", "a\nb"},
		{`(?m)^\w$`, "a\nbc\nd", "a|d"},
		{`a.b`, "a\nb a-b", "a-b"},
		{`x{2,}?`, "xxx", "xx"},
		{`\Qa.b\E+`, "a.bb aXb", "a.bb"},
		{`^$`, "", ""},
		{`\.\-\/\"\'\#\&\~\%\_`, `.-/"'#&~%_`, `.-/"'#&~%_`},
	} {
		re, err := Compile(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var got []string
		for _, m := range re.FindAllStringSubmatch(c.text) {
			got = append(got, m[0])
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s in %q: %q, want %q", c.pattern, c.text, s, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, p := range []string{`(`, `[a`, `[z-a]`, `[a-\d]`, `\p{Nosuch}`, `\u12`, `\x{110000}`, `(?=a)`, `(?<=a)b`, `(a)\1`, `*a`, `a\`, `(?R)a`, strings.Repeat("a", maxPattern+1)} {
		if _, err := Compile(p); err == nil {
			t.Errorf("%.40s: not refused", p)
		}
	}
}

// TestMachine compares the matcher here with Go's over texts in ASCII, where
// both must see the same words.
func TestMachine(t *testing.T) {
	texts := []string{"", "a", "foo bar", "foo-bar_baz 12", "  x", "aab ab b", "a\nb c\n", "x.y,z"}
	for _, p := range []string{`\b`, `\B`, `\b\w+\b`, `(\w+?)\b`, `\bfoo|bar\b`, `^\b|\b$`, `(a|ab)(b?)\b`, `(?m)^\w+\b$`, `\B.\B`, `(\b\w)(\w*)`, `(?:\ba)*b`, `x*\b`} {
		re, err := Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			got := re.words.all(s, -1)
			if want := re.re.FindAllStringSubmatchIndex(s, -1); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s in %q: %v, want %v", p, s, got, want)
			}
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, p := range []string{`[a&&[^b]--c]`, `(?x) a # b`, `\b{start}\p{Greek}`, `(?i-u:\w[\W])`, `[[:alpha:]~~\d]`, `\x{41}\u0042`, `[]-a]`, `(?`, `\Q`} {
		f.Add(p, "aé b")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 200 {
			return
		}
		re, err := Compile(pattern)
		if err != nil {
			return
		}
		for _, m := range re.FindAllStringIndex(text, -1) {
			if m[0] > m[1] || m[1] > len(text) || utf8.ValidString(text) && !utf8.ValidString(text[m[0]:m[1]]) {
				t.Errorf("%q in %q: %v", pattern, text, m)
			}
		}
		re.ReplaceAllString(text, "${1}")
	})
}
