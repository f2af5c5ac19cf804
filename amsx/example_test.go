package amsx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/amsx-lang/amsx/transformations"
)

// Check finds everything that is wrong at once, with its place and what to
// write instead, and runs nothing.
func ExampleScript_Check() {
	script := amsx.Parse("greet.amsx", []byte(`Set greeting = "Hello"
Lgo "Info", "%greeting% from amsx"
Log "Info", "%greetign% again"
`))
	found := script.Check(amsx.CheckOptions{})
	for _, f := range found {
		fmt.Println(f.Pos.Line, f.Code, f.Message, "->", f.Hint)
	}
	fmt.Println("may run:", !found.HasErrors())
	// Output:
	// 2 AMSX4001 there is no command Lgo -> did you mean Log?
	// 3 AMSX4003 there is no variable greetign -> did you mean %greeting%? If it is a parameter, declare it at the top: Parameter greetign, "Text"
	// may run: false
}

// The transformation that ships reads every user of OKTA into the table
// Custodian. Here a simulated OKTA takes the place of a real one.
func ExampleScript_Run() {
	ctx := context.Background()
	sim, site, done := simulation(250)
	defer done()

	source, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		log.Fatal(err)
	}
	result, err := amsx.Parse("okta_users.amsx", source).Run(ctx, amsx.RunOptions{
		Site:  site,
		Packs: amsx.Packs{"OKTA_API": {Domain: sim.URL, Username: "unused", Password: oktasim.DefaultToken}},
		HTTP: amsx.HTTP{
			Policy: amsx.HTTPPolicy{AllowHosts: []string{"gateway.example.com"}}, // inside the network
			Limits: amsx.HTTPLimits{RequestTimeout: time.Minute},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("read", result.Counts.Read, "inserted", result.Counts.Inserted, "requests", result.Requests)
	// Output: read 250 inserted 250 requests 2
}

// A dry run does everything and writes nothing; its result lists what a run
// would change.
func ExampleScript_Run_dryRun() {
	ctx := context.Background()
	sim, site, done := simulation(3)
	defer done()

	result, err := oktaUsers().Run(ctx, amsx.RunOptions{
		Site: site, Testing: true,
		Packs: amsx.Packs{"OKTA_API": {Domain: sim.URL, Username: "unused", Password: oktasim.DefaultToken}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range result.Changes {
		fmt.Println(c.Action, c.Table, c.Key, len(c.Fields), "fields")
	}
	rows, err := site.Read(ctx, "SELECT count(*) FROM Custodian")
	fmt.Println("rows:", rows[0][0], err)
	// Output:
	// insert Custodian Łukasz O'Brien 19 fields
	// insert Custodian Aiko Ashdown 20 fields
	// insert Custodian Stefan Sandoval 18 fields
	// rows: 0 <nil>
}

// What stops a run is one of three: findings of the check, the fuse, or an
// error with its place in the script and what to do.
func ExampleScript_Run_errors() {
	sim, site, done := simulation(3)
	defer done()

	_, err := oktaUsers().Run(context.Background(), amsx.RunOptions{
		Site:  site,
		Packs: amsx.Packs{"OKTA_API": {Domain: sim.URL, Username: "unused", Password: "00TestTokenThatIsWrong"}},
	})
	var findings amsx.Findings
	var failed *runtime.Error
	var answer *amsx.HTTPError
	switch {
	case errors.As(err, &findings):
		lexer.Fprint(os.Stdout, oktaUsers().Text, findings, lexer.Options{})
	case errors.Is(err, runtime.ErrFuse):
		fmt.Println("too much would change:", err)
	case errors.As(err, &failed):
		fmt.Println(failed.Code, "in line", failed.Pos.Line)
		if errors.As(err, &answer) {
			fmt.Println("the API answered", answer.Status, answer.Code)
		}
	}
	// Output:
	// AMSX7009 in line 26
	// the API answered 401 E0000011
}

// oktaUsers is the transformation that ships.
func oktaUsers() *amsx.Script {
	source, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		log.Fatal(err)
	}
	return amsx.Parse("okta_users.amsx", source)
}

// simulation is a simulated OKTA with made-up people and an empty site.
func simulation(users int) (*oktasim.Server, *amsx.Site, func()) {
	dir, err := os.MkdirTemp("", "amsx-example")
	if err != nil {
		log.Fatal(err)
	}
	site, err := amsx.OpenSite(context.Background(), filepath.Join(dir, "amsx.db"))
	if err != nil {
		log.Fatal(err)
	}
	sim, err := oktasim.Start(oktasim.Config{Users: users, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	return sim, site, func() {
		sim.Close()
		os.RemoveAll(dir)
	}
}
