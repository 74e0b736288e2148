package kql

import (
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/value"
)

// The graphs are those of the documentation pages of graph-match,
// graph-shortest-paths and graph-mark-components, and so are their answers.
const (
	attackGraph = `let nodes = datatable(name:string, type:string, age:long)["Alice","Person",23, "Bob","Person",31, "Eve","Person",17, "Mallory","Person",29, "Trent","System",99];
let edges = datatable(source:string, destination:string, edge_type:string)["Alice","Bob","communicatesWith", "Alice","Trent","trusts", "Bob","Trent","hasPermission", "Eve","Alice","attacks", "Mallory","Alice","attacks", "Mallory","Bob","attacks"];
`
	orgGraph = `let employees = datatable(name:string, age:long)["Alice",32, "Bob",31, "Eve",27, "Joe",29, "Chris",45, "Alex",35, "Ben",23, "Richard",39];
let reports = datatable(employee:string, manager:string)["Bob","Alice", "Chris","Alice", "Eve","Bob", "Ben","Chris", "Joe","Alice", "Richard","Bob"];
`
	metroGraph = `let connections = datatable(from_station:string, to_station:string, line:string)["Central","North","red", "North","Central","red", "Central","South","red", "South","Central","red", "South","South-West","red", "South-West","South","red", "South-West","West","red", "West","South-West","red", "Central","East","blue", "East","Central","blue", "Central","West","blue", "West","Central","blue"];
`
	familyGraph = `let ChildOf = datatable(child:string, parent:string)["Alice","Bob", "Carol","Alice", "Carol","Dave", "Greg","Alice", "Greg","Dave", "Howard","Alice", "Howard","Dave", "Eve","Frank", "Frank","Mallory", "Eve","Kirk"];
`
	square = `datatable(s:string, t:string)["a","b", "b","c", "c","a", "c","d"] | make-graph s --> t with_node_id=id | `
)

