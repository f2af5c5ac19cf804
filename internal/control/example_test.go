package control_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/amsx-lang/amsx/internal/control"
)

func Example() {
	ctx := context.Background()
	if err := example(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// sends ••••, which is a token of 22 characters, to contoso.example.com
	// "Get Users" is running already: run 1
	// run 1: Completed, 450 read
}

func example(ctx context.Context) error {
	site, err := os.MkdirTemp("", "site")
	if err != nil {
		return err
	}
	defer os.RemoveAll(site)
	config, err := os.MkdirTemp("", "config")
	if err != nil {
		return err
	}
	defer os.RemoveAll(config)

	db, err := control.Open(ctx, control.Beside(filepath.Join(site, "amsx.db")), control.Options{
		User:        "ann",
		ParseDomain: func(text string) (string, error) { return strings.TrimPrefix(text, "https://"), nil },
	})
	if err != nil {
		return err
	}
	defer db.Close()

	key, err := db.EnsureKey(ctx, control.KeySource{File: filepath.Join(config, "amsx", "master.key")})
	if err != nil {
		return err
	}
	_, err = db.AddPack(ctx, key, control.PackInput{
		Name: "OKTA_API", Type: control.NamedCredentials, Server: control.ApplicationServer,
		Domain: "https://contoso.example.com", Username: "unused", Password: control.NewSecret("00TestTokenNotReal1234"),
	})
	if err != nil {
		return err
	}

	lease, err := db.Acquire(ctx, "Get Users", control.RunInfo{File: "okta_users.amsx"})
	if err != nil {
		return err
	}
	defer lease.Release(ctx)
	pack, err := db.OpenPack(ctx, key, "OKTA_API", control.PackUse{Name: "Get Users", RunID: lease.RunID()})
	if err != nil {
		return err
	}
	fmt.Printf("sends %v, which is a token of %d characters, to %s\n", pack.Password, len(pack.Password.Reveal()), pack.Domain)

	_, err = db.Acquire(ctx, "Get Users", control.RunInfo{})
	text, _, _ := strings.Cut(err.Error(), ",")
	fmt.Println(text)

	// Work under lease.Context(ctx), and ask lease.Check(ctx) before writing.
	if err := lease.Finish(ctx, control.Outcome{Status: control.Completed, Counts: control.Counts{Read: 450}}); err != nil {
		return err
	}
	run, err := db.Run(ctx, lease.RunID())
	if err != nil {
		return err
	}
	fmt.Printf("run %d: %s, %d read\n", run.ID, run.Status, run.Counts.Read)
	return nil
}
