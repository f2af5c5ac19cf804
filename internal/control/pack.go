package control

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A Pack is what may be shown of a credential pack: everything but its
// password.
type Pack struct {
	Name      string
	Type      string
	Server    string
	Domain    string
	Hosts     []string // hosts besides Domain that the password may go to
	Username  string
	KeyID     string // the master key that it is sealed with
	Created   time.Time
	Changed   time.Time
	ChangedBy string
	LastUsed  time.Time // zero when never
	UsedBy    []PackUse // by name
}

// A PackUse says who used a pack last under one name.
type PackUse struct {
	Name     string // of the transformation, or "" where none is meant to be remembered
	RunID    int64  // 0 outside of a run
	LastUsed time.Time
}

// A Credential is an opened pack.
type Credential struct {
	Name     string
	Domain   string
	Hosts    []string
	Username string
	Password Secret
}

// AddPack seals and stores a new pack. Errors: *FieldError, *PackExistsError,
// *WrongKeyError where the packs that are there were sealed with another key.
func (db *DB) AddPack(ctx context.Context, key *Key, in PackInput) (Pack, error) {
	return db.putPack(ctx, key, in, false)
}

// ReplacePack stores a pack in the place of the one with its name, where there
// is one. When it was made and who uses it is kept.
func (db *DB) ReplacePack(ctx context.Context, key *Key, in PackInput) (Pack, error) {
	return db.putPack(ctx, key, in, true)
}

func (db *DB) putPack(ctx context.Context, key *Key, in PackInput, replace bool) (Pack, error) {
	in, err := db.checked(in)
	if err != nil {
		return Pack{}, err
	}
	db.mask.learn(in.Password)
	sealed, err := key.seal(sealedPack{Name: in.Name, Type: in.Type, Server: in.Server, Domain: in.Domain,
		Username: in.Username, Hosts: in.Hosts, Password: in.Password.Reveal()})
	if err != nil {
		return Pack{}, fmt.Errorf("seal the credential pack %s: %w", in.Name, err)
	}
	hosts, err := json.Marshal(in.Hosts)
	if err != nil {
		return Pack{}, err
	}
	err = db.write(ctx, "store the credential pack "+in.Name, func(tx *sql.Tx) error {
		if err := oneKey(ctx, tx, key, in.Name); err != nil {
			return err
		}
		var existing string
		err := tx.QueryRowContext(ctx, `SELECT Name FROM Pack WHERE NameKey = ?`, runtime.FoldName(in.Name)).Scan(&existing)
		switch {
		case err == nil && !replace:
			return &PackExistsError{Name: existing}
		case err != nil && !noRows(err):
			return err
		}
		now := db.now()
		_, err = tx.ExecContext(ctx, `
			INSERT INTO Pack (NameKey, Name, Type, Server, Domain, Hosts, Username, KeyID, Sealed, Created, Changed, ChangedBy)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11)
			ON CONFLICT (NameKey) DO UPDATE SET Name = ?2, Type = ?3, Server = ?4, Domain = ?5, Hosts = ?6, Username = ?7,
				KeyID = ?8, Sealed = ?9, Changed = ?10, ChangedBy = ?11`,
			runtime.FoldName(in.Name), in.Name, in.Type, in.Server, in.Domain, string(hosts), in.Username, key.ID(), sealed, now, db.opt.User)
		return err
	})
	if err != nil {
		return Pack{}, err
	}
	return db.Pack(ctx, in.Name)
}

// oneKey refuses to seal with a key that does not open the other packs. The
// pack that is replaced does not count: replacing is how packs whose key is
// lost come back.
func oneKey(ctx context.Context, tx *sql.Tx, key *Key, name string) error {
	rows, err := tx.QueryContext(ctx, `SELECT min(Name), KeyID FROM Pack WHERE NameKey <> ? GROUP BY KeyID ORDER BY 1`, runtime.FoldName(name))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var pack, id string
		if err := rows.Scan(&pack, &id); err != nil {
			return err
		}
		if key.identity(id) == nil {
			return &WrongKeyError{Pack: pack, Want: id, Have: key.ID(), Where: key.source.File}
		}
	}
	return rows.Err()
}

