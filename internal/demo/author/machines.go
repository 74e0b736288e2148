package main

import "fmt"

// machine is a virtual machine with its interface, disks and agents.
type machine struct {
	group, name, subnet, address string
	windows                      bool
	size                         string
	pip                          string
	nsg                          *securityGroup
	owner, data                  string
	diskSet                      string // disk encryption set
	noHostEncryption             bool
}

// vm records the machine and all that belongs to it and answers its id.
func (s *subscription) vm(m machine) string {
	id := resourceID(s.rg(m.group), "Microsoft.Compute/virtualMachines", m.name)
	nic := s.nic(m.group, "nic-"+m.name, id, m.subnet, m.address, m.pip, m.nsg)
	osDisk := s.disk(m.group, "disk-"+m.name+"-os", id, m.windows, true, 128, m.diskSet, m.owner)
	dataDisk := s.disk(m.group, "disk-"+m.name+"-data", id, m.windows, false, 512, m.diskSet, m.owner)
	image, agent := o{"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest", "exactVersion": "24.04.202609150"}, "Linux"
	profile := o{"computerName": m.name, "adminUsername": "lhlocal", "secrets": l{}, "allowExtensionOperations": true, "requireGuestProvisionSignal": true}
	if m.windows {
		agent = "Windows"
		image = o{"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2025-datacenter-azure-edition", "version": "latest", "exactVersion": "26100.4652.260905"}
		profile["windowsConfiguration"] = o{"provisionVMAgent": true, "enableAutomaticUpdates": true, "patchSettings": o{"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform", "enableHotpatching": true,
			"automaticByPlatformSettings": o{"rebootSetting": "IfRequired", "bypassPlatformSafetyChecksOnUserSchedule": false}}}
	} else {
		profile["linuxConfiguration"] = o{"disablePasswordAuthentication": true, "provisionVMAgent": true, "ssh": o{"publicKeys": l{o{"path": "/home/lhlocal/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDemoKeyOfAMadeUpHospitalOnlyForShow lindhaven"}}},
			"patchSettings": o{"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform", "automaticByPlatformSettings": o{"rebootSetting": "IfRequired"}}}
	}
	controller := "SCSI"
	s.add(m.group, "Microsoft.Compute/virtualMachines", m.name, o{
		"tags": tags(m.owner, m.data), "zones": l{fmt.Sprint(1 + pick(3, m.name))}, "identity": systemIdentity(s.t, m.name), "etag": `"3"`,
		"properties": o{
			"hardwareProfile": o{"vmSize": m.size}, "provisioningState": "Succeeded", "vmId": guid("vmid", id), "timeCreated": daysAgo(200+pick(400, m.name), m.name),
			"additionalCapabilities": o{"hibernationEnabled": false},
			"storageProfile": o{"imageReference": image, "diskControllerType": controller,
				"osDisk":    o{"osType": agent, "name": lastName(osDisk), "createOption": "FromImage", "caching": "ReadWrite", "writeAcceleratorEnabled": false, "managedDisk": o{"storageAccountType": "Premium_ZRS", "id": osDisk, "diskEncryptionSet": diskSet(m.diskSet)}, "deleteOption": "Detach", "diskSizeGB": 128},
				"dataDisks": l{o{"lun": 0, "name": lastName(dataDisk), "createOption": "Attach", "caching": "ReadOnly", "writeAcceleratorEnabled": false, "managedDisk": o{"storageAccountType": "Premium_ZRS", "id": dataDisk, "diskEncryptionSet": diskSet(m.diskSet)}, "deleteOption": "Detach", "diskSizeGB": 512, "toBeDetached": false}},
			},
			"osProfile":          profile,
			"securityProfile":    o{"uefiSettings": o{"secureBootEnabled": true, "vTpmEnabled": true}, "securityType": "TrustedLaunch", "encryptionAtHost": !m.noHostEncryption},
			"networkProfile":     o{"networkInterfaces": l{o{"id": nic, "properties": o{"primary": true, "deleteOption": "Detach"}}}},
			"diagnosticsProfile": o{"bootDiagnostics": o{"enabled": true}},
			"licenseType":        windowsLicense(m.windows),
		},
	})
	extension := func(name, publisher, typ, version string, settings o) {
		s.add(m.group, "Microsoft.Compute/virtualMachines/extensions", m.name+"/"+name, o{"tags": o{}, "properties": o{
			"autoUpgradeMinorVersion": true, "enableAutomaticUpgrade": true, "provisioningState": "Succeeded", "publisher": publisher, "type": typ, "typeHandlerVersion": version, "settings": settings}})
	}
	extension("AzureMonitor"+agent+"Agent", "Microsoft.Azure.Monitor", "AzureMonitor"+agent+"Agent", "1.34", o{})
	extension("MDE."+agent, "Microsoft.Azure.AzureDefenderForServers", "MDE."+agent, "1.0", o{"azureResourceId": id, "vNextEnabled": "true"})
	guest := "ConfigurationforLinux"
	if m.windows {
		guest = "ConfigurationforWindows"
	}
	extension("AzurePolicyforLinuxOrWindows", "Microsoft.GuestConfiguration", guest, "1.29", o{})
	return id
}

func diskSet(id string) any {
	if id == "" {
		return nil
	}
	return ref(id)
}

func windowsLicense(windows bool) any {
	if windows {
		return "Windows_Server"
	}
	return nil
}

