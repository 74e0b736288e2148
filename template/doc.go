// Package template turns what describes a deployment into the resources that
// the deployment would make: Azure Resource Manager templates in JSON (those
// that `az bicep build` writes included) and Terraform plans.
//
// # How to start
//
//	e := template.Expand(text, template.Options{File: "main.json"})
//	for _, r := range e.Resources { ... }      // r.ID, r.Body, r.Offset, r.Unknown
//	e.AddTo(builder)                           // into an inventory, with its manifest
//
//	e := template.ReadPlan(text, template.PlanOptions{File: "plan.json"})
//
// # What is known before a deployment, and what is not
//
// Expressions are evaluated with the values that are at hand: defaults, a
// parameter file, variables. What only the deployment knows (reference, list*,
// the location of the resource group, secrets, a parameter without a value)
// is Unknown and stays so through everything that depends on it: the property
// is left out of the body and named in [Resource.Unknown] with the reasons.
// Nothing is guessed. One thing is written down all the same: names. A resource
// needs an id to be spoken of, and others refer to it by it, so an id whose
// parts are not known is written with stand-ins ("{vmName}", and the
// subscription and resource group of [Options]); a reference to it by the same
// expression gives the same text. Stand-ins never reach another property.
//
// # Places
//
// Every value keeps the byte offset of the text in the template that it came
// from, so that a finding can be shown at the template's own line.
//
// # Limits
//
// [MaxTemplate], [MaxResources], [MaxCopy], [MaxNesting], [MaxNodes] and the limits of
// package arm bound what hostile text can cost. Running into one is a
// diagnostic that names it, and the template counts as not expanded.
//
// What this package leaves to others: reading files (package app), what a
// resource should look like (policies), and whether Azure would accept a name.
package template