func TestGraphs(t *testing.T) {
	for _, c := range []struct {
		name, query string
		want        []string
	}{
		{"attack path", attackGraph + `edges | make-graph source --> destination with nodes on name
| graph-match (mallory)-[attacks]->(compromised)-[hasPermission]->(trent)
  where mallory.name == "Mallory" and trent.name == "Trent" and attacks.edge_type == "attacks" and hasPermission.edge_type == "hasPermission"
  project Attacker = mallory.name, Compromised = compromised.name, System = trent.name`, []string{`["Mallory","Bob","Trent"]`}},
		{"variable length", orgGraph + `reports | make-graph employee --> manager with employees on name
| graph-match (alice)<-[reports*1..5]-(employee) where alice.name == "Alice" and employee.age < 30
  project employee = employee.name, age = employee.age, reportingPath = reports.manager | sort by employee asc`,
			[]string{`["Ben",23,["Alice","Chris"]]`, `["Eve",27,["Alice","Bob"]]`, `["Joe",29,["Alice"]]`}},
		{"inner nodes", orgGraph + `reports | make-graph employee --> manager with employees on name
| graph-match (alice)<-[reports*1..5]-(employee) where alice.name == "Alice" and any(inner_nodes(reports), age > 40)
  project employee.name, map(inner_nodes(reports), name)`, []string{`["Ben",["Chris"]]`}},
		{"shortest path", metroGraph + `connections | make-graph from_station --> to_station with_node_id=station
| graph-shortest-paths (start)-[connections*1..5]->(destination)
  where start.station == "South-West" and destination.station == "North"
  project from = start.station, n = array_length(map(connections, to_station)), to = destination.station`, []string{`["South-West",3,"North"]`}},
		{"all shortest paths", metroGraph + `connections | make-graph from_station --> to_station with_node_id=station
| graph-shortest-paths output=all (start)-[connections*1..5]->(destination)
  where start.station == "South-West" and destination.station == "North"
  project path = map(connections, to_station), line = map(connections, line) | sort by tostring(path) asc`,
			[]string{`[["South","Central","North"],["red","red","red"]]`, `[["West","Central","North"],["red","blue","red"]]`}},
		{"components", familyGraph + `ChildOf | make-graph child --> parent with_node_id=name | graph-mark-components with_component_id = family
| graph-to-table nodes | summarize names = array_sort_asc(make_list(name)) by family | sort by family asc | project names`,
			[]string{`[["Alice","Bob","Carol","Dave","Greg","Howard"]]`, `[["Eve","Frank","Kirk","Mallory"]]`}},
		{"greatest ancestor", familyGraph + `ChildOf | make-graph child --> parent with_node_id=name | graph-mark-components with_component_id = family
| graph-match (descendant)-[childOf*1..5]->(ancestor) project name = ancestor.name, lineage = map(childOf, child), family = ancestor.family
| summarize (generations, name) = arg_max(array_length(lineage), name) by family | sort by family asc`,
			[]string{`[0,2,"Bob"]`, `[1,2,"Mallory"]`}},
		{"strong components", square + `graph-mark-components kind=strong | graph-to-table nodes | summarize n = count() by ComponentId | sort by n asc | project n`, []string{`[1]`, `[3]`}},
		{"cycles by unique edges", square + `graph-match (x)-->(y)-->(z)-->(x) project x.id | sort by x_id asc`, []string{`["a"]`, `["b"]`, `["c"]`}},
		{"no cycles", square + `graph-match cycles=none (x)-[e*1..3]->(y) where x.id == "a" project y.id | sort by y_id asc`, []string{`["b"]`, `["c"]`, `["d"]`}},
		{"all cycles", square + `graph-match cycles=all (x)-[e*4..4]->(y) where x.id == "a" project y.id | sort by y_id asc`, []string{`["b"]`}},
		{"sequences", square + `graph-match (a)-->(n), (n)-->(b) where n.id == "c" project a.id, b.id | sort by b_id asc`, []string{`["b","a"]`, `["b","d"]`}},
		{"whole elements", square + `graph-match (x)-[e]->(y) where x.id == "a" project x, e`, []string{`[{"id":"a"},{"s":"a","t":"b"}]`}},
		{"degrees", square + `graph-match (x)-->(y) where y.id == "d" project node_degree_in(x), node_degree_out(x)`, []string{`[1,2]`}},
		{"either way", square + `graph-match (x)--(y) where x.id == "d" project y.id`, []string{`["c"]`}},
		{"where nodes and edges", square + `graph-where-nodes id != "b" | graph-where-edges s != "c" or t == "d" | graph-to-table edges`, []string{`["c","d"]`}},
		{"two tables", `datatable(s:string, t:string)["a","b"] | make-graph s --> t with_node_id=id | graph-to-table nodes as N, edges as E; N | count`, []string{`[2]`}},
		{"partitioned", `datatable(s:string, t:string, p:string)["a","b","1", "b","c","1", "b","c","2"] | make-graph s --> t with_node_id=id partitioned-by p (graph-match (x)-->(y)-->(z) project x.id, z.id)`, []string{`["a","c"]`}},
		{"a node in edges only", `datatable(s:string, t:string)["a","b"] | make-graph s --> t with (datatable(name:string, k:long)["a",1]) on name | graph-to-table nodes | sort by name asc`, []string{`["a",1]`, `["b",null]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, b, err := answer(c.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(jsonRows(b), " "); got != strings.Join(c.want, " ") {
				t.Errorf("got  %s\nwant %s", got, strings.Join(c.want, " "))
			}
		})
	}
}

// jsonRows gives the rows of a batch as JSON arrays.
func jsonRows(b *Batch) []string {
	var out []string
	for i := range b.Rows {
		var cells []value.Value
		for _, c := range b.Cols {
			cells = append(cells, c.Get(i))
		}
		out = append(out, value.JSON(value.Array(cells)))
	}
	return out
}

func TestGraphErrors(t *testing.T) {
	for _, q := range []string{
		`datatable(s:string, t:string)[] | make-graph s --> t`,
		`datatable(s:string, t:string)[] | make-graph s --> x`,
		`datatable(s:string, t:string)[] | make-graph s --> t | take 1`,
		`datatable(s:string, t:string)[] | graph-match (a)-->(b) project 1`,
		`datatable(s:string, t:string)[] | make-graph s --> t | graph-match (a)-->(b), (c)-->(d) project 1`,
		`datatable(s:string, t:string)[] | make-graph s --> t | graph-match (a)-->(b)`,
		`datatable(s:string, t:string)[] | make-graph s -- t | graph-match (a)-->(b) project 1`,
		`datatable(s:string, t:long)[] | make-graph s --> t | graph-match (a)-->(b) project 1`,
		`let N = datatable(id:long)[]; datatable(s:string, t:string)[] | make-graph s --> t with N on id | graph-match (a)-->(b) project 1`,
		`let P = datatable(p:string, v:long)[]; let C = datatable(c:string, v:string)[]; datatable(s:string, t:string)[] | make-graph s --> t with P on p, C on c | graph-match (a) project a.v`,
		`datatable(s:string, t:string, w:long)[] | make-graph s --> t with_node_id=id | graph-match (a)-[p*1..2]->(b) where p.w > 0 project 1`,
		`datatable(s:string, t:string)[] | make-graph s --> t with_node_id=id | graph-shortest-paths (a)-[p*1..5]->(b) where a.id == b.id project 1`,
		`datatable(s:string, t:string)[] | make-graph s --> t | graph-match (a)-[e*3..1]->(b) project 1`,
		`datatable(s:string, t:string)[] | make-graph s --> t with_node_id=id | graph-match (a)-->(b) project a.nope`,
	} {
		if _, _, err := answer(q); err == nil {
			t.Errorf("must be refused: %s", q)
		}
	}
}
