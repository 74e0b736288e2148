package main

import "maps"

// Data services: storage, Key Vault, SQL, PostgreSQL, MySQL, Cosmos DB. Each
// builder makes a healthy one; change alters its properties before it is
// recorded, which is how mistakes are planted.

func merged(into, change o) o {
	maps.Copy(into, change)
	return into
}

type container struct {
	name, access string // access: None, Blob, Container
}

// storage records an account, its services and containers.
func (s *subscription) storage(group, name, owner, data, subnet, address string, change o, containers ...container) string {
	id := resourceID(s.rg(group), "Microsoft.Storage/storageAccounts", name)
	connections := l{}
	if subnet != "" {
		connections = s.privateEndpoint(group, "pe-"+name, subnet, id, "blob", address)
		connections[0].(o)["type"] = "Microsoft.Storage/storageAccounts/privateEndpointConnections"
	}
	s.add(group, "Microsoft.Storage/storageAccounts", name, o{
		"kind": "StorageV2", "sku": o{"name": "Standard_GZRS", "tier": "Standard"}, "tags": tags(owner, data),
		"identity": o{"type": "UserAssigned", "userAssignedIdentities": o{s.keyIdentity(): o{"principalId": s.t.principal("id-cmk-" + s.name), "clientId": guid("miappid", "id-cmk-"+s.name)}}},
		"properties": merged(o{
			"provisioningState": "Succeeded", "creationTime": daysAgo(200+pick(500, name), name), "accessTier": "Hot", "minimumTlsVersion": "TLS1_2", "supportsHttpsTrafficOnly": true,
			"allowBlobPublicAccess": false, "allowSharedKeyAccess": false, "allowCrossTenantReplication": false, "defaultToOAuthAuthentication": true, "publicNetworkAccess": "Disabled", "allowedCopyScope": "AAD",
			"isHnsEnabled": false, "isSftpEnabled": false, "isLocalUserEnabled": false, "isNfsV3Enabled": false, "largeFileSharesState": "Disabled", "dnsEndpointType": "Standard",
			"keyCreationTime": o{"key1": daysAgo(40+pick(30, name), name), "key2": daysAgo(40+pick(30, name), name)}, "keyPolicy": o{"keyExpirationPeriodInDays": 90}, "sasPolicy": o{"sasExpirationPeriod": "1.00:00:00", "expirationAction": "Block"},
			"networkAcls": o{"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": l{}, "virtualNetworkRules": l{}, "resourceAccessRules": l{}, "ipv6Rules": l{}},
			"encryption": o{"keySource": "Microsoft.Keyvault", "requireInfrastructureEncryption": true, "identity": o{"userAssignedIdentity": s.keyIdentity()},
				"keyvaultproperties": o{"keyname": "storage", "keyvaulturi": "https://kv-lh-platform.vault.azure.net", "keyversion": "", "currentVersionedKeyIdentifier": "https://kv-lh-platform.vault.azure.net/keys/storage/" + guid("keyversion")[:8]},
				"services":           o{"blob": o{"enabled": true, "keyType": "Account", "lastEnabledTime": daysAgo(400, name)}, "file": o{"enabled": true, "keyType": "Account", "lastEnabledTime": daysAgo(400, name)}}},
			"primaryEndpoints": o{"blob": "https://" + name + ".blob.core.windows.net/"}, "primaryLocation": s.location, "statusOfPrimary": "available", "secondaryLocation": "northeurope", "statusOfSecondary": "available",
			"privateEndpointConnections": connections,
		}, change),
	})
	s.child(group, "Microsoft.Storage/storageAccounts/blobServices", name+"/default", o{
		"cors": o{"corsRules": l{}}, "deleteRetentionPolicy": o{"enabled": true, "days": 30, "allowPermanentDelete": false}, "containerDeleteRetentionPolicy": o{"enabled": true, "days": 30},
		"isVersioningEnabled": true, "changeFeed": o{"enabled": true}, "restorePolicy": o{"enabled": true, "days": 20},
	})
	for _, c := range containers {
		s.add(group, "Microsoft.Storage/storageAccounts/blobServices/containers", name+"/default/"+c.name, o{"location": noLocation, "etag": `"0x8DCF1"`, "properties": o{
			"publicAccess": c.access, "leaseStatus": "Unlocked", "leaseState": "Available", "hasImmutabilityPolicy": false, "hasLegalHold": false, "defaultEncryptionScope": "$account-encryption-key",
			"denyEncryptionScopeOverride": false, "deleted": false, "remainingRetentionDays": 0, "lastModifiedTime": daysAgo(pick(90, name, c.name)+3, c.name), "immutableStorageWithVersioning": o{"enabled": false}}})
	}
	s.diagnostics(id, true)
	s.diagnostics(id+"/blobServices/default", true)
	return id
}

