package arm

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/azward/azward/jsondoc"
)

// Positions and lengths count UTF-16 code units, as .NET strings do.

func units(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			n++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func sliceUnits(s string, from, to int) string {
	if isASCII(s) {
		return s[from:to]
	}
	return string(utf16.Decode(utf16.Encode([]rune(s))[from:to]))
}

// indexFold finds needle without regard to case and returns its position in code units, or -1.
func indexFold(s, needle string, last bool) int64 {
	a, b := utf16.Encode([]rune(strings.ToUpper(s))), utf16.Encode([]rune(strings.ToUpper(needle)))
	try := func(i int) bool {
		for j := range b {
			if a[i+j] != b[j] {
				return false
			}
		}
		return true
	}
	if last {
		for i := len(a) - len(b); i >= 0; i-- {
			if try(i) {
				return int64(i)
			}
		}
		return -1
	}
	for i := 0; i+len(b) <= len(a); i++ {
		if try(i) {
			return int64(i)
		}
	}
	return -1
}

func hasPrefixFold(s, p string) bool {
	if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
		return true
	}
	return strings.HasPrefix(strings.ToUpper(s), strings.ToUpper(p))
}

func hasSuffixFold(s, p string) bool {
	if len(s) >= len(p) && strings.EqualFold(s[len(s)-len(p):], p) {
		return true
	}
	return strings.HasSuffix(strings.ToUpper(s), strings.ToUpper(p))
}

func textFunction(name, doc string, ex Example, f func(string) string) Function {
	return Function{
		Name: name, Doc: doc, Min: 1, Max: 1, Sigs: []string{"(stringToChange: string) string"}, Examples: []Example{ex},
		eval: func(c *call) (Value, error) {
			s, err := c.text(0)
			if err != nil {
				return Null, err
			}
			return sized(f(s))
		},
	}
}

func textTest(name, doc string, ex Example, f func(a, b string) bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 2, Max: 2, Sigs: []string{"(stringToSearch: string, stringToFind: string) bool"}, Examples: []Example{ex},
		eval: func(c *call) (Value, error) {
			a, err := c.text(0)
			if err != nil {
				return Null, err
			}
			b, err := c.text(1)
			if err != nil {
				return Null, err
			}
			return Truth(f(a, b)), nil
		},
	}
}

