package fn

// operators are KQL's operators as rows whose names no query can call; the
// binder picks them by the operator's text ("+", "has", "==").
var operators = []Func{}
