package template

import (
	"fmt"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// connectable lists the types that private endpoints lead to and that show it.
func connectable() []string {
	return []string{
		"microsoft.storage/storageaccounts", "microsoft.keyvault/vaults", "microsoft.sql/servers", "microsoft.documentdb/databaseaccounts", "microsoft.containerregistry/registries",
		"microsoft.cognitiveservices/accounts", "microsoft.search/searchservices", "microsoft.eventhub/namespaces", "microsoft.servicebus/namespaces", "microsoft.eventgrid/topics",
		"microsoft.eventgrid/domains", "microsoft.web/sites", "microsoft.appconfiguration/configurationstores", "microsoft.cache/redis", "microsoft.dbforpostgresql/servers",
		"microsoft.dbforpostgresql/flexibleservers", "microsoft.dbformysql/servers", "microsoft.dbformysql/flexibleservers", "microsoft.dbformariadb/servers",
		"microsoft.automation/automationaccounts", "microsoft.recoveryservices/vaults", "microsoft.synapse/workspaces", "microsoft.machinelearningservices/workspaces",
		"microsoft.datafactory/factories", "microsoft.batch/batchaccounts", "microsoft.signalrservice/signalr", "microsoft.signalrservice/webpubsub", "microsoft.devices/iothubs",
		"microsoft.containerservice/managedclusters", "microsoft.databricks/workspaces", "microsoft.purview/accounts", "microsoft.hdinsight/clusters",
	}
}

const connections = "privateEndpointConnections"

// connect shows private endpoints at the resources that they lead to, as
// approved: who deploys both may approve. One that asks by hand is pending.
// Endpoints come from anywhere, so that a resource without one here may have
// some: that is not known.
//
// Source: "Manage Azure private endpoints", approval of a private endpoint.
func connect(list []*Resource, byKey map[string]*Resource) {
	connected := map[*Resource]bool{}
	for _, r := range list {
		if !strings.EqualFold(r.Type, "Microsoft.Network/privateEndpoints") {
			continue
		}
		for property, status := range map[string]string{"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"} {
			for i, c := range r.Properties().Get(property).Elements() {
				to := byKey[strings.TrimRight(lower(follow(c, "properties.privateLinkServiceId").TextOr("")), "/")]
				if to == nil {
					continue
				}
				connected[to] = true
				to.setProperty(connections, appended(to.Properties().Get(connections), jsondoc.NewObject(
					text("id", fmt.Sprintf("%s/%s/%s.%d", to.ID, connections, r.ID.Name(), i)),
					jsondoc.Member{Name: "properties", Value: jsondoc.NewObject(
						jsondoc.Member{Name: "privateEndpoint", Value: jsondoc.NewObject(text("id", r.ID.String()))},
						jsondoc.Member{Name: "privateLinkServiceConnectionState", Value: jsondoc.NewObject(text("status", status))})})))
				if len(r.Uncertain) > 0 {
					to.Unknown = append(to.Unknown, Unknown{Path: "properties." + connections, Reasons: r.Uncertain, Offset: r.Offset})
				}
			}
		}
	}
	types := map[string]bool{}
	for _, t := range connectable() {
		types[t] = true
	}
	for _, r := range list {
		if types[r.TypeKey()] && !connected[r] && !r.Properties().Get(connections).Exists() {
			r.Unknown = append(r.Unknown, Unknown{Path: "properties." + connections, Offset: r.Properties().Offset(),
				Reasons: []string{"no private endpoint here leads to it, and one that is deployed elsewhere may"}})
		}
	}
}
