package control

import (
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPackLife(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	key := testKey(t, db)
	added, err := db.AddPack(ctx, key, oktaPack())
	if err != nil {
		t.Fatal(err)
	}
	want := Pack{Name: "OKTA_API", Type: NamedCredentials, Server: ApplicationServer, Domain: "contoso.example.com",
		Hosts: []string{"login.example.com"}, Username: "unused", KeyID: key.ID(), ChangedBy: "ann"}
	times := cmpopts.IgnoreFields(Pack{}, "Created", "Changed", "LastUsed")
	if diff := cmp.Diff(want, added, times); diff != "" {
		t.Error(diff)
	}
	if added.Created.IsZero() || !added.LastUsed.IsZero() {
		t.Errorf("created %v, last used %v", added.Created, added.LastUsed)
	}

	_, err = db.AddPack(ctx, key, PackInput{Name: "okta_api", Type: "x", Server: "x", Domain: "x", Username: "x", Password: NewSecret("x")})
	wantError(t, err, "OKTA_API already", "--replace")

	cred, err := db.OpenPack(ctx, key, "okta_Api", PackUse{Name: "Get Users from OKTA", RunID: 7})
	if err != nil {
		t.Fatal(err)
	}
	if cred.Password.Reveal() != secretText || cred.Domain != "contoso.example.com" || cred.Username != "unused" || cred.Hosts[0] != "login.example.com" {
		t.Errorf("opened %+v", cred)
	}
	if _, err := db.RotatePack(ctx, key, "OKTA_API", NewSecret("00TestTokenNotRealSecond")); err != nil {
		t.Fatal(err)
	}
	cred, err = db.OpenPack(ctx, key, "OKTA_API", PackUse{})
	if err != nil || cred.Password.Reveal() != "00TestTokenNotRealSecond" || cred.Hosts[0] != "login.example.com" {
		t.Fatalf("after rotation: %v, %v", cred, err)
	}
	packs, err := db.Packs(ctx)
	if err != nil || len(packs) != 1 || packs[0].LastUsed.IsZero() || packs[0].UsedBy[0].Name != "Get Users from OKTA" || packs[0].UsedBy[0].RunID != 7 {
		t.Errorf("list %+v, %v", packs, err)
	}

	var inUse *PackInUseError
	err = db.RemovePack(ctx, "OKTA_API", false)
	if !errors.As(err, &inUse) || inUse.UsedBy[0].Name != "Get Users from OKTA" {
		t.Errorf("remove: %v", err)
	}
	wantError(t, err, "Get Users from OKTA", "--yes")
	if err := db.RemovePack(ctx, "OKTA_API", true); err != nil {
		t.Fatal(err)
	}
	wantError(t, db.RemovePack(ctx, "OKTA_API", true), "no credential pack", "amsx credential add")
}

func TestNoPackNamesTheNearOne(t *testing.T) {
	db := openTest(t, testOptions())
	key := testKey(t, db)
	for _, name := range []string{"OKTA_API", "AZURE"} {
		in := oktaPack()
		in.Name = name
		if _, err := db.AddPack(t.Context(), key, in); err != nil {
			t.Fatal(err)
		}
	}
	for _, wrong := range []string{"OKTA-API", "okta api", "OktaAPI", "OKTA_APJ", "OKTA_AP"} {
		_, err := db.OpenPack(t.Context(), key, wrong, PackUse{})
		wantError(t, err, "did you mean OKTA_API?", "AZURE, OKTA_API")
	}
	_, err := db.OpenPack(t.Context(), key, "SALESFORCE", PackUse{})
	wantError(t, err, "SALESFORCE", "AZURE, OKTA_API")
	if strings.Contains(err.Error(), "did you mean") {
		t.Error("SALESFORCE is near to nothing here")
	}
}

func TestPackFields(t *testing.T) {
	db := openTest(t, testOptions())
	key := testKey(t, db)
	for name, test := range map[string]struct {
		edit func(*PackInput)
		want string
	}{
		"blank name":         {func(p *PackInput) { p.Name = " " }, "Pack Name: it is blank"},
		"space in name":      {func(p *PackInput) { p.Name = "OKTA API" }, "write OKTA_API"},
		"quote in name":      {func(p *PackInput) { p.Name = `OKTA"API` }, "use letters"},
		"option as name":     {func(p *PackInput) { p.Name = "-yes" }, "dash"},
		"long name":          {func(p *PackInput) { p.Name = strings.Repeat("x", 65) }, "64"},
		"blank type":         {func(p *PackInput) { p.Type = "" }, "Credential Type: it is blank"},
		"blank server":       {func(p *PackInput) { p.Server = "\t" }, "Collection Server: it is blank"},
		"blank domain":       {func(p *PackInput) { p.Domain = "" }, "Domain: it is blank"},
		"wrong domain":       {func(p *PackInput) { p.Domain = "{yourOktaDomain}" }, "Domain: "},
		"wrong host":         {func(p *PackInput) { p.Hosts = []string{"a b"} }, "Also sends to: "},
		"blank username":     {func(p *PackInput) { p.Username = "" }, "any word will do"},
		"control character":  {func(p *PackInput) { p.Username = "a\x1b[31mb" }, "control character"},
		"blank password":     {func(p *PackInput) { p.Password = NewSecret(" \n") }, "Password: it is blank"},
		"no password":        {func(p *PackInput) { p.Password = Secret{} }, "Password: it is blank"},
		"copied line break":  {func(p *PackInput) { p.Password = NewSecret(secretText + "\n") }, "blank or a line break"},
		"the mask":           {func(p *PackInput) { p.Password = NewSecret("••••") }, "the mask"},
		"password not UTF-8": {func(p *PackInput) { p.Password = NewSecret("abc\xff" + "defgh") }, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			in := oktaPack()
			test.edit(&in)
			_, err := db.AddPack(t.Context(), key, in)
			wantError(t, err, test.want)
			var field *FieldError
			if !errors.As(err, &field) {
				t.Errorf("%T is no *FieldError", err)
			}
		})
	}
	if packs, err := db.Packs(t.Context()); err != nil || len(packs) != 0 {
		t.Errorf("a refused pack was stored: %v, %v", packs, err)
	}
	in := oktaPack()
	in.Hosts = []string{"LOGIN.example.com", "https://login.example.com", "contoso.example.com"}
	pack, err := db.AddPack(t.Context(), key, in)
	if diff := cmp.Diff([]string{"login.example.com"}, pack.Hosts); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// A copy of the site's folder opens nothing, and neither the database nor what
// SQLite keeps beside it holds the password in any form.
func TestStolenDatabase(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	db := reopen(t, filepath.Join(dir, "amsx.control.db"), testOptions())
	key := testKey(t, db)
	if _, err := db.AddPack(ctx, key, oktaPack()); err != nil {
		t.Fatal(err)
	}
	cred, err := db.OpenPack(ctx, key, "OKTA_API", PackUse{})
	if err != nil {
		t.Fatal(err)
	}
	// A careless caller writes the secret into every text of a run.
	s := cred.Password.Reveal()
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + s))
	lease, err := db.Acquire(ctx, "T", RunInfo{Script: "Log " + s, Parameters: map[string]string{"p": s}})
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Append(ctx, Entries{
		Log:      []LogLine{{Message: "GET ?token=" + url.QueryEscape(s)}, {Message: "Basic " + basic}, {Message: strings.Repeat("x", longestMessage-10) + s}},
		Warnings: []Warning{{Message: s}},
		Rejects:  []Reject{{Key: s, Reason: s, Fields: []byte(`{"a":"00TestTokenNotReal/+aAbBcC=quite\"long"}`)}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := lease.Progress(ctx, s, 1, Counts{}); err != nil {
		t.Fatal(err)
	}
	if err := lease.Finish(ctx, Outcome{Status: Failed, Error: "SSWS " + s}); err != nil {
		t.Fatal(err)
	}
	wantError(t, db.SaveSetting(ctx, "note", "it is "+s), "note", "belongs in the pack only")

	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	scanned := 0
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		scanned += len(data)
		needles := append(encodings(s), "AGE-SECRET-KEY", basic[12:40])
		for _, needle := range needles {
			if strings.Contains(string(data), needle) {
				t.Errorf("%s holds %q", f.Name(), needle)
			}
		}
	}
	if scanned < 10_000 {
		t.Errorf("only %d bytes looked at", scanned)
	}
	if run, err := db.Run(ctx, lease.RunID()); err != nil || run.Error != "SSWS ••••" {
		t.Errorf("error kept as %q, %v", run.Error, err)
	}

	thief := reopen(t, filepath.Join(dir, "amsx.control.db"), testOptions())
	_, err = thief.LoadKey(keySource(t))
	if !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
	other, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, err = thief.OpenPack(ctx, other, "OKTA_API", PackUse{})
	var wrong *WrongKeyError
	if !errors.As(err, &wrong) {
		t.Error(err)
	}
	execute(t, thief, `UPDATE Pack SET KeyID = ?`, other.ID())
	_, err = thief.OpenPack(ctx, other, "OKTA_API", PackUse{})
	wantError(t, err, "changed outside of amsx")
}

// A removed pack is gone from the file too, sealed as it was.
func TestRemovedPackIsGone(t *testing.T) {
	db := openTest(t, testOptions())
	must(db.AddPack(t.Context(), testKey(t, db), oktaPack()))
	holds := func() bool {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		data := must(os.ReadFile(db.Path()))
		db = reopen(t, db.Path(), testOptions())
		return strings.Contains(string(data), "age-encryption.org") || strings.Contains(string(data), "contoso.example.com")
	}
	if !holds() {
		t.Fatal("the pack is not where this test looks for it")
	}
	if err := db.RemovePack(t.Context(), "OKTA_API", false); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("the file still holds the removed pack")
	}
}

