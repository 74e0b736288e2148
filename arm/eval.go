package arm

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Limits on one evaluation.
const (
	MaxSteps = 5_000_000 // function calls and lambda rounds
	MaxText  = 8 << 20   // bytes of a string that a function makes
	MaxItems = 1_000_000 // elements of an array that a function makes

	MaxValues = 2_000_000 // values inside an argument
)

// valuesPerStep is how many values a function may look through for one step.
const valuesPerStep = 16

// Scope is where an expression stands. Implementations may keep state; an
// [Env] calls its Scope from one goroutine only. Errors are reported at the
// call's place; values returned are not changed.
type Scope interface {
	// Parameter returns the value of a parameter, or an error that says that there is none.
	Parameter(name string) (Value, error)
	// Variable returns the value of a variable, or an error that says that there is none.
	Variable(name string) (Value, error)
	// Call evaluates a function of the table marked Host, a list* function or a user-defined
	// function ("contoso.name"); name is as it was written. None of args is Unknown. It
	// returns ErrNoFunction where the function is not offered. args must not be kept.
	Call(name string, args []Value) (Value, error)
}

// Env is what one evaluation after another runs in. It is for one goroutine
// at a time and may be used again without end.
type Env struct {
	Scope Scope
	// Now is the time that utcNow answers; the zero time makes utcNow Unknown.
	Now time.Time
	// NoHoles promises that no value holds a [Hole], which saves looking for them.
	NoHoles bool
	// NullText makes null count as an empty text where a function wants a text, and
	// equal to one: what policy rules expect of the fields that a resource lacks.
	NullText bool

	steps int
	depth int
	stack []Value
	vars  []binding
}

type binding struct {
	name  string
	value Value
}

// NewEnv returns an environment over scope, which may be nil for constant expressions.
func NewEnv(scope Scope) *Env { return &Env{Scope: scope} }

func (e *Env) step(n int) error {
	e.steps += n
	if e.steps > MaxSteps {
		return fmt.Errorf("%w: more than %d steps", ErrLimit, MaxSteps)
	}
	return nil
}

// Eval is code that computes a value in an environment.
type Eval func(env *Env) (Value, error)

type evalFunc = Eval

// Program is a compiled expression or literal. It is immutable and safe for
// concurrent use, each goroutine with its own Env.
type Program struct {
	Expr  *Expr
	eval  evalFunc
	konst bool
	value Value
}

// Constant returns the value of a program that does not depend on its environment.
func (p *Program) Constant() (Value, bool) { return p.value, p.konst }

// Eval runs the program. An error is of type *EvalError.
func (p *Program) Eval(env *Env) (Value, error) {
	if p.konst {
		return p.value, nil
	}
	env.steps, env.stack, env.vars, env.depth = 0, env.stack[:0], env.vars[:0], 0
	return p.eval(env)
}

// EvalNested is [Program.Eval] from inside a [Scope] that the same Env is
// being evaluated with (a variable that is itself an expression). The limits
// of the outer evaluation go on counting.
func (p *Program) EvalNested(env *Env) (Value, error) {
	if p.konst {
		return p.value, nil
	}
	if env.depth >= MaxDepth {
		return Null, &EvalError{Code: "ARM0205", Message: fmt.Sprintf("expressions refer to each other deeper than %d levels", MaxDepth), Err: ErrLimit}
	}
	env.depth++
	vars := env.vars
	env.vars = nil
	v, err := p.eval(env)
	env.vars = vars
	env.depth--
	return v, err
}

// Arg is an argument of a call as a [Resolver] sees it.
type Arg struct {
	Constant bool
	Value    Value // where Constant
	Eval     Eval
	Span     diag.Span
}

// Resolved is what a [Resolver] makes of a call: a constant, or code.
type Resolved struct {
	Constant bool
	Value    Value
	Eval     Eval
}

