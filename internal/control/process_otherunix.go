//go:build unix && !linux

package control

func machineSuffix() (suffix string, known bool) { return "", true }

// processState reports whether a process is alive. Its start is not looked up:
// a pid that is in use again keeps a lease until its time is over.
func processState(pid int) (alive bool, start string) { return pidExists(pid), "" }
