package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// keys is row 10: a first sync whose keys come in the order of the pages, and one
// whose keys come in no order, because the login is the key.
func (b *bench) keys() error {
	users := 3 * b.users
	source, err := os.ReadFile("../../transformations/okta_users.amsx")
	if err != nil {
		return err
	}
	const ordered, random = `updatekey="OktaID" adopt="Login, Email"`, `updatekey="Login"`
	if strings.Count(string(source), ordered) != 1 {
		return fmt.Errorf("okta_users.amsx does not have %s any more", ordered)
	}
	file := filepath.Join(b.dir, "by_login.amsx")
	if err := os.WriteFile(file, []byte(strings.Replace(string(source), ordered, random, 1)), 0o600); err != nil {
		return err
	}
	sim, err := b.simulator(users)
	if err != nil {
		return err
	}
	defer sim.stop()
	var f [2][]figure
	var ratio []float64
	for round := range b.rounds {
		for i, script := range []string{"okta_users", file} {
			site := b.file([]string{"ordered", "random"}[i], round)
			if err := b.empty(site); err != nil {
				return err
			}
			if err := b.credential(sim.url, site); err != nil {
				return err
			}
			x, err := b.measure("", b.amsx, "run", script, "--database", site, "--json", "--quiet", "--allow-once", "all")
			if err != nil {
				return err
			}
			f[i] = append(f[i], x)
			if err := os.Remove(site); err != nil {
				return err
			}
		}
		ratio = append(ratio, wall(f[1][round])/wall(f[0][round]))
	}
	fmt.Printf("\nRow 10: a first sync of %d users, %d rounds, medians\n\n| keys | s | CPU s | peak MB |\n|---|---|---|---|\n", users, b.rounds)
	for i, name := range []string{"in order", "in no order"} {
		fmt.Printf("| %s | %.2f | %.2f | %.0f |\n", name, median(f[i], wall), median(f[i], cpu), median(f[i], peak))
	}
	fmt.Printf("\nin no order ÷ in order: **%.2f**\n", middle(ratio))
	return nil
}
