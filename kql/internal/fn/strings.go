package fn

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// maxText bounds the length of a text that a function builds (bytes).
const maxText = 16 << 20

var stringFuncs = []Func{
	{Name: "strlen", Doc: "Counts the characters (Unicode code points) of a text.", Naming: NameFuncFirst,
		Sigs: []Sig{{"(source: string): long", Map1(func(s string) (int64, bool) { return int64(utf8.RuneCountInString(s)), true })}},
		Ex:   []Example{{`strlen("abc")`, `3`}, {`strlen("")`, `0`}, {`strlen("é😀")`, `2`}}},
	{Name: "string_size", Doc: "Counts the bytes that a text takes in UTF-8.", Naming: NameFuncFirst,
		Sigs: []Sig{{"(source: string): long", Map1(func(s string) (int64, bool) { return int64(len(s)), true })}},
		Ex:   []Example{{`string_size("hello")`, `5`}, {`string_size("é😀")`, `6`}}},
	{Name: "tolower", Doc: "Converts a text to lower case.",
		Sigs: []Sig{{"(source: text): string", Map1(Total(strings.ToLower))}},
		Ex:   []Example{{`tolower("HELLO")`, `hello`}, {`tolower("ÄÖ")`, `äö`}}},
	{Name: "toupper", Doc: "Converts a text to upper case.",
		Sigs: []Sig{{"(source: text): string", Map1(Total(strings.ToUpper))}},
		Ex:   []Example{{`toupper("Hello")`, `HELLO`}}},
	{Name: "strcat", Most: 64, Doc: "Joins the texts of its arguments.",
		Sigs: []Sig{{"(value: text, more...: text): string", evalStrcat}},
		Ex:   []Example{{`strcat("a", 1, true)`, `a1True`}, {`strcat("a", int(null))`, `a`}}},
	{Name: "strcat_delim", Most: 65, Doc: "Joins the texts of its arguments with a delimiter between them.",
		Sigs: []Sig{{"(delimiter: text, value: text, value2: text, more...: text): string", Row(func(args []value.Value) value.Value {
			parts := make([]string, len(args)-1)
			for i, a := range args[1:] {
				parts[i] = a.Str()
			}
			return value.String(strings.Join(parts, args[0].Str()))
		})}},
		Ex: []Example{{`strcat_delim("-", 1, "2", "A", 1s)`, `1-2-A-00:00:01`}}},
	{Name: "strcmp", Doc: "Compares two texts by their code points: -1, 0 or 1.",
		Sigs: []Sig{{"(string1: text, string2: text): long", Map2(func(a, b string) (int64, bool) { return int64(strings.Compare(a, b)), true })}},
		Ex:   []Example{{`strcmp("abc", "ABC")`, `1`}, {`strcmp("ABC", "abc")`, `-1`}, {`strcmp("a", "a")`, `0`}}},
	{Name: "strrep", Doc: "Repeats a text, at most 1024 times, with an optional delimiter between the copies.",
		Sigs: []Sig{{"(value: text, multiplier: long, delimiter?: text): string", Strict(func(a []value.Value) value.Value {
			n := int(min(a[1].Int64(), 1024))
			if n <= 0 {
				return value.String("")
			}
			delim := ""
			if len(a) > 2 {
				delim = a[2].Str()
			}
			if (len(a[0].Str())+len(delim))*n > maxText {
				return value.String("")
			}
			return value.String(strings.TrimSuffix(strings.Repeat(a[0].Str()+delim, n), delim))
		})}},
		Ex: []Example{{`strrep("ABC", 2)`, `ABCABC`}, {`strrep(123, 3, ".")`, `123.123.123`}, {`strrep("a", 0)`, ``}}},
	{Name: "substring", Doc: "Cuts a part out of a text: start counts characters from 0, from the end where it is negative; without a length the rest.",
		Sigs: []Sig{{"(source: text, start: long, length?: long): string", evalSubstring}},
		Ex: []Example{{`substring("abcdef", 1, 2)`, `bc`}, {`substring("123456", -2, 2)`, `56`}, {`substring("ABCD", 2)`, `CD`},
			{`substring("abc", -100)`, ``}, {`substring("abc", 1, -1)`, ``}, {`substring(123456, 2, 2)`, `34`}}},
	{Name: "reverse", Doc: "Turns the order of the characters of a text around.",
		Sigs: []Sig{{"(value: text): string", Map1(Total(reverseText))}},
		Ex:   []Example{{`reverse("ABC")`, `CBA`}, {`reverse(123.45)`, `54.321`}, {`reverse(3h)`, `00:00:30`}}},
	{Name: "indexof", Doc: "Returns the place (from 0) of the first, or the given, occurrence of a text; -1 where there is none, null for an empty one.",
		Sigs: []Sig{{"(source: text, lookup: text, start?: long, length?: long, !occurrence?: long): long", Strict(indexOf)}},
		Ex: []Example{{`indexof("abcdefg", "cde")`, `2`}, {`indexof("abcdefg", "cde", 1, 4)`, `2`}, {`indexof("abcdefg", "cde", 1, 2)`, `-1`},
			{`indexof("abcdefg", "cde", -5)`, `2`}, {`indexof(1234567, 5, 1, 4)`, `4`}, {`indexof("abcdefgabcdefg", "cde", 1, 10, 2)`, `9`},
			{`indexof("abcdefgabcdefg", "cde", 1, -1, 3)`, `-1`}, {`indexof("abc", "")`, `null`}}},
	{Name: "countof", Doc: "Counts the occurrences of a text (which may overlap) or, with the kind \"regex\", of matches of a regular expression.",
		Sigs: []Sig{{"(source: string, search: string, !kind?: string): long", Rows(countOf)}},
		Ex: []Example{{`countof("aaaa", "aa")`, `3`}, {`countof("ababa", "ab", "normal")`, `2`}, {`countof("abcabc", "a.c", "regex")`, `2`},
			{`countof("ababa", "aba", "regex")`, `1`}}},
	{Name: "replace_string", Doc: "Replaces all occurrences of a text.",
		Sigs: []Sig{{"(text: string, lookup: string, rewrite: string): string", evalReplaceString}},
		Ex:   []Example{{`replace_string("a cat", "cat", "dog")`, `a dog`}, {`replace_string("abc", "", "x")`, `abc`}}},
	{Name: "replace_strings", Doc: "Replaces the occurrences of several texts in one pass; a text before another in the list is looked for first, and what is replaced by no string stays.",
		Sigs: []Sig{{"(text: string, lookups: array, rewrites: array): string", Row(replaceStrings)}},
		Ex: []Example{{`replace_strings("a cat and a dog", dynamic(["cat","dog"]), dynamic(["dog","pigeon"]))`, `a dog and a pigeon`},
			{`replace_strings("a b", dynamic(["b"]), dynamic([""]))`, `a `},
			{`replace_strings("This is", dynamic(["is","This"]), dynamic(["was","This"]))`, `Thwas was`},
			{`replace_strings("This is", dynamic(["This","is"]), dynamic([12345,"was"]))`, `This was`}}},
	{Name: "translate", Doc: "Replaces characters of the first list by those of the second at the same place; the last one stands for all that are missing.",
		Sigs: []Sig{{"(searchList: string, replacementList: string, source: string): string", Map3(translate)}},
		Ex:   []Example{{`translate("krasp", "otsku", "spark")`, `kusto`}, {`translate("abc", "x", "abcd")`, `xxxd`}, {`translate("abc", "", "ab")`, ``}}},
	{Name: "split", Doc: "Cuts a text at a delimiter into an array, or gives the array of the one part asked for.", Naming: NameFirst,
		Sigs: []Sig{{"(source: text, delimiter: string, requestedIndex?: long): dynamic", Strict(split)}},
		Ex: []Example{{`split("aa_bb", "_")`, `["aa","bb"]`}, {`split("aaa_bbb_ccc", "_", 1)`, `["bbb"]`}, {`split("", "_")`, `[""]`},
			{`split("a__b", "_")`, `["a","","b"]`}, {`split("a", "_", 3)`, `null`}}},
	{Name: "isascii", Doc: "Tells whether a text holds ASCII characters only.",
		Sigs: []Sig{{"(value: text): bool", Map1(Total(isASCII))}},
		Ex:   []Example{{`isascii("some string")`, `true`}, {`isascii("é")`, `false`}}},
	{Name: "isutf8", Doc: "Tells whether a text is valid UTF-8.",
		Sigs: []Sig{{"(value: text): bool", Map1(Total(utf8.ValidString))}},
		Ex:   []Example{{`isutf8("some string")`, `true`}}},
	{Name: "to_utf8", Aliases: []string{"unicode_codepoints_from_string"}, Doc: "Returns the Unicode code points of the characters of a text.",
		Sigs: []Sig{{"(value: text): dynamic", Map1(func(s string) (value.Value, bool) {
			items := make([]value.Value, 0, len(s))
			for _, r := range s {
				items = append(items, value.Long(int64(r)))
			}
			return value.Array(items), true
		})}},
		Ex: []Example{{`unicode_codepoints_from_string("Kust")`, `[75,117,115,116]`}, {`to_utf8("ק")`, `[1511]`}}},
	{Name: "unicode_codepoints_to_string", Aliases: []string{"make_string"}, Doc: "Builds a text out of Unicode code points, given as numbers or arrays of numbers.",
		Sigs: []Sig{{"(value: integer|dynamic, more...: integer|dynamic): string", Row(codepointsToString)}},
		Ex:   []Example{{`unicode_codepoints_to_string(75, 117)`, `Ku`}, {`make_string(dynamic([75,117]), 115)`, `Kus`}}},
}

