package reader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

const (
	sub = "/subscriptions/11111111-1111-1111-1111-111111111111"
	sta = sub + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/"
)

// write puts files into a folder and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// show writes an inventory a line each: resources, entries of the manifest and
// diagnostics.
func show(inv *inventory.Inventory, dir string) []string {
	var out []string
	for r := range inv.Records() {
		out = append(out, "R "+r.Type+" "+r.ID.Name())
	}
	for _, e := range inv.Manifest().Entries() {
		line := fmt.Sprintf("M %s %s %s %d", e.Type, strings.TrimPrefix(e.Scope, sub), e.State, e.Count)
		if len(e.Unread) > 0 {
			line += " unread " + strings.Join(e.Unread, ",")
		}
		if e.Reason != "" {
			line += ": " + e.Reason
		}
		out = append(out, line)
	}
	for _, d := range inv.Diagnostics() {
		out = append(out, fmt.Sprintf("D %s %d:%d %s", d.Code, d.Pos.Line, d.Pos.Column, d.Message))
	}
	for i := range out {
		out[i] = strings.ReplaceAll(strings.ReplaceAll(out[i], dir+string(filepath.Separator), ""), sub, "SUB")
	}
	return out
}

func account(name string) string {
	return `{"id":"` + sta + name + `","name":"` + name + `","type":"Microsoft.Storage/storageAccounts","properties":{"a":1}}`
}

func apiCall(url string, status int, body string) string {
	return fmt.Sprintf(`{"method":"GET","url":"https://management.azure.com%s","status":%d,"body":%s}`, url, status, body)
}

func graphCall(path string, status int, body string) string {
	return fmt.Sprintf(`{"url":"https://graph.microsoft.com/v1.0/%s","status":%d,"body":%s}`, path, status, body)
}

const storageList = sub + "/providers/Microsoft.Storage/storageAccounts"

type readTest struct {
	name string
	text string
	want []string
}

