package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Values of the first two fields of a pack that are not chosen by hand.
const (
	NamedCredentials  = "Named Credentials"  // a Credential Type
	ApplicationServer = "Application Server" // a Collection Server
)

// A PackInput is a credential pack as an administrator gives it. Only Hosts may
// be empty.
type PackInput struct {
	Name     string // no blanks; unique without regard to case
	Type     string // NamedCredentials
	Server   string // ApplicationServer
	Domain   string // the host that the password is for
	Hosts    []string
	Username string
	Password Secret
}

// A FieldError says what is wrong with one field of a credential pack.
type FieldError struct {
	Field  string // as on the form
	Advice string
}

func (e *FieldError) Error() string {
	return "credential pack, " + e.Field + ": " + e.Advice
}

// checked returns the input as it is to be kept.
func (db *DB) checked(in PackInput) (PackInput, error) {
	var err error
	if in.Name, err = packName(in.Name); err != nil {
		return in, err
	}
	for _, f := range []struct {
		field string
		value *string
	}{
		{"Credential Type", &in.Type}, {"Collection Server", &in.Server}, {"Domain", &in.Domain}, {"Username", &in.Username},
	} {
		*f.value = strings.TrimSpace(*f.value)
		switch {
		case *f.value == "":
			advice := "it is blank; every field of a pack needs a value"
			if f.field == "Username" {
				advice += " (where the name is not used, as for an OKTA token, any word will do)"
			}
			return in, &FieldError{f.field, advice}
		case strings.ContainsFunc(*f.value, unicode.IsControl) || !utf8.ValidString(*f.value):
			return in, &FieldError{f.field, "it has a control character in it, perhaps a line break that was pasted"}
		case utf8.RuneCountInString(*f.value) > 255:
			return in, &FieldError{f.field, "it is longer than 255 characters"}
		}
	}
	if err := checkPassword(in.Password); err != nil {
		return in, err
	}
	if in.Domain, err = db.host("Domain", in.Domain); err != nil {
		return in, err
	}
	var hosts []string
	for _, text := range in.Hosts {
		host, err := db.host("Also sends to", text)
		if err != nil {
			return in, err
		}
		if host != in.Domain && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	in.Hosts = hosts
	return in, nil
}

func (db *DB) host(field, text string) (string, error) {
	if db.opt.ParseDomain == nil {
		return "", errors.New("control: adding a credential pack needs Options.ParseDomain")
	}
	host, err := db.opt.ParseDomain(text)
	if err != nil {
		return "", &FieldError{field, err.Error()}
	}
	if host == "" {
		return "", &FieldError{field, "it names no host"}
	}
	return host, nil
}

// packName is name as it is kept. Letters, digits and _ - . @ + are enough to
// tell packs apart, and need no quotes in a script, a shell or a file name.
func packName(name string) (string, error) {
	name = norm.NFC.String(strings.TrimSpace(name))
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			return "", &FieldError{"Pack Name", fmt.Sprintf("%q has a blank in it; write %s", name, strings.Join(strings.Fields(name), "_"))}
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_-.@+", r):
			return "", &FieldError{"Pack Name", fmt.Sprintf("%q has the character %q in it; use letters, digits and _ - . @ +", name, r)}
		}
	}
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", &FieldError{"Pack Name", "it is blank; give a name such as OKTA_API"}
	case n > 64:
		return "", &FieldError{"Pack Name", "it is longer than 64 characters"}
	case strings.HasPrefix(name, "-"):
		return "", &FieldError{"Pack Name", fmt.Sprintf("%q begins with a dash, which a command line takes for an option", name)}
	}
	return name, nil
}

// checkPassword says nothing about the password but where it is wrong.
func checkPassword(password Secret) error {
	text := password.Reveal()
	switch {
	case strings.TrimSpace(text) == "":
		return &FieldError{"Password", "it is blank"}
	case strings.TrimSpace(text) != text:
		return &FieldError{"Password", "it begins or ends with a blank or a line break, which was probably copied with it; give it without"}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return &FieldError{"Password", "it is not text in UTF-8"}
	case strings.Contains(text, hidden):
		return &FieldError{"Password", "it is the mask " + hidden + " that is shown in place of a password; give the password itself"}
	case len(text) > 64<<10:
		return &FieldError{"Password", "it is longer than 64 KB"}
	}
	return nil
}