var replaceString = Map3(replaceAll)

// evalReplaceString counts what it builds where the replacement is long.
func evalReplaceString(c *Call) (*vec.Vec, error) {
	for _, to := range c.Args[2].Strs {
		if len(to) > 64 {
			return replaceStringCounted(c)
		}
	}
	return replaceString(c)
}

var replaceStringCounted = Row(func(a []value.Value) value.Value {
	s, _ := replaceAll(a[0].Str(), a[1].Str(), a[2].Str())
	return value.String(s)
})

func replaceAll(s, from, to string) (string, bool) {
	if from == "" {
		return s, true
	}
	if n := len(to) - len(from); n > 0 && len(s) > 4096 && strings.Count(s, from)*n > maxText {
		return "", false
	}
	return strings.ReplaceAll(s, from, to), true
}

func evalStrcat(c *Call) (*vec.Vec, error) {
	out := make([]string, c.N)
	buf := make([]byte, 0, 256)
	for i := range out {
		n := 0
		for _, a := range c.Args {
			n += len(a.Strs[a.At(i)])
		}
		if n > 1<<16 { // a long text is written where it stays
			var long strings.Builder
			long.Grow(n)
			for _, a := range c.Args {
				long.WriteString(a.Strs[a.At(i)])
			}
			out[i] = long.String()
			continue
		}
		buf = buf[:0]
		for _, a := range c.Args {
			buf = append(buf, a.Strs[a.At(i)]...)
		}
		out[i] = string(buf)
	}
	return vec.OfStrings(out), nil
}

