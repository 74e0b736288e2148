package attackpath

// Rule is one kind of step: what lets whoever controls the first node control,
// or act as, the second.
type Rule struct {
	Name string
	Says string // "{from} ... {to}", read between the two names
	Cost uint16 // what the step demands: 1 nothing, 2 a change that is logged, more where somebody is in the way
	Cut  string // the change that takes the step away, with {from}, {to} and {note}; "" where the step is the product's own working
	Page string // the documentation that the rule is taken from
}

// The rules. Their order is the order of their kinds.
const (
	memberOf Kind = iota
	ownsGroup
	activatesMembership
	activatesOwnership
	ownsApplication
	ownsServicePrincipal
	signsInAs
	holdsRole
	activatesRole
	resetsPassword
	addsMember
	addsCredential
	givesRole
	givesAppPermission
	permitsRole
	permitsAppPermission
	permitsCredential
	permitsMember
	permitsAuthentication
	elevates
	azureOwner
	azureAssigns
	azureActs
	contains
	actsOn
	runsAs
	vaultPolicy
	anyOf
	clusterNode
	federates
)

var rules = [...]Rule{
	memberOf:              {"member-of", "is in the group", 1, "take {from} out of the group {to}", "How to manage groups, Microsoft Entra"},
	ownsGroup:             {"owns-group", "owns, and so may join, the group", 2, "take the ownership of the group {to} from {from}", "Group owners, Microsoft Entra"},
	activatesMembership:   {"activates-membership", "may activate its membership of the group", 3, "end the eligibility of {from} for the group {to}", "Privileged Identity Management (PIM) for Groups"},
	activatesOwnership:    {"activates-ownership", "may activate its ownership of, and so join, the group", 4, "end the eligibility of {from} for the group {to}", "Privileged Identity Management (PIM) for Groups"},
	ownsApplication:       {"owns-application", "owns, and so may add a credential to, the application", 2, "take the ownership of the application {to} from {from}", "Application ownership, Microsoft Entra"},
	ownsServicePrincipal:  {"owns-service-principal", "owns, and so may add a credential to, the service principal", 2, "take the ownership of the service principal {to} from {from}", "Application ownership, Microsoft Entra"},
	signsInAs:             {"signs-in-as", "signs in as its service principal", 1, "", "Application and service principal objects, Microsoft Entra"},
	holdsRole:             {"holds-role", "holds the directory role", 1, "take the role {to} from {from}", "Assign Microsoft Entra roles"},
	activatesRole:         {"activates-role", "may activate the directory role", 3, "end the eligibility of {from} for the role {to}", "Activate Microsoft Entra roles in PIM"},
	resetsPassword:        {"resets-password", "may reset the password of", 3, "", "Who can reset passwords, Microsoft Entra"},
	addsMember:            {"adds-member", "may add itself to the group", 2, "", "Microsoft Entra built-in roles"},
	addsCredential:        {"adds-credential", "may add a credential to", 2, "", "Microsoft Entra built-in roles"},
	givesRole:             {"gives-role", "may give itself the directory role", 2, "", "Microsoft Entra built-in roles"},
	givesAppPermission:    {"gives-application-permission", "may give an application any permission, and so takes the role", 3, "", "Microsoft Entra built-in roles"},
	permitsRole:           {"permission-gives-role", "is permitted to give directory roles, and so takes", 2, "take the permission {note} from {from}", "Microsoft Graph permissions reference"},
	permitsAppPermission:  {"permission-gives-permission", "is permitted to grant itself any permission, and so takes the role", 3, "take the permission {note} from {from}", "Microsoft Graph permissions reference"},
	permitsCredential:     {"permission-adds-credential", "is permitted to add a credential to", 2, "take the permission {note} from {from}", "Microsoft Graph permissions reference"},
	permitsMember:         {"permission-adds-member", "is permitted to add members to", 2, "take the permission {note} from {from}", "Microsoft Graph permissions reference"},
	permitsAuthentication: {"permission-resets-authentication", "is permitted to change how to sign in as", 3, "take the permission {note} from {from}", "Microsoft Graph permissions reference"},
	elevates:              {"elevates-access", "may elevate to User Access Administrator over", 2, "", "Elevate access to manage all Azure subscriptions"},
	azureOwner:            {"assigns-azure-roles", "may assign any Azure role at", 1, "take the role at {to} from {from}", "Azure built-in roles"},
	azureAssigns:          {"assigns-some-azure-roles", "may give itself, by an Azure role that may assign some roles, power at", 2, "take the role at {to} from {from}", "Delegate Azure access management to others"},
	azureActs:             {"azure-permission", "may act, by an Azure role, at", 1, "take the role at {to} from {from}", "Azure built-in roles"},
	contains:              {"contains", "contains", 1, "", "Understand scope for Azure RBAC"},
	actsOn:                {"acts-on", "and so controls", 2, "", "Azure resource provider operations"},
	runsAs:                {"runs-as", "runs as the managed identity", 1, "take the identity {to} from {from}", "Managed identities for Azure resources"},
	vaultPolicy:           {"vault-access-policy", "may read secrets, by an access policy, of", 1, "take the access policy of {from} out of {to}", "Assign a Key Vault access policy"},
	clusterNode:           {"cluster-node", "runs its workloads on", 1, "", "Use a managed identity in Azure Kubernetes Service (AKS)"},
	federates:             {"federated-credential", "is trusted, by a federated credential, to sign in as the application", 1, "take the federated credential for {from} from the application {to}", "Configure an application to trust a managed identity"},
	anyOf:                 {"any-of", "and so every one of", 1, "", "Microsoft Entra built-in roles"},
}