// keyIdentity is the identity that reads the customer-managed keys.
func (s *subscription) keyIdentity() string {
	return resourceID(s.rg(resourceGroups[s.name][0].name), "Microsoft.ManagedIdentity/userAssignedIdentities", "id-cmk-"+s.name)
}

func (s *subscription) keyIdentityResource() {
	s.add(resourceGroups[s.name][0].name, "Microsoft.ManagedIdentity/userAssignedIdentities", "id-cmk-"+s.name, o{"tags": o{}, "properties": o{
		"tenantId": s.t.id, "principalId": s.t.principal("id-cmk-" + s.name), "clientId": guid("miappid", "id-cmk-"+s.name), "isolationScope": "None"}})
}

// keyVault records a vault in the role-based model, with two secrets and a key.
func (s *subscription) keyVault(group, name, owner, subnet, address string, change o) string {
	id := resourceID(s.rg(group), "Microsoft.KeyVault/vaults", name)
	connections := s.privateEndpoint(group, "pe-"+name, subnet, id, "vault", address)
	p := merged(o{
		"provisioningState": "Succeeded", "tenantId": s.t.id, "sku": o{"family": "A", "name": "premium"}, "vaultUri": "https://" + name + ".vault.azure.net/", "accessPolicies": l{},
		"enableRbacAuthorization": true, "enableSoftDelete": true, "softDeleteRetentionInDays": 90, "enablePurgeProtection": true, "enabledForDeployment": false, "enabledForDiskEncryption": false, "enabledForTemplateDeployment": false,
		"publicNetworkAccess": "Disabled", "networkAcls": o{"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": l{}, "virtualNetworkRules": l{}}, "privateEndpointConnections": connections,
	}, change)
	for k, v := range p {
		if v == nil {
			delete(p, k)
		}
	}
	s.add(group, "Microsoft.KeyVault/vaults", name, o{"tags": tags(owner, "confidential"), "properties": p,
		"systemData": o{"createdBy": "hedda.lorne@" + domain, "createdByType": "User", "createdAt": daysAgo(500, name), "lastModifiedBy": "hedda.lorne@" + domain, "lastModifiedByType": "User", "lastModifiedAt": daysAgo(30, name)}})
	seconds := func(days int) int64 { return now.AddDate(0, 0, days).Unix() }
	secret := func(secretName string, madeAgo, endsIn int) {
		s.add(group, "Microsoft.KeyVault/vaults/secrets", name+"/"+secretName, o{"tags": o{}, "properties": o{"contentType": "text/plain",
			"attributes": o{"enabled": true, "created": seconds(-madeAgo), "updated": seconds(-madeAgo), "exp": seconds(endsIn), "nbf": seconds(-madeAgo)},
			"secretUri":  "https://" + name + ".vault.azure.net/secrets/" + secretName}})
	}
	secret("connection-main", 50, 40)
	s.add(group, "Microsoft.KeyVault/vaults/keys", name+"/storage", o{"tags": o{}, "properties": o{
		"attributes": o{"enabled": true, "created": seconds(-100), "updated": seconds(-100), "exp": seconds(265), "nbf": seconds(-100), "recoveryLevel": "Recoverable", "exportable": false},
		"kty":        "RSA-HSM", "keySize": 3072, "keyOps": l{"wrapKey", "unwrapKey"}, "keyUri": "https://" + name + ".vault.azure.net/keys/storage",
		"rotationPolicy": o{"attributes": o{"expiryTime": "P1Y"}, "lifetimeActions": l{o{"action": o{"type": "rotate"}, "trigger": o{"timeBeforeExpiry": "P30D"}}}}}})
	s.diagnostics(id, true)
	return id
}

