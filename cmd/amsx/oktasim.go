package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/internal/oktasim"
)

// oktaSimCmd serves a simulated OKTA until it is interrupted.
type oktaSimCmd struct {
	Listen    string        `help:"Address to listen on; port 0 is a free one." default:"127.0.0.1:0"`
	Users     int           `help:"Made-up users to generate." default:"1000"`
	Groups    int           `help:"Made-up groups, besides Everyone." default:"12"`
	Seed      uint64        `help:"The same seed gives the same people." default:"1"`
	SeedFile  string        `help:"Read users and groups from this JSON file instead." type:"existingfile" placeholder:"FILE"`
	Changed   int           `help:"Percent of the users that differ from what the seed gives." default:"0"`
	Token     string        `help:"The API token to accept." default:"${oktasim_token}"`
	RateLimit int           `help:"Calls in a minute." default:"600"`
	Latency   time.Duration `help:"Time that every answer takes, such as 60ms."`
	Fault     []string      `help:"What goes wrong, such as 'page 3: 429 twice'; may be repeated. See --faults." sep:"none"`
	Faults    bool          `help:"Print what --fault understands."`
	Verbose   bool          `help:"Print a line for each call." short:"v"`
}

// Help shows how the simulator is used.
func (oktaSimCmd) Help() string {
	return `Its address is printed on standard output, with a free port unless --listen names one. To use it as an org:

  amsx okta-sim --listen 127.0.0.1:8989 &
  echo ` + oktasim.DefaultToken + ` > token.txt
  amsx credential add SIM --domain http://127.0.0.1:8989 --username unused --password-stdin < token.txt
  amsx run okta_users --pack SIM --test`
}

// Run serves until ctx ends.
func (c *oktaSimCmd) Run(ctx context.Context, e *env) error {
	if c.Faults {
		for _, f := range oktasim.FaultHelp() {
			fmt.Fprintf(e.stdout, "%-34s %s\n", f[0], f[1])
		}
		return nil
	}
	faults, err := oktasim.ParseFaults(strings.Join(c.Fault, "\n"))
	if err != nil {
		return &usageError{fmt.Errorf("--fault: %w", err)}
	}
	cfg := oktasim.Config{
		Users: c.Users, Groups: c.Groups, Seed: c.Seed, SeedFile: c.SeedFile, Changed: c.Changed,
		Token: c.Token, RateLimit: c.RateLimit, Latency: c.Latency, Faults: faults,
	}
	if c.Verbose {
		cfg.Log = func(line string) { fmt.Fprintln(e.stderr, line) }
	}
	s, err := oktasim.Listen(cfg, c.Listen)
	if err != nil {
		return fmt.Errorf("cannot start the simulator: %w", err)
	}
	fmt.Fprintln(e.stdout, s.URL)
	fmt.Fprintf(e.stderr, "Simulated OKTA with %s users. Ctrl-C ends it.\n", thousands(int64(s.Org().Len())))
	<-ctx.Done()
	return s.Close()
}
