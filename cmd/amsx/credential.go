package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/lexer"
)

// credentialCmd is the commands for credential packs.
type credentialCmd struct {
	Add    credentialAdd    `cmd:"" help:"Store a credential pack."`
	List   credentialList   `cmd:"" help:"List the packs. Passwords are never shown."`
	Test   credentialTest   `cmd:"" help:"Ask the pack's host whether it is right."`
	Rotate credentialRotate `cmd:"" help:"Give a pack a new password or token."`
	Remove credentialRemove `cmd:"" help:"Remove a pack."`
}

// Help shows the life of a pack.
func (credentialCmd) Help() string {
	return `Examples:

  amsx credential add OKTA_API --domain acme.okta.com --username unused
  amsx credential test OKTA_API
  amsx credential rotate OKTA_API
  amsx credential remove OKTA_API`
}

// credentialAdd stores a pack.
type credentialAdd struct {
	Name          string   `arg:"" help:"The pack's name, such as OKTA_API. No blanks."`
	Domain        string   `required:"" help:"The host that the password is for, such as acme.okta.com." placeholder:"HOST"`
	Username      string   `required:"" help:"The user name; for OKTA any text, such as unused." placeholder:"TEXT"`
	PasswordStdin bool     `help:"Read the password or token from standard input."`
	AlsoSendsTo   []string `help:"A further host that the password may be sent to; may be repeated." placeholder:"HOST"`
	Replace       bool     `help:"Put it in the place of the pack of that name."`
}

// Help shows how a pack is added.
func (credentialAdd) Help() string {
	return `Examples:

  amsx credential add OKTA_API --domain acme.okta.com --username unused
  amsx credential add OKTA_API --domain acme.okta.com --username unused --password-stdin < token.txt

The password or token is asked for and not shown, or read from standard input. It is never an argument, since other programs can read those.`
}

// Run stores the pack.
func (c *credentialAdd) Run(ctx context.Context, e *env, g *cli) error {
	return withKey(ctx, e, g, true, func(db *control.DB, key *control.Key) error {
		password, err := readPassword(ctx, e, c.PasswordStdin)
		if err != nil {
			return err
		}
		in := control.PackInput{Name: c.Name, Type: control.NamedCredentials, Server: control.ApplicationServer, Domain: c.Domain, Username: c.Username, Hosts: c.AlsoSendsTo, Password: password}
		put := db.AddPack
		if c.Replace {
			put = db.ReplacePack
		}
		pack, err := put(ctx, key, in)
		if err != nil {
			return err
		}
		if _, notes, err := webapi.ParseDomain(c.Domain); err == nil {
			for _, note := range notes {
				fmt.Fprintln(e.stderr, talkPalette(g.Color, e).yellow("warning:"), lexer.Safe(note))
			}
		}
		fmt.Fprintf(e.stderr, "Stored the credential pack %s for %s. Test it with: amsx credential test %s\n", pack.Name, pack.Domain, pack.Name)
		return nil
	})
}

// credentialList lists the packs.
type credentialList struct {
	JSON bool `help:"Print a JSON array." name:"json"`
}

// Run prints the packs.
func (c *credentialList) Run(ctx context.Context, e *env, g *cli) error {
	db, _, err := openControl(ctx, e, g, g.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	packs, err := db.Packs(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, packs, "  ")
	}
	if len(packs) == 0 {
		fmt.Fprintln(e.stderr, "There are no credential packs yet. Add one with: amsx credential add NAME --domain HOST --username TEXT --password-stdin")
		return nil
	}
	t := &table{head: []string{"Name", "Domain", "Username", "Also sends to", "Changed", "Last used", "Used by"}, max: 40, leave: []string{"Also sends to", "Changed", "Username"}}
	for _, pk := range packs {
		var used []string
		for _, u := range pk.UsedBy {
			used = append(used, u.Name)
		}
		last := "never"
		if !pk.LastUsed.IsZero() {
			last = pk.LastUsed.Format("2006-01-02 15:04")
		}
		t.add(pk.Name, pk.Domain, pk.Username, strings.Join(pk.Hosts, ", "), pk.Changed.Format("2006-01-02"), last, strings.Join(used, ", "))
	}
	t.print(e.stdout, newPalette(g.Color, e), e.columns)
	return nil
}

// credentialTest asks the pack's host whether the pack is right.
type credentialTest struct {
	Name             string   `arg:"" help:"The pack."`
	RootCertificates string   `help:"A PEM file with certificates to trust besides the system's." type:"existingfile" placeholder:"FILE" env:"AMSX_ROOT_CERTIFICATES"`
	AllowHost        []string `help:"A host inside the network that requests may go to." placeholder:"HOST" env:"AMSX_ALLOW_HOST"`
}

