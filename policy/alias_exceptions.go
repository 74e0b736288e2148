package policy

import "strings"

// exception is an alias, with those that continue it, that the rule does not
// reach, or reaches in old versions of the resource only.
type exception struct {
	alias string
	typ   string // the resource type, where the alias does not tell it
	path  string
}

// kindWords are discriminators in lower case; they are passed over as those in
// PascalCase are, where no property has the name.
var kindWords = map[string]bool{
	"default": true, "web": true, "logs": true, "indicator": true,
	// Microsoft.ServiceLinker
	"secret": true, "secretinfo": true, "rawvalue": true, "keyvaultsecretreference": true, "keyvaultsecreturi": true, "useraccount": true,
	"systemassignedidentity": true, "userassignedidentity": true, "serviceprincipalsecret": true, "serviceprincipalcertificate": true,
	"accesskey": true, "easyauthmicrosoftentraid": true, "permissionsmissing": true, "basicerror": true, "createorupdate": true,
	// Microsoft.DataMigration, Microsoft.MachineLearningServices
	"finish": true, "cancel": true, "restart": true, "literal": true,
}

const (
	vm      = "Microsoft.Compute/virtualMachines"
	vmss    = "Microsoft.Compute/virtualMachineScaleSets"
	disk    = "Microsoft.Compute/disks"
	machine = "Microsoft.HybridCompute/machines"

	vmImage   = "properties.storageProfile.imageReference."
	vmssImage = "properties.virtualMachineProfile.storageProfile.imageReference."
	diskImage = "properties.creationData.imageReference.id"
)