func evalSubstring(c *Call) (*vec.Vec, error) {
	null := c.nulls()
	out := make([]string, c.N)
	for i := range out {
		if null != nil && null[i] {
			continue
		}
		s := c.Args[0].Strs[c.Args[0].At(i)]
		start, length := c.Args[1].Ints[c.Args[1].At(i)], int64(-1)
		if c.Arg(2) {
			if length = c.Args[2].Ints[c.Args[2].At(i)]; length <= 0 {
				continue
			}
		}
		out[i] = substring(s, start, length)
	}
	return vec.OfStrings(out), nil
}

// substring cuts length characters from start on; a length below 0 means all.
func substring(s string, start, length int64) string {
	if start < 0 {
		if start += int64(utf8.RuneCountInString(s)); start < 0 {
			return ""
		}
	}
	from := runeOffset(s, start)
	if from < 0 {
		return ""
	}
	s = s[from:]
	if length < 0 {
		return s
	}
	if to := runeOffset(s, length); to >= 0 {
		return s[:to]
	}
	return s
}

// runeOffset returns the byte offset of character n, -1 where s is shorter.
func runeOffset(s string, n int64) int {
	if n == 0 {
		return 0
	}
	if n > int64(len(s)) {
		return -1
	}
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		i += w
	}
	if n > 0 {
		return -1
	}
	return i
}

func reverseText(s string) string {
	out := make([]byte, len(s))
	w := len(s)
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		w -= n
		copy(out[w:], s[i:i+n])
		i += n
	}
	return string(out)
}

// span applies start and length of indexof() and its like: the part of s to
// search and the number of characters before it. ok is false where nothing can
// be found.
func span(s string, start, length int64) (part string, before int64, ok bool) {
	if start < 0 {
		start = max(0, start+int64(utf8.RuneCountInString(s)))
	}
	from := runeOffset(s, start)
	if from < 0 {
		return "", 0, false
	}
	part = s[from:]
	if length >= 0 {
		if to := runeOffset(part, length); to >= 0 {
			part = part[:to]
		}
	}
	return part, start, true
}

func longArg(a []value.Value, i int, def int64) int64 {
	if i < len(a) && !a[i].IsNull() {
		return a[i].Int64()
	}
	return def
}