// RotatePack gives a pack another password and leaves the rest as it is. The
// pack must open with key: were its row changed behind our back, the new
// password must not be sealed for whatever stands there now.
func (db *DB) RotatePack(ctx context.Context, key *Key, name string, password Secret) (Pack, error) {
	pack, sealed, err := db.sealedPack(ctx, db.sql, name)
	if err != nil {
		return Pack{}, err
	}
	if _, err := unseal(pack, sealed, key); err != nil {
		return Pack{}, err
	}
	return db.ReplacePack(ctx, key, PackInput{Name: pack.Name, Type: pack.Type, Server: pack.Server,
		Domain: pack.Domain, Hosts: pack.Hosts, Username: pack.Username, Password: password})
}

// RemovePack removes a pack. One that transformations used is removed only when
// confirmed, else the error is *PackInUseError with their names.
func (db *DB) RemovePack(ctx context.Context, name string, confirmed bool) error {
	pack, err := db.Pack(ctx, name)
	if err != nil {
		return err
	}
	if len(pack.UsedBy) > 0 && !confirmed {
		return &PackInUseError{Name: pack.Name, UsedBy: pack.UsedBy}
	}
	return db.write(ctx, "remove the credential pack "+pack.Name, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM Pack WHERE NameKey = ?`, runtime.FoldName(name))
		return err
	})
}

// OpenPack opens a pack and notes who uses it; use.LastUsed is not read, and a
// use without a name leaves only the time. Errors: *NoPackError,
// *WrongKeyError, *TamperedError.
func (db *DB) OpenPack(ctx context.Context, key *Key, name string, use PackUse) (Credential, error) {
	pack, sealed, err := db.sealedPack(ctx, db.sql, name)
	if err != nil {
		return Credential{}, err
	}
	p, err := unseal(pack, sealed, key)
	if err != nil {
		return Credential{}, err
	}
	secret := NewSecret(p.Password)
	db.mask.learn(secret)
	err = db.write(ctx, "note the use of the credential pack "+pack.Name, func(tx *sql.Tx) error {
		now := db.now()
		if _, err := tx.ExecContext(ctx, `UPDATE Pack SET LastUsed = ? WHERE NameKey = ?`, now, runtime.FoldName(name)); err != nil || use.Name == "" {
			return err
		}
		// A pack that was removed a moment ago gets no row.
		_, err := tx.ExecContext(ctx, `
			INSERT INTO PackUse (NameKey, UsedBy, RunID, LastUsed) SELECT NameKey, ?2, ?3, ?4 FROM Pack WHERE NameKey = ?1
			ON CONFLICT (NameKey, UsedBy) DO UPDATE SET RunID = excluded.RunID, LastUsed = excluded.LastUsed`,
			runtime.FoldName(name), use.Name, use.RunID, now)
		return err
	})
	if err != nil {
		return Credential{}, err
	}
	return Credential{Name: p.Name, Domain: p.Domain, Hosts: p.Hosts, Username: p.Username, Password: secret}, nil
}

// unseal opens an envelope and holds it against its row.
func unseal(pack Pack, envelope []byte, key *Key) (sealedPack, error) {
	identity := key.identity(pack.KeyID)
	if identity == nil {
		return sealedPack{}, &WrongKeyError{Pack: pack.Name, Want: pack.KeyID, Have: key.ID(), Where: key.source.File}
	}
	p, err := open(envelope, identity)
	if err != nil {
		return sealedPack{}, &TamperedError{Pack: pack.Name, Field: "sealed part", Cause: err}
	}
	if field, is, was := p.differs(pack); field != "" {
		return sealedPack{}, &TamperedError{Pack: pack.Name, Field: field, Is: is, Was: was}
	}
	return p, nil
}
