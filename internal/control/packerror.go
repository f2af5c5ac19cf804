package control

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A NoPackError says that there is no pack with a name.
type NoPackError struct {
	Name  string
	Near  string   // the pack that was probably meant, or ""
	Names []string // the packs there are
}

func (e *NoPackError) Error() string {
	text := fmt.Sprintf("there is no credential pack %s", shown(e.Name))
	switch {
	case e.Near != "":
		text += fmt.Sprintf("; did you mean %s?", e.Near)
	case len(e.Names) == 0:
		text += ", and no other either; add it with: amsx credential add NAME --domain HOST --username TEXT"
	}
	if len(e.Names) > 0 {
		text += " (the packs here: " + strings.Join(e.Names, ", ") + ")"
	}
	return text
}

// noPack looks for the pack that was meant: OKTA-API, OktaApi and "OKTA API"
// mean OKTA_API.
func noPack(name string, names []string) *NoPackError {
	e := &NoPackError{Name: name, Names: names}
	for _, candidate := range names {
		if letters(candidate) == letters(name) {
			e.Near = candidate
			return e
		}
	}
	e.Near = lexer.Nearest(name, names)
	return e
}

// letters is a name without what is easily mistaken in it.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, runtime.FoldName(name))
}

// A PackExistsError says that the name of a new pack is taken.
type PackExistsError struct{ Name string }

func (e *PackExistsError) Error() string {
	return fmt.Sprintf("there is a credential pack %s already (case does not matter); to put this one in its place say --replace", e.Name)
}

// A PackInUseError says who names a pack that was to be removed.
type PackInUseError struct {
	Name   string
	UsedBy []PackUse
}

func (e *PackInUseError) Error() string {
	var names []string
	for _, use := range e.UsedBy {
		names = append(names, fmt.Sprintf("%s (last on %s)", shown(use.Name), use.LastUsed.Format("2006-01-02")))
	}
	return fmt.Sprintf("the credential pack %s is used by %s, which would fail without it; to remove it nevertheless say --yes", e.Name, strings.Join(names, ", "))
}

// A WrongKeyError says that a pack was sealed with another master key than the
// one at hand.
type WrongKeyError struct {
	Pack  string
	Want  string // id of the key that opens it
	Have  string // id of the key at hand, "" when there is none
	Where string // the key file that was looked at, "" for AMSX_MASTER_KEY
}

func (e *WrongKeyError) Error() string {
	where := "AMSX_MASTER_KEY"
	if e.Where != "" {
		where = e.Where
	}
	have := "and there is no key in " + where
	if e.Have != "" {
		have = "and the key in " + where + " is " + e.Have
	}
	return fmt.Sprintf("the credential pack %s is sealed with the master key %s, %s. "+
		"Run amsx as the account that added the pack, or copy that account's key (file mode 0600, or AMSX_MASTER_KEY). "+
		"If the key is lost, remove the packs and add them again with new tokens", e.Pack, e.Want, have)
}

// A TamperedError says that the row of a pack is not what was sealed: the
// database was edited by something other than amsx. The password stays sealed.
type TamperedError struct {
	Pack    string
	Field   string
	Is, Was string // what the row says and what was sealed, where that is known
	Cause   error  // may be nil
}

func (e *TamperedError) Error() string {
	what := fmt.Sprintf("its %s is damaged (%v)", e.Field, e.Cause)
	if e.Cause == nil {
		what = fmt.Sprintf("its %s says %s, and its password was sealed for %s", e.Field, shown(e.Is), shown(e.Was))
	}
	return fmt.Sprintf("the credential pack %s was changed outside of amsx: %s. Nothing was sent. "+
		"Find out who wrote to the control database; then store the pack again with a new token: amsx credential add %s --replace", e.Pack, what, e.Pack)
}

// Unwrap returns the cause.
func (e *TamperedError) Unwrap() error { return e.Cause }

// shown is a name or value from outside for a message: quoted, without control
// characters, not longer than a line.
func shown(text string) string {
	if runes := []rune(text); len(runes) > 100 {
		text = string(runes[:100]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
