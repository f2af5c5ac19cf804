package control

func dropRights() { panic("accounts cannot be changed here") }