func stringFunctions() []Function {
	return []Function{
		{
			Name: "concat", Doc: "Joins strings, or arrays, into one.", Min: 1, Max: -1, holes: true,
			Sigs:     []string{"(arg1: string, arg2: string, ...) string", "(arg1: array, arg2: array, ...) array"},
			Examples: []Example{{"concat('a', 'b', 1)", `"ab1"`}, {"concat(createArray(1), createArray(2))", "[1,2]"}},
			eval:     evalConcat,
		},
		textFunction("toLower", "Turns a string into lower case.", Example{"toLower('AbC')", `"abc"`}, strings.ToLower),
		textFunction("toUpper", "Turns a string into upper case.", Example{"toUpper('AbC')", `"ABC"`}, strings.ToUpper),
		textFunction("trim", "Removes white space at both ends.", Example{"trim('  a b ')", `"a b"`}, strings.TrimSpace),
		textTest("startsWith", "Tells whether a string starts with another, without regard to case.", Example{"startsWith('abcdef', 'AB')", "true"}, hasPrefixFold),
		textTest("endsWith", "Tells whether a string ends with another, without regard to case.", Example{"endsWith('abcdef', 'EF')", "true"}, hasSuffixFold),
		{
			Name: "replace", Doc: "Replaces every occurrence of one string by another.", Min: 3, Max: 3,
			Sigs:     []string{"(originalString: string, oldString: string, newString: string) string"},
			Examples: []Example{{"replace('123-123-1234', '-', '')", `"1231231234"`}},
			eval: func(c *call) (Value, error) {
				var s [3]string
				for i := range s {
					var err error
					if s[i], err = c.text(i); err != nil {
						return Null, err
					}
				}
				if s[1] == "" {
					return Null, fmt.Errorf("the string to replace is empty")
				}
				if n := strings.Count(s[0], s[1]); len(s[0])+n*(len(s[2])-len(s[1])) > MaxText {
					return Null, fmt.Errorf("%w: a string of more than %d bytes", ErrLimit, MaxText)
				}
				return Text(strings.ReplaceAll(s[0], s[1], s[2])), nil
			},
		},
		{
			Name: "substring", Doc: "Takes a part of a string by position and length.", Min: 2, Max: 3,
			Sigs:     []string{"(stringToParse: string, startIndex: int[, length: int]) string"},
			Examples: []Example{{"substring('one two three', 4, 3)", `"two"`}},
			eval: func(c *call) (Value, error) {
				s, err := c.text(0)
				if err != nil {
					return Null, err
				}
				from, err := c.int(1)
				if err != nil {
					return Null, err
				}
				n := int64(units(s))
				count := n - from
				if len(c.args) > 2 {
					if count, err = c.int(2); err != nil {
						return Null, err
					}
				}
				if from < 0 || count < 0 || from > n || count > n-from {
					return Null, fmt.Errorf("position %d and length %d are outside the string of %d characters", from, count, n)
				}
				return Text(sliceUnits(s, int(from), int(from+count))), nil
			},
		},
		{
			Name: "split", Doc: "Splits a string at a delimiter, or at any of several.", Min: 2, Max: 2,
			Sigs:     []string{"(inputString: string, delimiter: string | array) array"},
			Examples: []Example{{"split('one,two', ',')", `["one","two"]`}, {"split('a;b,c', createArray(',', ';'))", `["a","b","c"]`}},
			eval:     evalSplit,
		},
		{
			Name: "join", Doc: "Joins the elements of an array with a delimiter.", Min: 2, Max: 2,
			Sigs:     []string{"(inputArray: array, delimiter: string) string"},
			Examples: []Example{{"join(createArray('a', 'b'), '-')", `"a-b"`}},
			eval: func(c *call) (Value, error) {
				arr, err := c.array(0)
				if err != nil {
					return Null, err
				}
				sep, err := c.text(1)
				if err != nil {
					return Null, err
				}
				var b strings.Builder
				for i, e := range arr.Elements() {
					if i > 0 {
						b.WriteString(sep)
					}
					b.WriteString(scalarText(e))
					if b.Len() > MaxText {
						break
					}
				}
				return sized(b.String())
			},
		},
		positionFunction("indexOf", "Returns the first position of a string in another without regard to case, or of an item in an array; -1 where there is none.", Example{"indexOf('abcdef', 'CD')", "2"}, false),
		positionFunction("lastIndexOf", "Returns the last position of a string in another without regard to case, or of an item in an array; -1 where there is none.", Example{"lastIndexOf('abcabc', 'B')", "4"}, true),
		{
			Name: "padLeft", Doc: "Adds characters on the left until a string has a length.", Min: 2, Max: 3,
			Sigs:     []string{"(valueToPad: string | int, totalLength: int[, paddingCharacter: string]) string"},
			Examples: []Example{{"padLeft('123', 10, '0')", `"0000000123"`}},
			eval: func(c *call) (Value, error) {
				k := c.args[0].Kind()
				if k != jsondoc.String && k != jsondoc.Number {
					return Null, c.wrong(0, "string or int")
				}
				s := scalarText(c.args[0].doc)
				total, err := c.int(1)
				if err != nil {
					return Null, err
				}
				pad := " "
				if len(c.args) > 2 {
					if pad, err = c.text(2); err != nil {
						return Null, err
					}
				}
				if units(pad) != 1 {
					return Null, fmt.Errorf("the padding %q is not one character", pad)
				}
				if total > MaxText {
					return Null, fmt.Errorf("%w: a string of more than %d bytes", ErrLimit, MaxText)
				}
				return Text(strings.Repeat(pad, max(int(total)-units(s), 0)) + s), nil
			},
		},
		{
			Name: "string", Doc: "Turns a value into a string; objects and arrays into JSON.", Min: 1, Max: 1,
			Sigs:     []string{"(valueToConvert: any) string"},
			Examples: []Example{{"string(42)", `"42"`}, {"string(true())", `"True"`}, {"string(createArray(1, 'a'))", `"[1,\"a\"]"`}},
			eval:     func(c *call) (Value, error) { return sized(scalarText(c.args[0].Doc())) },
		},
		{
			Name: "format", Doc: "Fills values into a .NET composite format string.", Min: 1, Max: -1,
			Sigs:     []string{"(formatString: string, arg1: any, ...) string"},
			Examples: []Example{{"format('{0}, {1:N0} and {2,4}', 'a', 8175133, 'x')", `"a, 8,175,133 and    x"`}},
			eval: func(c *call) (Value, error) {
				f, err := c.text(0)
				if err != nil {
					return Null, err
				}
				s, err := compositeFormat(f, c.args[1:])
				if err != nil {
					return Null, err
				}
				return sized(s)
			},
		},
		{
			Name: "uniqueString", Doc: "Makes a 13-character hash of its arguments.", Min: 1, Max: -1,
			Sigs:     []string{"(baseString: string, ...) string"},
			Examples: []Example{{"length(uniqueString('a', 'b'))", "13"}, {"equals(uniqueString('a', 'b'), uniqueString('a-b'))", "true"}},
			eval: func(c *call) (Value, error) {
				s, err := c.dashed()
				if err != nil {
					return Null, err
				}
				return Text(uniqueString(s)), nil
			},
		},
		{
			Name: "guid", Doc: "Makes a version 5 UUID of its arguments.", Min: 1, Max: -1,
			Sigs:     []string{"(baseString: string, ...) string"},
			Examples: []Example{{"length(guid('a', 'b'))", "36"}, {"equals(guid('a', 'b'), guid('a-b'))", "true"}},
			eval: func(c *call) (Value, error) {
				s, err := c.dashed()
				if err != nil {
					return Null, err
				}
				return Text(nameGUID(s)), nil
			},
		},
		{
			Name: "newGuid", Doc: "Makes a new UUID at every deployment, so it is Unknown here.", Min: 0, Max: 0, In: Template, Impure: true,
			Sigs: []string{"() string"}, Examples: []Example{{"newGuid()", "unknown"}},
			eval: func(*call) (Value, error) { return Unknown("newGuid() makes a new value at every deployment"), nil },
		},
		{
			Name: "fail", Doc: "Ends the evaluation with a message.", Min: 1, Max: 1,
			Sigs: []string{"(message: string) none"}, Examples: []Example{{"if(true(), 1, fail('no'))", "1"}},
			eval: func(c *call) (Value, error) {
				s, err := c.text(0)
				if err != nil {
					return Null, err
				}
				return Null, fmt.Errorf("%s", s)
			},
		},
	}
}

