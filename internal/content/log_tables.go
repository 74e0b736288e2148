package content

import (
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/azward/azward/content"
	"github.com/azward/azward/kql"
)

// logTablesFile holds the columns of the tables of Azure Monitor that rules and
// queries use most, as Microsoft's reference "Azure Monitor Log Analytics log
// tables" lists them: a table a line, its columns as name:type.
const logTablesFile = "tables/azure-monitor.csv"

// LogTables returns the columns of the most used tables of Azure Monitor, and
// their names in order.
func LogTables() (names []string, tables map[string][]kql.Column, err error) {
	text, err := content.Files.ReadFile(logTablesFile)
	if err != nil {
		return nil, nil, err
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", logTablesFile, err)
	}
	tables = map[string][]kql.Column{}
	for _, l := range lines[1:] {
		var cols []kql.Column
		for c := range strings.FieldsSeq(l[1]) {
			name, typ, _ := strings.Cut(c, ":")
			t, ok := kql.ParseType(typ)
			if !ok {
				return nil, nil, fmt.Errorf("%s: %s: column %s is of unknown type %q", logTablesFile, l[0], name, typ)
			}
			cols = append(cols, kql.Column{Name: name, Type: t})
		}
		names = append(names, l[0])
		tables[l[0]] = cols
	}
	return names, tables, nil
}