// Whoever can write to the database cannot send the password elsewhere.
func TestTampering(t *testing.T) {
	for name, test := range map[string]struct{ edit, want string }{
		"domain":                   {`UPDATE Pack SET Domain = 'evil.example.org' WHERE Name = 'OKTA_API'`, `says "evil.example.org"`},
		"hosts":                    {`UPDATE Pack SET Hosts = '["login.example.com","evil.example.org"]' WHERE Name = 'OKTA_API'`, "evil.example.org"},
		"no list":                  {`UPDATE Pack SET Hosts = 'evil.example.org' WHERE Name = 'OKTA_API'`, "not a list"},
		"username":                 {`UPDATE Pack SET Username = 'eve' WHERE Name = 'OKTA_API'`, "eve"},
		"type":                     {`UPDATE Pack SET Type = 'SSH' WHERE Name = 'OKTA_API'`, "SSH"},
		"server":                   {`UPDATE Pack SET Server = 'other' WHERE Name = 'OKTA_API'`, "other"},
		"envelope of another pack": {`UPDATE Pack SET Sealed = (SELECT Sealed FROM Pack WHERE Name = 'EVIL') WHERE Name = 'OKTA_API'`, "changed outside"},
		"into another pack":        {`UPDATE Pack SET Sealed = (SELECT Sealed FROM Pack WHERE Name = 'EVIL'), Domain = 'evil.example.org' WHERE Name = 'OKTA_API'`, "changed outside"},
		"name":                     {`UPDATE Pack SET Name = 'okta_api' WHERE Name = 'OKTA_API'`, "Pack Name"},
		"bytes":                    {`UPDATE Pack SET Sealed = CAST(substr(Sealed, 1, length(Sealed) - 1) || iif(substr(Sealed, -1) = x'00', x'01', x'00') AS BLOB) WHERE Name = 'OKTA_API'`, "damaged"},
		"emptied":                  {`UPDATE Pack SET Sealed = x'' WHERE Name = 'OKTA_API'`, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			db := openTest(t, testOptions())
			key := testKey(t, db)
			evil := oktaPack()
			evil.Name, evil.Domain = "EVIL", "evil.example.org"
			for _, in := range []PackInput{oktaPack(), evil} {
				if _, err := db.AddPack(ctx, key, in); err != nil {
					t.Fatal(err)
				}
			}
			execute(t, db, test.edit)
			cred, err := db.OpenPack(ctx, key, "OKTA_API", PackUse{})
			wantError(t, err, test.want, "--replace")
			if !cred.Password.Empty() {
				t.Error("the password came out")
			}
			var tampered *TamperedError
			if !errors.As(err, &tampered) {
				t.Errorf("%T", err)
			}
			if _, err = db.RotatePack(ctx, key, "OKTA_API", NewSecret("00TestTokenNotRealSecond")); !errors.As(err, &tampered) {
				t.Errorf("rotate sealed a new password for a changed row: %v", err)
			}
			if _, err = db.Rekey(ctx, key, must(NewKey())); !errors.As(err, &tampered) {
				t.Errorf("rekey sealed a changed row: %v", err)
			}
		})
	}
}

// An age envelope can be made by anyone who knows the public half of the key.
func TestForgedEnvelope(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	key := testKey(t, db)
	if _, err := db.AddPack(ctx, key, oktaPack()); err != nil {
		t.Fatal(err)
	}
	execute(t, db, `UPDATE Pack SET Sealed = ?`, forge(t, key))
	_, err := db.OpenPack(ctx, key, "OKTA_API", PackUse{})
	wantError(t, err, "not made with the master key")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
