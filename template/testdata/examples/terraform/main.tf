# The network and the machines of a clinic. The plan beside it, plan.json, is of this.
resource "azurerm_resource_group" "clinic" {
  name     = "rg-clinic"
  location = "westeurope"
}

resource "azurerm_virtual_network" "clinic" {
  name                = "vnet-clinic"
  resource_group_name = azurerm_resource_group.clinic.name
  location            = azurerm_resource_group.clinic.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "clinic" {
  name                 = "terminals"
  resource_group_name  = azurerm_resource_group.clinic.name
  virtual_network_name = azurerm_virtual_network.clinic.name
  address_prefixes     = ["10.0.1.0/24"]
}

resource "azurerm_network_security_group" "clinic" {
  name                = "nsg-terminals"
  resource_group_name = azurerm_resource_group.clinic.name
  location            = azurerm_resource_group.clinic.location
}

resource "azurerm_network_security_rule" "ssh" {
  name                        = "ssh"
  resource_group_name         = azurerm_resource_group.clinic.name
  network_security_group_name = azurerm_network_security_group.clinic.name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  source_address_prefix       = "*"
  destination_port_range      = "22"
  destination_address_prefix  = "*"
}

resource "azurerm_subnet_network_security_group_association" "clinic" {
  subnet_id                 = azurerm_subnet.clinic.id
  network_security_group_id = azurerm_network_security_group.clinic.id
}

resource "azurerm_maps_account" "clinic" {
  name                = "maps-clinic"
  resource_group_name = azurerm_resource_group.clinic.name
  sku_name            = "G2"
}

module "data" {
  source              = "./modules/data"
  resource_group_name = azurerm_resource_group.clinic.name
  names               = ["records", "images"]
}

resource "azapi_resource" "search" {
  type      = "Microsoft.Search/searchServices@2023-11-01"
  name      = "srch-clinic"
  parent_id = azurerm_resource_group.clinic.id
  location  = "westeurope"
  body = {
    sku        = { name = "basic" }
    properties = { replicaCount = 1 }
  }
}