// Help says what is asked.
func (credentialTest) Help() string {
	return `Example:

  amsx credential test OKTA_API

It asks the host for the public description of its OKTA org, then for one user with the token, and says in words what is wrong. It writes nothing.`
}

// Run tests the pack.
func (c *credentialTest) Run(ctx context.Context, e *env, g *cli) error {
	http, err := (&runCmd{RootCertificates: c.RootCertificates, AllowHost: c.AllowHost}).httpConfig(e)
	if err != nil {
		return err
	}
	return withKey(ctx, e, g, false, func(db *control.DB, key *control.Key) error {
		packs := &batch.Packs{DB: db, Key: func() (*control.Key, error) { return key, nil }}
		found, err := batch.TestPack(ctx, packs, c.Name, http)
		for _, line := range found {
			fmt.Fprintln(e.stdout, lexer.Safe(line))
		}
		return err
	})
}

// credentialRotate gives a pack a new password.
type credentialRotate struct {
	Name          string `arg:"" help:"The pack."`
	PasswordStdin bool   `help:"Read the password or token from standard input."`
}

// Run replaces the password.
func (c *credentialRotate) Run(ctx context.Context, e *env, g *cli) error {
	return withKey(ctx, e, g, false, func(db *control.DB, key *control.Key) error {
		if _, err := db.Pack(ctx, c.Name); err != nil {
			return err // before the password is asked for
		}
		password, err := readPassword(ctx, e, c.PasswordStdin)
		if err != nil {
			return err
		}
		pack, err := db.RotatePack(ctx, key, c.Name, password)
		if err == nil {
			fmt.Fprintf(e.stderr, "The credential pack %s has a new password. Runs that begin from now on use it.\n", pack.Name)
		}
		return err
	})
}

// credentialRemove removes a pack.
type credentialRemove struct {
	Name string `arg:"" help:"The pack."`
	Yes  bool   `help:"Remove it although transformations use it." short:"y"`
}

// Run removes the pack.
func (c *credentialRemove) Run(ctx context.Context, e *env, g *cli) error {
	db, _, err := openControl(ctx, e, g, g.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.RemovePack(ctx, c.Name, c.Yes); err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "Removed the credential pack %s.\n", c.Name)
	return nil
}

// withKey opens the control database and the master key. create makes the key
// on first use.
func withKey(ctx context.Context, e *env, g *cli, create bool, f func(*control.DB, *control.Key) error) error {
	db, load, err := openControl(ctx, e, g, g.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	var key *control.Key
	if create {
		src, serr := keySource(e)
		if serr != nil {
			return serr
		}
		key, err = db.EnsureKey(ctx, src)
	} else {
		key, err = load()
	}
	if err != nil {
		return err
	}
	return f(db, key)
}

// readPassword asks for a password where it is not seen, or reads it from
// standard input. A line end behind it is not part of it. Ctrl-C ends the wait
// and leaves the terminal as it was.
func readPassword(ctx context.Context, e *env, stdin bool) (control.Secret, error) {
	var read func() (string, error)
	restore := func() {}
	if f, ok := e.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(e.stderr, "Password or token (it is not shown): ")
		if state, err := term.GetState(int(f.Fd())); err == nil {
			restore = func() { _ = term.Restore(int(f.Fd()), state) }
		}
		read = func() (string, error) {
			text, err := term.ReadPassword(int(f.Fd()))
			fmt.Fprintln(e.stderr)
			return string(text), err
		}
	} else if stdin {
		fmt.Fprintln(e.stderr, "Reading the password from standard input.")
		read = func() (string, error) {
			line, err := bufio.NewReader(io.LimitReader(e.stdin, 1<<16)).ReadString('\n')
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return line, err
		}
	} else {
		return control.Secret{}, &usageError{errors.New("there is no terminal to ask for the password: give it on standard input with --password-stdin")}
	}
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() { // a read cannot be interrupted; the program ends without it
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return checkPassword(a.text, a.err)
	case <-ctx.Done():
		restore()
		return control.Secret{}, fmt.Errorf("cancelled, nothing was stored: %w", ctx.Err())
	}
}

func checkPassword(text string, err error) (control.Secret, error) {
	text = strings.TrimRight(text, "\r\n")
	if err != nil {
		return control.Secret{}, err
	}
	if strings.TrimSpace(text) == "" {
		return control.Secret{}, &usageError{errors.New("the password is empty")}
	}
	if text != strings.TrimSpace(text) {
		return control.Secret{}, &usageError{errors.New("the password begins or ends with a blank: it was probably copied with one too many")}
	}
	return control.NewSecret(text), nil
}