// Rules returns every rule, in the order of their kinds.
func Rules() []Rule { return append([]Rule(nil), rules[:]...) }

// Template ids of the directory roles that rules speak of ("Microsoft Entra
// built-in roles").
const (
	roleGlobalAdministrator   = "62e90394-69f5-4237-9190-012177145e10"
	rolePrivilegedRole        = "e8611ab8-c189-46e8-94e1-60213ab1f814"
	rolePrivilegedAuth        = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
	roleUser                  = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	roleHelpdesk              = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	roleAuthentication        = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
	rolePassword              = "966707d0-3269-4727-9be2-8c3a10f19b9d"
	rolePartnerTier1          = "4ba39ca4-527c-499a-b93d-d9b492c50246"
	rolePartnerTier2          = "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"
	roleApplication           = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
	roleCloudApplication      = "158c047a-c907-4556-b7ef-446551a6b5f7"
	roleHybridIdentity        = "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"
	roleGroups                = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
	roleDirectoryWriters      = "9360feb5-f418-4baa-8175-e2a00bac4301"
	roleIdentityGovernance    = "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e"
	roleKnowledge             = "b5a8dcf3-09d5-43a9-a639-8e29ef291470"
	roleKnowledgeManager      = "744ec460-397e-42ad-a462-8b3f9747a02c"
	roleIntune                = "3a2c62db-5318-420d-8d74-23affee5d9d5"
	roleDirectoryReaders      = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
	roleGuestInviter          = "95e79109-95c0-4d8e-aee3-d01accf2d47b"
	roleMessageCenterReader   = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"
	roleReportsReader         = "4a5d8f65-41da-4de4-8968-e035b65339cf"
	roleUserExperienceSuccess = "27460883-1df1-4691-b032-3b79643e5e63"
	roleUsageSummaryReports   = "75934031-6c7e-415a-99d7-48dbd49e875e"
	roleEveryPassword         = "*"
)

