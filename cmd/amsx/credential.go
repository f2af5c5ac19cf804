package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

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

// openPacks opens a control database that is there. A mistyped folder or
// --database must not make one.
func openPacks(ctx context.Context, e *env, g *cli) (*control.DB, func() (*control.Key, error), error) {
	path, err := controlFile(g, g.Database)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &noPacksError{path}
	}
	return openControl(ctx, e, g, g.Database)
}

// A noPacksError says that there is no control database.
type noPacksError struct{ file string }

func (e *noPacksError) Error() string {
	return "there are no credential packs here: " + e.file + " does not exist; it is made with the first pack. Add one with: " + addExample
}

const addExample = "amsx credential add OKTA_API --domain acme.okta.com --username unused"

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
	_, notes, err := webapi.ParseDomain(c.Domain)
	if err != nil {
		return err // before the password is asked for
	}
	return withKey(ctx, e, g, true, func(db *control.DB, key *control.Key) error {
		if there, err := db.Pack(ctx, c.Name); err == nil && !c.Replace {
			return &control.PackExistsError{Name: there.Name}
		}
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
		for _, note := range notes {
			fmt.Fprintln(e.stderr, talkPalette(g.Color, e).yellow("warning:"), lexer.Safe(note))
		}
		fmt.Fprintf(e.stderr, "Stored the credential pack %s for %s. Test it with: amsx credential test %s\n", pack.Name, pack.Domain, pack.Name)
		return nil
	})
}

// credentialList lists the packs.
type credentialList struct {
	JSON bool `help:"Print a JSON array." name:"json"`
}

// Help shows the two forms of the list.
func (credentialList) Help() string {
	return `Examples:

  amsx credential list
  amsx credential list --json`
}

// A listedPack is a pack in the JSON list.
type listedPack struct {
	Name        string     `json:"name"`
	Type        string     `json:"type"`
	Server      string     `json:"server"`
	Domain      string     `json:"domain"`
	AlsoSendsTo []string   `json:"alsoSendsTo"`
	Username    string     `json:"username"`
	Created     time.Time  `json:"created"`
	Changed     time.Time  `json:"changed"`
	ChangedBy   string     `json:"changedBy"`
	LastUsed    *time.Time `json:"lastUsed"` // null: never
	UsedBy      []string   `json:"usedBy"`
}

// Run prints the packs.
func (c *credentialList) Run(ctx context.Context, e *env, g *cli) error {
	packs, err := c.packs(ctx, e, g)
	var none *noPacksError
	if err != nil && !errors.As(err, &none) {
		return err
	}
	if c.JSON {
		list := []listedPack{}
		for _, pk := range packs {
			l := listedPack{pk.Name, pk.Type, pk.Server, pk.Domain, append([]string{}, pk.Hosts...), pk.Username, pk.Created, pk.Changed, pk.ChangedBy, nil, append([]string{}, usersOf(pk)...)}
			if !pk.LastUsed.IsZero() {
				l.LastUsed = &pk.LastUsed
			}
			list = append(list, l)
		}
		return printJSON(e.stdout, list, "  ")
	}
	if none != nil {
		fmt.Fprintln(e.stderr, "amsx:", lexer.Safe(none.Error()))
		return nil
	}
	if len(packs) == 0 {
		file, err := controlFile(g, g.Database)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stderr, "There are no credential packs in %s. Add one with: %s\n", lexer.Safe(file), addExample)
		return nil
	}
	t := &table{head: []string{"Name", "Domain", "Username", "Also sends to", "Changed", "Last used", "Used by"}, max: 40, leave: []string{"Also sends to", "Changed", "Username"}}
	for _, pk := range packs {
		last := "never"
		if !pk.LastUsed.IsZero() {
			last = pk.LastUsed.Format("2006-01-02 15:04")
		}
		t.add(pk.Name, pk.Domain, pk.Username, strings.Join(pk.Hosts, ", "), pk.Changed.Format("2006-01-02"), last, strings.Join(usersOf(pk), ", "))
	}
	t.print(e.stdout, newPalette(g.Color, e), e.columns)
	return nil
}

func (c *credentialList) packs(ctx context.Context, e *env, g *cli) ([]control.Pack, error) {
	db, _, err := openPacks(ctx, e, g)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Packs(ctx)
}

// usersOf are the transformations that use a pack.
func usersOf(pk control.Pack) (names []string) {
	for _, u := range pk.UsedBy {
		names = append(names, u.Name)
	}
	return names
}

// credentialTest asks the pack's host whether the pack is right.
type credentialTest struct {
	Name             string   `arg:"" help:"The pack."`
	RootCertificates string   `help:"A PEM file with certificates to trust besides the system's." placeholder:"FILE"`
	AllowHost        []string `help:"A host inside the network that requests may go to." placeholder:"HOST"`
}

// Help says what is asked.
func (credentialTest) Help() string {
	return `Example:

  amsx credential test OKTA_API

It asks the host for the public description of its OKTA org, then for one user with the token, and says in words what is wrong. It writes nothing.`
}

// Run tests the pack.
func (c *credentialTest) Run(ctx context.Context, e *env, g *cli) error {
	http, err := (&runFlags{RootCertificates: c.RootCertificates, AllowHost: c.AllowHost}).httpConfig(e)
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

// Help shows both ways to give the new password.
func (credentialRotate) Help() string {
	return `Examples:

  amsx credential rotate OKTA_API
  amsx credential rotate OKTA_API --password-stdin < token.txt

Runs that are under way go on with the old password; revoke it in OKTA when they have ended.`
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

// Help says what --yes is for.
func (credentialRemove) Help() string {
	return `Examples:

  amsx credential remove OKTA_API
  amsx credential remove OKTA_API --yes     although transformations use it

It removes the token from this machine only; revoke it in OKTA too.`
}

// Run removes the pack.
func (c *credentialRemove) Run(ctx context.Context, e *env, g *cli) error {
	db, _, err := openPacks(ctx, e, g)
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
	open := openPacks
	if create {
		open = func(ctx context.Context, e *env, g *cli) (*control.DB, func() (*control.Key, error), error) {
			return openControl(ctx, e, g, g.Database)
		}
	}
	db, load, err := open(ctx, e, g)
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
			restore = func() {
				_ = term.Restore(int(f.Fd()), state)
				fmt.Fprintln(e.stderr) // the question has no line end yet
			}
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
		return control.Secret{}, &cancelledError{"cancelled, nothing was stored"}
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