var readTests = []readTest{
	{"array", `[` + account("a") + `,` + account("b") + `]`, []string{
		"R Microsoft.Storage/storageAccounts a", "R Microsoft.Storage/storageAccounts b",
		"M Microsoft.Storage/storageAccounts  complete 2",
	}},
	{"value that goes on", `{"value":[` + account("a") + `],"nextLink":"https://x"}`, []string{
		"R Microsoft.Storage/storageAccounts a",
		"M Microsoft.Storage/storageAccounts  partial 1: the list goes on in a page that is not here",
	}},
	{"resource graph", `{"count":1,"data":[` + account("a") + `],"skip_token":null,"total_records":3}`, []string{
		"R Microsoft.Storage/storageAccounts a",
		"M Microsoft.Storage/storageAccounts  partial 1: 1 of 3 records are here",
	}},
	{"resource graph in rows", `{"data":{"columns":[{"name":"id"},{"name":"type"},{"name":"properties"}],"rows":[["` + sta + `a","microsoft.storage/storageaccounts",{"a":1}]]}}`, []string{
		"R microsoft.storage/storageaccounts a",
		"M microsoft.storage/storageaccounts  complete 1",
	}},
	{"one", account("a"), []string{
		"R Microsoft.Storage/storageAccounts a", "M Microsoft.Storage/storageAccounts  partial 1: single objects were read and not the list of all",
	}},
	{"lines, one of them broken", account("a") + "\n{\"id\": nul}\n" + account("b") + "\n", []string{
		"R Microsoft.Storage/storageAccounts a", "R Microsoft.Storage/storageAccounts b",
		"M * / failed 0: x could not be read: invalid character",
		"M Microsoft.Storage/storageAccounts  partial 2: x could not be read whole",
		"D RDR0003 2:11 ",
	}},
	{"truncated", `[` + account("a") + `,` + account("b")[:40], []string{
		"R Microsoft.Storage/storageAccounts a",
		"M * / failed 0: x could not be read: the text ends in the middle",
		"M Microsoft.Storage/storageAccounts  partial 1: x could not be read whole",
		"D RDR0004 1:202 ",
	}},
	{"listed without properties", `[{"id":"` + sta + `a","type":"Microsoft.Storage/storageAccounts"}]`, []string{
		"R Microsoft.Storage/storageAccounts a",
	}},
	{"listed with null for its properties", `[{"id":"` + sta + `a","name":"a","type":"Microsoft.Storage/storageAccounts","plan":null,"properties":null,"provisioningState":"Succeeded","resourceGroup":"rg"}]`, []string{
		"R Microsoft.Storage/storageAccounts a",
	}},
	{"az account list", `[{"cloudName":"AzureCloud","id":"11111111-1111-1111-1111-111111111111","isDefault":true,"name":"Production","state":"Enabled","tenantId":"t","user":{"name":"a@example.com","type":"user"}}]`, []string{
		"R Microsoft.Resources/subscriptions 11111111-1111-1111-1111-111111111111",
		"M Microsoft.Resources/subscriptions  complete 1",
	}},
	{"an exporter's children", `{"ResourceId":"` + sta + `a","ResourceType":"Microsoft.Storage/storageAccounts","Properties":{},"resources":[{"type":"Microsoft.Storage/storageAccounts/blobServices","name":"default","properties":{}}]}`, []string{
		"R Microsoft.Storage/storageAccounts a", "R Microsoft.Storage/storageAccounts/blobServices default",
		"M Microsoft.Storage/storageAccounts  partial 1: single",
		"M Microsoft.Storage/storageAccounts/blobServices  partial 1: single",
		"M Microsoft.Storage/storageAccounts/blobServices /resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a complete 0",
	}},
	{"children of some only", `[{"id":"` + sta + `a","properties":{},"resources":[{"type":"Microsoft.Storage/storageAccounts/blobServices","name":"default","properties":{}}]},` + account("b") + `]`, []string{
		"R Microsoft.Storage/storageAccounts a", "R Microsoft.Storage/storageAccounts/blobServices default", "R Microsoft.Storage/storageAccounts b",
		"M Microsoft.Storage/storageAccounts  complete 2",
		"M Microsoft.Storage/storageAccounts/blobServices  partial 1: 1 of 2 Microsoft.Storage/storageAccounts came with the list of what is in them",
		"M Microsoft.Storage/storageAccounts/blobServices /resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a complete 0",
	}},
	{"graph collection", `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users(id,displayName)","value":[{"id":"u1","displayName":"U"}]}`, []string{
		"R Microsoft.Graph/users u1", "M Microsoft.Graph/users / complete 1",
	}},
	{"graph collection, context last, goes on", `{"value":[{"id":"u1","displayName":"U"}],"@odata.nextLink":"https://x","@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users"}`, []string{
		"R Microsoft.Graph/users u1", "M Microsoft.Graph/users / partial 1: the list goes on in a page that is not here",
	}},
	{"empty graph collection", `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/policies","value":[]}`, []string{
		"M Microsoft.Graph/conditionalAccessPolicies / complete 0",
	}},
	{"graph singleton", `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#policies/authorizationPolicy/$entity","id":"authorizationPolicy","allowInvitesFrom":"none"}`, []string{
		"R Microsoft.Graph/authorizationPolicies authorizationPolicy", "M Microsoft.Graph/authorizationPolicies / complete 1",
	}},
	{"one user of many", `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users/$entity","id":"u"}`, []string{
		"R Microsoft.Graph/users u", "M Microsoft.Graph/users / partial 1: single objects were read and not the list of all",
	}},
	{"az ad user list", `[{"id":"u","userPrincipalName":"u@x","displayName":"U"}]`, []string{
		"R Microsoft.Graph/users u", "M Microsoft.Graph/users / complete 1",
	}},
	{"powershell", `[{"Id":"p","Conditions":{},"GrantControls":null,"State":"enabled","CreatedDateTime":"/Date(1618315427741)/","AdditionalProperties":{}}]`, []string{
		"R Microsoft.Graph/conditionalAccessPolicies p", "M Microsoft.Graph/conditionalAccessPolicies / complete 1",
	}},
	{"calls in pages", apiCall(storageList, 200, `{"value":[`+account("a")+`],"nextLink":"https://management.azure.com:443`+storageList+`?skip=2"}`) + "\n" + apiCall(storageList+"?skip=2", 200, `{"value":[`+account("b")+`]}`), []string{
		"R Microsoft.Storage/storageAccounts a", "R Microsoft.Storage/storageAccounts b",
		"M Microsoft.Storage/storageAccounts  complete 2",
	}},
	{"calls, a page missing", apiCall(storageList, 200, `{"value":[`+account("a")+`],"nextLink":"https://management.azure.com`+storageList+`?skip=2"}`) + "\n" + apiCall("/subscriptions", 200, `{"value":[]}`), []string{
		"R Microsoft.Storage/storageAccounts a",
		"M Microsoft.Resources/subscriptions / complete 0",
		"M Microsoft.Storage/storageAccounts  partial 1: the list goes on in a page that is not here",
	}},
	{"calls, refused", apiCall(storageList, 403, `{"error":{"code":"AuthorizationFailed"}}`) + "\n" + apiCall(sta+"a", 500, `{}`) + "\n" + apiCall(sta+"b", 404, `{}`), []string{
		"M Microsoft.Storage/storageAccounts  denied 0: the call was refused with status 403 (AuthorizationFailed)",
		"M Microsoft.Storage/storageAccounts /resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a failed 0: the call ended with status 500",
		"D RDR0010 1:1 ", "D RDR0010 2:1 ",
	}},
	{"calls for everything", apiCall(sub+"/resources", 200, `{"value":[]}`) + "\n" + apiCall(sub+"/resourceGroups/rg/resources", 403, `{}`), []string{
		"M * /resourceGroups/rg denied 0: the call was refused with status 403",
		"D RDR0010 2:1 ",
	}},
	{"calls, refused and then answered", apiCall(storageList, 401, `{}`) + "\n" + apiCall(storageList, 200, `{"value":[]}`), []string{
		"M Microsoft.Storage/storageAccounts  complete 0",
	}},
	{"calls, only some asked for", apiCall(storageList+"?$filter=x", 200, `{"value":[]}`) + "\n" + apiCall(sta+"a", 200, account("a")), []string{
		"R Microsoft.Storage/storageAccounts a",
		"M Microsoft.Storage/storageAccounts  partial 1: the call asked for some of them only: $filter=x",
	}},
	{"calls, members and owners", graphCall("groups", 200, `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#groups","value":[{"id":"group-1","displayName":"G"}]}`) + "\n" +
		graphCall("groups/group-1/members", 200, `{"value":[{"id":"u"}]}`) + "\n" + graphCall("groups/group-1/owners", 403, `{}`) + "\n" +
		graphCall("servicePrincipals", 200, `{"value":[{"id":"principal-1","appId":"a"},{"id":"principal-2","appId":"b"}]}`) + "\n" +
		graphCall("servicePrincipals/principal-1/appRoleAssignedTo", 200, `{"value":[{"id":"r","appRoleId":"x"}]}`), []string{
		"R Microsoft.Graph/appRoleAssignments r", "R Microsoft.Graph/groups group-1",
		"R Microsoft.Graph/servicePrincipals principal-1", "R Microsoft.Graph/servicePrincipals principal-2",
		"M Microsoft.Graph/appRoleAssignments / partial 1: 1 of 2 servicePrincipals were asked",
		"M Microsoft.Graph/groups / complete 1",
		"M Microsoft.Graph/groups /providers/Microsoft.Graph/groups/group-1 complete 1 unread owners: the call was refused with status 403",
		"M Microsoft.Graph/servicePrincipals / complete 2",
		"D RDR0010 3:1 ",
	}},
	{"the last answer counts", apiCall(sta+"a", 200, account("a")) + "\n" + `{"method":"PUT","url":"https://management.azure.com` + sta + `a","status":200,"body":` + strings.Replace(account("a"), `"a":1`, `"a":2`, 1) + `}` + "\n" + `{"method":"POST","url":"https://management.azure.com` + sta + `a/listKeys","status":200,"body":{"keys":["k"]}}`, []string{
		"R Microsoft.Storage/storageAccounts a", "M Microsoft.Storage/storageAccounts  partial 1: single objects were read and not the list of all", "D RDR0011 3:1 POST SUB/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/listKeys reads nothing",
	}},
	{"duplicate id", `[` + account("a") + `,` + "\n" + strings.Replace(account("A"), `"a":1`, `"a":2`, 1) + `]`, []string{
		"R Microsoft.Storage/storageAccounts a", "M Microsoft.Storage/storageAccounts  complete 2",
		"D INV0001 2:1 SUB/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/A was read before, from x:1:2",
	}},
	{"ids that are none", `[{"id":"x"},{"id":"/subscriptions"},5,{"name":"n"}]`, []string{
		"M * / failed 0: x could not be read: found '5'",
		"D RDR0008 1:2 ", "D RDR0008 1:13 ", "D RDR0003 1:37 ", "D RDR0007 1:39 ",
	}},
	{"template", `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","resources":[]}`, []string{
		"D RDR0012 1:1 ",
	}},
	{"manifest", `{"azward":"manifest","version":1,"entries":[{"type":"A.B/c","scope":"/","state":"denied","reason":"no"}]}` + "\n" + account("a"), []string{
		"R Microsoft.Storage/storageAccounts a", "M A.B/c / denied 0: no",
	}},
}