// resettable says, for each role that may reset passwords, which roles the
// person whose password it is may hold besides none; roleEveryPassword stands
// for all. Members and owners of role-assignable groups are out of reach of all
// but those. Source: "Privileged roles and permissions in Microsoft Entra ID",
// Who can reset passwords.
var resettable = map[string][]string{
	rolePassword: {roleDirectoryReaders, roleGuestInviter, rolePassword},
	roleHelpdesk: {roleDirectoryReaders, roleGuestInviter, roleHelpdesk, roleMessageCenterReader, rolePassword, roleReportsReader, roleUserExperienceSuccess, roleUsageSummaryReports},
	roleAuthentication: {roleAuthentication, roleDirectoryReaders, roleGuestInviter, roleMessageCenterReader, rolePassword, roleReportsReader, roleUserExperienceSuccess,
		roleUsageSummaryReports},
	roleUser: {roleDirectoryReaders, roleGroups, roleGuestInviter, roleHelpdesk, roleMessageCenterReader, rolePassword, roleReportsReader, roleUser, roleUserExperienceSuccess,
		roleUsageSummaryReports},
	rolePrivilegedAuth:      {roleEveryPassword},
	roleGlobalAdministrator: {roleEveryPassword},
	rolePartnerTier2:        {roleEveryPassword},
	rolePartnerTier1:        {},
}

// ability is something that a directory role lets its holder do to the
// directory.
type ability uint8

const (
	canAddMember           ability = 1 << iota // of groups that cannot hold roles
	canAddPrivilegedMember                     // of role-assignable groups
	canAddCredential                           // to applications and service principals
	canGiveRole
)

// builtInAbilities are those of the built-in roles, whose permission lists are
// not always read. Source: "Microsoft Entra built-in roles".
var builtInAbilities = map[string]ability{
	roleGlobalAdministrator: canAddMember | canAddPrivilegedMember | canAddCredential | canGiveRole,
	rolePrivilegedRole:      canAddPrivilegedMember | canGiveRole,
	roleUser:                canAddMember,
	roleGroups:              canAddMember,
	roleDirectoryWriters:    canAddMember,
	roleIdentityGovernance:  canAddMember,
	roleIntune:              canAddMember,
	roleKnowledge:           canAddMember,
	roleKnowledgeManager:    canAddMember,
	rolePartnerTier1:        canAddMember | canAddCredential,
	rolePartnerTier2:        canAddMember | canAddCredential | canGiveRole,
	roleApplication:         canAddCredential,
	roleCloudApplication:    canAddCredential,
	roleHybridIdentity:      canAddCredential,
}

// abilityActions are the actions that give an ability to whoever holds a role
// that allows them, custom roles included.
var abilityActions = []struct {
	action string
	gives  ability
}{
	{"microsoft.directory/groups/members/update", canAddMember},
	{"microsoft.directory/groups.security/members/update", canAddMember},
	{"microsoft.directory/groupsAssignableToRoles/members/update", canAddPrivilegedMember},
	{"microsoft.directory/applications/credentials/update", canAddCredential},
	{"microsoft.directory/servicePrincipals/credentials/update", canAddCredential},
	{"microsoft.directory/roleAssignments/create", canGiveRole},
}

// graphPermissions are the application permissions of Microsoft Graph that lead
// further, with the kind of step and what it reaches. Source: "Microsoft Graph
// permissions reference".
var graphPermissions = map[string]struct {
	kind  Kind
	reach string // role: Global Administrator; apps, groups, users: every one of them; ordinary: users without a role
}{
	"rolemanagement.readwrite.directory":                   {permitsRole, "role"},
	"roleassignmentschedule.readwrite.directory":           {permitsRole, "role"},
	"roleeligibilityschedule.readwrite.directory":          {permitsRole, "role"},
	"privilegedassignmentschedule.readwrite.azureadgroup":  {permitsMember, "allgroups"},
	"privilegedeligibilityschedule.readwrite.azureadgroup": {permitsMember, "allgroups"},
	"privilegedaccess.readwrite.azureadgroup":              {permitsMember, "allgroups"},
	"approleassignment.readwrite.all":                      {permitsAppPermission, "role"},
	"application.readwrite.all":                            {permitsCredential, "apps"},
	"serviceprincipalendpoint.readwrite.all":               {permitsCredential, "apps"},
	"directory.readwrite.all":                              {permitsMember, "groups"},
	"group.readwrite.all":                                  {permitsMember, "groups"},
	"groupmember.readwrite.all":                            {permitsMember, "groups"},
	"userauthenticationmethod.readwrite.all":               {permitsAuthentication, "users"},
	"user-passwordprofile.readwrite.all":                   {permitsAuthentication, "ordinary"},
	"entitlementmanagement.readwrite.all":                  {permitsMember, "groups"},
}

