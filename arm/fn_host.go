package arm

import (
	"fmt"
	"strings"

	"github.com/azward/azward/jsondoc"
)

func hostFunction(name, sig, doc string, minArgs, maxArgs int, in Dialect) Function {
	return Function{Name: name, Doc: doc, Min: minArgs, Max: maxArgs, In: in, Host: true, Impure: true, Sigs: []string{sig}}
}

// hostFunctions depend on where the expression stands: their rows give names,
// counts and documentation, the answers come from [Scope.Call].
func hostFunctions() []Function {
	return []Function{
		hostFunction("parameters", "(parameterName: string) any", "Reads a parameter.", 1, 1, everywhere),
		hostFunction("variables", "(variableName: string) any", "Reads a variable.", 1, 1, Template),
		hostFunction("copyIndex", "([loopName: string][, offset: int]) int", "Returns the number of the current round of a copy loop.", 0, 2, Template),
		hostFunction("deployer", "() object", "Returns who deploys.", 0, 0, Template),
		hostFunction("deployment", "() object", "Returns the current deployment.", 0, 0, Template),
		hostFunction("environment", "() object", "Returns the cloud that is deployed to.", 0, 0, Template),
		hostFunction("managementGroup", "() object", "Returns the management group that is deployed to.", 0, 0, Template),
		hostFunction("resourceGroup", "() object", "Returns the resource group.", 0, 0, everywhere),
		hostFunction("subscription", "() object", "Returns the subscription.", 0, 0, everywhere),
		hostFunction("tenant", "() object", "Returns the tenant.", 0, 0, Template),
		hostFunction("pickZones", "(providerNamespace: string, resourceType: string, location: string[, numberOfZones: int][, offset: int]) array", "Returns availability zones of a region.", 3, 5, Template),
		hostFunction("toLogicalZone", "(subscriptionId: string, location: string, physicalZone: string) string", "Returns the logical zone of a physical one.", 3, 3, Template),
		hostFunction("toLogicalZones", "(subscriptionId: string, location: string, physicalZones: array) array", "Returns the logical zones of physical ones.", 3, 3, Template),
		hostFunction("toPhysicalZone", "(subscriptionId: string, location: string, logicalZone: string) string", "Returns the physical zone of a logical one.", 3, 3, Template),
		hostFunction("toPhysicalZones", "(subscriptionId: string, location: string, logicalZones: array) array", "Returns the physical zones of logical ones.", 3, 3, Template),
		hostFunction("providers", "(providerNamespace: string[, resourceType: string]) object", "Returns a resource provider.", 1, 2, Template),
		hostFunction("reference", "(resourceNameOrIdentifier: string[, apiVersion: string][, 'Full']) object", "Reads the state of a resource, which exists only after deployment.", 1, 3, Template),
		hostFunction("references", "(symbolicName: string[, 'Full']) array", "Reads the states of the resources of a loop.", 1, 2, Template),
		hostFunction("resourceId", "([subscriptionId: string, ][resourceGroupName: string, ]resourceType: string, resourceName1: string, ...) string", "Returns the id of a resource in a resource group.", 2, -1, Template),
		hostFunction("subscriptionResourceId", "([subscriptionId: string, ]resourceType: string, resourceName1: string, ...) string", "Returns the id of a resource in a subscription.", 2, -1, Template),
		hostFunction("managementGroupResourceId", "([managementGroupId: string, ]resourceType: string, resourceName1: string, ...) string", "Returns the id of a resource in a management group.", 2, -1, Template),
		{
			Name: "tenantResourceId", Doc: "Returns the id of a resource in the tenant.", Min: 2, Max: -1, In: Template,
			Sigs:     []string{"(resourceType: string, resourceName1: string, ...) string"},
			Examples: []Example{{"tenantResourceId('Microsoft.Authorization/roleDefinitions', 'x')", `"/providers/Microsoft.Authorization/roleDefinitions/x"`}},
			eval:     func(c *call) (Value, error) { return TypedID("", c.args) },
		},
		{
			Name: "extensionResourceId", Doc: "Returns the id of a resource that extends another.", Min: 3, Max: -1, In: Template,
			Sigs:     []string{"(baseResourceId: string, resourceType: string, resourceName1: string, ...) string"},
			Examples: []Example{{"extensionResourceId('/subscriptions/s', 'Microsoft.Authorization/locks', 'l')", `"/subscriptions/s/providers/Microsoft.Authorization/locks/l"`}},
			eval: func(c *call) (Value, error) {
				base, err := c.text(0)
				if err != nil {
					return Null, err
				}
				return TypedID(strings.TrimSuffix(base, "/"), c.args[1:])
			},
		},
		hostFunction("list*", "(resourceNameOrIdentifier: string, apiVersion: string[, functionValues: object]) object", "Calls a list action of a resource (listKeys, ...), whose answer exists only after deployment.", 1, 3, Template),
		hostFunction("externalInput", "(kind: string[, options: any]) any", "Reads an input that the deployment tool supplies.", 1, 2, Template),
		hostFunction("field", "(fieldName: string) any", "Reads a field or alias of the resource that is evaluated.", 1, 1, Policy),
		hostFunction("current", "([indexName: string]) any", "Reads the element that a count is at.", 0, 1, Policy),
		hostFunction("requestContext", "() object", "Returns the request that triggered the evaluation.", 0, 0, Policy),
		hostFunction("policy", "() object", "Returns the policy that is evaluated.", 0, 0, Policy),
	}
}

// TypedID builds the id of a resource from its type and names, below a prefix
// ("/subscriptions/s/resourceGroups/g"; "" for the tenant). The numbers of
// type segments and names must agree, as resourceId demands.
func TypedID(prefix string, typeAndNames []Value) (Value, error) {
	if len(typeAndNames) < 2 {
		return Null, fmt.Errorf("a resource type and a name are needed")
	}
	var words []string
	for i, a := range typeAndNames {
		s, ok := a.doc.Text()
		if !ok {
			return Null, fmt.Errorf("argument is %s, expected string", kindName(a))
		}
		if i == 0 {
			words = append(words, strings.Split(strings.Trim(s, "/"), "/")...)
			continue
		}
		words = append(words, s)
	}
	segments := len(words) - (len(typeAndNames) - 1)
	names := words[segments:]
	if segments < 2 {
		return Null, fmt.Errorf("%q is no full resource type", words[0])
	}
	// A name may itself be "parent/child".
	var flat []string
	for _, n := range names {
		flat = append(flat, strings.Split(n, "/")...)
	}
	if len(flat) != segments-1 {
		return Null, fmt.Errorf("type %q has %d segments after the namespace and %d names are given", strings.Join(words[:segments], "/"), segments-1, len(flat))
	}
	var b strings.Builder
	b.WriteString(prefix)
	b.WriteString("/providers/")
	b.WriteString(words[0])
	for i, n := range flat {
		b.WriteByte('/')
		b.WriteString(words[i+1])
		b.WriteByte('/')
		b.WriteString(n)
	}
	return sized(b.String())
}

// SplitTypedArgs separates the arguments of resourceId and its like into the
// leading scope arguments (subscription id, resource group name) and the type
// with its names: the type is the first argument that holds a slash. at is the
// number of scope arguments, -1 where no argument is a type.
func SplitTypedArgs(args []Value) (at int) {
	for i, a := range args {
		if s, ok := a.doc.Text(); ok && strings.Contains(s, "/") && a.doc.Kind() == jsondoc.String {
			return i
		}
	}
	return -1
}
