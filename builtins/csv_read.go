package builtins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/internal/csvtext"
	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/runtime"
)

// A csvIterator yields the rows of a file.
type csvIterator struct {
	call     *runtime.Call
	file     *runtime.File
	name     string
	encoding string
	text     *files.Decoder
	reader   *csvtext.Reader
	columns  *runtime.Columns
	first    []string // the first line, where it is a row
	read     int64
}

// openCSV opens the file of argument 0 and finds out what its columns are.
func openCSV(c *runtime.Call) (*csvIterator, error) {
	if c.Host().Folder == nil {
		return nil, errNoFolder
	}
	it := &csvIterator{call: c, name: c.Text(0), encoding: c.Text(2)}
	var err error
	if it.file, err = c.Host().Folder.Open(it.name); err != nil {
		return nil, err
	}
	if err := it.begin(); err != nil {
		return nil, errors.Join(err, it.file.Close())
	}
	return it, nil
}

// begin reads the first line.
func (it *csvIterator) begin() error {
	sep, err := runtime.Prepared[byte](it.call, 1)
	if err != nil {
		return err
	}
	given := sep != 0
	text, err := files.NewDecoder(it.file, it.encoding)
	if err != nil {
		return err
	}
	it.text = text
	in, skipped := io.Reader(text), 0
	if !given {
		if sep, in, skipped, err = csvtext.Detect(text); err != nil {
			return failf(fmt.Sprintf(`say which one it is: Csv "%s", ";"`, it.name), "the separator of %s is not clear: %w", it.name, err)
		}
	}
	it.reader = csvtext.NewReader(in, sep)
	it.reader.Converted = text.Converted
	it.reader.Skip(skipped)

	first, err := it.reader.Read()
	if bad := (*csvtext.LineError)(nil); errors.As(err, &bad) {
		return failf("correct that line of the file", "line %d of %s, its first, cannot be read: %s", bad.Line, it.name, bad.Reason)
	}
	if err != nil && err != io.EOF {
		return it.explain(err)
	}
	if given {
		if err := it.checkSeparator(first); err != nil {
			return err
		}
	}
	return it.head(first)
}

// checkSeparator finds a separator that is not the file's: every line would be
// one value.
func (it *csvIterator) checkSeparator(first []string) error {
	if len(first) != 1 {
		return nil
	}
	counts := csvtext.Separators(first[0])
	best := it.reader.Separator
	for _, c := range []byte(";,\t|") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	if best == it.reader.Separator {
		return nil
	}
	return failf(fmt.Sprintf("write %s as the separator, or leave it out", csvtext.SeparatorName(best)),
		"the first line of %s does not have the separator %s; it has %s", it.name, csvtext.SeparatorName(it.reader.Separator), csvtext.SeparatorName(best))
}

// head takes the names of the columns from the first line, or from the script.
func (it *csvIterator) head(first []string) error {
	if !it.call.Has(3) || it.call.Arg(3).IsNull() {
		if first == nil {
			return failf("is the export broken? Its first line must name the columns", "%s is empty", it.name)
		}
		return it.nameColumns(first, fmt.Sprintf(`name the columns yourself, in their order: Csv "%s", , , "%s"`, it.name, strings.Join(unlike(first), ", ")), "in the first line of "+it.name)
	}
	var given []string
	for _, v := range it.call.List(3) {
		given = append(given, v.Text())
	}
	if err := it.nameColumns(given, "give every column a name of its own", "in the columns given for "+it.name); err != nil {
		return err
	}
	there, elsewhere := 0, 0
	for i, n := range first {
		switch n = strings.TrimSpace(n); {
		case i < len(given) && runtime.EqualFold(n, given[i]):
			there++
		case it.columns.Index(n) >= 0:
			elsewhere++
		}
	}
	switch {
	case 2*there >= len(given) && len(first) == len(given):
		return nil // it names the columns, and is no row
	case 2*(there+elsewhere) >= len(given):
		return failf("leave the columns out: the first line of the file names them", "the first line of %s names columns, and not those given: it has %s", it.name, strings.Join(first, ", "))
	}
	it.first = first
	return nil
}

