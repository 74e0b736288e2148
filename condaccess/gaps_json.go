package condaccess

import "github.com/azward/azward/jsondoc"

// JSON returns the answer as `azward ca gaps` prints it; the changes that close the
// regions are found on the way.
func (g *Gaps) JSON(s *Set) jsondoc.Value {
	list := func(rs []Region) jsondoc.Value {
		var out []jsondoc.Value
		for i := range rs {
			out = append(out, rs[i].json(s, g.Question))
		}
		return jsondoc.NewArray(out...)
	}
	str := jsondoc.NewString
	aside := []string{}
	for _, u := range g.Emergency {
		aside = append(aside, u.ID)
	}
	return jsondoc.NewObject(
		jsondoc.Member{Name: "emergencyAccounts", Value: jsondoc.FromAny(aside)},
		jsondoc.Member{Name: "question", Value: str(g.Question.ID)}, jsondoc.Member{Name: "title", Value: str(g.Question.Title)},
		jsondoc.Member{Name: "holds", Value: str(g.Holds().String())}, jsondoc.Member{Name: "exact", Value: jsondoc.NewBool(g.Exact)},
		jsondoc.Member{Name: "peopleAsked", Value: jsondoc.NewInt(int64(g.Asked))}, jsondoc.Member{Name: "peopleOpen", Value: jsondoc.NewInt(int64(People(g.Open)))},
		jsondoc.Member{Name: "open", Value: list(g.Open)}, jsondoc.Member{Name: "unknown", Value: list(g.Unknown)})
}

// People counts the users of the directory who are in any of the regions.
func People(rs []Region) int {
	seen := map[string]bool{}
	for i := range rs {
		for _, u := range rs[i].Users {
			seen[u] = true
		}
	}
	return len(seen)
}

func (r *Region) json(s *Set, q Question) jsondoc.Value {
	str := jsondoc.NewString
	where := jsondoc.NewObject()
	for _, w := range r.Conditions() {
		where = where.With(w.Axis, str(w.Text))
	}
	var users, weak []jsondoc.Value
	for _, u := range r.Users {
		users = append(users, jsondoc.NewObject(jsondoc.Member{Name: "id", Value: str(u)}, jsondoc.Member{Name: "name", Value: str(s.UserName(u))}))
	}
	for _, p := range r.Weak {
		weak = append(weak, jsondoc.NewObject(jsondoc.Member{Name: "id", Value: str(p.ID)}, jsondoc.Member{Name: "displayName", Value: str(p.DisplayName)}))
	}
	f := s.Close(q, r)
	fix := jsondoc.NewObject(jsondoc.Member{Name: "text", Value: str(f.Text)}, jsondoc.Member{Name: "steps", Value: jsondoc.FromAny(append([]string{}, f.Steps...))})
	if f.Policy != nil {
		fix = fix.With("policyId", str(f.Policy.ID)).With("policy", f.Body)
	}
	return jsondoc.NewObject(
		jsondoc.Member{Name: "where", Value: where}, jsondoc.Member{Name: "people", Value: jsondoc.NewInt(int64(r.People))},
		jsondoc.Member{Name: "includesNewcomers", Value: jsondoc.NewBool(r.Comers)}, jsondoc.Member{Name: "users", Value: jsondoc.NewArray(users...)},
		jsondoc.Member{Name: "witness", Value: r.Witness.JSON()}, jsondoc.Member{Name: "policiesThatDoNotSuffice", Value: jsondoc.NewArray(weak...)},
		jsondoc.Member{Name: "fix", Value: fix})
}
