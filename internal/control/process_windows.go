package control

import (
	"errors"
	"strconv"

	"golang.org/x/sys/windows"
)

func machineSuffix() (suffix string, known bool) { return "", true }

// processState reports whether a process is alive, and when it was created.
// What cannot be found out counts as alive.
func processState(pid int) (alive bool, start string) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(pid))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) {
		return false, "" // what Windows says of a pid that nobody has
	}
	if err != nil {
		return true, ""
	}
	defer windows.CloseHandle(h)
	if event, err := windows.WaitForSingleObject(h, 0); err == nil && event == windows.WAIT_OBJECT_0 {
		return false, "" // ended; somebody still holds a handle
	}
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &created, &exited, &kernel, &user); err != nil {
		return true, ""
	}
	return true, strconv.FormatInt(created.Nanoseconds(), 10)
}