func TestRead(t *testing.T) {
	for _, tt := range readTests {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, map[string]string{"x": tt.text})
			inv, err := Read(context.Background(), []string{dir}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := show(inv, dir)
			ok := len(got) == len(tt.want)
			for i := range min(len(got), len(tt.want)) {
				ok = ok && strings.HasPrefix(got[i], tt.want[i])
			}
			if !ok {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

func TestReadTheLastAnswerCounts(t *testing.T) {
	i := slices.IndexFunc(readTests, func(tt readTest) bool { return tt.name == "the last answer counts" })
	dir := write(t, map[string]string{"x": readTests[i].text})
	inv, err := Read(context.Background(), []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := resource.ParseID(sta + "a")
	r, _ := inv.Get(id)
	if n, _ := r.Properties().Get("a").Int(); n != 2 {
		t.Errorf("got %v", r.Body)
	}
}

func TestReadMissing(t *testing.T) {
	if _, err := Read(context.Background(), []string{"no-such-file"}, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// What az resource list prints says null where it read no properties: none of
// them is known, and none is missing.
func TestNullPropertiesAreUnread(t *testing.T) {
	dir := write(t, map[string]string{"x.json": `[{"id":"` + sta + `a","name":"a","type":"Microsoft.Storage/storageAccounts","properties":null,"provisioningState":"Succeeded"}]`})
	inv, err := Read(t.Context(), []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for r := range inv.Records() {
		if why, unread := inv.Unread(r, "properties.supportsHttpsTrafficOnly"); !unread || !strings.Contains(why, "listed without its properties") {
			t.Errorf("unread %v: %q", unread, why)
		}
	}
}

func TestMessagesCallAFileByItsName(t *testing.T) {
	dir := write(t, map[string]string{"x.json": account("a") + "\n{\"id\": nul}\n"})
	path := filepath.Join(dir, "x.json")
	inv, err := Read(t.Context(), []string{path}, Options{Names: map[string]string{path: "standard input"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(show(inv, dir), "\n"); strings.Contains(got, "x.json") || !strings.Contains(got, "standard input could not be read") {
		t.Errorf("messages: %s", got)
	}
}
