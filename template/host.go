package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// hostFn answers a function that depends on where the expression stands.
type hostFn struct {
	name string
	eval func(v *view, args []arm.Value) (arm.Value, error)
}

// hostFns lists the functions of arm's table that are marked Host and known, at
// least in part, before a deployment; the others are runtime below. The pages
// are "ARM template functions": deployment, resource and scope functions.
func hostFns() []hostFn {
	return []hostFn{
		{"copyindex", callCopyIndex},
		{"resourceid", callResourceID},
		{"subscriptionresourceid", callSubscriptionResourceID},
		{"managementgroupresourceid", callManagementGroupResourceID},
		{"resourcegroup", callResourceGroup},
		{"subscription", callSubscription},
		{"managementgroup", callManagementGroup},
		{"tenant", callTenant},
		{"deployment", callDeployment},
		{"environment", callEnvironment},
	}
}

// runtime says why the other functions are not known before a deployment.
func runtime(name string) string {
	switch low := lower(name); {
	case low == "deployer":
		return "who deploys is known only at deployment"
	case low == "providers":
		return "providers() asks Azure for its resource providers"
	case low == "pickzones", strings.HasSuffix(low, "zone"), strings.HasSuffix(low, "zones"):
		return name + "() asks Azure for the zones of the subscription"
	case low == "externalinput":
		return "externalInput() is supplied by the tool that deploys"
	case strings.HasPrefix(low, "list"):
		return name + "() calls an action of a resource, which exists only after deployment"
	}
	return name + "() is known only after deployment"
}

// Call implements arm.Scope.
func (v *view) Call(name string, args []arm.Value) (arm.Value, error) {
	low := lower(name)
	if strings.Contains(low, ".") {
		return v.callUser(low, args)
	}
	for _, h := range v.x.host {
		if h.name == low {
			return h.eval(v, args)
		}
	}
	if low == "field" || low == "current" || low == "policy" || low == "requestcontext" {
		return arm.Null, arm.ErrNoFunction
	}
	return arm.Unknown(runtime(name)), nil
}

func callCopyIndex(v *view, args []arm.Value) (arm.Value, error) {
	name, offset := "", int64(0)
	for i, a := range args {
		if s, ok := a.Doc().Text(); ok && i == 0 {
			name = s
			continue
		}
		n, ok := a.Doc().Int()
		if !ok {
			return arm.Null, fmt.Errorf("the offset is not a whole number")
		}
		offset = n
	}
	at := -1
	for i, l := range slices.Backward(v.c.loops) {
		if name != "" && strings.EqualFold(l.name, name) || name == "" && l.own {
			at = i
			break
		}
	}
	if at < 0 && name == "" && len(v.c.loops) > 0 {
		at = len(v.c.loops) - 1
	}
	if at < 0 {
		if name != "" {
			return arm.Null, fmt.Errorf("no loop named %q is around this expression", name)
		}
		return arm.Null, errors.New("no loop is around this expression")
	}
	index := v.c.loops[at].index
	if n, ok := index.Doc().Int(); ok && !index.IsUnknown() {
		return arm.Int(n + offset), nil
	}
	if v.mode == standIn {
		return arm.Text("{" + v.c.loops[at].name + "}"), nil
	}
	return index, nil
}

// texts returns the arguments as strings.
func texts(args []arm.Value) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		s, ok := a.Doc().Text()
		if !ok {
			return nil, fmt.Errorf("argument %d is not a string", i+1)
		}
		out[i] = s
	}
	return out, nil
}