// azureActions says by which actions somebody controls a resource of a type:
// runs code in it, and so acts as its managed identity, or reads the secrets in
// it. Any one of them is enough. Source: "Azure resource provider operations".
var azureActions = []struct {
	typ     string
	actions []string
	data    []string
}{
	{"microsoft.compute/virtualmachines", []string{"Microsoft.Compute/virtualMachines/runCommand/action", "Microsoft.Compute/virtualMachines/runCommands/write", "Microsoft.Compute/virtualMachines/extensions/write"},
		[]string{"Microsoft.Compute/virtualMachines/loginAsAdmin/action"}},
	{"microsoft.compute/virtualmachinescalesets", []string{"Microsoft.Compute/virtualMachineScaleSets/extensions/write", "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action"}, nil},
	{"microsoft.hybridcompute/machines", []string{"Microsoft.HybridCompute/machines/runCommands/write", "Microsoft.HybridCompute/machines/extensions/write"},
		[]string{"Microsoft.HybridCompute/machines/loginAsAdmin/action"}},
	{"microsoft.web/sites", []string{"Microsoft.Web/sites/publishxml/action", "Microsoft.Web/sites/config/write", "Microsoft.Web/sites/host/listkeys/action", "Microsoft.Web/sites/sourcecontrols/write"}, nil},
	{"microsoft.automation/automationaccounts", []string{"Microsoft.Automation/automationAccounts/runbooks/draft/write", "Microsoft.Automation/automationAccounts/jobs/write"}, nil},
	{"microsoft.logic/workflows", []string{"Microsoft.Logic/workflows/write"}, nil},
	{"microsoft.containerservice/managedclusters", []string{"Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action", "Microsoft.ContainerService/managedClusters/runcommand/action"},
		[]string{"Microsoft.ContainerService/managedClusters/pods/write"}},
	{"microsoft.containerinstance/containergroups", []string{"Microsoft.ContainerInstance/containerGroups/write", "Microsoft.ContainerInstance/containerGroups/containers/exec/action"}, nil},
	{"microsoft.containerregistry/registries", []string{"Microsoft.ContainerRegistry/registries/tasks/write", "Microsoft.ContainerRegistry/registries/scheduleRun/action"}, nil},
	{"microsoft.app/containerapps", []string{"Microsoft.App/containerApps/write"}, nil},
	{"microsoft.datafactory/factories", []string{"Microsoft.DataFactory/factories/pipelines/write"}, nil},
	{"microsoft.keyvault/vaults", []string{"Microsoft.KeyVault/vaults/accessPolicies/write"}, []string{"Microsoft.KeyVault/vaults/secrets/getSecret/action"}},
	{"microsoft.storage/storageaccounts", []string{"Microsoft.Storage/storageAccounts/listKeys/action"}, []string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"}},
	{"microsoft.sql/servers", []string{"Microsoft.Sql/servers/administrators/write"}, nil},
	{"microsoft.documentdb/databaseaccounts", []string{"Microsoft.DocumentDB/databaseAccounts/listKeys/action"}, nil},
	{"microsoft.managedidentity/userassignedidentities", []string{"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"}, nil},
}
