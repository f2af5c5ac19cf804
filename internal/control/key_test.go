package control

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestKeyFileIsMadeOnce(t *testing.T) {
	db := openTest(t, testOptions())
	source := keySource(t)
	_, err := db.LoadKey(source)
	if !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
	wantError(t, err, source.File, "AMSX_MASTER_KEY")
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			key, err := db.EnsureKey(t.Context(), source)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = key.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("first uses at once made keys %v", ids)
		}
	}
	if files := must(os.ReadDir(filepath.Dir(source.File))); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	if runtime.GOOS != "windows" {
		if mode := must(os.Stat(source.File)).Mode().Perm(); mode != 0o600 {
			t.Errorf("mode %04o", mode)
		}
	}
}

func TestKeyFileRefused(t *testing.T) {
	good := must(NewKey()).Reveal().Reveal()
	for name, test := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"readable by the group": {good, 0o640, "chmod 600"},
		"readable by all":       {good, 0o604, "chmod 600"},
		"writable by others":    {good, 0o602, "chmod 600"},
		"empty":                 {"", 0o600, "empty"},
		"comment only":          {"# nothing\n", 0o600, "empty"},
		"cut":                   {good[:60], 0o600, "cut when it was copied"},
		"public half":           {"age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\n", 0o600, "AGE-SECRET-KEY-1"},
		"broken line":           {good + "\n" + good[:40], 0o600, "cut when it was copied"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(test.want, "chmod") {
				t.Skip("modes are of Unix")
			}
			db := openTest(t, testOptions())
			file := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, test.mode); err != nil {
				t.Fatal(err)
			}
			for _, load := range []func() (*Key, error){
				func() (*Key, error) { return db.LoadKey(KeySource{File: file}) },
				func() (*Key, error) { return db.EnsureKey(t.Context(), KeySource{File: file}) },
			} {
				_, err := load()
				wantError(t, err, file, test.want)
				if strings.Contains(err.Error(), good[16:50]) {
					t.Error("the error shows the key")
				}
			}
			if string(must(os.ReadFile(file))) != test.content {
				t.Error("the file was written over")
			}
		})
	}
}

func TestKeyFromValue(t *testing.T) {
	db := openTest(t, testOptions())
	key, second := must(NewKey()), must(NewKey())
	text := key.Reveal().Reveal()
	for _, value := range []string{text, " " + text + "\r\n", text + " " + second.Reveal().Reveal(), text + "," + second.Reveal().Reveal()} {
		got, err := db.LoadKey(KeySource{Value: value, File: "/does/not/exist"})
		if err != nil || got.ID() != key.ID() {
			t.Errorf("%v, %v", got, err)
		}
	}
	_, err := db.LoadKey(KeySource{Value: text[:50]})
	wantError(t, err, "AMSX_MASTER_KEY", "74 characters")
	if strings.Contains(err.Error(), text[16:50]) {
		t.Error("the error shows the key")
	}
	_, err = db.LoadKey(KeySource{Value: "  "})
	wantError(t, err, "AMSX_MASTER_KEY", "empty")
}

func TestKeyBesideTheDatabase(t *testing.T) {
	site := t.TempDir()
	db := reopen(t, filepath.Join(site, "amsx.control.db"), testOptions())
	beside := filepath.Join(site, "master.key")
	check := func(file string) {
		t.Helper()
		_, err := db.EnsureKey(t.Context(), KeySource{File: file})
		wantError(t, err, "would open every credential pack", "AMSX_MASTER_KEY")
	}
	check(beside)
	if _, err := os.Stat(beside); err == nil {
		t.Error("a key was made there")
	}
	check(filepath.Join(site, "sub", "..", "master.key"))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(site, link); err != nil {
		t.Skip("no symbolic links here")
	}
	check(filepath.Join(link, "master.key"))
	// The file is elsewhere by its name, and here in truth.
	if err := os.WriteFile(beside, []byte(must(NewKey()).Reveal().Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "master.key")
	if err := os.Symlink(beside, other); err != nil {
		t.Fatal(err)
	}
	check(other)

	// The database is elsewhere by its name, and beside the key in truth.
	linked := filepath.Join(t.TempDir(), "linked.control.db")
	if err := os.Symlink(db.Path(), linked); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, linked, testOptions())
	check(beside)
}

func TestKeyFolderCannotBeMade(t *testing.T) {
	db := openTest(t, testOptions())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := db.EnsureKey(t.Context(), KeySource{File: filepath.Join(file, "amsx", "master.key")})
	wantError(t, err, file, "AMSX_MASTER_KEY")
}

// The nightly job runs as another account: no second key is made, which would
// leave two kinds of packs, each opening for one of them only.
func TestNoSecondKey(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	key := testKey(t, db)
	must(db.AddPack(ctx, key, oktaPack()))

	elsewhere := keySource(t)
	_, err := db.EnsureKey(ctx, elsewhere)
	var wrong *WrongKeyError
	if !errors.As(err, &wrong) || wrong.Want != key.ID() {
		t.Error(err)
	}
	wantError(t, err, "OKTA_API", key.ID(), elsewhere.File, "as the account that added the pack")
	if _, err := os.Stat(elsewhere.File); err == nil {
		t.Error("a key was made")
	}
	in := oktaPack()
	in.Name = "SECOND"
	_, err = db.AddPack(ctx, must(NewKey()), in)
	wantError(t, err, "OKTA_API", key.ID())
	// The way back from a lost key: the only pack is stored again.
	if _, err := db.ReplacePack(ctx, must(NewKey()), oktaPack()); err != nil {
		t.Error(err)
	}
}