type database struct {
	name       string
	tdeOff     bool
	sku        string
	backupDays int
}

type sqlOptions struct {
	change        o
	auditDays     int // kept in storage; 0 goes to the workspace, which keeps it two years
	openToAzure   bool
	subnet, pe    string
	owner         string
	storageForLog string
}

// sqlServer records a server, its settings and its databases.
func (s *subscription) sqlServer(group, name string, opt sqlOptions, databases ...database) string {
	id := resourceID(s.rg(group), "Microsoft.Sql/servers", name)
	admin := o{"administratorType": "ActiveDirectory", "principalType": "Group", "login": "az-subscription-owners", "sid": s.t.group("az-subscription-owners"), "tenantId": s.t.id, "azureADOnlyAuthentication": true}
	connections := l{}
	if opt.subnet != "" {
		connections = s.privateEndpoint(group, "pe-"+name, opt.subnet, id, "sqlServer", opt.pe)
	}
	s.add(group, "Microsoft.Sql/servers", name, o{"kind": "v12.0", "tags": tags(opt.owner, "patient"), "identity": systemIdentity(s.t, name), "properties": merged(o{
		"administratorLogin": "lhsqladmin", "version": "12.0", "state": "Ready", "fullyQualifiedDomainName": name + ".database.windows.net", "privateEndpointConnections": connections, "minimalTlsVersion": "1.2",
		"publicNetworkAccess": "Disabled", "restrictOutboundNetworkAccess": "Enabled", "administrators": admin, "primaryUserAssignedIdentityId": nil, "externalGovernanceStatus": "Disabled", "keyId": "https://kv-lh-platform.vault.azure.net/keys/sql/" + guid("sqlkey")[:8],
	}, opt.change)})
	c := func(typ, child string, p o) { s.child(group, "Microsoft.Sql/servers/"+typ, name+"/"+child, p) }
	c("administrators", "ActiveDirectory", o{"administratorType": "ActiveDirectory", "login": "az-subscription-owners", "sid": s.t.group("az-subscription-owners"), "tenantId": s.t.id, "azureADOnlyAuthentication": true})
	c("azureADOnlyAuthentications", "Default", o{"azureADOnlyAuthentication": true})
	audit := o{"state": "Enabled", "isAzureMonitorTargetEnabled": true, "retentionDays": 0, "isDevopsAuditEnabled": false, "isManagedIdentityInUse": true, "isStorageSecondaryKeyInUse": false, "storageAccountSubscriptionId": "00000000-0000-0000-0000-000000000000",
		"auditActionsAndGroups": l{"SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP", "FAILED_DATABASE_AUTHENTICATION_GROUP", "BATCH_COMPLETED_GROUP"}}
	if opt.auditDays > 0 {
		audit["isAzureMonitorTargetEnabled"], audit["retentionDays"], audit["storageEndpoint"], audit["storageAccountSubscriptionId"] = false, opt.auditDays, "https://"+lastName(opt.storageForLog)+".blob.core.windows.net/", s.id
	}
	c("auditingSettings", "Default", audit)
	c("securityAlertPolicies", "Default", o{"state": "Enabled", "disabledAlerts": l{}, "emailAddresses": l{"security@" + domain}, "emailAccountAdmins": true, "storageEndpoint": "", "retentionDays": 0, "creationTime": daysAgo(300, name)})
	c("sqlVulnerabilityAssessments", "Default", o{"state": "Enabled"})
	c("vulnerabilityAssessments", "Default", o{"storageContainerPath": "https://stlhlogs.blob.core.windows.net/vulnerability-assessment/", "recurringScans": o{"isEnabled": true, "emailSubscriptionAdmins": true, "emails": l{"security@" + domain}}})
	c("encryptionProtector", "current", o{"serverKeyName": "kv-lh-platform_sql_" + guid("sqlkey")[:8], "serverKeyType": "AzureKeyVault", "uri": "https://kv-lh-platform.vault.azure.net/keys/sql/" + guid("sqlkey")[:8], "autoRotationEnabled": true})
	c("connectionPolicies", "default", o{"connectionType": "Default"})
	if opt.openToAzure {
		c("firewallRules", "AllowAllWindowsAzureIps", o{"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"})
	}
	for _, d := range databases {
		if d.sku == "" {
			d.sku = "BC_Gen5"
		}
		did := s.add(group, "Microsoft.Sql/servers/databases", name+"/"+d.name, o{"kind": "v12.0,user,vcore", "sku": o{"name": d.sku, "tier": "BusinessCritical", "family": "Gen5", "capacity": 4}, "tags": tags(opt.owner, "patient"), "managedBy": "", "properties": o{
			"collation": "SQL_Latin1_General_CP1_CI_AS", "maxSizeBytes": 274877906944, "status": "Online", "databaseId": guid("db", name, d.name), "creationDate": daysAgo(500, d.name), "currentServiceObjectiveName": d.sku + "_4",
			"defaultSecondaryLocation": "northeurope", "catalogCollation": "SQL_Latin1_General_CP1_CI_AS", "zoneRedundant": true, "licenseType": "LicenseIncluded", "readScale": "Enabled", "currentBackupStorageRedundancy": "Geo",
			"requestedBackupStorageRedundancy": "Geo", "isLedgerOn": false, "isInfraEncryptionEnabled": false, "availabilityZone": "NoPreference"}})
		state := "Enabled"
		if d.tdeOff {
			state = "Disabled"
		}
		dc := func(typ, child string, p o) {
			s.child(group, "Microsoft.Sql/servers/databases/"+typ, name+"/"+d.name+"/"+child, p)
		}
		dc("transparentDataEncryption", "current", o{"state": state})
		days := d.backupDays
		if days == 0 {
			days = 35
		}
		dc("backupShortTermRetentionPolicies", "default", o{"retentionDays": days, "diffBackupIntervalInHours": 12})
		dc("backupLongTermRetentionPolicies", "default", o{"weeklyRetention": "P12W", "monthlyRetention": "P12M", "yearlyRetention": "P7Y", "weekOfYear": 1})
		dc("securityAlertPolicies", "Default", o{"state": "Enabled", "disabledAlerts": l{}, "emailAddresses": l{}, "emailAccountAdmins": true, "storageEndpoint": "", "retentionDays": 0, "creationTime": daysAgo(300, name)})
		dc("auditingSettings", "Default", o{"state": "Enabled", "isAzureMonitorTargetEnabled": true, "retentionDays": 0, "auditActionsAndGroups": l{"BATCH_COMPLETED_GROUP"}, "isStorageSecondaryKeyInUse": false, "storageAccountSubscriptionId": "00000000-0000-0000-0000-000000000000"})
		s.diagnostics(did, true)
	}
	return id
}

