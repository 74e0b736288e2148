package bind

import (
	"strings"

	"github.com/azward/azward/kql/internal/syntax"
)

// reservedNames are the words that cannot name a column or variable without
// brackets: those for which Microsoft's own parser asks for them.
var reservedNames = words(`
__contextual_datatable __crossCluster __crossDB __executeAndCache __id __isFuzzy __noWithSource __packedColumn __projectAway __sourceColumnIndex and
anomalychart areachart asc bagexpansion barchart between boolean byte cachingpolicy callout cancel card char columnchart contains_cs containscs cycles
dataexport datascope date datetime decimal decodeblocks desc double dynamic encodingpolicy endswith endswith_cs expandoutput extent_tags_retention
external_data first flags float force_remote harddelete hardretention has_all has_any has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs hotcache
int int16 int32 int64 int8 isfuzzy journal kind ladderchart last like likecs linechart long missing nooptimization notcontains notcontainscs notlike
notlikecs or others pathformat piechart pivotchart project queries query_results real relaxed restricted_view_access row_level_security rowstore
rowstore_references rowstore_sealinfo rowstorepolicy rowstores scatterchart seal seals shards simple softdelete softretention stackedareachart
startswith startswith_cs statistics storedqueryresultcontainers string tablepurge time timechart timeline timepivot timespan treemap uint uint16
uint32 uint64 uint8 ulong union uniqueid unrestrictedviewers views with_itemindex with_match_id with_source with_step_name withsource writeaheadlog
`)

// reservedRefs are words that may name a column and yet cannot refer to it
// without brackets.
var reservedRefs = words(`
accumulate as by contains datatable earliest externaldata find has in invoke latest materialize mdm of print sample search set sql title to toscalar
totable verbose viewers where
`)

func words(text string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		m[w] = true
	}
	return m
}

// reservedRef tells whether a word needs brackets where it refers to a column.
func reservedRef(name string) bool {
	switch name {
	case "kind", "withsource", "with_source": // cannot be given as a name, but used as one
		return false
	}
	return reservedRefs[name] || reservedNames[name]
}

// Reference writes a name as a query refers to it: bare where that is allowed,
// else in brackets.
func Reference(name string) string {
	if syntax.IsName(name) && !reservedRef(name) {
		return name
	}
	return "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "']"
}
