package control

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
)

// machineSuffix tells containers and boots with one host name apart: a pid of
// another namespace would look dead from here.
func machineSuffix() (suffix string, known bool) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", false
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	return "/" + string(bytes.TrimSpace(boot)) + "/" + namespace, err == nil
}

// processState reports whether a process is alive, and its start in clock ticks
// since boot. What cannot be found out counts as alive.
func processState(pid int) (alive bool, start string) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if errors.Is(err, fs.ErrNotExist) {
		// Without /proc, or with it hidden, our own entry is missing too.
		if _, err := os.Stat("/proc/self/stat"); err != nil {
			return true, ""
		}
		return pidExists(pid), ""
	}
	if err != nil {
		return true, ""
	}
	// The second field is the program's name in brackets and may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return true, ""
	}
	if state := fields[0][0]; state == 'Z' || state == 'X' {
		return false, "" // ended, and not yet collected by its parent
	}
	return true, string(fields[19])
}
