package fn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// StorageRequest is what infer_storage_schema asks: of which files, in which
// format, the columns are wanted. See
// https://learn.microsoft.com/kusto/query/infer-storage-schema-plugin.
type StorageRequest struct {
	Containers []string // folders and files, at least one
	Format     string   // one of StorageFormats
	Extension  string   // that files' names end with; "": any
	Prefix     string   // that files' names begin with; "": any
	Mode       string   // "any": the first file, "last": that written last, "all"
	Header     bool     // the first line of delimited values holds the names
}

// StorageFormats are the formats of files whose columns can be found.
var StorageFormats = []string{"csv", "json", "multijson", "parquet", "psv", "scsv", "sohsv", "tsv"}

var storagePlugins = []Plugin{
	{Name: "infer_storage_schema", Doc: "Finds the columns of files in folders that are allowed, and no address, as one text \"name:type, name:type\".",
		Args: "options", Schema: inferCols, Run: runInfer,
		Ex: []PluginExample{{`evaluate infer_storage_schema(dynamic({"StorageContainers": ["logs"], "DataFormat": "csv", "Mode": "all", "InferenceOptions": {"UseFirstRowAsHeader": true}}))`,
			[]string{`["UserId:long, ['Full name']:string, At:datetime"]`}}}},
}

// inferCols refuses options that are constant and wrong before the query runs.
func inferCols(_ []Column, args []PluginArg) ([]Column, error) {
	if len(args) != 1 || args[0].Agg != nil || args[0].Table != nil || args[0].Type != types.Dynamic {
		return nil, errors.New("infer_storage_schema() takes one argument, a dynamic with the properties of the request")
	}
	if args[0].Col >= 0 {
		return nil, errors.New("the properties of infer_storage_schema() must be constant, no column")
	}
	if args[0].Const {
		if _, err := storageRequest(args[0].Value); err != nil {
			return nil, fmt.Errorf("infer_storage_schema(): %w", err)
		}
	}
	return columnsOf([]string{"CslSchema:string"}), nil
}

func runInfer(x *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := inferCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	req, err := storageRequest(args[0].value())
	if err != nil {
		return nil, err
	}
	found, err := x.Infer(req)
	if err != nil {
		return nil, err
	}
	out := newTable(x, cols)
	out.add(value.String(found))
	return out.output(), nil
}

// storageRequest reads the properties of a request. Their names may be in any
// case; one that is not known is refused, for what it asks would not be done.
func storageRequest(v value.Value) (StorageRequest, error) {
	r := StorageRequest{Mode: "last"}
	bag := v.Bag()
	if bag == nil {
		return r, errors.New("the properties of the request are no property bag")
	}
	for i := range bag.Len() {
		key, v := bag.At(i)
		var err error
		switch strings.ToLower(key) {
		case "storagecontainers":
			r.Containers, err = containers(v)
		case "dataformat":
			r.Format, err = oneOf(key, v, StorageFormats)
		case "fileextension":
			r.Extension, err = textOf(key, v)
		case "filenameprefix":
			r.Prefix, err = textOf(key, v)
		case "mode":
			r.Mode, err = oneOf(key, v, []string{"any", "last", "all"})
		case "inferenceoptions":
			r.Header, err = inferenceOptions(v)
		default:
			err = fmt.Errorf("there is no property %q", key)
		}
		if err != nil {
			return r, err
		}
	}
	switch {
	case len(r.Containers) == 0:
		return r, errors.New("the property StorageContainers is missing")
	case r.Format == "":
		return r, errors.New("the property DataFormat is missing")
	}
	return r, nil
}

func containers(v value.Value) ([]string, error) {
	var out []string
	for _, c := range v.Items() {
		if c.Kind() != value.KindString || c.Str() == "" {
			return nil, errors.New("StorageContainers must be an array of texts")
		}
		out = append(out, c.Str())
	}
	if len(out) == 0 {
		return nil, errors.New("StorageContainers must be an array of texts")
	}
	return out, nil
}

func inferenceOptions(v value.Value) (header bool, err error) {
	bag := v.Bag()
	if bag == nil && !v.IsNull() {
		return false, errors.New("InferenceOptions must be a property bag")
	}
	for i := 0; bag != nil && i < bag.Len(); i++ {
		key, v := bag.At(i)
		if !strings.EqualFold(key, "UseFirstRowAsHeader") || v.Kind() != value.KindBool {
			return false, errors.New("InferenceOptions has one property, UseFirstRowAsHeader, which is true or false")
		}
		header = v.IsTrue()
	}
	return header, nil
}

func textOf(key string, v value.Value) (string, error) {
	if v.IsNull() || v.Kind() == value.KindString {
		return v.Str(), nil
	}
	return "", fmt.Errorf("%s must be a text", key)
}

func oneOf(key string, v value.Value, all []string) (string, error) {
	s := strings.ToLower(v.Str())
	if v.Kind() != value.KindString || !slices.Contains(all, s) {
		return "", fmt.Errorf("%s is %s: want %s", key, value.JSON(v), strings.Join(all, ", "))
	}
	return s, nil
}