func callResourceID(v *view, args []arm.Value) (arm.Value, error) {
	words, err := texts(args)
	if err != nil {
		return arm.Null, err
	}
	at := arm.SplitTypedArgs(args)
	if at < 0 {
		return arm.Null, errors.New("no argument is a resource type, such as Microsoft.Storage/storageAccounts")
	}
	t := v.c.f.at
	known := t.known()
	switch {
	case at == 0 && t.level == resource.LevelTenant:
		return arm.TypedID("", args)
	case at == 1 && isGUID(words[0]):
		t.sub, t.subKnown = words[0], true
		if t.level == resource.LevelTenant || t.level == resource.LevelManagementGroup {
			t.level = resource.LevelSubscription
		}
		known = t.known()
	case at == 1:
		t.level, t.group, t.groupKnown = resource.LevelResourceGroup, words[0], true
		known = t.known()
	case at == 2:
		t.level, t.sub, t.group, t.subKnown, t.groupKnown = resource.LevelResourceGroup, words[0], words[1], true, true
		known = true
	case at > 2:
		return arm.Null, fmt.Errorf("%d arguments stand before the resource type, expected a subscription and a resource group at most", at)
	}
	if !known && v.mode == strict {
		return arm.Unknown(unknownScope(t)), nil
	}
	return arm.TypedID(t.prefix(), args[at:])
}

