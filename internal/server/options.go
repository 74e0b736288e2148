package server

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/kql"
)

// options are a request's options as far as they change an answer.
type options struct {
	timeout     time.Duration
	maxRecords  int64 // rows of all results; -1: no limit
	maxSize     int64 // bytes of all results; -1: no limit
	takeRecords int64 // rows of each result, without an error; -1: all
	now         time.Time
	memory      int64
	progressive bool
	fragmented  bool
	newlines    bool
	placement   string // in_data, end_of_table or end_of_dataset
	params      map[string]string
}

// The truncation limits of queries that ask for no other, as Kusto's page
// "Query limits" gives them.
const (
	defaultMaxRecords = 500_000
	defaultMaxSize    = 64 << 20
)

// option reads one option's value.
type option func(o *options, s *Server, v json.RawMessage) error

// knownOptions are the options that are taken, from the page "Request
// properties". Options whose effect this server cannot give are not in it and
// are refused: an answer that silently ignores them would be another answer.
func knownOptions() map[string]option {
	harmless := func(*options, *Server, json.RawMessage) error { return nil }
	return map[string]option{
		"servertimeout": func(o *options, _ *Server, v json.RawMessage) (err error) {
			o.timeout, err = readTimeout(v)
			return err
		},
		"norequesttimeout": flag(func(o *options, s *Server, on bool) {
			if on {
				o.timeout = s.cfg.MaxTimeout
			}
		}),
		"truncationmaxrecords": count(func(o *options, n int64) { o.maxRecords = n }),
		"truncationmaxsize":    count(func(o *options, n int64) { o.maxSize = n }),
		"notruncation": flag(func(o *options, _ *Server, on bool) {
			if on {
				o.maxRecords, o.maxSize = -1, -1
			}
		}),
		"query_take_max_records": count(func(o *options, n int64) { o.takeRecords = n }),
		"query_now": func(o *options, _ *Server, v json.RawMessage) (err error) {
			o.now, err = readTime(v)
			return err
		},
		"results_progressive_enabled":               flag(func(o *options, _ *Server, on bool) { o.progressive = on }),
		"results_v2_fragment_primary_tables":        flag(func(o *options, _ *Server, on bool) { o.fragmented = on }),
		"results_v2_newlines_between_frames":        flag(func(o *options, _ *Server, on bool) { o.newlines = on }),
		"results_error_reporting_placement":         choice(func(o *options, v string) { o.placement = v }, "in_data", "end_of_table", "end_of_dataset"),
		"deferpartialqueryfailures":                 flag(func(o *options, _ *Server, on bool) { deferFailures(o, on) }),
		"query_language":                            choice(func(*options, string) {}, "kql", "csl"),
		"max_memory_consumption_per_query_per_node": count(func(o *options, n int64) { o.limitMemory(n) }),
		"maxmemoryconsumptionperiterator":           count(func(o *options, n int64) { o.limitMemory(n) }),

		// What they forbid cannot be done here anyway.
		"request_readonly":                     harmless,
		"request_readonly_hardline":            harmless,
		"request_callout_disabled":             harmless,
		"request_external_table_disabled":      harmless,
		"request_external_data_disabled":       harmless,
		"request_impersonation_disabled":       harmless,
		"request_remote_entities_disabled":     harmless,
		"request_sandboxed_execution_disabled": harmless,
		"request_block_row_level_security":     harmless,
		"query_force_row_level_security":       harmless,
		"query_python_debug":                   harmless,
		// Hints of how to compute, and notes for the server's own log.
		"queryconsistency":                        harmless,
		"query_weakconsistency_session_id":        harmless,
		"query_datascope":                         harmless,
		"query_fanout_nodes_percent":              harmless,
		"query_fanout_threads_percent":            harmless,
		"query_distribution_nodes_span":           harmless,
		"query_results_cache_max_age":             harmless,
		"query_results_cache_per_shard":           harmless,
		"query_results_cache_force_refresh":       harmless,
		"query_results_progressive_row_count":     harmless,
		"query_results_progressive_update_period": harmless,
		"query_log_query_parameters":              harmless,
		"query_cursor_disabled":                   harmless,
		"push_selection_through_aggregation":      harmless,
		"materialized_view_shuffle":               harmless,
		"client_max_redirect_count":               harmless,
		"request_app_name":                        harmless,
		"request_user":                            harmless,
		"request_description":                     harmless,
	}
}

