package csvtext

import "strings"

// AppendRecord appends a record and its end of line. A field is quoted where
// it must be.
func AppendRecord(dst []byte, separator byte, fields []string) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, separator)
		}
		// A single empty field would be a line with nothing, which is no record.
		if f == "" && len(fields) > 1 || f != "" && strings.IndexByte(f, separator) < 0 && !strings.ContainsAny(f, "\"\r\n") && f[0] != ' ' && f[len(f)-1] != ' ' {
			dst = append(dst, f...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(f, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\r', '\n')
}

// Harmless puts a ' in front of what a spreadsheet would compute instead of
// showing it: a name of a person must not become a program.
func Harmless(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