// exceptions go another way than the rule. Where one leads nowhere, the rule is tried.
var exceptions = []exception{
	{"Microsoft.Compute/virtualMachines/sku.name", "", "properties.hardwareProfile.vmSize"},
	{"Microsoft.Compute/virtualMachines/osDisk.Uri", "", "properties.storageProfile.osDisk.vhd.uri"},
	{"Microsoft.Compute/virtualMachines/networkInterfaces[*]", "", "properties.networkProfile.networkInterfaces[*]"},
	{"Microsoft.Compute/imagePublisher", vm, vmImage + "publisher"},
	{"Microsoft.Compute/imagePublisher", vmss, vmssImage + "publisher"},
	{"Microsoft.Compute/imagePublisher", disk, diskImage},
	{"Microsoft.Compute/imageOffer", vm, vmImage + "offer"},
	{"Microsoft.Compute/imageOffer", vmss, vmssImage + "offer"},
	{"Microsoft.Compute/imageOffer", disk, diskImage},
	{"Microsoft.Compute/imageSku", vm, vmImage + "sku"},
	{"Microsoft.Compute/imageSku", vmss, vmssImage + "sku"},
	{"Microsoft.Compute/imageSku", disk, diskImage},
	{"Microsoft.Compute/imageVersion", vm, vmImage + "version"},
	{"Microsoft.Compute/imageVersion", vmss, vmssImage + "version"},
	{"Microsoft.Compute/imageVersion", disk, diskImage},
	{"Microsoft.Compute/imageId", vm, vmImage + "id"},
	{"Microsoft.Compute/imageId", vmss, vmssImage + "id"},
	{"Microsoft.Compute/imageId", disk, diskImage},
	{"Microsoft.Compute/licenseType", vm, "properties.licenseType"},
	{"Microsoft.Compute/licenseType", vmss, "properties.virtualMachineProfile.licenseType"},
	{"Microsoft.Compute/virtualMachines/imagePublisher", "", vmImage + "publisher"},
	{"Microsoft.Compute/virtualMachines/imageOffer", "", vmImage + "offer"},
	{"Microsoft.Compute/virtualMachines/imageSku", "", vmImage + "sku"},
	{"Microsoft.Compute/virtualMachines/imageVersion", "", vmImage + "version"},
	{"Microsoft.Compute/VirtualMachineScaleSets/extensionProfile", "", "properties.virtualMachineProfile.extensionProfile"},
	{"Microsoft.Compute/VirtualMachineScaleSets/computerNamePrefix", "", "properties.virtualMachineProfile.computerNamePrefix"},
	{"Microsoft.Compute/VirtualMachineScaleSets/osdisk.imageUrl", "", "properties.virtualMachineProfile.storageProfile.osdisk.image.url"},
	{"Microsoft.Compute/VirtualMachineScaleSets/osDisk", "", "properties.virtualMachineProfile.storageProfile.osDisk"},
	{"Microsoft.Compute/VirtualMachineScaleSets/networkInterfaceConfigurations[*]", "", "properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations[*]"},
	{"Microsoft.Compute/VirtualMachineScaleSets/upgradePolicy.automaticOSUpgrade", "", "properties.upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade"},
	{"Microsoft.Compute/VirtualMachineScaleSets/networkProfile", "", "properties.virtualMachineProfile.networkProfile"},
	{"Microsoft.Compute/VirtualMachineScaleSets/osProfile", "", "properties.virtualMachineProfile.osProfile"},
	{"Microsoft.Compute/disks/encryptionSettings.diskEncryptionKey", "", "properties.encryptionSettingsCollection.encryptionSettings[*].diskEncryptionKey"},
	{"Microsoft.Compute/disks/encryptionSettings.keyEncryptionKey", "", "properties.encryptionSettingsCollection.encryptionSettings[*].keyEncryptionKey"},
	{"Microsoft.Compute/disks/encryptionSettings", "", "properties.encryptionSettingsCollection"},
	{"Microsoft.Compute/snapshots/encryptionSettings.diskEncryptionKey", "", "properties.encryptionSettingsCollection.encryptionSettings[*].diskEncryptionKey"},
	{"Microsoft.Compute/snapshots/encryptionSettings.keyEncryptionKey", "", "properties.encryptionSettingsCollection.encryptionSettings[*].keyEncryptionKey"},
	{"Microsoft.Compute/snapshots/encryptionSettings", "", "properties.encryptionSettingsCollection"},
	{"Microsoft.ContainerService/managedClusters/apiServerAuthorizedIPRanges", "", "properties.apiServerAccessProfile.authorizedIPRanges"},
	{"Microsoft.ContainerService/managedClusters/securityProfile.azureDefender.enabled", "", "properties.securityProfile.defender.securityMonitoring.enabled"},
	{"Microsoft.ContainerService/managedClusters/securityProfile.azureDefender", "", "properties.securityProfile.defender"},
	{"Microsoft.DBForMySql/flexibleServers/publicNetworkAccess", "", "properties.network.publicNetworkAccess"},
	{"Microsoft.DBForPostgreSql/flexibleServers/publicNetworkAccess", "", "properties.network.publicNetworkAccess"},
	{"Microsoft.DocumentDB/databaseAccounts/sku.name", "", "properties.databaseAccountOfferType"},
	{"Microsoft.GuestConfiguration/guestConfigurationAssignments/contentHash", "", "properties.guestConfiguration.contentHash"},
	{"Microsoft.HybridCompute/imageSKU", machine, "properties.osVersion"},
	{"Microsoft.HybridCompute/imageOffer", machine, "properties.osName"},
	{"Microsoft.Insights/diagnosticSettings/logs.enabled", "", "properties.logs[*].enabled"},
	{"Microsoft.Insights/diagnosticSettings/metrics.enabled", "", "properties.metrics[*].enabled"},
	{"Microsoft.KubernetesConfiguration/sourceControlConfigurations/complianceState", "", "properties.complianceStatus.complianceState"},
	{"Microsoft.KubernetesConfiguration/sourceControlConfigurations/lastConfigApplied", "", "properties.complianceStatus.lastConfigApplied"},
	{"Microsoft.Network/expressRouteCircuits/serviceProvider", "", "properties.serviceProviderProperties"},
	{"Microsoft.Network/frontdoors/routingRules[*].customForwardingPath", "", "properties.routingRules[*].properties.routeConfiguration.customForwardingPath"},
	{"Microsoft.Network/frontdoors/routingRules[*].forwardingProtocol", "", "properties.routingRules[*].properties.routeConfiguration.forwardingProtocol"},
	{"Microsoft.Network/frontdoors/routingRules[*].cacheConfiguration", "", "properties.routingRules[*].properties.routeConfiguration.cacheConfiguration"},
	{"Microsoft.Network/frontdoors/routingRules[*].backendPool", "", "properties.routingRules[*].properties.routeConfiguration.backendPool"},
	{"Microsoft.Security/securityContacts/email", "", "properties.emails"},
	{"Microsoft.Security/securityContacts/alertNotifications", "", "properties.alertNotifications.state"},
	{"Microsoft.Security/securityContacts/alertsToAdmins", "", "properties.notificationsByRole.state"},
	{"Microsoft.Sql/servers/databases/requestedServiceObjectiveName.v2", "", "properties.requestedServiceObjectiveName"},
	{"Microsoft.Sql/servers/databases/requestedServiceObjectiveName", "", "sku.name"},
	{"Microsoft.Sql/servers/databases/edition", "", "sku.tier"},
	{"Microsoft.Sql/servers/databases/storageAccountType", "", "properties.requestedBackupStorageRedundancy"},
	{"Microsoft.Sql/servers/automaticTuning/options.createIndex", "", "properties.options.createIndex.desiredState"},
	{"Microsoft.Sql/servers/automaticTuning/options.dropIndex", "", "properties.options.dropIndex.desiredState"},
	{"Microsoft.Sql/servers/automaticTuning/options.forceLastGoodPlan", "", "properties.options.forceLastGoodPlan.desiredState"},
	{"Microsoft.Sql/servers/databases/automaticTuning/options.createIndex", "", "properties.options.createIndex.desiredState"},
	{"Microsoft.Sql/servers/databases/automaticTuning/options.dropIndex", "", "properties.options.dropIndex.desiredState"},
	{"Microsoft.Sql/servers/databases/automaticTuning/options.forceLastGoodPlan", "", "properties.options.forceLastGoodPlan.desiredState"},
	{"Microsoft.Sql/servers/elasticPools/dtu", "", "sku.capacity"},
	{"Microsoft.Sql/servers/elasticPools/edition", "", "sku.tier"},
	{"Microsoft.Sql/managedInstances/storageAccountType", "", "properties.requestedBackupStorageRedundancy"},
	{"Microsoft.Storage/storageAccounts/enableBlobEncryption", "", "properties.encryption.services.blob.enabled"},
	{"Microsoft.Storage/storageAccounts/enableFileEncryption", "", "properties.encryption.services.file.enabled"},
	{"Microsoft.Web/sites/privateaccess/virtualNetworks.virtualNetworks", "", "properties.virtualNetworks"},
}

// detour is another way of an alias, for resources of a type ("": of the alias's own).
type detour struct {
	typ      string
	path     string // what steps go, as the manifest knows it
	steps    []step
	versions []versionedPath
}

// detours returns the exceptions for an alias.
func detours(name string) []detour {
	var out []detour
	best := 0
	for i := range exceptions {
		e := &exceptions[i]
		rest, ok := cutFold(name, e.alias)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' || len(e.alias) < best {
			continue
		}
		if e.alias != "" && len(e.alias) > best {
			out, best = nil, len(e.alias)
		}
		tail := makeSteps(strings.TrimPrefix(rest, "."), true)
		steps := append(makeSteps(e.path, false), tail...)
		out = append(out, detour{typ: e.typ, path: e.path, steps: steps})
	}
	return out
}
