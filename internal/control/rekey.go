package control

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/amsx-lang/amsx/runtime"
)

// Rekey seals every pack with next instead of old, all or none, and returns how
// many. A pack that does not open stops it.
//
// Who runs with a key ring that holds both keys opens packs before and after;
// RotateKey arranges that.
func (db *DB) Rekey(ctx context.Context, old, next *Key) (int, error) {
	count := 0
	err := db.write(ctx, "seal the credential packs with another master key", func(tx *sql.Tx) error {
		count = 0
		names, err := db.packNames(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range names {
			pack, envelope, err := db.sealedPack(ctx, tx, name)
			if err != nil {
				return err
			}
			if pack.KeyID == next.ID() {
				continue
			}
			p, err := unseal(pack, envelope, old)
			if err != nil {
				return err
			}
			sealed, err := next.seal(p)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE Pack SET KeyID = ?, Sealed = ? WHERE NameKey = ?`, next.ID(), sealed, runtime.FoldName(name)); err != nil {
				return err
			}
			count++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// RotateKey makes a new master key in the key file and seals every pack with
// it; runs that go on meanwhile keep opening packs. The file keeps the older
// keys below the new one, so that backups of the database still open, and so
// that a rotation that is cut off at any point leaves every pack open.
func (db *DB) RotateKey(ctx context.Context, source KeySource) (next *Key, packs int, err error) {
	if source.Value != "" {
		return nil, 0, errors.New("the master key is in AMSX_MASTER_KEY, which amsx cannot change; put a new key in front of the old one there, separated by a blank, and seal the packs again")
	}
	unlock, err := lockKeyFile(source.File)
	if err != nil {
		return nil, 0, err
	}
	defer unlock()
	old, err := db.LoadKey(source)
	if err != nil {
		return nil, 0, err
	}
	next, err = NewKey()
	if err != nil {
		return nil, 0, err
	}
	next = next.over(old)
	if err := replaceKeyFile(source.File, next); err != nil {
		return nil, 0, fmt.Errorf("master key: %w", err)
	}
	packs, err = db.Rekey(ctx, old, next)
	return next, packs, err
}

// lockKeyFile keeps two rotations apart: each would write a ring without the
// other's new key. The key file may serve several databases, so a lock in one
// of them would not do.
func lockKeyFile(path string) (unlock func(), err error) {
	lock := path + ".rotating"
	f, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the master key is being rotated by another amsx; if none is at work, a rotation was cut off: remove %s and rotate again (no pack is lost)", lock)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	f.Close()
	return func() { os.Remove(lock) }, nil
}
