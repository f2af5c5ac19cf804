package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/goccy/go-json"
	"github.com/jackc/pgx/v5"

	"github.com/amsx-lang/amsx/internal/pgtest"
)

// onServer is rows 4 and 6: a site on a PostgreSQL server, against the program
// by hand on the same table there.
func (b *bench) onServer() error {
	server, err := pgtest.Start()
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Println("\nRow 4: not measured, PostgreSQL is not installed")
		return nil
	} else if err != nil {
		return err
	}
	defer server.Stop()
	phases := []struct {
		name    string
		changed string
	}{{"first", "0"}, {"unchanged", "0"}, {"1 % changed", "1"}}
	ours, theirs := make([][]figure, 3), make([][]figure, 3)
	fresh := make([]figure, 0, b.rounds)
	for round := range b.rounds {
		var url [2]string
		for i, who := range []string{"amsx", "hand"} {
			name := fmt.Sprintf("%s%d", who, round)
			url[i] = server.URL(name)
			if err := b.emptyServer(server.URL("postgres"), name, url[i]); err != nil {
				return err
			}
		}
		if err := plainConstraints(url[1]); err != nil {
			return err
		}
		for i, ph := range phases {
			sim, err := b.simulator(b.users, "--changed", ph.changed)
			if err != nil {
				return err
			}
			f, err := b.syncServer(sim.url, url[0], b.file("copy", round), "--allow-once", "all")
			if err == nil {
				ours[i] = append(ours[i], f)
				f, err = b.measure("", b.self, "hand", sim.url, token, url[1])
				theirs[i] = append(theirs[i], f)
			}
			if err == nil && i == 1 { // a machine that has no copy yet
				f, err = b.syncServer(sim.url, url[0], b.file("fresh-copy", round))
				fresh = append(fresh, f)
			}
			sim.stop()
			if err != nil {
				return fmt.Errorf("%s: %w", ph.name, err)
			}
		}
	}
	fmt.Printf("\nRows 4 and 6: %d users into PostgreSQL on this machine, %d rounds, medians\n\n| | amsx s | by hand s | amsx ÷ by hand | amsx ÷ its first | amsx CPU s | by hand CPU s | peak MB |\n|---|---|---|---|---|---|---|---|\n", b.users, b.rounds)
	picture := chart{file: "performance-postgresql.svg", title: fmt.Sprintf("Syncing %d users into PostgreSQL", b.users), unit: "s"}
	for i, ph := range phases {
		o, t := ours[i], theirs[i]
		picture.groups = append(picture.groups, group{ph.name, []bar{{"amsx", median(o, wall)}, {"Go by hand", median(t, wall)}}})
		var ratio, first []float64
		for k := range o {
			ratio, first = append(ratio, wall(o[k])/wall(t[k])), append(first, wall(o[k])/wall(ours[0][k]))
		}
		fmt.Printf("| %s | %.2f | %.2f | **%.2f** | %.2f | %.2f | %.2f | %.0f |\n", ph.name, median(o, wall), median(t, wall), middle(ratio), middle(first), median(o, cpu), median(t, cpu), median(o, peak))
	}
	fmt.Printf("| unchanged, on a machine that has no copy yet | %.2f | | | | %.2f | | %.0f |\n", median(fresh, wall), median(fresh, cpu), median(fresh, peak))
	return b.draw(picture)
}

// emptyServer makes a database with the tables of a site and nobody in them.
func (b *bench) emptyServer(admin, name, url string) error {
	c, err := pgx.Connect(context.Background(), admin)
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(context.Background(), "CREATE DATABASE "+name); err != nil {
		return err
	}
	sim, err := b.simulator(0)
	if err != nil {
		return err
	}
	defer sim.stop()
	_, err = b.syncServer(sim.url, url, b.file("copy-"+name, 0))
	return err
}

// syncServer is one run of the product on a site on a server.
func (b *bench) syncServer(sim, url, file string, more ...string) (figure, error) {
	if err := b.credential(sim, url, "--copy", file); err != nil {
		return figure{}, err
	}
	return b.measure("", b.amsx, append([]string{"run", "okta_users", "--database", url, "--copy", file, "--json", "--quiet"}, more...)...)
}

// plainConstraints makes the table one that ON CONFLICT takes, and takes its
// triggers off, as withoutTriggers does: they fill keys that the program by hand
// writes itself.
func plainConstraints(url string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, `ALTER TABLE site.custodian DROP CONSTRAINT custodian_oktaid, DROP CONSTRAINT custodian_login, ADD UNIQUE (oktaid), ADD UNIQUE (loginkey, source);
		DROP TRIGGER amsx_keys_insert ON site.custodian; DROP TRIGGER amsx_keys_update ON site.custodian`)
	return err
}

// handServer is the program by hand for PostgreSQL: one statement a page, with an
// array a column, which is the fastest that was measured; rows that are as they
// were are not written.
func handServer(base, token, url string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	var arrays, set, differs []string
	for i, k := range handColumns {
		typ := "text"
		switch k {
		case "LastLogin":
			typ = "timestamptz"
		case "Active":
			typ = "boolean"
		}
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, typ))
		if i > 0 {
			set = append(set, k+"=excluded."+k)
			differs = append(differs, "c."+k+" IS DISTINCT FROM excluded."+k)
		}
	}
	upsert := "INSERT INTO site.custodian AS c (" + strings.Join(handColumns, ",") + ") SELECT * FROM unnest(" + strings.Join(arrays, ",") +
		") ON CONFLICT (OktaID) DO UPDATE SET " + strings.Join(set, ",") + " WHERE " + strings.Join(differs, " OR ")
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	pages, failed := handPages(base, token)
	for page := range pages {
		columns := make([][]*string, len(handColumns)-2)
		logins, active := make([]*time.Time, len(page)), make([]bool, len(page))
		for i := range page {
			u := &page[i]
			p := &u.Profile
			for k, v := range [...]string{u.ID, p.Login, strings.ToLower(p.Login), p.Email, strings.ToLower(p.Email), p.FirstName, p.LastName,
				strings.TrimSpace(p.FirstName + " " + p.LastName), p.Title, p.Department, p.Organization, p.CostCenter, p.EmployeeNumber,
				p.PrimaryPhone, p.MobilePhone, p.City, p.CountryCode, u.Status, source} {
				var text *string
				if v != "" {
					text = &v
				}
				columns[k] = append(columns[k], text)
			}
			if len(u.LastLogin) > 20 {
				at, err := time.Parse(time.RFC3339, u.LastLogin[:19]+"Z")
				if err != nil {
					return err
				}
				logins[i] = &at
			}
			active[i] = u.Status != "DEPROVISIONED" && u.Status != "SUSPENDED"
		}
		var args []any
		for k, col := range columns {
			if handColumns[k] == "LastLogin" { // it is before Source
				break
			}
			args = append(args, col)
		}
		args = append(args, logins, columns[len(columns)-1], active)
		if _, err := tx.Exec(ctx, upsert, args...); err != nil {
			return err
		}
	}
	select {
	case err := <-failed:
		return err
	default:
	}
	return tx.Commit(ctx)
}

// handPages reads the pages, one of them ahead.
func handPages(base, token string) (<-chan []handUser, <-chan error) {
	pages := make(chan []handUser, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(pages)
		err := handFetch(base+firstPage, token, func(body []byte) error {
			var users []handUser
			if err := json.Unmarshal(body, &users); err != nil {
				return err
			}
			pages <- users
			return nil
		})
		if err != nil {
			failed <- err
		}
	}()
	return pages, failed
}
