package directory

// builtInRoles names Entra's built-in directory roles by template id, which is
// the same in every tenant ("Microsoft Entra built-in roles"). The second column
// tells whether Microsoft marks the role privileged.
var builtInRoles = map[string]struct {
	name       string
	privileged bool
}{
	"62e90394-69f5-4237-9190-012177145e10": {"Global Administrator", true},
	"e8611ab8-c189-46e8-94e1-60213ab1f814": {"Privileged Role Administrator", true},
	"7be44c8a-adaf-4e2a-84d6-ab2649e08a13": {"Privileged Authentication Administrator", true},
	"194ae4cb-b126-40b2-bd5b-6091b380977d": {"Security Administrator", true},
	"f28a1f50-f6e7-4571-818b-6a12f2af6b6c": {"SharePoint Administrator", false},
	"29232cdf-9323-42fd-ade2-1d097af3e4de": {"Exchange Administrator", false},
	"b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": {"Conditional Access Administrator", true},
	"729827e3-9c14-49f7-bb1b-9608f156bbb8": {"Helpdesk Administrator", true},
	"b0f54661-2d74-4c50-afa3-1ec803f12efe": {"Billing Administrator", false},
	"fe930be7-5e62-47db-91af-98c3a49a38b1": {"User Administrator", true},
	"c4e39bd9-1100-46d3-8c65-fb160da0071f": {"Authentication Administrator", true},
	"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": {"Application Administrator", true},
	"158c047a-c907-4556-b7ef-446551a6b5f7": {"Cloud Application Administrator", true},
	"966707d0-3269-4727-9be2-8c3a10f19b9d": {"Password Administrator", true},
	"3a2c62db-5318-420d-8d74-23affee5d9d5": {"Intune Administrator", true},
	"8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": {"Hybrid Identity Administrator", true},
	"9360feb5-f418-4baa-8175-e2a00bac4301": {"Directory Writers", true},
	"d29b2b05-8046-44ba-8758-1e26182fcf32": {"Directory Synchronization Accounts", true},
	"a92aed5d-d78a-4d16-b381-09adb37eb3b0": {"On Premises Directory Sync Account", true},
	"cf1c38e5-3621-4004-a7cb-879624dced7c": {"Application Developer", true},
	"0526716b-113d-4c15-b2c8-68e3c22b9f80": {"Authentication Policy Administrator", false},
	"25a516ed-2fa0-40ea-a2d0-12923a21473a": {"Authentication Extensibility Administrator", true},
	"7698a772-787b-4ac8-901f-60d6b08affd2": {"Cloud Device Administrator", true},
	"be2f45a1-457d-42af-a067-6ec1fa63bc45": {"External Identity Provider Administrator", true},
	"f2ef992c-3afb-46b9-b7cf-a126ee74c451": {"Global Reader", true},
	"59d46f88-662b-457b-bceb-5c3809e5908f": {"Lifecycle Workflows Administrator", true},
	"4ba39ca4-527c-499a-b93d-d9b492c50246": {"Partner Tier1 Support", true},
	"e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8": {"Partner Tier2 Support", true},
	"5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": {"Security Operator", true},
	"5d6b6bb7-de71-4623-b4af-96380a352509": {"Security Reader", true},
	"aaf43236-0c0d-4d5f-883a-6955382ac081": {"B2C IEF Keyset Administrator", true},
	"8329153b-31d0-4727-b945-745eb3bc5f31": {"Domain Name Administrator", true},
	"fdd7a751-b60b-444a-984c-02652fe8fa1c": {"Groups Administrator", false},
	"45d8d3c5-c802-45c6-b32a-1d70b5e1e86e": {"Identity Governance Administrator", false},
	"88d8e3e3-8f55-4a1e-953a-9b9898b8876b": {"Directory Readers", false},
	"95e79109-95c0-4d8e-aee3-d01accf2d47b": {"Guest Inviter", false},
	"17315797-102d-40b4-93e0-432062caca18": {"Compliance Administrator", false},
	"69091246-20e8-4a56-aa4d-066075b2a7a8": {"Teams Administrator", false},
	"4a5d8f65-41da-4de4-8968-e035b65339cf": {"Reports Reader", false},
	"790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b": {"Message Center Reader", false},
	"f023fd81-a637-4b56-95fd-791ac0226033": {"Service Support Administrator", false},
	"44367163-eba1-44c3-98af-f5787879f96a": {"Dynamics 365 Administrator", false},
	"11648597-926c-4cf3-9c36-bcebb0ba8dcc": {"Power Platform Administrator", false},
	"10dae51f-b6af-4016-8d66-8c2a99b929b3": {"Guest User", false},
	"a0b1b346-4d3e-4e8b-98f8-753987be4970": {"User", false},
	"2af84b1e-32c8-42b7-82bc-daa82404023b": {"Restricted Guest User", false},
	"9f06204d-73c1-4d4c-880a-6edb90606fd8": {"Microsoft Entra Joined Device Local Administrator", false},
	"ac16e43d-7b2d-40e0-ac05-243ff356ab5b": {"Message Center Privacy Reader", false},
	"e6d1a23a-da11-4be4-9570-befc86d067a7": {"Compliance Data Administrator", false},
	"31392ffb-586c-42d1-9346-e59415a2cc4e": {"Exchange Recipient Administrator", false},
	"d37c8bed-0711-4417-ba38-b4abe66ce4c2": {"Network Administrator", false},
	"2b745bdf-0803-4d80-aa65-822c4493daac": {"Office Apps Administrator", false},
	"58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d": {"Attribute Assignment Administrator", false},
	"8424c6f0-a189-499e-bbd0-26c1753c96d4": {"Attribute Definition Administrator", false},
	"b5a8dcf3-09d5-43a9-a639-8e29ef291470": {"Knowledge Administrator", false},
	"744ec460-397e-42ad-a462-8b3f9747a02c": {"Knowledge Manager", false},
}

// RoleName returns the display name of a built-in directory role by template id.
func RoleName(templateID string) (string, bool) {
	r, ok := builtInRoles[fold(templateID)]
	return r.name, ok
}

// PrivilegedRole tells whether Microsoft marks a built-in directory role as
// privileged ("Privileged roles and permissions in Microsoft Entra ID"). Global
// Reader and Security Reader are among them.
func PrivilegedRole(templateID string) bool { return builtInRoles[fold(templateID)].privileged }