func deferFailures(o *options, on bool) {
	if on {
		o.placement = "end_of_dataset"
	}
}

func (o *options) limitMemory(n int64) {
	if n > 0 && (o.memory == 0 || n < o.memory) {
		o.memory = n
	}
}

// readOptions returns what the properties ask for.
func (s *Server) readOptions(p properties) (options, error) {
	o := options{timeout: s.cfg.Timeout, maxRecords: defaultMaxRecords, maxSize: defaultMaxSize, takeRecords: -1,
		now: s.cfg.Now().UTC(), memory: s.cfg.Memory, placement: "in_data", params: map[string]string{}}
	known := knownOptions()
	for name, v := range p.Options {
		set, ok := known[strings.ToLower(name)]
		if !ok {
			return o, fmt.Errorf("option %q is not supported", name)
		}
		if string(v) == "null" {
			continue
		}
		if err := set(&o, s, v); err != nil {
			return o, fmt.Errorf("option %q: %w", name, err)
		}
	}
	// notruncation wins over limits whatever the order.
	if v, ok := p.Options["notruncation"]; ok {
		if err := known["notruncation"](&o, s, v); err != nil {
			return o, err
		}
	}
	o.timeout = min(o.timeout, s.cfg.MaxTimeout)
	for name, v := range p.Parameters {
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			text = string(v)
		}
		o.params[name] = text
	}
	return o, nil
}

func flag(set func(o *options, s *Server, on bool)) option {
	return func(o *options, s *Server, v json.RawMessage) error {
		on, err := strconv.ParseBool(strings.ToLower(strings.Trim(string(v), `"`)))
		if err != nil {
			return fmt.Errorf("%s is no bool", v)
		}
		set(o, s, on)
		return nil
	}
}

func count(set func(o *options, n int64)) option {
	return func(o *options, _ *Server, v json.RawMessage) error {
		f, err := strconv.ParseFloat(strings.Trim(string(v), `"`), 64)
		if err != nil || f < 0 || f > 1<<62 {
			return fmt.Errorf("%s is no count", v)
		}
		set(o, int64(f))
		return nil
	}
}

func choice(set func(o *options, v string), want ...string) option {
	return func(o *options, _ *Server, v json.RawMessage) error {
		got := strings.ToLower(strings.Trim(string(v), `"`))
		for _, w := range want {
			if got == w {
				set(o, w)
				return nil
			}
		}
		return fmt.Errorf("%s is none of %s", v, strings.Join(want, ", "))
	}
}

// readTimeout reads a timespan: "hh:mm:ss[.fffffff]", "d.hh:mm:ss" or a
// literal as in a query ("4m").
func readTimeout(v json.RawMessage) (time.Duration, error) {
	t, ok := kql.ParseValue(kql.TimeSpan, strings.Trim(string(v), `"`))
	d := kql.Duration(t)
	if !ok || d <= 0 {
		return 0, fmt.Errorf("%s is no timespan above zero", v)
	}
	return d, nil
}

// readTime reads a datetime, bare or as a literal.
func readTime(v json.RawMessage) (time.Time, error) {
	text := strings.Trim(string(v), `"`)
	if inner, ok := strings.CutPrefix(text, "datetime("); ok {
		text = strings.Trim(strings.TrimSuffix(inner, ")"), `'\"`)
	}
	t, ok := kql.ParseValue(kql.DateTime, text)
	if !ok {
		return time.Time{}, fmt.Errorf("%s is no datetime", v)
	}
	return kql.Time(t), nil
}