// postgres and mysql record flexible servers inside a delegated subnet.
func (s *subscription) postgres(group, name, owner, subnet string) string {
	id := s.add(group, "Microsoft.DBforPostgreSQL/flexibleServers", name, o{"sku": o{"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"}, "tags": tags(owner, "patient"),
		"identity": o{"type": "UserAssigned", "tenantId": s.t.id, "userAssignedIdentities": o{s.keyIdentity(): o{"principalId": s.t.principal("id-cmk-" + s.name), "clientId": guid("miappid", "id-cmk-"+s.name)}}},
		"properties": o{
			"administratorLogin": "lhpgadmin", "version": "16", "minorVersion": "8", "state": "Ready", "fullyQualifiedDomainName": name + ".postgres.database.azure.com", "availabilityZone": "1", "replicationRole": "Primary", "replicaCapacity": 5,
			"storage": o{"type": "", "iops": 2300, "tier": "P20", "storageSizeGB": 512, "autoGrow": "Enabled"}, "authConfig": o{"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled", "tenantId": s.t.id},
			"dataEncryption": o{"type": "AzureKeyVault", "primaryKeyURI": "https://kv-lh-platform.vault.azure.net/keys/postgres/" + guid("pgkey")[:8], "primaryUserAssignedIdentityId": s.keyIdentity(), "geoBackupEncryptionKeyStatus": nil},
			"network":        o{"publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": subnet, "privateDnsZoneArmResourceId": s.t.dnsZone("privatelink.postgres.database.azure.com")},
			"backup":         o{"backupRetentionDays": 35, "geoRedundantBackup": "Enabled", "earliestRestoreDate": daysAgo(35)}, "highAvailability": o{"mode": "ZoneRedundant", "state": "Healthy", "standbyAvailabilityZone": "2"},
			"maintenanceWindow": o{"customWindow": "Enabled", "dayOfWeek": 0, "startHour": 2, "startMinute": 0}, "replica": o{"role": "Primary", "capacity": 5}, "privateEndpointConnections": l{},
		}})
	set := func(config, value string) {
		s.child(group, "Microsoft.DBforPostgreSQL/flexibleServers/configurations", name+"/"+config, o{"value": value, "defaultValue": value, "dataType": "Boolean", "allowedValues": "on,off", "source": "user-override", "isDynamicConfig": true, "isReadOnly": false, "isConfigPendingRestart": false})
	}
	for _, c := range []string{"require_secure_transport", "log_checkpoints", "log_connections", "log_disconnections", "connection_throttle.enable"} {
		set(c, "on")
	}
	set("logfiles.retention_days", "7")
	set("ssl_min_protocol_version", "TLSv1.2")
	set("azure.extensions", "PGAUDIT")
	set("pgaudit.log", "ddl,role")
	s.child(group, "Microsoft.DBforPostgreSQL/flexibleServers/administrators", name+"/"+s.t.group("az-imaging-operators"), o{"principalType": "Group", "principalName": "az-imaging-operators", "objectId": s.t.group("az-imaging-operators"), "tenantId": s.t.id})
	s.child(group, "Microsoft.DBforPostgreSQL/flexibleServers/advancedThreatProtectionSettings", name+"/Default", o{"state": "Enabled", "creationTime": daysAgo(200, name)})
	s.diagnostics(id, true)
	return id
}

