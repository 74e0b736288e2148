package kql

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/fn"
)

// TestPluginExamples runs the examples in the plugins' rows.
func TestPluginExamples(t *testing.T) {
	for _, p := range fn.Builtin().Plugins {
		for _, ex := range p.Ex {
			b, err := answerInfer(ex.Query, func(context.Context, StorageRequest) ([]Column, error) {
				return []Column{{Name: "UserId", Type: Long}, {Name: "Full name", Type: String}, {Name: "At", Type: DateTime}}, nil
			})
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				continue
			}
			got := jsonRows(b)
			if strings.Join(got, " ") != strings.Join(ex.Want, " ") {
				t.Errorf("%s: %s\n got %s\nwant %s", p.Name, ex.Query, got, ex.Want)
			}
		}
	}
}

// answerInfer runs a query that may ask for the columns of files.
func answerInfer(text string, infer func(context.Context, StorageRequest) ([]Column, error)) (*Batch, error) {
	q, list := Compile(text, NewMemDatabase().Schema())
	if err := list.Err(); err != nil {
		return nil, err
	}
	res, err := q.Run(context.Background(), NewMemDatabase(), Options{Now: testNow, Seed: 1, Infer: infer})
	if err != nil {
		return nil, err
	}
	return res.Tables[0].All()
}

// TestInferStorageSchema: the request that the caller gets, and the text that
// its columns become, which declares a table.
// https://learn.microsoft.com/kusto/query/infer-storage-schema-plugin
func TestInferStorageSchema(t *testing.T) {
	cols := []Column{{Name: "app_id", Type: String}, {Name: "a b's", Type: Real}, {Name: "by", Type: Dynamic}, {Name: "1", Type: Int}, {Name: "n", Type: Decimal}}
	for _, c := range []struct {
		options string
		want    StorageRequest
	}{
		{`dynamic({"StorageContainers":["x"],"DataFormat":"parquet"})`, StorageRequest{Containers: []string{"x"}, Format: "parquet", Mode: "last"}},
		{`dynamic({"storageContainers":["x","file:///y;k"],"DATAFORMAT":"CSV","FileExtension":".csv","FileNamePrefix":"part-","Mode":"All","InferenceOptions":{"UseFirstRowAsHeader":true}})`,
			StorageRequest{Containers: []string{"x", "file:///y;k"}, Format: "csv", Extension: ".csv", Prefix: "part-", Mode: "all", Header: true}},
		{`bag_pack("StorageContainers", pack_array("x"), "DataFormat", "multijson", "Mode", "any", "InferenceOptions", dynamic(null))`,
			StorageRequest{Containers: []string{"x"}, Format: "multijson", Mode: "any"}},
		{`bag_pack("StorageContainers", pack_array(strcat("x", toint(rand(1) * 0))), "DataFormat", "tsv")`, StorageRequest{Containers: []string{"x0"}, Format: "tsv", Mode: "last"}},
	} {
		var got StorageRequest
		b, err := answerInfer(`let options = `+c.options+`; evaluate infer_storage_schema(options)`, func(_ context.Context, r StorageRequest) ([]Column, error) {
			got = r
			return cols, nil
		})
		if err != nil {
			t.Errorf("%s: %v", c.options, err)
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: asked %+v, want %+v", c.options, got, c.want)
		}
		const want = `app_id:string, ['a b\'s']:real, ['by']:dynamic, ['1']:int, n:decimal`
		text := b.Cols[0].Get(0).Str()
		if b.Rows != 1 || text != want {
			t.Errorf("%s: got %s, want %s", c.options, text, want)
		}
		q, list := Compile(`datatable(`+text+`)[]`, NewMemDatabase().Schema())
		if err := list.Err(); err != nil || !reflect.DeepEqual(q.Columns(), cols) {
			t.Errorf("the text declares no table: %v", err)
		}
	}
}

// TestInferStorageSchemaRefused: what is wrong with a request is said before
// anything is read, and nothing is read where no folder is allowed.
func TestInferStorageSchemaRefused(t *testing.T) {
	read := func(context.Context, StorageRequest) ([]Column, error) { return nil, errors.New("read") }
	for _, c := range []struct{ args, want string }{
		{``, "takes one argument"},
		{`"x"`, "takes one argument"},
		{`dynamic(1), dynamic(2)`, "takes one argument"},
		{`dynamic([1])`, "no property bag"},
		{`dynamic({"DataFormat":"csv"})`, "StorageContainers is missing"},
		{`dynamic({"StorageContainers":[],"DataFormat":"csv"})`, "array of texts"},
		{`dynamic({"StorageContainers":"x","DataFormat":"csv"})`, "array of texts"},
		{`dynamic({"StorageContainers":[1],"DataFormat":"csv"})`, "array of texts"},
		{`dynamic({"StorageContainers":["x"]})`, "DataFormat is missing"},
		{`dynamic({"StorageContainers":["x"],"DataFormat":"orc"})`, `DataFormat is "orc": want csv, json,`},
		{`dynamic({"StorageContainers":["x"],"DataFormat":7})`, `DataFormat is 7`},
		{`dynamic({"StorageContainers":["x"],"DataFormat":"csv","Mode":"first"})`, `Mode is "first": want any, last, all`},
		{`dynamic({"StorageContainers":["x"],"DataFormat":"csv","FileNamePrefix":1})`, "FileNamePrefix must be a text"},
		{`dynamic({"StorageContainers":["x"],"DataFormat":"csv","Extension":".csv"})`, `no property "Extension"`},
		{`dynamic({"StorageContainers":["x"],"DataFormat":"csv","InferenceOptions":{"Header":true}})`, "UseFirstRowAsHeader"},
		{`bag_pack("DataFormat", strcat("c", rand(1)))`, "DataFormat is"},
	} {
		_, err := answerInfer(`evaluate infer_storage_schema(`+c.args+`)`, read)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.args, err, c.want)
		}
	}
	const ask = `infer_storage_schema(dynamic({"StorageContainers":["x"],"DataFormat":"csv"}))`
	if _, err := answerInfer(`evaluate `+ask, nil); !errors.Is(err, ErrExternal) {
		t.Errorf("without a reader: %v", err)
	}
	if _, err := answerInfer(`print d = dynamic({}) | evaluate infer_storage_schema(d)`, read); err == nil || !strings.Contains(err.Error(), "no column") {
		t.Errorf("a column: %v", err)
	}
}
