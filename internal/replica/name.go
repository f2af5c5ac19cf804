package replica

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// IsURL reports whether the name of a site database is that of a server:
// postgres://user@host/database, as every PostgreSQL client reads it. What has
// the look of an address in another form is one too, and Open refuses it: as the
// name of a file, its password would be shown.
func IsURL(name string) bool {
	return address.MatchString(name)
}

var address = regexp.MustCompile(`(?i)^\s*postgres(ql)?:|://|\bpassword\s*=`)

// FileName is the name of the file of a copy: the database and the host, such as
// amsx@db.example.com.db.
func FileName(dsn string) (string, error) {
	config, err := parse(dsn)
	if err != nil {
		return "", err
	}
	name := config.Database + "@" + config.Host
	if config.Port != 5432 {
		name += fmt.Sprintf("-%d", config.Port)
	}
	return unsafeInName.ReplaceAllString(name, "-") + ".db", nil
}

// unsafeInName are the characters that not every file system takes.
var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9.@_-]+`)

var errNoURL = errors.New("the address of the PostgreSQL server cannot be read; write it as postgres://user@host:5432/database")

func parse(dsn string) (*pgx.ConnConfig, error) {
	dsn = strings.TrimSpace(dsn)
	scheme, rest, found := strings.Cut(dsn, "://")
	scheme = strings.ToLower(scheme)
	if !found || scheme != "postgres" && scheme != "postgresql" {
		return nil, errNoURL
	}
	config, err := pgx.ParseConfig(scheme + "://" + rest)
	if err != nil || config.Database == "" {
		return nil, errNoURL
	}
	return config, nil
}