// Resolver may take over a call at compile time; ok false leaves it to the
// table. A diagnostic refuses the call; its span is set to the call's where it is zero.
type Resolver func(name string, args []Arg) (r Resolved, ok bool, d *diag.Diagnostic)

// Options change how [Compile] works.
type Options struct {
	Dialect Dialect // zero is Template
	Resolve Resolver
	// NoHoles is Env.NoHoles, for folding.
	NoHoles bool
}

// Compile checks an expression against the function table and turns it into a
// program. The program is nil where the diagnostics hold an error.
func Compile(e *Expr, opts Options) (*Program, diag.List) {
	if opts.Dialect == 0 {
		opts.Dialect = Template
	}
	if e.Literal {
		return &Program{Expr: e, konst: true, value: Text(e.Value)}, nil
	}
	c := &compiler{opts: opts, fold: NewEnv(nil)}
	r := c.node(e.Root)
	if err := c.diags.Err(); err != nil {
		return nil, c.diags
	}
	if r.konst && r.value.ext != nil && r.value.ext.lambda != nil {
		c.diags.Add(errLambda("lambda", e.Root.Span()))
		return nil, c.diags
	}
	return &Program{Expr: e, eval: r.eval, konst: r.konst, value: r.value}, c.diags
}

// CompileText parses and compiles in one go.
func CompileText(text string, opts Options) (*Program, diag.List) {
	e, diags := Parse(text)
	if diags.HasErrors() {
		return nil, diags
	}
	return Compile(e, opts)
}

type compiler struct {
	opts  Options
	fold  *Env
	diags diag.List
}

// code is a compiled node.
type code struct {
	eval  evalFunc
	konst bool
	value Value
}

func constant(v Value) code {
	return code{konst: true, value: v, eval: func(*Env) (Value, error) { return v, nil }}
}

func (c *compiler) node(n Node) code {
	switch n := n.(type) {
	case *Lit:
		return constant(Of(n.Val))
	case *Prop:
		base := c.node(n.Base)
		key := jsondoc.NewKey(n.Name)
		safe := n.Safe || c.lenient()
		get := func(b Value) (Value, error) { return member(b, key, safe, n.At) }
		if base.konst {
			if v, err := get(base.value); err == nil {
				return constant(v)
			}
		}
		ev := base.eval
		return code{eval: func(env *Env) (Value, error) {
			b, err := ev(env)
			if err != nil {
				return b, err
			}
			return get(b)
		}}
	case *Index:
		base, key := c.node(n.Base), c.node(n.Key)
		lenient := c.lenient()
		if base.konst && key.konst {
			if v, err := element(base.value, key.value, n.Safe, lenient, n.At); err == nil {
				return constant(v)
			}
		}
		return code{eval: func(env *Env) (Value, error) {
			b, err := base.eval(env)
			if err != nil {
				return b, err
			}
			k, err := key.eval(env)
			if err != nil {
				return k, err
			}
			return element(b, k, n.Safe, lenient, n.At)
		}}
	case *Call:
		return c.call(n)
	default:
		panic("arm: node of unknown type")
	}
}

// lenient tells whether an absent property is null: in policy rules, which ask
// for resourceGroup().tags['x'] whether there is such a tag or not.
func (c *compiler) lenient() bool { return c.opts.Dialect == Policy }