func unknownScope(t target) string {
	switch {
	case t.level == resource.LevelManagementGroup:
		return "the management group is known only at deployment"
	case !t.subKnown:
		return "the subscription is known only at deployment"
	default:
		return "the resource group is known only at deployment"
	}
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

func callSubscriptionResourceID(v *view, args []arm.Value) (arm.Value, error) {
	words, err := texts(args)
	if err != nil {
		return arm.Null, err
	}
	t := v.c.f.at
	t.level = resource.LevelSubscription
	at := arm.SplitTypedArgs(args)
	switch {
	case at == 1:
		t.sub, t.subKnown = words[0], true
	case at != 0:
		return arm.Null, errors.New("expected a resource type, with a subscription before it or not")
	}
	if !t.known() && v.mode == strict {
		return arm.Unknown(unknownScope(t)), nil
	}
	return arm.TypedID(t.prefix(), args[at:])
}

func callManagementGroupResourceID(v *view, args []arm.Value) (arm.Value, error) {
	words, err := texts(args)
	if err != nil {
		return arm.Null, err
	}
	t := v.c.f.at
	t.level = resource.LevelManagementGroup
	at := arm.SplitTypedArgs(args)
	switch {
	case at == 1:
		t.mg = words[0]
	case at != 0:
		return arm.Null, errors.New("expected a resource type, with a management group before it or not")
	case v.mode == strict:
		return arm.Unknown(unknownScope(t)), nil
	}
	return arm.TypedID(t.prefix(), args[at:])
}

// member builds a member that is known, a stand-in for names, or a hole.
func (v *view) member(name, value string, known bool, stand, why string) jsondoc.Member {
	switch {
	case known:
		return jsondoc.Member{Name: name, Value: jsondoc.NewString(value)}
	case v.mode == standIn && stand != "":
		return jsondoc.Member{Name: name, Value: jsondoc.NewString(stand)}
	}
	return jsondoc.Member{Name: name, Value: arm.Hole(why)}
}

func text(name, value string) jsondoc.Member {
	return jsondoc.Member{Name: name, Value: jsondoc.NewString(value)}
}

func callResourceGroup(v *view, _ []arm.Value) (arm.Value, error) {
	t := v.c.f.at
	t.level = resource.LevelResourceGroup
	const why = "the resource group is known only at deployment"
	return arm.Of(jsondoc.NewObject(
		v.member("id", t.prefix(), t.known(), t.prefix(), why),
		v.member("name", t.group, t.groupKnown, t.group, why),
		text("type", "Microsoft.Resources/resourceGroups"),
		v.member("location", v.x.o.Location, v.located(t), "{location}", "the location of the resource group is known only at deployment"),
		v.member("managedBy", "", false, "", why),
		v.member("tags", "", false, "", "the tags of the resource group are known only at deployment"),
		jsondoc.Member{Name: "properties", Value: jsondoc.NewObject(text("provisioningState", "Succeeded"))},
	)), nil
}

// located tells whether the location of a resource group is the one that was given.
func (v *view) located(t target) bool {
	root := v.x.root.at
	return v.x.o.Location != "" && root.level == resource.LevelResourceGroup && strings.EqualFold(t.group, root.group) && strings.EqualFold(t.sub, root.sub)
}

func callSubscription(v *view, _ []arm.Value) (arm.Value, error) {
	t := v.c.f.at
	t.level = resource.LevelSubscription
	const why = "the subscription is known only at deployment"
	return arm.Of(jsondoc.NewObject(
		v.member("id", t.prefix(), t.known(), t.prefix(), why),
		v.member("subscriptionId", t.sub, t.subKnown, t.sub, why),
		v.member("tenantId", "", false, "{tenant}", "the tenant is known only at deployment"),
		v.member("displayName", "", false, "{subscription}", why),
	)), nil
}

func callManagementGroup(v *view, _ []arm.Value) (arm.Value, error) {
	t := v.c.f.at
	t.level = resource.LevelManagementGroup
	const why = "the management group is known only at deployment"
	return arm.Of(jsondoc.NewObject(
		v.member("id", "", false, t.prefix(), why),
		v.member("name", "", false, t.mg, why),
		text("type", "/providers/Microsoft.Management/managementGroups"),
		v.member("properties", "", false, "", why),
	)), nil
}

func callTenant(v *view, _ []arm.Value) (arm.Value, error) {
	const why = "the tenant is known only at deployment"
	return arm.Of(jsondoc.NewObject(
		v.member("tenantId", "", false, "{tenant}", why), v.member("countryCode", "", false, "", why), v.member("displayName", "", false, "{tenant}", why),
	)), nil
}

func callDeployment(v *view, _ []arm.Value) (arm.Value, error) {
	f := v.c.f
	const why = "the deployment is known only when it runs"
	return arm.Of(jsondoc.NewObject(
		v.member("name", f.name, f.depth > 0, "{deployment}", "the name of the deployment is known only when it runs"),
		v.member("location", v.x.o.Location, f.depth == 0 && v.x.o.Location != "" && f.at.level != resource.LevelResourceGroup, "{location}", "the location of the deployment is known only when it runs"),
		v.deploymentProperties(why),
	)), nil
}

// fileURI stands for the folder of a template file in its own address, so that
// links which start there are found beside it: deep enough for "../".
const fileURI = "https://template.invalid/0/1/2/3/4/5/6/7/"

// deploymentProperties holds the address of the template where links are followed.
func (v *view) deploymentProperties(why string) jsondoc.Member {
	if v.mode != standIn {
		return jsondoc.Member{Name: "properties", Value: arm.Hole(why)}
	}
	link := jsondoc.NewObject(text("uri", fileURI+"template.json"))
	return jsondoc.Member{Name: "properties", Value: jsondoc.NewObject(jsondoc.Member{Name: "templateLink", Value: link})}
}

// linkPath turns an address that was made of the template's own into a path
// from its folder; ok is false for other addresses. What comes behind the path,
// a token most of the time, is cut off.
func linkPath(uri string) (path string, ok bool) {
	const host = "https://template.invalid/"
	rest, ok := strings.CutPrefix(uri, host)
	if !ok {
		return "", false
	}
	rest = strings.ReplaceAll(strings.ReplaceAll(rest, "%7B", "{"), "%7b", "{")
	if i := strings.IndexAny(rest, "?#{"); i >= 0 {
		rest = rest[:i]
	}
	here := strings.Split(strings.TrimSuffix(fileURI[len(host):], "/"), "/")
	parts := strings.Split(rest, "/")
	n := 0
	for n < len(here) && n < len(parts)-1 && parts[n] == here[n] {
		n++
	}
	return strings.Repeat("../", len(here)-n) + strings.Join(parts[n:], "/"), true
}

// callEnvironment answers for Azure's public cloud.
func callEnvironment(*view, []arm.Value) (arm.Value, error) {
	return arm.Of(jsondoc.NewObject(
		text("name", "AzureCloud"),
		text("gallery", "https://gallery.azure.com/"),
		text("graph", "https://graph.windows.net/"),
		text("portal", "https://portal.azure.com"),
		text("graphAudience", "https://graph.windows.net/"),
		text("activeDirectoryDataLake", "https://datalake.azure.net/"),
		text("batch", "https://batch.core.windows.net/"),
		text("media", "https://rest.media.azure.net"),
		text("sqlManagement", "https://management.core.windows.net:8443/"),
		text("vmImageAliasDoc", "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json"),
		text("resourceManager", "https://management.azure.com/"),
		jsondoc.Member{Name: "authentication", Value: jsondoc.NewObject(
			text("loginEndpoint", "https://login.microsoftonline.com/"),
			jsondoc.Member{Name: "audiences", Value: jsondoc.NewArray(jsondoc.NewString("https://management.core.windows.net/"), jsondoc.NewString("https://management.azure.com/"))},
			text("tenant", "common"), text("identityProvider", "AAD"))},
		jsondoc.Member{Name: "suffixes", Value: jsondoc.NewObject(
			text("acrLoginServer", ".azurecr.io"), text("azureDatalakeAnalyticsCatalogAndJob", "azuredatalakeanalytics.net"),
			text("azureDatalakeStoreFileSystem", "azuredatalakestore.net"), text("azureFrontDoorEndpointSuffix", "azurefd.net"),
			text("keyvaultDns", ".vault.azure.net"), text("sqlServerHostname", ".database.windows.net"), text("storage", "core.windows.net"))},
	)), nil
}

// function is a user-defined function.
type function struct {
	name string
	decl jsondoc.Value
	busy bool
}

// callUser evaluates a function of the template. It may call others of them.
// Source: "User-defined functions in Bicep", Limitations.
func (v *view) callUser(low string, args []arm.Value) (arm.Value, error) {
	fn := v.c.f.funcs[low]
	if fn == nil {
		return arm.Null, fmt.Errorf("the template has no function named %q", low)
	}
	if fn.busy {
		return arm.Null, errors.New("a user-defined function cannot call itself")
	}
	if v.c.calls >= maxCalls {
		return arm.Null, fmt.Errorf("user-defined functions call each other deeper than %d levels", maxCalls)
	}
	params := fn.decl.Get("parameters")
	if params.Len() != len(args) {
		return arm.Null, fmt.Errorf("it takes %d arguments, %d given", params.Len(), len(args))
	}
	c := &ctx{f: v.c.f, locals: map[string]arm.Value{}, calls: v.c.calls + 1}
	for i, p := range params.Elements() {
		c.locals[lower(p.Get("name").TextOr(""))] = args[i]
	}
	fn.busy = true
	got, err := v.x.valueIn(c, fn.decl.Path("output", "value"), v.mode)
	fn.busy = false
	if err != nil {
		return arm.Null, err
	}
	return arm.FromDoc(got), nil
}

// resolve takes over the calls whose answer may stand in the template itself:
// the outputs of a nested deployment, and a symbolic name's resource.
func (x *expander) resolve(name string, args []arm.Arg) (arm.Resolved, bool, *diagnostic) {
	switch low := lower(name); low {
	case "reference", "resourceinfo", "references":
		if len(args) == 0 || len(args) > 3 {
			return arm.Resolved{}, false, nil
		}
		return arm.Resolved{Eval: func(env *arm.Env) (arm.Value, error) {
			m := x.view.mode
			x.view.mode = standIn
			target, err := args[0].Eval(env)
			full := false
			for _, a := range args[1:] { // the API version, and whether all of the resource is wanted
				v, failed := a.Eval(env)
				err = cmp.Or(err, failed)
				s, _ := v.Doc().Text()
				full = full || strings.EqualFold(s, "Full")
			}
			x.view.mode = m
			if err != nil {
				return arm.Null, err
			}
			return x.lookup(low, target, full)
		}}, true, nil
	default:
		if f, ok := arm.Lookup(name); ok && f.Name == "list*" { // whatever its arguments are
			return arm.Resolved{Eval: func(*arm.Env) (arm.Value, error) { return arm.Unknown(runtime(name)), nil }}, true, nil
		}
	}
	return arm.Resolved{}, false, nil
}

// lookup answers reference, references and resourceInfo.
func (x *expander) lookup(fn string, to arm.Value, full bool) (arm.Value, error) {
	why := arm.Unknown(runtime(fn))
	name, ok := to.Doc().Text()
	if to.IsUnknown() || !ok {
		return why, nil
	}
	if fn == "references" {
		return x.references(name, full)
	}
	in := x.find(x.view.c.f, name)
	if fn == "resourceinfo" {
		if in == nil {
			return arm.Unknown("the resource " + name + " is not known"), nil
		}
		known := in.nameKnown && in.frame.at.known() || x.view.mode == standIn
		id, last := arm.Hole("the id of "+name+" is known only at deployment"), arm.Hole("the name of "+name+" is not known")
		if known {
			id = jsondoc.NewString(in.id.String())
		}
		if in.nameKnown || known {
			last = jsondoc.NewString(in.fullName)
		}
		return arm.Of(jsondoc.NewObject(jsondoc.Member{Name: "id", Value: id}, jsondoc.Member{Name: "name", Value: last}, text("type", in.typ), text("apiVersion", in.apiVersion))), nil
	}
	switch {
	case in == nil:
		return why, nil
	case in.nested == nil && full && !in.existing:
		return x.whole(in)
	case in.nested == nil:
		return why, nil
	}
	v, err := x.deployed(in, full)
	return arm.Of(v), err
}

// whole is what reference(..., 'Full') gives of a resource that the template
// declares: its location is the one declared, the rest comes with deployment.
func (x *expander) whole(in *instance) (arm.Value, error) {
	why := arm.Hole(runtime("reference"))
	ms := []jsondoc.Member{text("type", in.typ), text("apiVersion", in.apiVersion)}
	location := why
	if decl := in.decl.Get("location"); decl.Exists() && !in.outsBusy {
		in.outsBusy = true
		got, err := x.valueIn(in.ctx, decl, x.view.mode)
		in.outsBusy = false
		if err != nil {
			return arm.Null, err
		}
		location = got
	}
	ms = append(ms, jsondoc.Member{Name: "location", Value: location})
	for _, name := range []string{"id", "name", "kind", "tags", "sku", "identity", "zones", "properties"} {
		ms = append(ms, jsondoc.Member{Name: name, Value: why})
	}
	return arm.Of(jsondoc.NewObject(ms...)), nil
}

// deployed is what reference gives of a nested deployment: its properties, or
// all of it.
func (x *expander) deployed(in *instance, full bool) (jsondoc.Value, error) {
	outs, err := x.nestedOutputs(in, x.view.mode)
	if err != nil {
		return outs, err
	}
	v := jsondoc.NewObject(jsondoc.Member{Name: "outputs", Value: outs}, text("provisioningState", "Succeeded"), text("mode", "Incremental"))
	if full {
		v = jsondoc.NewObject(text("name", in.fullName), text("type", in.typ), text("apiVersion", in.apiVersion), jsondoc.Member{Name: "properties", Value: v})
	}
	return v, nil
}

// references answers for every round of a loop: what nested deployments put
// out, and of other resources that they are known only after deployment.
// Source: "Resource functions for ARM templates", references.
func (x *expander) references(name string, full bool) (arm.Value, error) {
	why := runtime("references")
	s := x.view.c.f.symbols[lower(name)]
	if s == nil || !s.list || len(s.rounds) != len(s.instances) {
		return arm.Unknown(why), nil
	}
	out := make([]jsondoc.Value, len(s.instances))
	for i, in := range s.instances {
		out[i] = arm.Hole(why)
		if in.nested == nil {
			continue
		}
		v, err := x.deployed(in, full)
		if err != nil {
			return arm.Null, err
		}
		out[i] = v
	}
	return arm.Of(jsondoc.NewArray(out...)), nil
}