func (s *subscription) disk(group, name, machine string, windows, system bool, size int, set, owner string) string {
	encryption := o{"type": "EncryptionAtRestWithPlatformKey"}
	if set != "" {
		encryption = o{"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": set}
	}
	p := o{
		"provisioningState": "Succeeded", "uniqueId": guid("disk", name), "timeCreated": daysAgo(200+pick(400, name), name), "diskSizeGB": size, "diskSizeBytes": size << 30, "diskState": "Attached",
		"encryption": encryption, "networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled", "dataAccessAuthMode": "AzureActiveDirectory", "creationData": o{"createOption": "Empty"}, "tier": "P10",
		"diskIOPSReadWrite": 2300, "diskMBpsReadWrite": 150,
	}
	if system {
		p["osType"] = "Linux"
		if windows {
			p["osType"] = "Windows"
		}
		p["hyperVGeneration"], p["securityProfile"] = "V2", o{"securityType": "TrustedLaunch"}
		p["creationData"] = o{"createOption": "FromImage", "imageReference": o{"id": "/Subscriptions/" + s.id + "/Providers/Microsoft.Compute/Locations/" + s.location + "/Publishers/image"}}
	}
	body := o{"sku": o{"name": "Premium_ZRS", "tier": "Premium"}, "tags": tags(owner, "patient"), "properties": p}
	if machine != "" {
		body["managedBy"] = machine
	} else {
		p["diskState"] = "Unattached"
	}
	return s.add(group, "Microsoft.Compute/disks", name, body)
}

// vault records a Recovery Services vault with immutability, soft delete and a
// daily policy.
func (s *subscription) recoveryVault(group, name string) string {
	id := s.add(group, "Microsoft.RecoveryServices/vaults", name, o{"sku": o{"name": "RS0", "tier": "Standard"}, "identity": systemIdentity(s.t, name), "etag": etag(name), "tags": tags("platform-team", "patient"), "properties": o{
		"provisioningState": "Succeeded", "privateEndpointStateForBackup": "Enabled", "privateEndpointStateForSiteRecovery": "None", "publicNetworkAccess": "Disabled",
		"redundancySettings": o{"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Enabled"}, "secureScore": "Maximum", "bcdrSecurityLevel": "Excellent",
		"monitoringSettings": o{"azureMonitorAlertSettings": o{"alertsForAllJobFailures": "Enabled"}, "classicAlertSettings": o{"alertsForCriticalOperations": "Disabled"}},
		"securitySettings":   o{"immutabilitySettings": o{"state": "Locked"}, "softDeleteSettings": o{"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30, "enhancedSecurityState": "AlwaysON"}, "multiUserAuthorization": "Enabled"},
		"privateEndpointConnections": l{o{"id": resourceID(s.rg(group), "Microsoft.RecoveryServices/vaults/privateEndpointConnections", name+"/pe-"+name), "name": "pe-" + name, "type": "Microsoft.RecoveryServices/vaults/privateEndpointConnections", "location": s.location,
			"properties": o{"provisioningState": "Succeeded", "privateEndpoint": ref(resourceID(s.rg(group), "Microsoft.Network/privateEndpoints", "pe-"+name)), "privateLinkServiceConnectionState": o{"status": "Approved", "description": "None", "actionsRequired": "None"}}}},
		"encryption": o{"keyVaultProperties": o{"keyUri": "https://kv-lh-platform.vault.azure.net/keys/backup"}, "kekIdentity": o{"useSystemAssignedIdentity": true}, "infrastructureEncryption": "Enabled"},
	}})
	s.child(group, "Microsoft.RecoveryServices/vaults/backupPolicies", name+"/daily-35", o{
		"backupManagementType": "AzureIaasVM", "policyType": "V2", "instantRPDetails": o{}, "instantRpRetentionRangeInDays": 5, "timeZone": "UTC", "protectedItemsCount": 6,
		"schedulePolicy":  o{"schedulePolicyType": "SimpleSchedulePolicyV2", "scheduleRunFrequency": "Daily", "dailySchedule": o{"scheduleRunTimes": l{"2026-10-31T23:00:00Z"}}},
		"retentionPolicy": o{"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": o{"retentionTimes": l{"2026-10-31T23:00:00Z"}, "retentionDuration": o{"count": 35, "durationType": "Days"}}},
	})
	s.diagnostics(id, true)
	return id
}

// protect records a machine's backup in a vault.
func (s *subscription) protect(group, vault, machineGroup, machineID string) {
	name := lastName(machineID)
	container := "iaasvmcontainer;iaasvmcontainerv2;" + machineGroup + ";" + name
	item := "vm;iaasvmcontainerv2;" + machineGroup + ";" + name
	vaultID := resourceID(s.rg(group), "Microsoft.RecoveryServices/vaults", vault)
	s.put(vaultID+"/backupFabrics/Azure/protectionContainers/"+container+"/protectedItems/"+item, "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems", item, o{"location": noLocation, "properties": o{
		"protectedItemType": "Microsoft.Compute/virtualMachines", "friendlyName": name, "virtualMachineId": machineID, "sourceResourceId": machineID, "workloadType": "VM", "backupManagementType": "AzureIaasVM",
		"protectionStatus": "Healthy", "protectionState": "Protected", "healthStatus": "Passed", "lastBackupStatus": "Completed", "lastBackupTime": daysAgo(1), "lastRecoveryPoint": daysAgo(1),
		"policyId": vaultID + "/backupPolicies/daily-35", "policyName": "daily-35", "containerName": "iaasvmcontainerv2;" + machineGroup + ";" + name, "vaultId": vaultID, "softDeleteRetentionPeriodInDays": 30,
	}})
}