func (s *subscription) mysql(group, name, owner, subnet string) string {
	id := s.add(group, "Microsoft.DBforMySQL/flexibleServers", name, o{"sku": o{"name": "Standard_D2ads_v5", "tier": "GeneralPurpose"}, "tags": tags(owner, "internal"),
		"identity": o{"type": "UserAssigned", "userAssignedIdentities": o{s.keyIdentity(): o{"principalId": s.t.principal("id-cmk-" + s.name), "clientId": guid("miappid", "id-cmk-"+s.name)}}},
		"properties": o{
			"administratorLogin": "lhmyadmin", "version": "8.0.21", "fullVersion": "8.0.42", "state": "Ready", "fullyQualifiedDomainName": name + ".mysql.database.azure.com", "availabilityZone": "1", "replicationRole": "None", "replicaCapacity": 10,
			"storage":          o{"storageSizeGB": 128, "iops": 684, "autoGrow": "Enabled", "autoIoScaling": "Enabled", "storageSku": "Premium_LRS", "logOnDisk": "Disabled"},
			"network":          o{"publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": subnet, "privateDnsZoneResourceId": s.t.dnsZone("privatelink.mysql.database.azure.com")},
			"backup":           o{"backupRetentionDays": 35, "backupIntervalHours": 24, "geoRedundantBackup": "Enabled", "earliestRestoreDate": daysAgo(35)},
			"dataEncryption":   o{"type": "AzureKeyVault", "primaryKeyURI": "https://kv-lh-platform.vault.azure.net/keys/mysql/" + guid("mykey")[:8], "primaryUserAssignedIdentityId": s.keyIdentity(), "geoBackupKeyURI": "https://kv-lh-platform.vault.azure.net/keys/mysql/" + guid("mykey")[:8], "geoBackupUserAssignedIdentityId": s.keyIdentity()},
			"highAvailability": o{"mode": "ZoneRedundant", "state": "Healthy", "standbyAvailabilityZone": "2"}, "maintenanceWindow": o{"customWindow": "Enabled", "dayOfWeek": 0, "startHour": 2, "startMinute": 0}, "privateEndpointConnections": l{},
		}})
	set := func(config, value string) {
		s.child(group, "Microsoft.DBforMySQL/flexibleServers/configurations", name+"/"+config, o{"value": value, "currentValue": value, "defaultValue": value, "dataType": "Enumeration", "source": "user-override", "isReadOnly": "False", "isConfigPendingRestart": "False", "isDynamicConfig": "True"})
	}
	set("require_secure_transport", "ON")
	set("tls_version", "TLSv1.2,TLSv1.3")
	set("audit_log_enabled", "ON")
	set("audit_log_events", "CONNECTION,ADMIN,DDL")
	set("aad_auth_only", "ON")
	s.child(group, "Microsoft.DBforMySQL/flexibleServers/administrators", name+"/ActiveDirectory", o{"administratorType": "ActiveDirectory", "identityResourceId": s.keyIdentity(), "login": "az-subscription-owners", "sid": s.t.group("az-subscription-owners"), "tenantId": s.t.id})
	s.child(group, "Microsoft.DBforMySQL/flexibleServers/advancedThreatProtectionSettings", name+"/Default", o{"state": "Enabled", "provisioningState": "Succeeded", "creationTime": daysAgo(200, name)})
	s.diagnostics(id, true)
	return id
}

