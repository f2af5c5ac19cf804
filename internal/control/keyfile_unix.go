//go:build !windows

package control

import (
	"fmt"
	"os"
)

// checkPrivate refuses a key file that other accounts may read or write.
func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if info.IsDir() {
		return fmt.Errorf("master key: %s is a folder; give the path of the key file", f.Name())
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the master key %s is open to other accounts (mode %04o) and is not used; type: chmod 600 '%s'", f.Name(), mode, f.Name())
	}
	return nil
}

// makePrivate leaves a new file to its owner.
func makePrivate(path string) error { return os.Chmod(path, 0o600) }

// syncFolder writes the names in a folder to the disk.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
