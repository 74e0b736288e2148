package snapshot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net/netip"
	"regexp"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Redactor replaces what tells whose tenant a snapshot is of: names, ids of
// tenants, subscriptions, objects and applications, mail addresses and domains,
// people's data, IP addresses, the values of tags. What stands for one thing
// stands for it everywhere, so that references still lead where they led and
// the verdicts of controls stay. Replacements are made with a keyed hash: the
// same key gives the same, and without it nothing can be looked up.
//
// It works in two passes: hand every line to [Redactor.Learn], then every line
// to [Redactor.Line]. What names types, settings, built-in roles and policies,
// first-party applications and special addresses stays as it is, and so do
// words that keep names.
type Redactor struct {
	key  []byte
	keep func(word string) bool

	names   map[string]bool // resources, in lower case
	guids   map[string]bool // the tenant's own
	public  map[string]bool // ids that are the same in every tenant
	domains map[string]bool
	labels  map[string]bool // first parts of domains
	texts   map[string]bool // display names that are everybody's
	memo    map[string]string
	seen    map[netip.Addr]netip.Addr
}

// NewRedactor returns a redactor. keep may be nil.
func NewRedactor(key []byte, keep func(word string) bool) *Redactor {
	if keep == nil {
		keep = func(string) bool { return false }
	}
	return &Redactor{
		key: key, keep: keep, memo: make(map[string]string), seen: make(map[netip.Addr]netip.Addr),
		names: make(map[string]bool), labels: make(map[string]bool), guids: make(map[string]bool), public: make(map[string]bool), domains: make(map[string]bool), texts: make(map[string]bool),
	}
}

