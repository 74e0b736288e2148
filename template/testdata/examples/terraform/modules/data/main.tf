variable "resource_group_name" {}
variable "names" {}

resource "azurerm_storage_account" "this" {
  count                      = length(var.names)
  name                       = "stclinic${var.names[count.index]}"
  resource_group_name        = var.resource_group_name
  location                   = "westeurope"
  account_tier               = "Standard"
  account_replication_type   = "LRS"
  min_tls_version            = count.index == 0 ? "TLS1_2" : "TLS1_0"
  https_traffic_only_enabled = false
}

resource "azurerm_storage_container" "this" {
  name                  = "records"
  storage_account_id    = azurerm_storage_account.this[0].id
  container_access_type = "blob"
}

resource "azurerm_key_vault" "this" {
  name                       = "kv-clinic"
  resource_group_name        = var.resource_group_name
  location                   = "westeurope"
  sku_name                   = "standard"
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  rbac_authorization_enabled = random_boolean.rbac.result
  purge_protection_enabled   = true
}
