// Package demo knows the tenant of Lindhaven Hospitals, a made-up regional
// hospital group that azward carries as its demo, and makes larger tenants for
// benchmarks. The tenant's files are content/demo/tenant, its logs
// content/demo/logs, its story is content/demo/STORY.md, and internal/demo/author writes the files.
//
// Start with [ReadAt] for the present of the demo and [Generate] for a tenant
// of any size.
package demo

import "time"

//go:generate go run ./author -o ../../content/demo/tenant

// ReadAt is the moment at which the demo tenant was read. Its story (a secret
// that ended in summer, an exemption that ran out in spring) is told as of this
// moment, so an assessment of the demo takes it for the present.
func ReadAt() time.Time { return time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC) }