func (c *compiler) call(n *Call) code {
	failed := constant(Null)
	if strings.EqualFold(n.Name, "lambda") {
		return c.lambda(n)
	}
	args := make([]code, len(n.Args))
	for i, a := range n.Args {
		args[i] = c.node(a)
	}
	if c.opts.Resolve != nil {
		as := make([]Arg, len(args))
		for i, a := range args {
			as[i] = Arg{Constant: a.konst, Value: a.value, Eval: a.eval, Span: n.Args[i].Span()}
		}
		r, ok, d := c.opts.Resolve(n.Name, as)
		if d != nil {
			if d.Span == (diag.Span{}) {
				d.Span = n.At
			}
			c.diags.Add(*d)
			return failed
		}
		if ok {
			if r.Constant {
				return constant(r.Value)
			}
			return code{eval: located(r.Eval, n)}
		}
	}
	f, ok := Lookup(n.Name)
	switch {
	case !ok && strings.Contains(n.Name, "."):
		if c.opts.Dialect&Template == 0 { // functions of the user's own are a template's
			c.diags.Add(errDialect(n.Name, c.opts.Dialect, n.NameAt))
			return failed
		}
		return c.host(n, args)
	case !ok:
		c.diags.Add(errUnknownFunction(n.Name, nearest(n.Name), n.NameAt))
		return failed
	case f.In&c.opts.Dialect == 0:
		c.diags.Add(errDialect(f.Name, c.opts.Dialect, n.NameAt))
		return failed
	case len(args) < f.Min || f.Max >= 0 && len(args) > f.Max:
		c.diags.Add(errArgCount(f, len(args), n.At))
		return failed
	}
	switch {
	case f.Name == "parameters" || f.Name == "variables":
		return c.named(n, f, args[0])
	case f.Host:
		return c.host(n, args)
	case f.lazy != nil:
		evals := make([]evalFunc, len(args))
		all := true
		for i, a := range args {
			evals[i] = a.eval
			all = all && a.konst
		}
		ev := located(func(env *Env) (Value, error) {
			if err := env.step(1); err != nil {
				return Null, err
			}
			return f.lazy(env, evals)
		}, n)
		if all {
			if v, err := ev(c.fold); err == nil {
				return constant(v)
			}
		}
		return code{eval: ev}
	}
	ev := located(func(env *Env) (Value, error) { return env.apply(f, args) }, n)
	all := !f.Impure
	for _, a := range args {
		all = all && a.konst
	}
	if all && len(args) > 0 || f.Name == "null" || f.Name == "true" || f.Name == "false" {
		c.fold.steps, c.fold.NoHoles = 0, c.opts.NoHoles
		if v, err := ev(c.fold); err == nil {
			return constant(v)
		}
	}
	return code{eval: ev}
}

// apply evaluates the arguments onto the environment's stack and calls a strict function.
func (e *Env) apply(f *Function, args []code) (Value, error) {
	if err := e.step(1); err != nil {
		return Null, err
	}
	base := len(e.stack)
	unknown := false
	for i := range args {
		v := args[i].value
		if !args[i].konst {
			var err error
			if v, err = args[i].eval(e); err != nil {
				e.stack = e.stack[:base]
				return Null, err
			}
		}
		if v.IsUnknown() {
			unknown = true
		} else if !e.NoHoles && (!f.holes || f.deep) {
			u, hole, looked := solid(v, MaxValues)
			err := e.step(looked / valuesPerStep)
			if looked > MaxValues {
				err = fmt.Errorf("%w: an argument of more than %d values", ErrLimit, MaxValues)
			}
			if err != nil {
				e.stack = e.stack[:base]
				return Null, err
			}
			if hole && !f.holes {
				v, unknown = u, true
			}
		}
		e.stack = append(e.stack, v)
	}
	vals := e.stack[base:len(e.stack):len(e.stack)]
	var out Value
	var err error
	if unknown && !f.holes {
		out, _ = unknownOf(vals...)
	} else {
		out, err = f.eval(&call{env: e, args: vals})
	}
	e.stack = e.stack[:base]
	return out, err
}

// call is what a strict function of the table is given.
type call struct {
	env  *Env
	args []Value
}

func located(ev evalFunc, n *Call) evalFunc {
	return func(env *Env) (Value, error) {
		v, err := ev(env)
		if err == nil {
			return v, nil
		}
		return Null, locate(err, n.At, n.Name)
	}
}

