package runtime

import "strings"

// Usage is how the command is written, with its parameters: "Mid(text, start,
// [length])" for a function, "Log level, text" for a command.
func (c *Command) Usage() string {
	names := make([]string, len(c.Params))
	for i, p := range c.Params {
		names[i] = p.Name
		if p.Variadic {
			names[i] += "…"
		}
		if p.Optional {
			names[i] = "[" + names[i] + "]"
		}
	}
	list := strings.Join(names, ", ")
	if c.Function {
		return c.Name + "(" + list + ")"
	}
	return strings.TrimSpace(c.Name + " " + list)
}
