package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
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
	collect(words, "", k.Model.Node)
	switch c.Shell {
	case "bash":
		bashCompletion(e.stdout, words)
	case "zsh":
		fmt.Fprintln(e.stdout, "#compdef amsx\nautoload -U +X bashcompinit && bashcompinit")
		bashCompletion(e.stdout, words)
	case "fish":
		fishCompletion(e.stdout, k.Model.Node)
	case "powershell":
		powershellCompletion(e.stdout, words)
	}
	return nil
}

// collect maps the words of a command to those that may follow it.
func collect(words map[string][]string, path string, n *kong.Node) {
	for _, c := range n.Children {
		if !c.Hidden {
			words[path] = append(words[path], c.Name)
			collect(words, strings.TrimSpace(path+" "+c.Name), c)
		}
	}
	for _, f := range n.Flags {
		if !f.Hidden {
			words[path] = append(words[path], "--"+f.Name)
		}
	}
	for _, p := range n.Positional {
		words[path] = append(words[path], p.EnumSlice()...)
	}
	slices.Sort(words[path])
}

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func bashCompletion(w io.Writer, words map[string][]string) {
	fmt.Fprint(w, `_amsx() {
  local cur=${COMP_WORDS[COMP_CWORD]} path="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case "$word" in -*) ;; *) case " $(_amsx_words "$path") " in *" $word "*) path="${path:+$path }$word" ;; esac ;; esac
  done
  COMPREPLY=($(compgen -W "$(_amsx_words "$path")" -- "$cur"))
  if [[ $cur != -* ]]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
_amsx_words() {
  case "$1" in
`)
	for _, k := range sortedKeys(words) {
		fmt.Fprintf(w, "    %q) echo %q ;;\n", k, strings.Join(words[k], " "))
	}
	fmt.Fprint(w, "  esac\n}\ncomplete -o filenames -F _amsx amsx\n")
}

func fishCompletion(w io.Writer, n *kong.Node) {
	var walk func(n *kong.Node, seen []string)
	walk = func(n *kong.Node, seen []string) {
		cond := "__fish_use_subcommand"
		if len(seen) > 0 {
			cond = "__fish_seen_subcommand_from " + seen[len(seen)-1]
		}
		for _, f := range n.Flags {
			if !f.Hidden {
				fmt.Fprintf(w, "complete -c amsx -n %q -l %s -d %q\n", cond, f.Name, f.Help)
			}
		}
		for _, p := range n.Positional {
			for _, word := range p.EnumSlice() {
				fmt.Fprintf(w, "complete -c amsx -n %q -a %s\n", cond, word)
			}
		}
		for _, c := range n.Children {
			if !c.Hidden {
				fmt.Fprintf(w, "complete -c amsx -n %q -a %s -d %q\n", cond, c.Name, c.Help)
				walk(c, append(seen, c.Name))
			}
		}
	}
	walk(n, nil)
}

func powershellCompletion(w io.Writer, words map[string][]string) {
	fmt.Fprint(w, "Register-ArgumentCompleter -Native -CommandName amsx -ScriptBlock {\n  param($word, $ast, $cursor)\n  $words = @{\n")
	for _, k := range sortedKeys(words) {
		fmt.Fprintf(w, "    '%s' = '%s'\n", k, strings.Join(words[k], " "))
	}
	fmt.Fprint(w, `  }
  $path = ''
  foreach ($e in ($ast.CommandElements | Select-Object -Skip 1)) {
    $next = ("$path " + $e.ToString()).Trim()
    if ($words.ContainsKey($next)) { $path = $next }
  }
  $words[$path] -split ' ' | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`)
}
