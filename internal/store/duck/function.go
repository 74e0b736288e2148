//go:build cgo

package duck

/*
extern void azwardCompute(void *info, void *chunk, void *out);
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/azward/azward/kql"
)

// call is a function that the SQL of a running query calls.
type call struct {
	f      kql.SQLFunction
	failed *failure
}

// failure keeps the first error of a query's functions, as it was.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// calls are the functions of the queries that run now, by number. DuckDB hands
// a function no Go pointer of ours, so that they must be found from everywhere.
var (
	calls    sync.Map // int64 to *call
	lastCall atomic.Int64
)

// computed are the types that functions give, with the name of the SQL function.
var computed = map[kql.Type]string{kql.Bool: "kql_bool", kql.Int: "kql_int", kql.Long: "kql_long", kql.DateTime: "kql_long", kql.TimeSpan: "kql_long",
	kql.Real: "kql_real", kql.String: "kql_string", kql.GUID: "kql_guid"}

// withFunctions numbers the functions that a text calls, for as long as it runs.
func withFunctions(text string, functions []kql.SQLFunction) (numbered string, failed *failure, end func()) {
	failed = &failure{}
	if len(functions) == 0 {
		return text, failed, func() {}
	}
	last := lastCall.Add(int64(len(functions)))
	first := last - int64(len(functions)) + 1
	for i, f := range functions {
		number := first + int64(i)
		calls.Store(number, &call{f, failed})
		text = strings.ReplaceAll(text, kql.FunctionMark(i), fmt.Sprintf("%d::BIGINT", number))
	}
	return text, failed, func() {
		for n := first; n <= last; n++ {
			calls.Delete(n)
		}
	}
}

// registerFunctions makes the functions known that SQL calls as kql_long(number,
// arguments...).
func registerFunctions(conn duckdb.Connection) error {
	done := map[string]bool{}
	for t, name := range computed {
		if done[name] {
			continue
		}
		done[name] = true
		if err := registerFunction(conn, name, typeID(t)); err != nil {
			return err
		}
	}
	return nil
}

func registerFunction(conn duckdb.Connection, name string, t duckdb.Type) error {
	f := duckdb.CreateScalarFunction()
	defer duckdb.DestroyScalarFunction(&f)
	number, whatever, result := duckdb.CreateLogicalType(duckdb.TypeBigInt), duckdb.CreateLogicalType(duckdb.TypeAny), duckdb.CreateLogicalType(t)
	defer duckdb.DestroyLogicalType(&number)
	defer duckdb.DestroyLogicalType(&whatever)
	defer duckdb.DestroyLogicalType(&result)
	duckdb.ScalarFunctionSetName(f, name)
	duckdb.ScalarFunctionAddParameter(f, number)
	duckdb.ScalarFunctionSetVarargs(f, whatever)
	duckdb.ScalarFunctionSetReturnType(f, result)
	duckdb.ScalarFunctionSetSpecialHandling(f) // of nulls: they are values to us
	duckdb.ScalarFunctionSetFunction(f, C.azwardCompute)
	if duckdb.RegisterScalarFunction(conn, f) != duckdb.StateSuccess {
		return fmt.Errorf("function %s is not taken", name)
	}
	return nil
}

// azwardCompute is called by DuckDB's threads with a chunk of a function's
// arguments.
//
//export azwardCompute
func azwardCompute(info, chunk, out unsafe.Pointer) {
	var c *call
	fail := func(err error) {
		if c != nil {
			c.failed.set(err)
		}
		duckdb.ScalarFunctionSetError(duckdb.FunctionInfo{Ptr: info}, err.Error())
	}
	defer func() {
		if p := recover(); p != nil {
			fail(fmt.Errorf("bug in the engine: %v\n%s", p, debug.Stack()))
		}
	}()
	args := duckdb.DataChunk{Ptr: chunk}
	n := int(duckdb.DataChunkGetSize(args))
	if n == 0 {
		return
	}
	number := *(*int64)(duckdb.VectorGetData(duckdb.DataChunkGetVector(args, 0)))
	found, ok := calls.Load(number)
	if !ok {
		fail(errors.New("a function of no query"))
		return
	}
	c = found.(*call)
	if err := c.compute(args, n, duckdb.Vector{Ptr: out}); err != nil {
		fail(err)
	}
}

// compute fills out with the function's results for n rows.
func (c *call) compute(args duckdb.DataChunk, n int, out duckdb.Vector) error {
	cols := make([]kql.Column, len(c.f.In))
	for i, t := range c.f.In {
		cols[i].Type = t
	}
	b := newBatchBuilder(cols)
	for i := range cols {
		v := duckdb.DataChunkGetVector(args, duckdb.IdxT(i+1))
		b.data[i].all = true
		b.data[i].add(cols[i].Type, duckdb.VectorGetData(v), duckdb.VectorGetValidity(v), 0, n)
	}
	b.rows = n
	v, err := c.f.Eval(b.finish())
	if err != nil {
		return err
	}
	v = v.Flat()
	if c.f.Out == kql.String {
		for _, s := range v.Strs {
			if !utf8.ValidString(s) {
				return errNotUTF8
			}
		}
	}
	fillVector(out, c.f.Out, v, 0, n)
	return nil
}
