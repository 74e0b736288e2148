package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// o and l are a JSON object and a JSON array, short because nearly every line
// of this program has one.
type (
	o = map[string]any
	l = []any
)

// now is the moment the tenant was read: every date in it is before or after
// this one, and an assessment of the demo takes it for the present.
var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// guid makes a GUID that is always the same for the same words, and looks like
// a random one.
func guid(words ...string) string {
	sum := sha1.Sum([]byte("lindhaven:" + strings.Join(words, "|")))
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// pick answers a number in [0, n) that is always the same for the same words.
func pick(n int, words ...string) int {
	sum := sha1.Sum([]byte("pick:" + strings.Join(words, "|")))
	return int(uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2])) % n
}

// daysAgo and daysAhead are moments as Graph and ARM write them.
func daysAgo(days int, words ...string) string {
	t := now.AddDate(0, 0, -days)
	if len(words) > 0 {
		t = t.Add(time.Duration(pick(43200, words...)) * time.Second)
	}
	return t.Format("2006-01-02T15:04:05Z")
}

func daysAhead(days int) string { return daysAgo(-days) }

// record is one resource with the file that it is written to.
type record struct {
	file string
	body o
}

// tenant collects what the area files make.
type tenant struct {
	id      string
	records []record
	graph   map[string][]o // collection file name to objects
	subs    map[string]*subscription
	// names of people, groups and applications to ids
	users, groups, roles map[string]string
	principals           map[string]string // service principals by name
	appIDs               map[string]string
	workspace            string // the central Log Analytics workspace's id
}

// subscription is one of the five.
type subscription struct {
	t        *tenant
	id       string // GUID
	name     string
	file     string
	location string
}

func (s *subscription) scope() string { return "/subscriptions/" + s.id }

func (s *subscription) rg(group string) string { return s.scope() + "/resourceGroups/" + group }

// resourceID builds an id from a full type and the names joined by slashes.
func resourceID(scope, typ, name string) string {
	ns, rest, _ := strings.Cut(typ, "/")
	types, names := strings.Split(rest, "/"), strings.Split(name, "/")
	var b strings.Builder
	fmt.Fprintf(&b, "%s/providers/%s", scope, ns)
	for i, t := range types {
		fmt.Fprintf(&b, "/%s/%s", t, names[i])
	}
	return b.String()
}

func lastName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// add records a resource of a resource group: type, names joined by slashes,
// and everything else of the body. A body without a location gets the
// subscription's; noLocation marks the proxy resources that have none.
func (s *subscription) add(group, typ, name string, body o) string {
	id := resourceID(s.rg(group), typ, name)
	s.put(id, typ, lastName(name), body)
	return id
}

// child records a proxy resource: under a resource, or an extension of it.
func (s *subscription) child(group, typ, name string, properties o) string {
	return s.add(group, typ, name, o{"location": noLocation, "properties": properties})
}

const noLocation = "-"

func (s *subscription) put(id, typ, name string, body o) {
	body["id"], body["name"], body["type"] = id, name, typ
	switch body["location"] {
	case nil:
		body["location"] = s.location
	case noLocation:
		delete(body, "location")
	}
	s.t.records = append(s.t.records, record{s.file, body})
}

// extension records an extension resource of any scope.
func (s *subscription) extension(scope, typ, name string, properties o) string {
	id := strings.TrimSuffix(scope, "/") + "/providers/" + typ + "/" + name
	s.put(id, typ, name, o{"location": noLocation, "properties": properties})
	return id
}

// diagnostics sends a resource's logs to the central workspace.
func (s *subscription) diagnostics(id string, metrics bool) {
	p := o{
		"storageAccountId": nil, "serviceBusRuleId": nil, "eventHubAuthorizationRuleId": nil, "eventHubName": nil,
		"workspaceId": s.t.workspace, "logAnalyticsDestinationType": nil,
		"logs": l{
			o{"category": nil, "categoryGroup": "allLogs", "enabled": true, "retentionPolicy": o{"enabled": false, "days": 0}},
			o{"category": nil, "categoryGroup": "audit", "enabled": true, "retentionPolicy": o{"enabled": false, "days": 0}},
		},
		"metrics": l{},
	}
	if metrics {
		p["metrics"] = l{o{"category": "AllMetrics", "timeGrain": nil, "enabled": true, "retentionPolicy": o{"enabled": false, "days": 0}}}
	}
	s.extension(id, "Microsoft.Insights/diagnosticSettings", "to-log-lindhaven", p)
}

func tags(owner, data string) o {
	return o{"owner": owner, "dataClass": data, "costCentre": fmt.Sprintf("LH-%04d", 1000+pick(900, owner))}
}

func ref(id string) o { return o{"id": id} }

func refs(ids ...string) l {
	out := l{}
	for _, id := range ids {
		out = append(out, ref(id))
	}
	return out
}

func systemIdentity(t *tenant, name string) o {
	return o{"type": "SystemAssigned", "principalId": t.principal(name), "tenantId": t.id}
}

// object adds a Graph object to a collection.
func (t *tenant) object(collection string, body o) {
	t.graph[collection] = append(t.graph[collection], body)
}

func strs(names ...string) l {
	out := l{}
	for _, n := range names {
		out = append(out, n)
	}
	return out
}