func locate(err error, at diag.Span, fn string) error {
	if _, ok := errors.AsType[*EvalError](err); ok {
		return err
	}
	code := "ARM0201"
	if errors.Is(err, ErrLimit) {
		code = "ARM0205"
	}
	return &EvalError{Code: code, Span: at, Func: fn, Message: err.Error(), Err: err}
}

func (c *compiler) named(n *Call, f *Function, arg code) code {
	variable := f.Name == "variables"
	return code{eval: located(func(env *Env) (Value, error) {
		if err := env.step(1); err != nil {
			return Null, err
		}
		v, err := arg.eval(env)
		if err != nil || v.IsUnknown() {
			return v, err
		}
		name, ok := v.doc.Text()
		if !ok {
			return Null, fmt.Errorf("the name is %s, not a string", kindName(v))
		}
		if env.Scope == nil {
			return Null, ErrNoFunction
		}
		if variable {
			return env.Scope.Variable(name)
		}
		return env.Scope.Parameter(name)
	}, n)}
}

func (c *compiler) host(n *Call, args []code) code {
	name := n.Name
	return code{eval: located(func(env *Env) (Value, error) {
		if err := env.step(1); err != nil {
			return Null, err
		}
		base := len(env.stack)
		for i := range args {
			v, err := args[i].eval(env)
			if err != nil {
				env.stack = env.stack[:base]
				return Null, err
			}
			env.stack = append(env.stack, v)
		}
		vals := env.stack[base:len(env.stack):len(env.stack)]
		defer func() { env.stack = env.stack[:base] }()
		if u, ok := unknownOf(vals...); ok {
			return u, nil
		}
		if env.Scope == nil {
			return Null, ErrNoFunction
		}
		return env.Scope.Call(name, vals)
	}, n)}
}

// member reads a property by name.
func member(b Value, key *jsondoc.Key, safe bool, at diag.Span) (Value, error) {
	switch b.Kind() {
	case jsondoc.Missing:
		return b, nil
	case jsondoc.Object:
		if v := b.doc.Lookup(key); v.Exists() {
			return FromDoc(v), nil
		}
	case jsondoc.Null:
	default:
		return Null, &EvalError{Code: "ARM0202", Span: at, Message: fmt.Sprintf("property %q is read from %s, not an object", key.Name(), kindName(b))}
	}
	if safe {
		return Null, nil
	}
	return Null, &EvalError{Code: "ARM0203", Span: at, Message: fmt.Sprintf("property %q does not exist%s", key.Name(), available(b))}
}

func available(b Value) string {
	if b.Kind() != jsondoc.Object {
		return ""
	}
	var names []string
	for k := range b.doc.Members() {
		if names = append(names, k); len(names) == 12 {
			names = append(names, "...")
			break
		}
	}
	return "; there are " + strings.Join(names, ", ")
}

// element reads an array element or a property by a computed key; lenient
// makes an absent property null.
func element(b, k Value, safe, lenient bool, at diag.Span) (Value, error) {
	if u, ok := unknownOf(b, k); ok {
		return u, nil
	}
	switch b.Kind() {
	case jsondoc.Object:
		if name, ok := k.doc.Text(); ok {
			return member(b, jsondoc.NewKey(name), safe || lenient, at)
		}
	case jsondoc.Array:
		if i, ok := k.doc.Int(); ok {
			if i >= 0 && int(i) < b.doc.Len() {
				return FromDoc(b.doc.At(int(i))), nil
			}
			if safe {
				return Null, nil
			}
			return Null, &EvalError{Code: "ARM0204", Span: at, Message: fmt.Sprintf("index %d is outside the array of %d elements", i, b.doc.Len())}
		}
	case jsondoc.Null:
		if safe || lenient {
			return Null, nil
		}
	default:
	}
	return Null, &EvalError{Code: "ARM0202", Span: at, Message: fmt.Sprintf("%s cannot be indexed with %s", kindName(b), kindName(k))}
}