func indexOf(a []value.Value) value.Value {
	s, lookup := a[0].Str(), a[1].Str()
	length, occurrence := longArg(a, 3, -1), longArg(a, 4, 1)
	if lookup == "" || length < -1 || occurrence < 1 {
		return value.Null
	}
	part, at, ok := span(s, longArg(a, 2, 0), -1)
	if !ok {
		return value.Long(-1)
	}
	// As in Microsoft's example of a second occurrence, length counts anew
	// from each place where the search goes on: the window of part[:end] moves.
	end := len(part)
	if length >= 0 {
		if n := runeOffset(part, length); n >= 0 {
			end = n
		}
	}
	forward := func(k int) { // to byte k of part, and the end by as many characters
		n := utf8.RuneCountInString(part[:k])
		at += int64(n)
		if length >= 0 {
			for ; n > 0 && end < len(part); n-- {
				_, w := utf8.DecodeRuneInString(part[end:])
				end += w
			}
		}
		part, end = part[k:], max(end-k, 0)
	}
	for {
		before, _, found := strings.Cut(part[:end], lookup)
		if !found {
			return value.Long(-1)
		}
		forward(len(before))
		if occurrence--; occurrence == 0 {
			return value.Long(at)
		}
		_, w := utf8.DecodeRuneInString(part)
		forward(w)
	}
}

func countOf(c *Call, a []value.Value) (value.Value, error) {
	s, search := a[0].Str(), a[1].Str()
	if len(a) > 2 && a[2].Str() == "regex" {
		re, err := c.Regexp(search)
		if err != nil {
			return value.Null, err
		}
		return value.Long(int64(len(re.FindAllStringIndex(s, -1)))), nil
	}
	if search == "" {
		return value.Long(0), nil
	}
	n := int64(0)
	for {
		k := strings.Index(s, search)
		if k < 0 {
			return value.Long(n), nil
		}
		n++
		_, w := utf8.DecodeRuneInString(s[k:])
		s = s[k+w:]
	}
}

func replaceStrings(a []value.Value) value.Value {
	from, to := a[1].Items(), a[2].Items()
	if a[1].Kind() != value.KindArray || a[2].Kind() != value.KindArray || len(from) != len(to) {
		return value.String("")
	}
	s := a[0].Str()
	var found []replaced
	for i, f := range from {
		if f.Kind() != value.KindString || f.Str() == "" {
			continue
		}
		found = append(found, unclaimed(s, f.Str(), i, found)...)
		slices.SortFunc(found, func(a, b replaced) int { return a.from - b.from })
	}
	var b strings.Builder
	at := 0
	for _, r := range found {
		b.WriteString(s[at:r.from])
		if t := to[r.by]; t.Kind() == value.KindString {
			b.WriteString(t.Str())
		} else {
			b.WriteString(s[r.from:r.to])
		}
		at = r.to
	}
	b.WriteString(s[at:])
	return value.String(b.String())
}

// replaced is a stretch of a text that element by of the list was found in.
type replaced struct{ from, to, by int }

// unclaimed finds the places of f in what earlier elements left of s. They lie
// in order.
func unclaimed(s, f string, by int, earlier []replaced) []replaced {
	var out []replaced
	at := 0
	for k := 0; k <= len(earlier); k++ {
		end := len(s)
		if k < len(earlier) {
			end = earlier[k].from
		}
		for {
			i := strings.Index(s[at:end], f)
			if i < 0 {
				break
			}
			out = append(out, replaced{at + i, at + i + len(f), by})
			at += i + len(f)
		}
		if k < len(earlier) {
			at = earlier[k].to
		}
	}
	return out
}

func translate(search, replacement, s string) (string, bool) {
	from, to := []rune(search), []rune(replacement)
	if len(to) == 0 && search != "" {
		return "", true
	}
	with := make(map[rune]rune, len(from))
	for i, f := range from {
		if _, dup := with[f]; !dup {
			with[f] = to[min(i, len(to)-1)]
		}
	}
	return strings.Map(func(r rune) rune {
		if w, ok := with[r]; ok {
			return w
		}
		return r
	}, s), true
}

func split(a []value.Value) value.Value {
	s, delim := a[0].Str(), a[1].Str()
	var parts []string
	if delim == "" {
		parts = []string{s}
	} else {
		parts = strings.Split(s, delim)
	}
	if len(a) > 2 {
		i := a[2].Int64()
		if i < 0 {
			i += int64(len(parts))
		}
		if i < 0 || i >= int64(len(parts)) {
			return value.Null
		}
		parts = parts[i : i+1]
	}
	return value.Strings(parts)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func codepointsToString(a []value.Value) value.Value {
	var b strings.Builder
	add := func(v value.Value) bool {
		if v.Kind() != value.KindLong && v.Kind() != value.KindInt {
			return v.IsNull()
		}
		r := v.Int64()
		if r < 0 || r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return false
		}
		b.WriteRune(rune(r))
		return true
	}
	for _, v := range a {
		if v.Kind() == value.KindArray {
			for _, e := range v.Items() {
				if !add(e) {
					return value.String("")
				}
			}
		} else if !add(v) {
			return value.String("")
		}
	}
	return value.String(b.String())
}
