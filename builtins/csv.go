package builtins

import (
	"github.com/amsx-lang/amsx/internal/csvtext"
	"github.com/amsx-lang/amsx/runtime"
)

func csvCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "Csv", Group: "Files", Summary: "Reads the rows of a CSV file of the run's folder, as the source of ForEach; elsewhere it gives all of them as a Table.",
			Doc: "The first line names the columns. `%row.[First Name]%` reads a column, `%row.#line%` is the line in the file. Every value is a text; an empty one is \"\". " +
				"ForEach reads line by line, so a file may be as large as it likes. A line that cannot be read (too many columns or too few, a stray quote) is rejected with its number, and the run goes on. " +
				"A file that changes while it is read fails the run.",
			Result: "the rows", Function: true, Statement: true, Effects: runtime.ReadsFiles, Role: runtime.PullRole,
			Params: []runtime.Param{fileParam("file", `the file's name from the run's folder on, such as "in/people.csv"`, runtime.ReadsFile),
				as(optional("separator", runtime.TextParam, `the character between two values, or "tab"; without it the one of ; , tab | that the first line has most often`), parseSeparator),
				encodingParam(`the file's encoding, such as "windows-1252"; without it what its byte order mark says, else UTF-8`),
				optional("columns", runtime.ListParam, "the names of the columns in their order, for a file whose first line does not name them; a first line that does is not taken for a row")},
			Errors: []string{"there is no such file", "the file is not in its encoding", "the first line does not have the separator", "a column has no name, or two have the same", "a quote is never closed"},
			Examples: []runtime.Example{script("ForEach p In Csv \"people.csv\"\n  Log \"info\", \"%p.#line%: %p.Login% %p.[First Name]%\"\nEndEach\n", "2: anna Anna\n3: ben Ben\n"),
				script("Set t = Csv \"old.csv\", \";\", \"windows-1252\", \"Login, Name\"\nLog \"info\", Count(%t%) & \" \" & Column(%t%, \"Name\")\n", "2 Zoë, Jürgen\n")},
			Run:     csvTable,
			Iterate: func(c *runtime.Call) (runtime.Iterator, error) { return openCSV(c) },
		},
		{
			Name: "CsvWrite", Group: "Files", Summary: "Writes a CSV file to the run's folder.",
			Doc: "The first line names the columns. A text that a spreadsheet would take for a formula gets a ' in front. " + afterCommit, Result: "a Number: the rows written, also in %ROWCOUNT%",
			Statement: true, Effects: runtime.ReadsFiles | runtime.WritesFiles,
			Params: []runtime.Param{fileParam("file", "the file's name from the run's folder on", runtime.MakesFile),
				required("rows", runtime.AnyParam, "a Table, a List of Rows or of Json objects, or a Json array"),
				as(defaulted("separator", runtime.TextParam, ",", `the character between two values, or "tab"`), parseSeparator),
				encodingParam(`the encoding; without it UTF-8; "utf-8-bom" is UTF-8 with the mark by which Excel knows it`),
				optional("columns", runtime.ListParam, `which columns, in their order; of Json also paths, such as "profile.email"; without it all that the rows have`)},
			Errors:   []string{"a row has no such column", "the name leads out of the run's folder", "the encoding lacks a character", "a secret would be written"},
			Examples: []runtime.Example{script("Set n = CsvWrite \"out/departments.csv\", SqlTable(\"SELECT DepartmentID, DepartmentName FROM Department ORDER BY DepartmentID\"), \";\"\nLog \"info\", \"%n% rows\"\n", "2 rows\n+ out/departments.csv \"DepartmentID;DepartmentName\\r\\n1;Sales\\r\\n2;R&D\\r\\n\"\n")},
			Run:      csvWrite,
		},
	}
}

const separatorHint = `write ";", ",", "|" or "tab"`

func parseSeparator(s string) (byte, error) {
	c, err := csvtext.ParseSeparator(s)
	if err != nil {
		return 0, failf(separatorHint, "%w", err)
	}
	return c, nil
}
