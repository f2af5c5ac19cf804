package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// A peer is what an administrator would write instead, with tools that are
// there already. Each fetches page after page and upserts every record into
// its own plain table with one key: no managers, no leavers, no change set, no
// fuse, no second index.
type peer struct {
	name string
	args []string // before the URL, the token and the file
	try  []string // fails where the peer's tools are missing
}

func peers() []peer {
	return []peer{
		{"Python, standard library", []string{"python3", "peers/sync.py"}, []string{"python3", "--version"}},
		{"Node + better-sqlite3", []string{"node", "peers/sync.mjs"}, []string{"node", "-e", "require('better-sqlite3')"}},
		{"curl + jq + sqlite3", []string{"sh", "peers/sync.sh"}, []string{"sh", "-c", "curl --version && jq --version && sqlite3 --version"}},
	}
}

// peers is rows 2 and 3: the first and an unchanged sync against what else an
// administrator would run, in turn.
func (b *bench) peers() error {
	phases := []string{"first", "unchanged"}
	all := peers()
	ours := make([][]figure, len(phases))
	theirs := make([][][]figure, len(all))
	missing := make([]bool, len(all))
	for i, p := range all {
		theirs[i] = make([][]figure, len(phases))
		if out, err := exec.Command(p.try[0], p.try[1:]...).CombinedOutput(); err != nil {
			missing[i] = true
			fmt.Printf("SKIPPED %s: its tools are not installed (%v: %.200s)\n", p.name, err, out)
		}
	}
	sim, err := b.simulator(b.users)
	if err != nil {
		return err
	}
	defer sim.stop()
	for round := range b.rounds {
		file := b.file("peers", round)
		if err := b.empty(file); err != nil {
			return err
		}
		for ph := range phases {
			f, err := b.sync(sim.url, file, false)
			if err != nil {
				return err
			}
			ours[ph] = append(ours[ph], f)
			for i, p := range all {
				if missing[i] {
					continue
				}
				args := append(p.args[1:len(p.args):len(p.args)], sim.url+firstPage, token, filepath.Join(b.dir, fmt.Sprintf("peer-%d-%d.db", i, round)))
				if f, err = b.measure("", p.args[0], args...); err != nil {
					return err
				}
				theirs[i][ph] = append(theirs[i][ph], f)
			}
		}
		if err := b.same(file, all, missing, round); err != nil {
			return err
		}
	}
	fmt.Printf("\nRows 2 and 3: %d users, against what else an administrator would run, %d rounds, medians\n\n", b.users, b.rounds)
	fmt.Printf("| | first s | ÷ amsx | unchanged s | ÷ amsx | peak MB |\n|---|---|---|---|---|---|\n")
	fmt.Printf("| amsx | %.2f | | %.2f | | %.0f |\n", median(ours[0], wall), median(ours[1], wall), median(ours[0], peak))
	picture := chart{file: "performance-peers.svg", title: fmt.Sprintf("%d users, against what else one would run", b.users), unit: "s"}
	for ph, name := range phases {
		picture.groups = append(picture.groups, group{name, []bar{{"amsx", median(ours[ph], wall)}}})
	}
	for i, p := range all {
		if missing[i] {
			continue
		}
		var times [2]float64
		for ph := range phases {
			var r []float64
			for n, f := range theirs[i][ph] {
				r = append(r, wall(f)/wall(ours[ph][n]))
			}
			times[ph] = middle(r)
			picture.groups[ph].bars = append(picture.groups[ph].bars, bar{p.name, median(theirs[i][ph], wall)})
		}
		fmt.Printf("| %s | %.2f | **%.1f** | %.2f | **%.1f** | %.0f |\n", p.name, median(theirs[i][0], wall), times[0], median(theirs[i][1], wall), times[1], median(theirs[i][0], peak))
	}
	return b.draw(picture)
}

// same makes sure that a peer did the work that it is measured for.
func (b *bench) same(file string, all []peer, missing []bool, round int) error {
	want, err := count(file, "Custodian")
	if err != nil {
		return err
	}
	for i, p := range all {
		if missing[i] {
			continue
		}
		theirs := filepath.Join(b.dir, fmt.Sprintf("peer-%d-%d.db", i, round))
		if n, err := count(theirs, "users"); err != nil || n != want {
			return fmt.Errorf("%s wrote %d rows, amsx %d (%v)", p.name, n, want, err)
		}
		for _, end := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(theirs + end) // the next round has its own
		}
	}
	return nil
}
