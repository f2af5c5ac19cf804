package replica_test

import (
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/replica"
)

// What has the look of a server's address is never the name of a file, which
// would be shown with the password in it, and in no error either.
func TestAddresses(t *testing.T) {
	for _, name := range []string{"amsx.db", "/srv/amsx/postgres.db", `C:\amsx\postgres.db`, "postgres", "passwords.db", ""} {
		if replica.IsURL(name) {
			t.Errorf("the file %s is the address of a server", name)
		}
	}
	for _, tt := range []struct{ url, file string }{
		{"postgres://ada:hunter2@db.example.com/site", "site@db.example.com.db"},
		{" PostgreSQL://ada:hunter2@db.example.com:5433/site\n", "site@db.example.com-5433.db"},
		{"mysql://ada:hunter2@db.example.com/site", ""},
		{"postgresql+psycopg://ada:hunter2@db.example.com/site", ""},
		{"postgres:ada:hunter2@db.example.com/site", ""},
		{"host=db.example.com password=hunter2 dbname=site", ""},
		{"dbname=site PASSWORD = 'hunter2'", ""},
	} {
		if !replica.IsURL(tt.url) {
			t.Errorf("%s is a file", tt.url)
		}
		file, err := replica.FileName(tt.url)
		if file != tt.file || (err == nil) != (tt.file != "") {
			t.Errorf("%s: the copy is %q (%v), want %q", tt.url, file, err, tt.file)
		}
		if err != nil && (!strings.Contains(err.Error(), "write it as postgres://user@host:5432/database") || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v", tt.url, err)
		}
	}
}
