package control

import "strings"

// openTo names the general group of accounts that a Windows security
// descriptor, in its text form (SDDL), lets at a file; "" when there is none.
func openTo(sddl string) string {
	_, dacl, found := strings.Cut(sddl, "D:")
	if !found || strings.HasPrefix(dacl, "NO_ACCESS_CONTROL") {
		return "everyone"
	}
	dacl, _, _ = strings.Cut(dacl, "S:")
	for _, entry := range strings.Split(dacl, "(")[1:] {
		fields := strings.Split(strings.TrimSuffix(entry, ")"), ";")
		if len(fields) < 6 || fields[0] != "A" {
			continue
		}
		switch fields[5] {
		case "WD", "S-1-1-0":
			return "everyone"
		case "AU", "S-1-5-11":
			return "every signed-in user"
		case "BU", "S-1-5-32-545":
			return "every user of this machine"
		case "AN", "S-1-5-7":
			return "anonymous users"
		case "BG", "S-1-5-32-546":
			return "guests"
		}
	}
	return ""
}