func TestRotateKey(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	source := keySource(t)
	old := must(db.EnsureKey(ctx, source))
	for _, name := range []string{"A", "B", "C"} {
		in := oktaPack()
		in.Name = name
		must(db.AddPack(ctx, old, in))
	}
	next, n, err := db.RotateKey(ctx, source)
	if err != nil || n != 3 || next.ID() == old.ID() {
		t.Fatal(next, n, err)
	}
	for _, pack := range must(db.Packs(ctx)) {
		if pack.KeyID != next.ID() || pack.ChangedBy != "ann" {
			t.Errorf("%+v", pack)
		}
	}
	loaded := must(db.LoadKey(source))
	if loaded.ID() != next.ID() {
		t.Error("the file does not begin with the new key")
	}
	// A run that began before the rotation holds the old ring, and goes on.
	for _, key := range []*Key{old, next, loaded} {
		if cred, err := db.OpenPack(ctx, key, "B", PackUse{}); err != nil || cred.Password.Reveal() != secretText {
			t.Error(err)
		}
	}
	// The new key alone opens everything; the old one alone nothing.
	alone := must(ParseKey(strings.SplitN(next.Reveal().Reveal(), "\n", 2)[0]))
	if _, err := db.OpenPack(ctx, alone, "B", PackUse{}); err != nil {
		t.Error(err)
	}
	_, err = db.OpenPack(ctx, must(ParseKey(old.Reveal().Reveal())), "B", PackUse{})
	wantError(t, err, next.ID())
	if runtime.GOOS != "windows" {
		if mode := must(os.Stat(source.File)).Mode().Perm(); mode != 0o600 {
			t.Errorf("mode %04o", mode)
		}
	}
	_, _, err = db.RotateKey(ctx, KeySource{Value: next.Reveal().Reveal()})
	wantError(t, err, "AMSX_MASTER_KEY")
}

// A rotation that is cut off between the file and the database, or meets a pack
// it cannot open, leaves every pack open.
func TestRotationCutOff(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	source := keySource(t)
	old := must(db.EnsureKey(ctx, source))
	must(db.AddPack(ctx, old, oktaPack()))
	in := oktaPack()
	in.Name = "ZZZ"
	must(db.AddPack(ctx, old, in))
	execute(t, db, `UPDATE Pack SET Domain = 'evil.example.org' WHERE Name = 'ZZZ'`)
	_, n, err := db.RotateKey(ctx, source)
	if n != 0 {
		t.Errorf("%d packs sealed anew", n)
	}
	wantError(t, err, "ZZZ", "evil.example.org")
	if pack := must(db.Pack(ctx, "OKTA_API")); pack.KeyID != old.ID() {
		t.Error("half of the packs were sealed anew")
	}
	ring := must(db.LoadKey(source))
	if _, err := db.OpenPack(ctx, ring, "OKTA_API", PackUse{}); err != nil {
		t.Error(err)
	}
	in.Name = "NEW"
	if _, err := db.AddPack(ctx, ring, in); err != nil {
		t.Error("packs cannot be added after a rotation that was cut off:", err)
	}
	if err := db.RemovePack(ctx, "ZZZ", true); err != nil {
		t.Fatal(err)
	}
	if next, n, err := db.RotateKey(ctx, source); err != nil || n != 2 || must(db.Pack(ctx, "NEW")).KeyID != next.ID() {
		t.Error(n, err)
	}
}

func TestTwoRotations(t *testing.T) {
	db := openTest(t, testOptions())
	source := keySource(t)
	must(db.EnsureKey(t.Context(), source))
	unlock := must(lockKeyFile(source.File))
	_, _, err := db.RotateKey(t.Context(), source)
	wantError(t, err, "another amsx", source.File+".rotating")
	unlock()
	if _, _, err := db.RotateKey(t.Context(), source); err != nil {
		t.Error(err)
	}
}

func TestOpenTo(t *testing.T) {
	for sddl, want := range map[string]string{
		"D:P(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FA;;;SY)": "",
		"D:PAI(A;;FA;;;BA)(A;;0x1200a9;;;BU)":          "every user of this machine",
		"D:AI(A;ID;FA;;;SY)(A;ID;FR;;;WD)":             "everyone",
		"D:(D;;FA;;;WD)(A;;FA;;;SY)":                   "",
		"D:(A;;FR;;;AU)":                               "every signed-in user",
		"D:NO_ACCESS_CONTROL":                          "everyone",
		"":                                             "everyone",
		"O:SYG:SYD:P(A;;FA;;;S-1-5-21-1-2-3-1001)S:AI(AU;SAFA;FA;;;WD)":      "",
		"D:P(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FA;;;S-1-5-32-545)(A;;FA;;;SY)": "every user of this machine",
	} {
		if got := openTo(sddl); got != want {
			t.Errorf("%q is open to %q, want %q", sddl, got, want)
		}
	}
}
