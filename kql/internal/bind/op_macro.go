package bind

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// database is what a name of macro-expand stands for.
type database struct{ cluster, name string }

// databases reads the entities of a group: database("a") and
// cluster("c").database("a"), none of them twice.
func (b *binder) databases(g *syntax.EntityGroup) []database {
	var out []database
	seen := map[database]bool{}
	for _, e := range g.Entities {
		var d database
		c, ok := e.(*syntax.Call)
		if ok && c.Name.Text == "database" {
			d.name = b.entityName(c)
			if c.On != nil {
				on, isCluster := c.On.(*syntax.Call)
				if ok = isCluster && on.Name.Text == "cluster" && on.On == nil; ok {
					d.cluster = b.entityName(on)
				}
			}
		}
		if !ok || c.Name.Text != "database" {
			b.fail(errStatement("an entity group lists databases: database(\"a\") or cluster(\"c\").database(\"a\")"), e.Span())
		}
		if seen[d] {
			b.fail(errStatement("an entity group has no entity twice"), e.Span())
		}
		seen[d] = true
		out = append(out, d)
	}
	return out
}

func (b *binder) entityName(c *syntax.Call) string {
	if len(c.Args) == 0 {
		return ""
	}
	k, ok := b.expr(c.Args[0], noScope).(*plan.Const)
	if !ok || k.T != types.String || len(c.Args) > 1 {
		b.fail(errConstant("the name in "+c.Name.Text+"()"), c.At)
	}
	return k.Value.Str()
}

// macroExpand binds macro-expand: its query once for each database of the
// group, all in one union. Tables of every database are those at hand
// (https://learn.microsoft.com/kusto/query/macro-expand-operator).
func (b *binder) macroExpand(op *syntax.MacroExpand) rows {
	kind := b.kind(op.Props, "kind", "outer", "outer", "inner")
	var group []database
	switch g := op.Group.(type) {
	case *syntax.EntityGroup:
		group = b.databases(g)
	case *syntax.Ref:
		ent := b.env.find(g.Text)
		if ent == nil || ent.group == nil {
			b.fail(errStatement("no entity group named \""+g.Text+"\": say let "+g.Text+" = entity_group [database(\"a\")]"), g.At)
		}
		group = ent.group
	}
	if ent := b.env.find(op.Scope.Text); ent != nil && ent.remote != nil {
		b.fail(errDeclared(op.Scope.Text), op.Scope.At)
	}
	var legs []leg
	for i, d := range group {
		up := &env{up: b.env}
		up.set(op.Scope.Text, &entity{remote: &d})
		n, ok := b.body(&syntax.Lambda{Body: op.Body}, up, nil, noScope).(plan.Node)
		if !ok {
			b.fail(errTabular("what macro-expand runs"), op.Body.At)
		}
		legs = append(legs, leg{"union_arg" + itoa(i), n})
	}
	node := b.unite(legs, kind, "")
	return rows{node: node, open: b.open[node]}
}

// databaseProperty binds X.$current_database and its like inside macro-expand,
// nil where e is none of them.
func (b *binder) databaseProperty(e *syntax.Member) plan.Expr {
	r, ok := e.X.(*syntax.Ref)
	if !ok {
		return nil
	}
	ent := b.env.find(r.Text)
	if ent == nil || ent.remote == nil {
		return nil
	}
	switch e.Name.Text {
	case "$current_database":
		return konst(types.String, value.String(ent.remote.name))
	case "$current_cluster_endpoint":
		return konst(types.String, value.String(ent.remote.cluster))
	}
	return nil
}
