package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/builtins"
)

// completionCmd prints a completion script. The scripts are made from the
// command line's own description, so they cannot fall behind it.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"bash, zsh, fish or powershell."`
}

// Help says how a completion script is installed.
func (completionCmd) Help() string {
	return `To install it:

  amsx completion bash > /etc/bash_completion.d/amsx
  amsx completion zsh > "${fpath[1]}/_amsx"
  amsx completion fish > ~/.config/fish/completions/amsx.fish
  amsx completion powershell | Out-String | Invoke-Expression`
}

// Run prints the script.
func (c *completionCmd) Run(e *env, k *kong.Kong) error {
	words := map[string][]string{}
	collect(words, "", k.Model.Node, nil)
	for _, cmd := range builtins.All().All() {
		words["doc"] = append(words["doc"], cmd.Name)
	}
	switch c.Shell {
	case "bash":
		fmt.Fprint(e.stdout, bashHead)
		wordsFunction(e.stdout, words)
		fmt.Fprintln(e.stdout, "complete -o bashdefault -o default -F _amsx amsx")
	case "zsh":
		fmt.Fprint(e.stdout, zshHead)
		wordsFunction(e.stdout, words)
		fmt.Fprint(e.stdout, zshTail)
	case "fish":
		fishCompletion(e.stdout, k.Model.Node, words["doc"])
	case "powershell":
		powershellCompletion(e.stdout, words)
	}
	return nil
}

// flagsOf is the key of the flags that a command takes, beside the key of the
// words that may follow it.
func flagsOf(path string) string { return "-- " + path }

// collect maps the words of a command to those that may follow it, and to its
// flags: its own and those of every command.
func collect(words map[string][]string, path string, n *kong.Node, flags []string) {
	for _, f := range n.Flags {
		if !f.Hidden {
			flags = append(flags, "--"+f.Name)
		}
	}
	flags = slices.Clip(flags)
	slices.Sort(flags)
	words[flagsOf(path)] = flags
	if n.DefaultCmd != nil { // whose name may be left out
		for _, f := range n.DefaultCmd.Flags {
			words[flagsOf(path)] = append(words[flagsOf(path)], "--"+f.Name)
		}
		slices.Sort(words[flagsOf(path)])
	}
	for _, c := range n.Children {
		if !c.Hidden {
			words[path] = append(words[path], c.Name)
			collect(words, strings.TrimSpace(path+" "+c.Name), c, slices.Clone(flags))
		}
	}
	for _, p := range n.Positional {
		words[path] = append(words[path], enumOf(p)...)
	}
	slices.Sort(words[path])
}

// enumOf are the words that an argument may be. kong gives one empty word for
// an argument that may be anything.
func enumOf(p *kong.Positional) []string {
	if p.Enum == "" {
		return nil
	}
	return p.EnumSlice()
}

// The scripts of bash and zsh find the command in the words before the cursor.
// Where they know no word, the shell completes file names.
const (
	bashHead = `_amsx() {
  local cur=${COMP_WORDS[COMP_CWORD]} at="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case "$word" in -*) ;; *) case " $(_amsx_words "$at") " in *" $word "*) at="${at:+$at }$word" ;; esac ;; esac
  done
  case "$cur" in -*) at="-- $at" ;; esac
  COMPREPLY=($(compgen -W "$(_amsx_words "$at")" -- "$cur"))
}
`
	zshHead = `#compdef amsx
_amsx() {
  local at="" word
  for word in "${(@)words[2,CURRENT-1]}"; do
    if [[ $word != -* && " $(_amsx_words "$at") " == *" $word "* ]]; then at="${at:+$at }$word"; fi
  done
  if [[ $PREFIX == -* ]]; then at="-- $at"; fi
  local -a found
  found=(${(s: :)"$(_amsx_words "$at")"})
  if (( $#found )); then compadd -- $found; else _files; fi
}
`
	// In a folder of $fpath the script is the body of _amsx; elsewhere it is
	// sourced.
	zshTail = `if [ "$funcstack[1]" = "_amsx" ]; then _amsx "$@"; else compdef _amsx amsx; fi
`
)

// wordsFunction is the table as a function of bash and zsh.
func wordsFunction(w io.Writer, words map[string][]string) {
	fmt.Fprint(w, "_amsx_words() {\n  case \"$1\" in\n")
	for _, k := range slices.Sorted(maps.Keys(words)) {
		if len(words[k]) > 0 {
			fmt.Fprintf(w, "    %q) echo %q ;;\n", k, strings.Join(words[k], " "))
		}
	}
	fmt.Fprint(w, "  esac\n}\n")
}

func fishCompletion(w io.Writer, root *kong.Node, topics []string) {
	for _, f := range root.Flags {
		fishFlag(w, "", f)
	}
	var walk func(n *kong.Node, cond string)
	walk = func(n *kong.Node, cond string) {
		var names []string
		for _, c := range n.Children {
			names = append(names, c.Name)
		}
		here := cond
		if here == "" {
			here = "__fish_use_subcommand"
		} else if len(names) > 0 {
			here += "; and not __fish_seen_subcommand_from " + strings.Join(names, " ")
		}
		words := []string{}
		for _, p := range n.Positional {
			words = append(words, enumOf(p)...)
		}
		if n.Name == "doc" {
			words = topics
		}
		if len(names)+len(words) > 0 {
			fmt.Fprintf(w, "complete -c amsx -n %q -f\n", here) // no file names
		}
		for _, word := range words {
			fmt.Fprintf(w, "complete -c amsx -n %q -a %s\n", here, word)
		}
		for _, c := range n.Children {
			if !c.Hidden {
				fmt.Fprintf(w, "complete -c amsx -n %q -a %s -d %q\n", here, c.Name, c.Help)
				inner := "__fish_seen_subcommand_from " + c.Name
				if cond != "" {
					inner = cond + "; and " + inner
				}
				flags := c.Flags
				if c.DefaultCmd != nil {
					flags = append(slices.Clip(flags), c.DefaultCmd.Flags...)
				}
				for _, f := range flags {
					fishFlag(w, inner, f)
				}
				walk(c, inner)
			}
		}
	}
	walk(root, "")
}

func fishFlag(w io.Writer, cond string, f *kong.Flag) {
	if f.Hidden {
		return
	}
	fmt.Fprint(w, "complete -c amsx")
	if cond != "" {
		fmt.Fprintf(w, " -n %q", cond)
	}
	fmt.Fprintf(w, " -l %s", f.Name)
	if !f.IsBool() {
		fmt.Fprint(w, " -r") // a value follows
	}
	fmt.Fprintf(w, " -d %q\n", f.Help)
}

func powershellCompletion(w io.Writer, words map[string][]string) {
	fmt.Fprint(w, "Register-ArgumentCompleter -Native -CommandName amsx -ScriptBlock {\n  param($word, $ast, $cursor)\n  $words = @{\n")
	for _, k := range slices.Sorted(maps.Keys(words)) {
		fmt.Fprintf(w, "    '%s' = '%s'\n", k, strings.Join(words[k], " "))
	}
	fmt.Fprint(w, `  }
  $path = ''
  foreach ($e in ($ast.CommandElements | Select-Object -Skip 1)) {
    $next = ("$path " + $e.ToString()).Trim()
    if ($words.ContainsKey($next)) { $path = $next }
  }
  if ($word -like '-*') { $path = "-- $path" }
  $words[$path] -split ' ' | Where-Object { $_ -and $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`)
}
