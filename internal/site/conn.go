package site

import (
	"sync"

	"zombiezen.com/go/sqlite"
)

// connections is held while a connection is opened or closed. The library
// keeps authorizers and busy handlers by the connection's address, and removes
// a closed connection's after the engine has freed that address (v1.4.2,
// Conn.Close): one that another goroutine opens meanwhile may get the address
// and would lose its authorizer. It is the one variable of the package, since
// it guards what the library keeps for the whole process.
var connections sync.Mutex

func openConn(path string, flags sqlite.OpenFlags) (*sqlite.Conn, error) {
	connections.Lock()
	defer connections.Unlock()
	return sqlite.OpenConn(path, flags)
}

func closeConn(c *sqlite.Conn) error {
	connections.Lock()
	defer connections.Unlock()
	return c.Close()
}
