//go:build cgo

package kql_test

import (
	"strings"
	"testing"

	"github.com/azward/azward/kql"
)

// TestFiltersMoveBelow compares queries whose filter may move towards the table
// with the same ones where a take, which keeps all rows, stops it.
func TestFiltersMoveBelow(t *testing.T) {
	conditions := []string{"k == 'a'", "k != ''", "n > 3", "s has 'alpha' and n < 10", "isnull(l)", "isempty(k) or n == 4", "r > 0", "t > datetime(2026-01-02)", "tostring(r) == '-0.0'"}
	for query, more := range map[string][]string{
		"mv-expand x = range(1, n % 3, 1) to typeof(long)":                                                         {"x == 2", "x > 1 and k == 'a'", "isnull(x)"},
		"mv-expand with_itemindex=i2 x = dynamic([1,2,null])":                                                      {"i2 == 1", "i2 == 1 and n > 2"},
		"mv-expand n = range(n, n + 2, 1) to typeof(long)":                                                         {"n == 5"},
		"parse s with a 'l' b:string":                                                                              {"a == 'a'", "b has 'pha'", "a == 'a' and k == 'a'"},
		"parse s with n:long ' ' rest":                                                                             {"n == 5", "isnull(n)"},
		"parse-where s with * 'a' s":                                                                               {"s == 'lpha'"},
		"parse-kv s as (alpha:string, k:string) with (pair_delimiter=' ', kv_delimiter='=')":                       {"isempty(alpha)"},
		"summarize n = max(n), l = min(l), r = max(r), s = min(s), t = max(t) by k":                                {"k == 'a' and n > 1"},
		"summarize n = max(n), k = min(k), l = min(l), s = max(s), t = min(t) by r":                                {"r == 0"},
		"join kind=inner (T | project n, k2 = k, s2 = s) on n":                                                     {"k2 == 'k'", "k2 == k", "s2 has 'kiss' and k == 'k'", "n1 > 3"},
		"join kind=innerunique (T | project k, s2 = s, n2 = n) on k":                                               {"k == 'k'", "s2 == 'kiss'", "n2 > 3 and k == 'c'", "n2 > n"},
		"join kind=leftouter (T | where n > 5 | project n, k2 = k) on n":                                           {"k2 == ''", "isempty(k2)", "isnull(n1)", "k2 == 'c' or n == 2"},
		"join kind=rightouter (T | where n > 5 | project n, k2 = k) on n | project-away n | project-rename n = n1": {"k2 == 'k'", "isempty(k2)"},
		"join kind=fullouter (T | where n > 5 | extend n = n + 5 | project n, k2 = k) on n":                        {"k2 == 'k'", "isempty(k2)", "isnull(n1)", "isnull(n)"},
		"join kind=leftsemi (T | where n > 5 | project n) on n":                                                    nil,
		"join kind=leftanti (T | where n > 5 | project n) on n":                                                    nil,
		"join kind=rightsemi (T | where n > 5) on n":                                                               nil,
		"join kind=rightanti (T | where n > 5) on n":                                                               nil,
		"union (T | project k, n, l, r, s, t)":                                                                     nil,
	} {
		all := append(append([]string(nil), conditions...), more...)
		if strings.Contains(query, "innerunique") {
			all = more // conditions on its left side mean what they say before the join
		}
		for _, c := range all {
			moved := hard + query + " | where " + c
			stays := hard + query + " | take 100000 | where " + c
			got, err := outcome(moved, kql.NewMemDatabase(), kql.Options{Workers: 2, BatchRows: 4})
			want, werr := outcome(stays, kql.NewMemDatabase(), kql.Options{})
			if err != nil || werr != nil || got != want {
				t.Errorf("%s | where %s: %v, %v\ngot:\n%s\nwant:\n%s", query, c, err, werr, got, want)
			}
		}
	}
}
