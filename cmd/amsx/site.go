package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/amsx-lang/amsx/amsx"
)

// siteFile is the file of a site database, or of this machine's copy of one on a
// server. What belongs to the site, such as its control database, is beside it.
func siteFile(g *cli, database string) (string, error) {
	if !amsx.IsServer(database) {
		if g.Copy != "" {
			return "", &usageError{errors.New("--copy: only a site on a server (--database postgres://…) has a copy here")}
		}
		return database, nil
	}
	if g.Copy != "" {
		return g.Copy, nil
	}
	file, err := amsx.CopyName(database)
	if err != nil {
		return "", &usageError{fmt.Errorf("--database: %w", err)}
	}
	return file, nil
}

// openSite opens a site database, in a file or on a server.
func openSite(ctx context.Context, g *cli, database string) (*amsx.Site, error) {
	file, err := siteFile(g, database)
	if err != nil {
		return nil, err
	}
	if amsx.IsServer(database) {
		return amsx.OpenServerSite(ctx, database, file)
	}
	return amsx.OpenSite(ctx, file)
}

// openSiteToRead is openSite for a command that writes nothing. The copy of a
// site on a server is brought up to date all the same.
func openSiteToRead(ctx context.Context, g *cli, database string) (*amsx.Site, error) {
	if amsx.IsServer(database) {
		return openSite(ctx, g, database)
	}
	return amsx.OpenSiteToRead(ctx, database)
}

// siteMissing reports whether the file of a site is not there. A server says
// itself what it has.
func siteMissing(g *cli) bool {
	if amsx.IsServer(g.Database) {
		return false
	}
	info, err := os.Stat(g.Database)
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// ownSite refuses to fill a site on a server with people who are made up.
func ownSite(g *cli, flag string) error {
	if amsx.IsServer(g.Database) {
		return &usageError{fmt.Errorf("%s: made-up people do not belong into the site on a server; name a file of their own with --database", flag)}
	}
	return nil
}
