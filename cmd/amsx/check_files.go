package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/amsx"
)

// A checkedFile is one of the files of a check.
type checkedFile struct {
	name   string
	script *amsx.Script
	caller string // another one of them that calls it, where it is checked; empty: it is checked by itself
	calls  []*checkedFile
}

// checkedFiles reads the files of a check, and those in folders among them, and
// finds the scripts that are parts of others. A document is a transformation by
// itself, whoever calls it.
func checkedFiles(names []string) ([]*checkedFile, error) {
	var list []*checkedFile
	at := map[string]*checkedFile{}
	add := func(name string) error {
		script, file, err := readScript(name)
		if err == nil && at[filepath.Clean(file)] == nil {
			f := &checkedFile{name: file, script: script}
			list, at[filepath.Clean(file)] = append(list, f), f
		}
		return err
	}
	for _, name := range names {
		err := add(name)
		if err == nil {
			continue
		}
		if info, e := os.Stat(name); e != nil || !info.IsDir() {
			return nil, err
		}
		files, err := scriptFiles([]string{name})
		if err != nil {
			return nil, &usageError{err}
		}
		for _, file := range files {
			if err := add(file); err != nil {
				return nil, err
			}
		}
	}
	called := map[*checkedFile]bool{}
	for _, f := range list {
		for _, name := range f.script.Calls() {
			to := at[filepath.Join(filepath.Dir(f.name), filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))]
			if to != nil && to != f && !to.script.IsDocument() {
				f.calls = append(f.calls, to)
				called[to] = true
			}
		}
	}
	done := map[*checkedFile]bool{}
	for _, f := range list {
		if !called[f] {
			f.reach(done)
		}
	}
	for _, f := range list { // those that call each other in a ring: one of them stands for all
		if !done[f] {
			f.reach(done)
		}
	}
	return list, nil
}

// reach marks the parts of a file.
func (f *checkedFile) reach(done map[*checkedFile]bool) {
	done[f] = true
	for _, to := range f.calls {
		if !done[to] {
			to.caller = f.name
			to.reach(done)
		}
	}
}

// once leaves out what was said of a part already, where another file calls it.
func once(said map[string]bool, what string, found amsx.Findings) amsx.Findings {
	return slices.DeleteFunc(found, func(d *amsx.Finding) bool {
		key := what + d.Code + " " + d.Error()
		was := said[key]
		said[key] = true
		return was
	})
}