// nameColumns names the columns.
func (it *csvIterator) nameColumns(names []string, hint, where string) error {
	names = slices.Clone(names)
	seen := map[string]int{}
	for i, n := range names {
		n = strings.TrimSpace(n)
		k := runtime.FoldName(n)
		switch other := seen[k]; {
		case n == "":
			return failf(hint, "column %d has no name %s", i+1, where)
		case other > 0:
			return failf(hint, "columns %d and %d have the same name, %s, %s", other, i+1, n, where)
		}
		names[i], seen[k] = n, i+1
	}
	it.columns = runtime.NewColumns(names...)
	return nil
}

// unlike returns names of which no two are the same and none is empty.
func unlike(names []string) []string {
	out := make([]string, len(names))
	seen := map[string]bool{}
	for i, n := range names {
		if n = strings.TrimSpace(n); n == "" {
			n = "Column"
		}
		if seen[runtime.FoldName(n)] || n == "Column" {
			n += strconv.Itoa(i + 1)
		}
		out[i] = n
		seen[runtime.FoldName(n)] = true
	}
	return out
}

// explain puts an error of the reader into words.
func (it *csvIterator) explain(err error) error {
	switch line := it.reader.Line(); {
	case errors.Is(err, csvtext.ErrText):
		return files.WrongText(fmt.Sprintf("line %d of %s", line, it.name), it.encoding, fmt.Sprintf(`write Csv "%s", , "%%s"`, it.name), it.reader.BadText())
	case errors.Is(err, csvtext.ErrQuote):
		return failf("is the file cut off? Within quotes a quote is written twice", "a quote that begins in line %d of %s is not closed", line, it.name)
	case errors.Is(err, csvtext.ErrSize):
		return failf("a quote there is probably not closed; or is it another kind of file?", "the row that begins in line %d of %s is longer than %d MB", line, it.name, csvtext.MaxRecord>>20)
	}
	return fmt.Errorf("%s cannot be read: %w", it.name, err)
}

// shownEvery is after how many rows a run says how far it is.
const shownEvery = 1000

// Next returns the next row. A line that cannot be read is a
// *runtime.BadElement.
func (it *csvIterator) Next(context.Context) (runtime.Value, error) {
	fields, err := it.first, error(nil)
	if it.first = nil; fields == nil {
		fields, err = it.reader.Read()
	}
	bad := (*csvtext.LineError)(nil)
	switch {
	case errors.As(err, &bad):
		return runtime.Null(), &runtime.BadElement{Reason: fmt.Sprintf("line %d of %s: %s", bad.Line, it.name, bad.Reason)}
	case err == io.EOF:
		it.show()
		return runtime.Null(), cmp.Or(it.text.Mistaken(it.name), err)
	case err != nil:
		return runtime.Null(), it.explain(err)
	case len(fields) != it.columns.Len():
		return runtime.Null(), &runtime.BadElement{Reason: fmt.Sprintf("line %d of %s has %s, and there are %s", it.reader.Line(), it.name, counted(len(fields), "value"), counted(it.columns.Len(), "column"))}
	}
	if it.read++; it.read%shownEvery == 0 {
		it.show()
	}
	values := make([]runtime.Value, len(fields))
	for i, f := range fields {
		values[i] = runtime.Text(f)
	}
	return runtime.RowAt(it.columns, values, it.reader.Line()), nil
}

func (it *csvIterator) show() {
	if l := it.call.Host().Log; l != nil {
		l.Progress("", it.read, 0)
	}
}

// Close closes the file.
func (it *csvIterator) Close() error { return it.file.Close() }

// csvTable reads all rows.
func csvTable(c *runtime.Call) (runtime.Value, error) {
	it, err := openCSV(c)
	if err != nil {
		return runtime.Null(), err
	}
	defer it.Close()
	t := runtime.NewRowset(it.columns)
	size := int64(0)
	for {
		row, err := it.Next(c.Context())
		bad := (*runtime.BadElement)(nil)
		switch {
		case errors.As(err, &bad):
			if l := c.Host().Log; l != nil {
				l.Warn(runtime.CodeBadElement, bad.Reason, c.Pos())
			}
			continue
		case err == io.EOF:
			return t.Value(), nil
		case err != nil:
			return runtime.Null(), err
		}
		if size += int64(row.Size()); size > c.MemoryLimit() {
			return runtime.Null(), tooLarge(c, "the table of "+it.name, "read it row by row: ForEach row In Csv …")
		}
		if it.read%shownEvery == 0 && c.Context().Err() != nil {
			return runtime.Null(), c.Context().Err()
		}
		t.Add(row.Values())
	}
}
