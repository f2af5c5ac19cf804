package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/amsx-lang/amsx/runtime"
)

const packColumns = `Name, Type, Server, Domain, Hosts, Username, KeyID, Created, Changed, ChangedBy, LastUsed`

// Pack is the pack with a name, without regard to case. Error: *NoPackError.
func (db *DB) Pack(ctx context.Context, name string) (Pack, error) {
	pack, _, err := db.sealedPack(ctx, db.sql, name)
	if err != nil {
		return Pack{}, err
	}
	pack.UsedBy, err = db.packUses(ctx, name)
	return pack, err
}

// Packs lists all packs by name.
func (db *DB) Packs(ctx context.Context) ([]Pack, error) {
	names, err := db.packNames(ctx, db.sql)
	if err != nil {
		return nil, err
	}
	var packs []Pack
	for _, name := range names {
		pack, err := db.Pack(ctx, name)
		if err != nil {
			return nil, err
		}
		packs = append(packs, pack)
	}
	return packs, nil
}

// PackNames lists the names of all packs.
func (db *DB) PackNames(ctx context.Context) ([]string, error) { return db.packNames(ctx, db.sql) }

// sealedPack reads a pack and its envelope.
func (db *DB) sealedPack(ctx context.Context, q querier, name string) (pack Pack, envelope []byte, err error) {
	var hosts string
	var created, changed, used moment
	err = q.QueryRowContext(ctx, `SELECT `+packColumns+`, Sealed FROM Pack WHERE NameKey = ?`, runtime.FoldName(name)).Scan(
		&pack.Name, &pack.Type, &pack.Server, &pack.Domain, &hosts, &pack.Username, &pack.KeyID,
		&created, &changed, &pack.ChangedBy, &used, &envelope)
	if noRows(err) {
		names, err := db.packNames(ctx, q)
		if err != nil {
			return Pack{}, nil, err
		}
		return Pack{}, nil, noPack(name, names)
	}
	if err != nil {
		return Pack{}, nil, db.failed("read the credential pack "+name, err)
	}
	if err := json.Unmarshal([]byte(hosts), &pack.Hosts); err != nil {
		return Pack{}, nil, &TamperedError{Pack: pack.Name, Field: "list of hosts that it also sends to", Cause: fmt.Errorf("it is not a list")}
	}
	pack.Created, pack.Changed, pack.LastUsed = created.Time, changed.Time, used.Time
	return pack, envelope, nil
}

func (db *DB) packNames(ctx context.Context, q querier) (names []string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT Name FROM Pack ORDER BY NameKey`)
	if err != nil {
		return nil, db.failed("list the credential packs", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, db.failed("list the credential packs", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list the credential packs", err)
	}
	return names, nil
}

func (db *DB) packUses(ctx context.Context, name string) (uses []PackUse, err error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT UsedBy, RunID, LastUsed FROM PackUse WHERE NameKey = ? ORDER BY UsedBy`, runtime.FoldName(name))
	if err != nil {
		return nil, db.failed("read who uses the credential pack "+name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var use PackUse
		var used moment
		if err := rows.Scan(&use.Name, &use.RunID, &used); err != nil {
			return nil, db.failed("read who uses the credential pack "+name, err)
		}
		use.LastUsed = used.Time
		uses = append(uses, use)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("read who uses the credential pack "+name, err)
	}
	return uses, nil
}
