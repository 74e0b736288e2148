package plan

// rule rewrites a plan; it reports whether it changed anything.
type rule struct {
	name  string
	apply func(Node) (Node, bool)
}

// rules in the order in which they run, with the reason for the order.
var rules = []rule{}

// Optimize applies the rewrite rules.
func Optimize(n Node) Node {
	for _, r := range rules {
		n, _ = r.apply(n)
	}
	return n
}