func (t *tenant) dnsZone(zone string) string {
	return resourceID(t.subs["platform"].rg("rg-hub-network"), "Microsoft.Network/privateDnsZones", zone)
}

func (s *subscription) cosmos(group, name, owner, subnet, address string) string {
	id := resourceID(s.rg(group), "Microsoft.DocumentDB/databaseAccounts", name)
	connections := s.privateEndpoint(group, "pe-"+name, subnet, id, "Sql", address)
	place := o{"id": name + "-" + s.location, "locationName": "West Europe", "documentEndpoint": "https://" + name + "-" + s.location + ".documents.azure.com:443/", "provisioningState": "Succeeded", "failoverPriority": 0, "isZoneRedundant": true}
	s.add(group, "Microsoft.DocumentDB/databaseAccounts", name, o{"kind": "GlobalDocumentDB", "tags": tags(owner, "patient"), "identity": systemIdentity(s.t, name), "properties": o{
		"provisioningState": "Succeeded", "documentEndpoint": "https://" + name + ".documents.azure.com:443/", "databaseAccountOfferType": "Standard", "publicNetworkAccess": "Disabled", "enableAutomaticFailover": true,
		"enableMultipleWriteLocations": false, "enablePartitionKeyMonitor": false, "isVirtualNetworkFilterEnabled": true, "virtualNetworkRules": l{}, "ipRules": l{}, "disableKeyBasedMetadataWriteAccess": true, "disableLocalAuth": true,
		"enableFreeTier": false, "enableAnalyticalStorage": false, "instanceId": guid("cosmos", name), "networkAclBypass": "None", "networkAclBypassResourceIds": l{}, "minimalTlsVersion": "Tls12", "keyVaultKeyUri": "https://kv-lh-platform.vault.azure.net/keys/cosmos",
		"defaultIdentity": "FirstPartyIdentity", "consistencyPolicy": o{"defaultConsistencyLevel": "Session", "maxIntervalInSeconds": 5, "maxStalenessPrefix": 100}, "locations": l{place}, "writeLocations": l{place}, "readLocations": l{place}, "failoverPolicies": l{o{"id": place["id"], "locationName": "West Europe", "failoverPriority": 0}},
		"cors": l{}, "capabilities": l{}, "backupPolicy": o{"type": "Continuous", "continuousModeProperties": o{"tier": "Continuous30Days"}}, "privateEndpointConnections": connections, "enableBurstCapacity": false, "disableLocalAuthentication": true,
	}})
	s.diagnostics(id, true)
	return id
}
