package builtins

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/runtime"
)

const afterCommit = "It is done when the run is committed; a run that fails, and a test run, leaves the folder as it was. The script itself sees it at once."

func fileCommands() []*runtime.Command {
	file := fileParam("file", `the file's name from the run's folder on, such as "in/people.csv"`, runtime.ReadsFile)
	taken, made := file, file
	taken.File, made.File = runtime.TakesFile, runtime.MakesFile
	charset := encodingParam(`the file's encoding, such as "windows-1252"; without it what its byte order mark says, else UTF-8`)
	to := as(required("to", runtime.TextParam, `the new name; one that ends in / is a folder, and the file keeps its own`), func(s string) (string, error) { return files.Clean(strings.TrimRight(s, `/\`)) })
	to.File = runtime.MakesFile
	const outside = "the name leads out of the run's folder"
	return []*runtime.Command{
		{
			Name: "ReadFile", Group: "Files", Summary: "Reads a file of the run's folder as text.", Result: "a text", Function: true, Statement: true, Effects: runtime.ReadsFiles,
			Doc: "The text is held in memory; `Csv` reads a table line by line.", Params: []runtime.Param{file, charset},
			Errors:   []string{"there is no such file", "the file is not in its encoding", "it is larger than the budget for memory", outside},
			Examples: []runtime.Example{shows(`Trim(ReadFile("in/note.txt"))`, "Grüße")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				b, err := readFile(c, c.Text(0))
				if err != nil {
					return runtime.Null(), err
				}
				s, err := decode(c.Text(0), c.Text(1), b, `write ReadFile("…", "%s")`)
				return runtime.Text(s), err
			},
		},
		{
			Name: "WriteFile", Group: "Files", Summary: "Writes a text to a file of the run's folder.", Doc: "Folders in its name are made. " + afterCommit, Statement: true, Effects: runtime.ReadsFiles | runtime.WritesFiles,
			Params: []runtime.Param{made, required("text", runtime.TextParam, "what the file gets"),
				{Name: "mode", Type: runtime.TextParam, Optional: true, Default: "replace", OneOf: []string{"replace", "new", "append"}, Doc: "what to do with a file that is there: replace it, fail, or write behind its end"},
				encodingParam(`the encoding; without it UTF-8; "utf-8-bom" is UTF-8 with the mark by which Excel knows it`)},
			Errors:   []string{outside, `the file is there, and the mode is "new"`, "a secret would be written", "the encoding lacks a character"},
			Examples: []runtime.Example{script("WriteFile \"out/hello.txt\", \"Hello\"\nWriteFile \"out/hello.txt\", \", world\", \"append\"\nLog \"info\", ReadFile(\"out/hello.txt\")\n", "Hello, world\n+ out/hello.txt \"Hello, world\"\n")},
			Run:      writeFile,
		},
		{
			Name: "ListFiles", Group: "Files", Summary: "Lists the files of a folder in the run's folder, by name.", Result: "a Table with the columns Name (from the run's folder on), Size and Modified", Function: true, Statement: true, Effects: runtime.ReadsFiles,
			Params:   []runtime.Param{as(defaulted("pattern", runtime.TextParam, "*", `which files: * is any text, ? one character, as in "in/*.csv"; case is ignored`), files.Clean)},
			Errors:   []string{"there is no such folder", outside},
			Examples: []runtime.Example{script("ForEach f In ListFiles \"in/*.txt\"\n  Log \"info\", \"%f.Name%: %f.Size% bytes\"\nEndEach\n", "in/note.txt: 8 bytes\n")},
			Run:      listFiles,
		},
		{
			Name: "MoveFile", Group: "Files", Summary: "Gives a file of the run's folder another name, or moves it into another folder there.", Doc: "Folders in the new name are made. " + afterCommit, Statement: true, Effects: runtime.ReadsFiles | runtime.WritesFiles,
			Params: []runtime.Param{taken, to,
				{Name: "mode", Type: runtime.TextParam, Optional: true, Default: "new", OneOf: []string{"new", "replace"}, Doc: "what to do when a file has that name: fail, or replace it"}},
			Errors:   []string{"there is no such file", "a file has the new name", outside},
			Examples: []runtime.Example{script("MoveFile \"in/note.txt\", \"done/note-%TODAY%.txt\"\n", "- in/note.txt\n+ done/note-2026-03-01.txt \"Grüße\\n\"\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				f := c.Host().Folder
				if f == nil {
					return runtime.Null(), errNoFolder
				}
				return runtime.Null(), f.Move(c.Text(0), c.Text(1), c.Text(2) == "replace")
			},
		},
		{
			Name: "DeleteFile", Group: "Files", Summary: "Deletes a file of the run's folder.", Doc: afterCommit, Statement: true, Effects: runtime.ReadsFiles | runtime.WritesFiles, Params: []runtime.Param{taken},
			Errors:   []string{"there is no such file", outside},
			Examples: []runtime.Example{script("DeleteFile \"in/note.txt\"\n", "- in/note.txt\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				f := c.Host().Folder
				if f == nil {
					return runtime.Null(), errNoFolder
				}
				return runtime.Null(), f.Delete(c.Text(0))
			},
		},
	}
}

// fileParam is a parameter that names a file: a name that leads out of the
// run's folder is found before the run.
func fileParam(name, doc string, use runtime.FileUse) runtime.Param {
	p := as(required(name, runtime.TextParam, doc), files.Clean)
	p.File = use
	return p
}

// encodingParam is a parameter that names an encoding.
func encodingParam(doc string) runtime.Param {
	return as(optional("encoding", runtime.TextParam, doc), func(s string) (string, error) { return s, files.Known(s) })
}

// tooLarge is the error of a file, or a document, that the budget for memory
// does not hold.
func tooLarge(c *runtime.Call, what, hint string) error {
	return &runtime.Error{Kind: runtime.BudgetSpent, Code: runtime.CodeBudgetMemory, Message: fmt.Sprintf("%s would take more than %d MB of memory", what, c.MemoryLimit()>>20), Hint: hint}
}

// readFile reads the bytes of a file, within the budget for memory.
func readFile(c *runtime.Call, name string) ([]byte, error) {
	f := c.Host().Folder
	if f == nil {
		return nil, errNoFolder
	}
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	limit := c.MemoryLimit()
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, tooLarge(c, "the file "+name, "read a table line by line, with ForEach row In Csv; or raise the limit for memory")
	}
	return b, nil
}

func writeFile(c *runtime.Call) (runtime.Value, error) {
	f := c.Host().Folder
	if f == nil {
		return runtime.Null(), errNoFolder
	}
	name, mode := c.Text(0), c.Text(2)
	content, err := files.Encode(c.Text(1), c.Text(3))
	if err != nil {
		return runtime.Null(), err
	}
	if mode == "replace" {
		return runtime.Null(), f.Write(name, content)
	}
	old, err := readFile(c, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return runtime.Null(), err
	case mode == "new":
		return runtime.Null(), failf(`take another name, such as one with %TODAY% in it, or leave "new" out to replace it`, "there is a file %s", name)
	default:
		if len(old) > 0 { // the mark stands at the beginning only
			content = files.Unmarked(content)
		}
		content = append(old, content...)
	}
	return runtime.Null(), f.Write(name, content)
}

func listFiles(c *runtime.Call) (runtime.Value, error) {
	f := c.Host().Folder
	if f == nil {
		return runtime.Null(), errNoFolder
	}
	infos, err := f.List(c.Text(0))
	if err != nil {
		return runtime.Null(), err
	}
	t := runtime.NewRowset(runtime.NewColumns("Name", "Size", "Modified"))
	for _, i := range infos {
		t.Add([]runtime.Value{runtime.Text(i.Name), runtime.Int(i.Size), runtime.DateTime(i.Modified)})
	}
	return t.Value(), nil
}

// decode reads the bytes of a file as text. how is how the script would name
// an encoding.
func decode(file, encoding string, b []byte, how string) (string, error) {
	s, converted, err := files.Decode(b, encoding)
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(s) || files.Damaged(s, converted) {
		return "", files.WrongText(file, encoding, how, []byte(s))
	}
	return s, files.Mistaken(file, b, encoding)
}
