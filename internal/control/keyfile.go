package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A KeySource says where the master key is.
type KeySource struct {
	// Value is the key itself, from AMSX_MASTER_KEY. When it is not blank, File
	// is not looked at.
	Value string
	// File is the key file, see DefaultKeyFile.
	File string
}

// ErrNoKey says that there is no master key yet.
var ErrNoKey = errors.New("there is no master key")

// DefaultKeyFile is the key file of this account: amsx/master.key in its
// configuration folder.
func DefaultKeyFile() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("the master key needs a place: this account has no configuration folder (%w); set AMSX_MASTER_KEY", err)
	}
	return filepath.Join(folder, "amsx", "master.key"), nil
}

// LoadKey reads the master key. The error is ErrNoKey (errors.Is) where there
// is none. A key file that others may read, or that lies in the folder of this
// database, is refused.
func (db *DB) LoadKey(source KeySource) (*Key, error) {
	if source.Value != "" {
		key, err := ParseKey(source.Value)
		if err != nil {
			return nil, fmt.Errorf("AMSX_MASTER_KEY: %w", err)
		}
		key.source = source
		return key, nil
	}
	if err := db.apart(source.File); err != nil {
		return nil, err
	}
	key, err := readKeyFile(source.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s does not exist and AMSX_MASTER_KEY is not set; the key is made when the first credential pack is added, by the account that adds it", ErrNoKey, source.File)
	}
	if err != nil {
		return nil, err
	}
	return key, nil
}

// EnsureKey reads the master key, or makes the key file on first use. It makes
// none where packs exist that another key sealed: then it is the wrong account
// or a lost key, and a second key would hide that.
func (db *DB) EnsureKey(ctx context.Context, source KeySource) (*Key, error) {
	key, err := db.LoadKey(source)
	if err == nil || !errors.Is(err, ErrNoKey) {
		return key, err
	}
	var pack, id string
	row := db.sql.QueryRowContext(ctx, `SELECT min(Name), KeyID FROM Pack GROUP BY KeyID LIMIT 1`)
	switch err := row.Scan(&pack, &id); {
	case err == nil:
		return nil, &WrongKeyError{Pack: pack, Want: id, Where: source.File}
	case !noRows(err):
		return nil, db.failed("look for sealed packs", err)
	}
	key, err = NewKey()
	if err != nil {
		return nil, err
	}
	key.source = source
	switch err := createKeyFile(source.File, key); {
	case errors.Is(err, fs.ErrExist): // another process was first
		return db.LoadKey(source)
	case err != nil:
		return nil, fmt.Errorf("the master key cannot be made: %w; give this account the right to write there, or put a key in AMSX_MASTER_KEY", err)
	}
	return key, nil
}

// apart refuses a key file in the folder of the database: a copy of that
// folder would open every pack.
func (db *DB) apart(file string) error {
	if file == "" {
		return fmt.Errorf("%w: neither a key file nor AMSX_MASTER_KEY is given", ErrNoKey)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	for _, keyFolder := range folders(abs) {
		for _, dbFolder := range folders(db.path) {
			if os.SameFile(keyFolder, dbFolder) {
				return fmt.Errorf("the master key %s lies in the folder of the database %s, so a copy of the folder would open every credential pack; move the key to another folder, or put it in AMSX_MASTER_KEY", abs, db.path)
			}
		}
	}
	return nil
}

// folders are the folder of a path and, where the path is a link, that of the
// file itself; those of them that exist.
func folders(path string) (found []fs.FileInfo) {
	paths := []string{path}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		paths = append(paths, real)
	}
	for _, p := range paths {
		if info, err := os.Stat(filepath.Dir(p)); err == nil {
			found = append(found, info)
		}
	}
	return found
}

func readKeyFile(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the master key cannot be read: %w; give this account the right to read it, or put the key in AMSX_MASTER_KEY", err)
	}
	defer f.Close()
	if err := checkPrivate(f); err != nil {
		return nil, err
	}
	const longest = 64 << 10
	text, err := io.ReadAll(io.LimitReader(f, longest+1))
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if len(text) > longest {
		return nil, fmt.Errorf("key file %s: it is larger than 64 KB and holds more than keys; is it the right file?", path)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	key.source = KeySource{File: path}
	return key, nil
}

// createKeyFile writes a key file that must not exist yet. Readers never see
// half of it: it is written aside and then linked to its name.
func createKeyFile(path string, key *Key) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	aside, err := writeAside(path, key)
	if err != nil {
		return err
	}
	defer os.Remove(aside)
	switch err = os.Link(aside, path); {
	case err == nil:
		return settle(path)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	// A file system without links. Two first uses at once could meet here; the
	// one that lost would seal with a key that is gone, so it looks first.
	if _, statErr := os.Stat(path); statErr == nil {
		return fs.ErrExist
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	return settle(path)
}

// replaceKeyFile puts another ring in the place of the key file, at once or
// not at all.
func replaceKeyFile(path string, key *Key) error {
	aside, err := writeAside(path, key)
	if err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		os.Remove(aside)
		return err
	}
	return settle(path)
}

// settle waits until the name of a key file is on the disk too. A power cut
// must not take back a key that packs are sealed with.
func settle(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// writeAside writes the key to a new private file beside path.
func writeAside(path string, key *Key) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".master-*.key") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := makePrivate(f.Name()); err != nil {
		return "", err
	}
	var text bytes.Buffer
	text.WriteString("# Master key of amsx: it opens the credential packs. Keep a copy in a safe, and none beside the database.\n" +
		"# The first key seals; older ones below it open what they sealed.\n")
	text.WriteString(key.Reveal().Reveal() + "\n")
	if _, err := f.Write(text.Bytes()); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}
