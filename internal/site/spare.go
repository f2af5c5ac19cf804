package site

import (
	"sync"

	"zombiezen.com/go/sqlite"
)

// spare is the connection that a Database keeps open between two uses.
type spare struct {
	mu    sync.Mutex
	users int // of Keep, that have not released it
	idle  *sqlite.Conn
}

// Keep lets one use of the database hand its connection to the next, until
// release: whoever looks at the site a few times in a row, as each run does
// before it begins, opens the file and reads its schema once. Release it before
// a wait. A file that is exchanged for another one meanwhile, by a restore say,
// would not be noticed.
func (d *Database) Keep() (release func() error) {
	s := &d.spare
	s.mu.Lock()
	s.users++
	s.mu.Unlock()
	return sync.OnceValue(func() error {
		s.mu.Lock()
		s.users--
		var c *sqlite.Conn
		if s.users == 0 {
			c, s.idle = s.idle, nil
		}
		s.mu.Unlock()
		if c == nil {
			return nil
		}
		return d.explain("close", closeConn(c))
	})
}

// take is the kept connection, or nil.
func (s *spare) take() *sqlite.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.idle
	s.idle = nil
	return c
}

// give keeps a connection that is as connect made it, and reports whether it
// did.
func (s *spare) give(c *sqlite.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 || s.idle != nil {
		return false
	}
	s.idle = c
	return true
}
