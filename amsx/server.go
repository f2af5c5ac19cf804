package amsx

import (
	"context"

	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

// OpenServerSite opens a site on a PostgreSQL server, 13 or newer, by its URL,
// and makes its tables on first use. copyFile is this machine's copy of the
// site, an SQLite file that is made and kept up to date; scripts work on it, and
// what they change is published to the server. Losing it loses nothing.
func OpenServerSite(ctx context.Context, url, copyFile string) (*Site, error) {
	server, err := replica.Open(ctx, url, replica.Options{})
	if err != nil {
		return nil, err
	}
	return site.Open(ctx, copyFile, site.Options{Upstream: server})
}

// IsServer reports whether the name of a site database is the URL of a server.
func IsServer(name string) bool { return replica.IsURL(name) }

// CopyName is the usual name of the file of this machine's copy of a site on a
// server.
func CopyName(url string) (string, error) { return replica.FileName(url) }