// dashed joins the arguments with dashes, as uniqueString and guid do.
func (c *call) dashed() (string, error) {
	parts := make([]string, len(c.args))
	for i := range c.args {
		var err error
		if parts[i], err = c.text(i); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, "-"), nil
}

func evalConcat(c *call) (Value, error) {
	if c.args[0].Kind() == jsondoc.Array {
		var out []jsondoc.Value
		for i := range c.args {
			if u, ok := unknownOf(c.args[i]); ok {
				return u, nil
			}
			arr, err := c.array(i)
			if err != nil {
				return Null, err
			}
			for _, e := range arr.Elements() {
				out = append(out, e)
			}
		}
		return arrayOf(out)
	}
	if u, ok := unknownOf(c.args...); ok {
		return u, nil
	}
	if len(c.args) == 1 && c.args[0].Kind() == jsondoc.String {
		return c.args[0], nil
	}
	n := 0
	for i, a := range c.args {
		switch a.Kind() {
		case jsondoc.Array, jsondoc.Object:
			return Null, c.wrong(i, "string")
		case jsondoc.String:
			s, _ := a.doc.Text()
			n += len(s)
		default:
		}
	}
	if n > MaxText {
		return Null, fmt.Errorf("%w: a string of more than %d bytes", ErrLimit, MaxText)
	}
	var b strings.Builder
	b.Grow(n)
	for _, a := range c.args {
		b.WriteString(scalarText(a.doc))
	}
	return Text(b.String()), nil
}

func evalSplit(c *call) (Value, error) {
	s, err := c.text(0)
	if err != nil {
		return Null, err
	}
	var parts []string
	switch c.args[1].Kind() {
	case jsondoc.String:
		d, _ := c.args[1].doc.Text()
		if d == "" {
			parts = []string{s}
		} else {
			parts = strings.Split(s, d)
		}
	case jsondoc.Array:
		var ds []string
		for _, e := range c.args[1].doc.Elements() {
			if d, ok := e.Text(); !ok {
				return Null, fmt.Errorf("a delimiter is %s, expected string", kindName(Of(e)))
			} else if d != "" {
				ds = append(ds, d)
			}
		}
		parts = splitAny(s, ds)
	default:
		return Null, c.wrong(1, "string or array")
	}
	out := make([]jsondoc.Value, len(parts))
	for i, p := range parts {
		out[i] = jsondoc.NewString(p)
	}
	return arrayOf(out)
}

// splitAny splits at the earliest of several delimiters; of those at one place the first listed wins.
func splitAny(s string, ds []string) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); {
		hit := ""
		for _, d := range ds {
			if strings.HasPrefix(s[i:], d) {
				hit = d
				break
			}
		}
		if hit == "" {
			i++
			continue
		}
		out = append(out, s[start:i])
		i += len(hit)
		start = i
	}
	return append(out, s[start:])
}

func positionFunction(name, doc string, ex Example, last bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 2, Max: 2, Examples: []Example{ex},
		Sigs: []string{"(stringToSearch: string, stringToFind: string) int", "(arrayToSearch: array, itemToFind: any) int"},
		eval: func(c *call) (Value, error) {
			if c.args[0].Kind() == jsondoc.Array {
				at := -1
				for i, e := range c.args[0].doc.Elements() {
					if jsondoc.Equal(e, c.args[1].Doc()) {
						at = i
						if !last {
							break
						}
					}
				}
				return Int(int64(at)), nil
			}
			a, err := c.text(0)
			if err != nil {
				return Null, err
			}
			b, err := c.text(1)
			if err != nil {
				return Null, err
			}
			if len(a)*min(len(b), 64) > MaxText*8 {
				return Null, fmt.Errorf("%w: searching %d bytes in %d", ErrLimit, len(b), len(a))
			}
			return Int(indexFold(a, b, last)), nil
		},
	}
}