var (
	guidPattern = regexp.MustCompile(`[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`)
	mailPattern = regexp.MustCompile(`[A-Za-z0-9._%+'#&-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
)

// firstParty is the tenant that owns Microsoft's own applications.
const firstParty = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

// Learn takes note of what a line names.
func (rd *Redactor) Learn(l Line) {
	switch {
	case l.Header != nil:
		rd.guid(l.Header.Tenant)
	case l.Record != nil:
		rd.learnRecord(l.Record)
	case l.Attach != nil:
		rd.learnID(l.Attach.ID.String())
		for _, e := range l.Attach.Elements {
			rd.guid(e.Get("id").TextOr(""))
			rd.learn("", e, 0)
		}
	case l.Cover != nil:
		rd.learnID(l.Cover.Scope)
	}
}

func (rd *Redactor) learnRecord(r *resource.Resource) {
	rd.learnID(r.ID.String())
	if r.IsGraph() {
		own := rd.graphRecord(r)
		if !own {
			rd.texts[strings.ToLower(r.Body.Get("displayName").TextOr(""))] = true
			rd.texts[strings.ToLower(r.Body.Get("appDisplayName").TextOr(""))] = true
		}
	} else if custom(r) {
		switch r.ID.Level() {
		case resource.LevelSubscription, resource.LevelManagementGroup:
			rd.name(r.Body.Get("name").TextOr(""))
			rd.name(r.Body.Get("displayName").TextOr(""))
		default:
			rd.name(r.ID.Name())
		}
	}
	rd.learn("", r.Body, 0)
}

// custom tells whether a resource is not the same in every tenant: definitions
// of roles and policies may be.
func custom(r *resource.Resource) bool {
	switch strings.ToLower(r.ID.Type()) {
	case "microsoft.authorization/roledefinitions":
		return strings.EqualFold(r.Body.Path("properties", "type").TextOr(""), "CustomRole")
	case "microsoft.authorization/policydefinitions", "microsoft.authorization/policysetdefinitions":
		return strings.EqualFold(r.Body.Path("properties", "policyType").TextOr(""), "Custom")
	}
	return !constants[strings.ToLower(last(r.ID.Type()))]
}

// definitions are types of which some resources are everybody's.
var definitions = set("roledefinitions", "policydefinitions", "policysetdefinitions")

// graphRecord learns the id of an object of Microsoft Graph and tells whether
// the object is the tenant's own and not the same in every tenant.
func (rd *Redactor) graphRecord(r *resource.Resource) (own bool) {
	id := r.Body.Get("id").TextOr("")
	switch collection := strings.ToLower(last(r.ID.Type())); collection {
	case "roledefinitions":
		if builtIn, ok := r.Body.Get("isBuiltIn").Bool(); ok && builtIn {
			rd.public[strings.ToLower(id)] = true
			return false
		}
		rd.guid(id)
		rd.guid(r.Body.Get("templateId").TextOr(""))
	case "directoryroles", "directoryroletemplates":
		rd.guid(id)
		return false
	case "domains":
		rd.domain(id)
	case "serviceprincipals":
		rd.guid(id)
		if strings.EqualFold(r.Body.Get("appOwnerOrganizationId").TextOr(""), firstParty) {
			return false
		}
		rd.guid(r.Body.Get("appId").TextOr(""))
	case "applications":
		rd.guid(id)
		rd.guid(r.Body.Get("appId").TextOr(""))
	default:
		rd.guid(id)
	}
	return true
}

// guid learns an id that is the tenant's own.
func (rd *Redactor) guid(s string) {
	s = strings.ToLower(s)
	if guidPattern.FindString(s) == s && s != "" && !strings.HasPrefix(s, "00000000-0000-0000-0000-0000000") && s != firstParty && !rd.keep(s) {
		rd.guids[s] = true
	}
}

func (rd *Redactor) domain(s string) {
	if s = strings.ToLower(s); !strings.Contains(s, ".") || rd.keep(s) {
		return
	}
	rd.domains[s] = true
	// The name of the house is in other names too.
	if label, _, _ := strings.Cut(s, "."); len(label) > 4 && !everybodys[label] && !rd.keep(label) {
		rd.labels[label] = true
	}
}

func (rd *Redactor) name(s string) {
	s = strings.ToLower(s)
	if s == "" || s == "_" || everybodys[s] || rd.keep(s) {
		return
	}
	if guidPattern.FindString(s) == s {
		rd.guid(s)
		return
	}
	rd.names[s] = true
}

// everybodys are names of resources that are the same in every tenant.
var everybodys = set("default", "$default", "current", "master", "web", "logs", "appsettings", "authsettings", "authsettingsv2", "azurestorageaccounts",
	"backup", "connectionstrings", "metadata", "slotconfignames", "activedirectory", "administrators", "vaultconfig", "vaultstorageconfig", "ftp", "scm",
	"http", "https", "ssh", "rdp", "www", "com", "net", "org", "azure", "windows", "linux", "microsoft", "core", "blob", "file", "files", "queue", "table", "dfs",
	"vault", "vaults", "database", "databases", "documents", "servicebus", "azurewebsites", "azurecr", "postgres", "mysql", "mariadb", "redis", "cache", "search",
	"cognitiveservices", "openai", "keys", "secrets", "certificates", "api", "apis", "privatelink", "azmk8s", "northeurope", "westeurope", "graph", "management",
	"login", "accounts", "cloud", "cloudapp", "trafficmanager", "example", "onmicrosoft", "storage", "mongo", "cassandra", "gremlin", "host", "node", "main",
	"azurefirewallsubnet", "azurefirewallmanagementsubnet", "azurebastionsubnet", "gatewaysubnet", "routeserversubnet", "allowallwindowsazureips",
	"allowallazureips", "networkwatcherrg", "advancedthreatprotection", "microsoft.insights", "sql", "account", "global", "replace", "add")

// constants are types, by their last part, whose resources have the same names
// in every tenant.
var constants = set("locations", "pricings", "settings", "configurations", "defaultsecurityrules", "blobservices", "fileservices", "queueservices",
	"tableservices", "encryptionprotector", "transparentdataencryption", "securityalertpolicies", "auditingsettings", "extendedauditingsettings",
	"vulnerabilityassessments", "sqlvulnerabilityassessments", "advancedthreatprotectionsettings", "config", "basicpublishingcredentialspolicies", "assessments",
	"subassessments", "securescores", "securescorecontrols", "roledefinitions", "policydefinitions", "policysetdefinitions", "connectionpolicies", "backupconfig",
	"backupstorageconfig", "features", "eventtypes", "metricdefinitions", "autoprovisioningsettings", "securitycontacts", "metadata", "versions", "skus", "publishers",
	"offers", "usages", "regulatorycompliancestandards", "regulatorycompliancecontrols", "regulatorycomplianceassessments", "defenderforstoragesettings",
	"dnszones", "privatednszones")

func set(words ...string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, w := range words {
		out[w] = true
	}
	return out
}

// eachPart calls f with every part of an id: what the part names ("" for words
// of the language of ids) and the part itself; f answers what replaces it.
func eachPart(id string, f func(kind, part string) string) string {
	parts := strings.Split(id, "/")
	kind := ""
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		low := strings.ToLower(p)
		switch {
		case kind != "":
			parts[i] = f(kind, p)
			kind = ""
		case low == "subscriptions" || low == "resourcegroups":
			kind = low
		case low == "providers":
			i++ // the namespace
			if i < len(parts) && strings.EqualFold(parts[i], "Microsoft.Graph") && i+2 < len(parts) {
				parts[i+2] = f("graph", parts[i+2])
				return strings.Join(parts, "/")
			}
		case p != "":
			kind = low
		}
	}
	return strings.Join(parts, "/")
}

func (rd *Redactor) learnID(id string) {
	eachPart(id, func(kind, part string) string {
		switch {
		case kind == "graph":
		case constants[kind] && !strings.HasSuffix(kind, "dnszones"):
			rd.public[strings.ToLower(part)] = true
		case kind == "subscriptions" && guidPattern.FindString(part) == part:
			rd.guid(part)
		case strings.HasSuffix(kind, "dnszones"):
			if !strings.HasPrefix(strings.ToLower(part), "privatelink.") {
				rd.domain(part)
			}
		default:
			rd.name(part)
		}
		return part
	})
}

// ownGuids are members whose ids are the tenant's own, in lower case.
var ownGuids = set("tenantid", "hometenantid", "subscriptionid", "principalid", "objectid", "clientid", "createdbyobjectid", "managedbytenantid",
	"includeusers", "excludeusers", "includegroups", "excludegroups", "includelocations", "excludelocations", "targetid", "groupid", "userid", "deviceid",
	"azureadobjectid", "sid", "uniqueid", "resourceguid", "workspaceid", "customerid", "vmid", "organizationid", "externaltenantid", "owners", "keyid")

func (rd *Redactor) learn(key string, v jsondoc.Value, depth int) {
	if depth > jsondoc.MaxDepth {
		return
	}
	switch v.Kind() {
	case jsondoc.String:
		s, _ := v.Text()
		switch {
		case ownGuids[key]:
			rd.guid(s)
		case publicGuids[key]:
			rd.public[strings.ToLower(s)] = true
		}
		if strings.HasSuffix(key, "resourcegroup") && !isID(s) {
			rd.name(s)
		}
		if isID(s) {
			rd.learnID(s)
		}
		if strings.Contains(s, "@") {
			for _, m := range mailPattern.FindAllString(s, -1) {
				rd.domain(m[strings.LastIndexByte(m, '@')+1:])
			}
		}
	case jsondoc.Array:
		for _, e := range v.Elements() {
			rd.learn(key, e, depth+1)
		}
	case jsondoc.Object:
		for name, e := range v.Members() {
			low := strings.ToLower(name)
			if low == "id" && permissions[key] {
				rd.public[strings.ToLower(e.TextOr(""))] = true
			}
			rd.learn(low, e, depth+1)
		}
	default:
	}
}

// publicGuids are members whose ids are the same in every tenant: of templates,
// built-in roles, permissions, licenses and of applications that are not the
// tenant's own.
var publicGuids = set("roletemplateid", "templateid", "approleid", "resourceappid", "appid", "clientappid", "applicationid", "includeapplications",
	"excludeapplications", "includeroles", "excluderoles", "roledefinitionid", "skuid", "serviceplanid", "disabledplans", "assessmentkey", "permissionid",
	"appownerorganizationid", "featureid", "definitionid", "authenticationstrengthid")

// permissions are lists of objects whose ids are the same in every tenant.
var permissions = set("approles", "oauth2permissionscopes", "publishedpermissionscopes", "resourceaccess", "authenticationstrength")

// own tells whether an id is to be replaced: every one that is not known to be
// everybody's.
func (rd *Redactor) own(guid string) bool {
	guid = strings.ToLower(guid)
	if rd.guids[guid] {
		return true
	}
	return !rd.public[guid] && !strings.HasPrefix(guid, "00000000-0000-0000-0000-0000000") && guid != firstParty && !rd.keep(guid)
}

func isID(s string) bool {
	return len(s) > 14 && s[0] == '/' && (strings.EqualFold(s[:15], "/subscriptions/") || strings.EqualFold(s[:11], "/providers/"))
}

// hash returns 16 bytes that stand for a thing of a kind.
func (rd *Redactor) hash(kind, s string) []byte {
	m := hmac.New(sha256.New, rd.key)
	m.Write([]byte(kind + "\x00" + strings.ToLower(s)))
	return m.Sum(nil)[:16]
}

// stand returns the word that stands for s.
func (rd *Redactor) stand(kind, s string) string {
	k := kind + "\x00" + strings.ToLower(s)
	if out, ok := rd.memo[k]; ok {
		return out
	}
	h := rd.hash(kind, s)
	var out string
	switch kind {
	case "guid":
		h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
		x := hex.EncodeToString(h)
		out = x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
	case "domain":
		out = "d" + word(h, 8) + ".example"
		if strings.HasSuffix(strings.ToLower(s), ".onmicrosoft.com") {
			out = "d" + word(h, 8) + ".onmicrosoft.com"
		}
	default:
		out = kind[:1] + word(h, 11)
	}
	rd.memo[k] = out
	return out
}

func word(h []byte, n int) string {
	return strings.ToLower(base32.StdEncoding.EncodeToString(h))[:n]
}

// ID returns the id that stands for one.
func (rd *Redactor) ID(id string) string {
	return eachPart(id, func(kind, part string) string {
		low := strings.ToLower(part)
		switch {
		case kind == "graph":
			return rd.text(part, false)
		case rd.guids[low]:
			return rd.stand("guid", part)
		case rd.domains[low]:
			return rd.stand("domain", part)
		case constants[kind] && !strings.HasSuffix(kind, "dnszones") && !definitions[kind]:
			return part
		case rd.names[low]:
			return rd.stand("name", part)
		}
		return part
	})
}

// Line returns a line without what is to be replaced. Diagnostics keep their
// code and say no more, as their words may quote anything.
func (rd *Redactor) Line(l Line) (Line, error) {
	switch {
	case l.Log != nil, l.Period != nil, l.Delta != nil:
		// Events are full of what people did and where; links lead to the tenant.
		return Line{}, nil
	case l.Header != nil:
		h := *l.Header
		h.Redacted = true
		h.Tenant = rd.text(h.Tenant, false)
		l.Header = &h
	case l.Record != nil:
		r := *l.Record
		id, err := resource.ParseID(rd.ID(r.ID.String()))
		if err != nil {
			return l, err
		}
		own := !r.IsGraph() && (custom(&r) || !definitions[strings.ToLower(last(r.ID.Type()))]) || r.IsGraph() && rd.graphRecord(&r)
		r.ID = id
		r.Body = rd.value("", r.Body, own, 0)
		l.Record, l.From = &r, rd.source(l.From)
	case l.Attach != nil:
		a := Attachment{Member: l.Attach.Member}
		var err error
		if a.ID, err = resource.ParseID(rd.ID(l.Attach.ID.String())); err != nil {
			return l, err
		}
		for _, e := range l.Attach.Elements {
			a.Elements = append(a.Elements, rd.value("", e, true, 0))
		}
		l.Attach = &a
	case l.Cover != nil:
		e := *l.Cover
		e.Scope, e.Source = rd.ID(e.Scope), rd.source(e.Source)
		e.Reason = rd.reason(e.Reason, l.Cover.Source, e.Source)
		l.Cover = &e
	case l.Source != nil:
		s := *l.Source
		s.Name, s.Error = rd.source(s.Name), rd.text(s.Error, true)
		l.Source = &s
	case l.Note != nil:
		l.Note = &diag.Diagnostic{
			Code: l.Note.Code, Severity: l.Note.Severity, Source: rd.source(l.Note.Source), Pos: l.Note.Pos,
			Message: "what this says is left out, as it may quote names",
		}
	}
	return l, nil
}

func (rd *Redactor) source(s string) string {
	if s == "" {
		return ""
	}
	return rd.stand("source", s)
}

// reason rewrites a sentence of the manifest, which may name the file.
func (rd *Redactor) reason(s, source, stand string) string {
	if source != "" {
		s = strings.ReplaceAll(s, source, stand)
		s = strings.ReplaceAll(s, source[strings.LastIndexAny(source, `/\`)+1:], stand)
	}
	return rd.text(s, true)
}

// personal are members that hold words of people or about them, in lower case.
var personal = set("displayname", "description", "givenname", "surname", "jobtitle", "department", "companyname", "officelocation", "city", "street",
	"streetaddress", "postalcode", "mobilephone", "businessphones", "phone", "phonenumber", "phones", "telephonenumber", "faxnumber", "employeeid", "notes",
	"comments", "comment", "summary", "mailnickname", "onpremisessamaccountname", "onpremisesdistinguishedname", "userdisplayname", "principaldisplayname",
	"resourcedisplayname", "appdisplayname", "publishername", "friendlyname", "firstname", "lastname", "justification", "onpremisesimmutableid",
	"onpremisessecurityidentifier", "securityidentifier", "publickey", "keydata", "thumbprint", "customkeyidentifier", "adminusername", "administratorlogin",
	"computername", "createdby", "lastmodifiedby", "login", "hint", "serialnumber", "physicalids", "rolename", "principalname",
	"membershiprule")

// value rewrites a value; own tells whether the object around it is the
// tenant's own, so that its words are too.
func (rd *Redactor) value(key string, v jsondoc.Value, own bool, depth int) jsondoc.Value {
	if depth > jsondoc.MaxDepth {
		return jsondoc.Nothing
	}
	switch v.Kind() {
	case jsondoc.String:
		s, _ := v.Text()
		return jsondoc.NewString(rd.string(key, s, own))
	case jsondoc.Array:
		list := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			list = append(list, rd.value(key, e, own, depth+1))
		}
		return jsondoc.NewArray(list...)
	case jsondoc.Object:
		ms := make([]jsondoc.Member, 0, v.Len())
		ranged, _, _ := rd.span(v.Get("startIpAddress").TextOr(""), v.Get("endIpAddress").TextOr(""))
		for name, e := range v.Members() {
			low := strings.ToLower(name)
			switch text, isText := e.Text(); {
			case key == "tags" && isText && text != "":
				e = jsondoc.NewString(rd.tag(text))
			case ranged != [2]string{} && low == "startipaddress":
				e = jsondoc.NewString(ranged[0])
			case ranged != [2]string{} && low == "endipaddress":
				e = jsondoc.NewString(ranged[1])
			default:
				e = rd.value(low, e, own, depth+1)
			}
			// Members may be named by ids: the identities of a resource.
			if isID(name) {
				name = rd.ID(name)
			} else if guidPattern.MatchString(name) || strings.Contains(name, "@") {
				name = rd.text(name, false)
			}
			ms = append(ms, jsondoc.Member{Name: name, Value: e})
		}
		return jsondoc.NewObject(ms...)
	default:
		return v
	}
}

func (rd *Redactor) tag(s string) string {
	if rd.keep(strings.ToLower(s)) || isID(s) {
		return rd.string("", s, true)
	}
	return rd.stand("tag", s)
}

func (rd *Redactor) string(key, s string, own bool) string {
	low := strings.ToLower(s)
	switch {
	case s == "" || strings.HasPrefix(key, "@odata"):
		return s
	case isID(s):
		return rd.ID(s)
	case personal[key] || strings.HasSuffix(key, "by"):
		if !own || rd.texts[low] || rd.keep(low) || everybodys[low] {
			return s
		}
		if rd.names[low] {
			return rd.stand("name", s)
		}
		if mailPattern.FindString(s) == s {
			return rd.text(s, false)
		}
		return rd.stand("text", s)
	case (strings.HasSuffix(key, "name") || strings.HasSuffix(key, "resourcegroup")) && !rd.keep(low):
		if rd.names[low] {
			return rd.stand("name", s)
		}
		if strings.Contains(s, "/") && !strings.Contains(s, "://") {
			parts := strings.Split(s, "/")
			for i, p := range parts {
				if rd.names[strings.ToLower(p)] {
					parts[i] = rd.stand("name", p)
				}
			}
			s = strings.Join(parts, "/")
		}
	}
	if strings.Contains(key, "version") && !strings.Contains(s, "://") {
		return s
	}
	return rd.text(s, true)
}

// text rewrites whatever is to be replaced inside a text. Names are replaced
// where the text is an address of the network, and otherwise where they are
// unlike words.
func (rd *Redactor) text(s string, names bool) string {
	if s == "" || rd.keep(strings.ToLower(s)) {
		return s
	}
	if len(s) >= 36 && strings.Contains(s, "-") {
		s = guidPattern.ReplaceAllStringFunc(s, func(g string) string {
			if rd.own(g) {
				return rd.stand("guid", g)
			}
			return g
		})
	}
	if strings.Contains(s, "@") {
		s = mailPattern.ReplaceAllStringFunc(s, rd.mail)
	}
	if strings.Contains(s, ".") {
		low := strings.ToLower(s)
		for d := range rd.domainsIn(low) {
			if i := strings.Index(strings.ToLower(s), d); i >= 0 {
				s = s[:i] + rd.stand("domain", d) + s[i+len(d):]
			}
		}
		s = rd.addresses(s)
	} else if strings.Count(s, ":") > 1 {
		s = rd.addresses(s)
	}
	if !names {
		return s
	}
	address := strings.Contains(s, "://") || strings.Contains(s, ".") && !strings.ContainsAny(s, " \n")
	return replaceWords(s, func(w string) string { return rd.word(w, address) })
}

// replaceWords calls f with every run of letters, digits, hyphens and
// underscores; most texts come back as they are.
func replaceWords(s string, f func(string) string) string {
	var out []byte
	done := 0 // of s, in out
	for i := 0; i < len(s); {
		if !inWord(s[i]) {
			i++
			continue
		}
		j := i
		for j < len(s) && inWord(s[j]) {
			j++
		}
		if w := f(s[i:j]); w != s[i:j] {
			out = append(append(out, s[done:i]...), w...)
			done = j
		}
		i = j
	}
	if done == 0 {
		return s
	}
	return string(append(out, s[done:]...))
}

func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// word rewrites a word of a text, or the run of its pieces that is a name:
// "MC_group_cluster_region" holds two.
func (rd *Redactor) word(w string, address bool) string {
	low := strings.ToLower(w)
	is := func(s string) bool {
		return rd.labels[s] || rd.names[s] && (len(s) >= 4 && address || len(s) >= 6 && strings.ContainsAny(s, "0123456789-"))
	}
	if is(low) {
		return rd.stand("name", w)
	}
	var starts []int // of pieces
	for i := range len(low) {
		if i == 0 || low[i-1] == '-' || low[i-1] == '_' {
			starts = append(starts, i)
		}
	}
	if len(starts) < 2 || len(starts) > 24 {
		return w
	}
	var out strings.Builder
	for i := 0; i < len(starts); {
		j := len(starts)
		for ; j > i; j-- {
			end := len(low)
			if j < len(starts) {
				end = starts[j] - 1
			}
			if end-starts[i] >= 5 && is(low[starts[i]:end]) {
				out.WriteString(rd.stand("name", w[starts[i]:end]))
				if j < len(starts) {
					out.WriteByte(w[end])
				}
				break
			}
		}
		if j > i {
			i = j
			continue
		}
		end := len(w)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		out.WriteString(w[starts[i]:end])
		i++
	}
	return out.String()
}

// domainsIn yields the longest learned domain that ends a text or a word of it.
func (rd *Redactor) domainsIn(low string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(low, func(r rune) bool { return strings.ContainsRune(" ,;:/\\'\"()<>|@", r) }) {
		for d := w; d != ""; {
			if rd.domains[d] {
				out[d] = true
				break
			}
			i := strings.IndexByte(d, '.')
			if i < 0 {
				break
			}
			d = d[i+1:]
		}
	}
	return out
}

// mail rewrites an address; what marks a guest stays.
func (rd *Redactor) mail(s string) string {
	i := strings.LastIndexByte(s, '@')
	local, domain := s[:i], s[i+1:]
	mark := ""
	if j := strings.Index(strings.ToUpper(local), "#EXT#"); j >= 0 {
		mark = "#EXT#"
		local = local[:j] + local[j+len(mark):]
	}
	return rd.stand("user", local) + mark + "@" + rd.stand("domain", domain)
}
