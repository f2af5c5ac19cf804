package builtins

import (
	"strings"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/runtime"
)

// The most that a setting holds, in characters.
const (
	maxOptionName  = 100
	maxOptionValue = 4000
)

func optionCommands() []*runtime.Command {
	name := required("name", runtime.TextParam, "the setting's name (SpecialOptionCode), of letters, digits, _ . and -, in any case")
	context := optional("context", runtime.TextParam, "whom the value is for: a user's name, or `COLL-` and the name of a collection server; left out: everyone")
	check := func(c *runtime.CheckedCall) {
		if text, _, ok := c.Literal(0); ok {
			if err := checkOption(text); err != nil {
				refuse(c, 0, err)
			}
		}
	}
	return []*runtime.Command{
		{
			Name: "SpecialOption", Group: "Scripts", Summary: "Gives a setting of the site.", Function: true, Statement: true, Effects: runtime.ReadsDB, Provenance: runtime.Documented,
			Doc: "A setting has one value for everyone, and may have others for single users or collection servers: with a context theirs is taken where they have one, else the one for everyone, else the default. " +
				"Settings are rows of the table `SpecialOption`; SaveOption changes them. The settings of mail (SMTPSERVER and its like) are the program's and not among them.",
			Result: "the value, a Text, also in %MSRESULT%; the default when there is no such setting, Null without one",
			Params: []runtime.Param{name, optional("default", runtime.AnyParam, "what is given when there is no such setting"), context}, Errors: []string{"the name is none, or one of the program's settings"},
			Examples: []runtime.Example{script("Set since = SpecialOption \"LastExport\", \"2026-01-01\"\nLog \"info\", %since%\nSaveOption \"LastExport\", \"2026-03-01\"\nSpecialOption \"LastExport\", \"2026-01-01\"\nLog \"info\", %MSRESULT%\n", "2026-01-01\n2026-03-01\n")},
			Check:    check, Run: specialOption,
		},
		{
			Name: "SaveOption", Group: "Scripts", Summary: "Gives a setting of the site a value, or takes it away.", Statement: true, Effects: runtime.ReadsDB | runtime.WritesDB,
			Doc: "It is a change of the run like a change of a row: the script sees it at once, others when the run has ended well; a run that fails or is a test leaves nothing of it, and it is listed with what the run did. A value that the setting has already changes nothing. An empty value, or Null, takes the setting away, so that SpecialOption gives its default. " +
				"Everyone who reads the site can read its settings: a secret is refused, and belongs into a credential pack.",
			Params: []runtime.Param{name, required("value", runtime.AnyParam, "a text, a number, True or False, a date; at most 4,000 characters"), context},
			Errors: []string{"the name is none, or one of the program's settings", "the value is a list or a record, or too long", "the value holds a secret"},
			Examples: []runtime.Example{script("SaveOption \"ReportDays\", 30\nSaveOption \"ReportDays\", 7, \"ann\"\nLog \"info\", SpecialOption(\"ReportDays\") & \" \" & SpecialOption(\"ReportDays\", , \"ann\") & \" \" & SpecialOption(\"ReportDays\", , \"ben\")\n"+
				"SaveOption \"ReportDays\", Null\nLog \"info\", SpecialOption(\"ReportDays\", \"not set\")\n", "30 7 30\nnot set\n")},
			Check: check, Run: saveOption,
		},
	}
}

// checkOption reports a name that no setting of the site has.
func checkOption(name string) error {
	name = strings.TrimSpace(name)
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r)) {
			return failf("write letters A to Z, digits, _ . and - only, such as LastExport", "%q is no name of a setting", name)
		}
	}
	switch {
	case name == "":
		return failf("write a name, such as LastExport", "the name of the setting is empty")
	case len(name) > maxOptionName:
		return failf("take a shorter one", "the name of the setting is longer than %d characters", maxOptionName)
	case strings.HasPrefix(strings.ToUpper(name), "SMTP"):
		return failf("take another name for a setting of your own", "%s is a setting of the program, which no script reads or changes", strings.ToUpper(name))
	}
	return nil
}

// optionOf returns the name and the context of a setting.
func optionOf(c *runtime.Call) (name, of string, err error) {
	if c.Host().Site == nil {
		return "", "", errNoSite
	}
	name, of = strings.TrimSpace(c.Text(0)), strings.TrimSpace(c.Text(2))
	if utf8.RuneCountInString(of) > maxOptionName {
		return "", "", failf("write a user's name, or COLL- and the name of a collection server", "the context of the setting is longer than %d characters", maxOptionName)
	}
	return name, of, checkOption(name)
}

func specialOption(c *runtime.Call) (runtime.Value, error) {
	name, of, err := optionOf(c)
	if err != nil {
		return runtime.Null(), err
	}
	value, ok, err := c.Host().Site.Option(c.Context(), name, of)
	if err != nil || !ok {
		return c.Arg(1), err
	}
	return runtime.Text(value), nil
}

func saveOption(c *runtime.Call) (runtime.Value, error) {
	name, of, err := optionOf(c)
	if err != nil {
		return runtime.Null(), err
	}
	v := c.Arg(1)
	switch v.Kind() {
	case runtime.KindNull, runtime.KindText, runtime.KindNumber, runtime.KindBoolean, runtime.KindDate, runtime.KindDateTime:
	default:
		return runtime.Null(), failf("ToJson makes a text of it", "a setting is one value, and this is a %s", v.Kind())
	}
	value := v.Text()
	switch {
	case utf8.RuneCountInString(value) > maxOptionValue:
		return runtime.Null(), failf("keep it in a file or a table", "the value of the setting %s is longer than %d characters", name, maxOptionValue)
	case c.Secret(value) || c.Secret(of):
		return runtime.Null(), failf("leave it in the credential pack", "the value of the setting %s holds a secret, and everyone who reads the site can read its settings", name)
	}
	_, err = c.Host().Site.SaveOption(c.Context(), name, of, value, c.Pos())
	return runtime.Null(), err
}
