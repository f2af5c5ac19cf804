package builtins

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/internal/xmldoc"
	"github.com/amsx-lang/amsx/runtime"
)

func documentCommands() []*runtime.Command {
	const buffer = "also in the XML buffer, %MDOC%"
	source := as(required("source", runtime.TextParam, `the file's name from the run's folder on, such as "rates.xml", or XML text`), func(s string) (string, error) {
		if isXML(s) {
			return s, nil
		}
		return files.Clean(s)
	})
	source.File = runtime.ReadsFile
	return []*runtime.Command{
		{
			Name: "LoadXml", Group: "Data", Summary: "Reads an XML file of the run's folder, or XML text, into the XML buffer.", Doc: "What begins with < is XML text, anything else the name of a file. The encoding is the one that the file says it has.",
			Result: "the root element, " + buffer, Statement: true, Effects: runtime.ReadsFiles,
			Params: []runtime.Param{source},
			Errors: []string{"there is no such file", "the XML is broken, or has a document type", "the XML takes more memory than the budget allows", "the name leads out of the run's folder"},
			Examples: []runtime.Example{script("LoadXml \"rates.xml\"\nForEach rate In Xml %MDOC%, \"//rate\"\n  Log \"info\", \"%rate.@currency% %rate%\"\nEndEach\n", "USD 1.1234\nGBP 0.8612\n"),
				script("LoadXml \"<order no='7'><item>pen</item></order>\"\nLog \"info\", \"%MDOC.@no% %MDOC.item%\"\n", "7 pen\n")},
			Run: loadXML,
		},
		{
			Name: "SaveXml", Group: "Data", Summary: "Writes XML to a file of the run's folder, in UTF-8.", Doc: afterCommit, Statement: true, Effects: runtime.ReadsFiles | runtime.WritesFiles,
			Params: []runtime.Param{fileParam("file", "the file's name from the run's folder on", runtime.MakesFile), optional("xml", runtime.AnyParam, "an Xml value or XML text; without it the XML buffer, %MDOC%"),
				{Name: "layout", Type: runtime.TextParam, Optional: true, Default: "as it is", OneOf: []string{"as it is", "indent"}, Doc: "indent lays it out anew, an element a line"}},
			Errors:   []string{"the XML buffer is empty", "the name leads out of the run's folder", "a secret would be written"},
			Examples: []runtime.Example{script("JsonToXml List(Row(\"Login\", \"anna\"))\nSaveXml \"out/people.xml\"\n", "+ out/people.xml \"<?xml version=\\\"1.0\\\" encoding=\\\"UTF-8\\\"?>\\n<DocumentElement><Record><Login>anna</Login></Record></DocumentElement>\\n\"\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Host().Folder == nil {
					return runtime.Null(), errNoFolder
				}
				e, err := element(c, 1)
				if err == nil && e == nil {
					err = failf("give an Xml value, or fill the XML buffer with LoadXml", "there is no XML to save")
				}
				if err != nil {
					return runtime.Null(), err
				}
				b, err := xmldoc.Write(e, c.Text(2) == "indent")
				if err != nil {
					return runtime.Null(), err
				}
				return runtime.Null(), c.Host().Folder.Write(c.Text(0), b)
			},
		},
		{
			Name: "XmlToJson", Group: "Data", Summary: "Makes Json of XML.", Function: true, Statement: true,
			Doc:    "A child becomes a member, several of one name an array, an attribute `@name`, text beside them `#text`; every value is a text. Since one child is no array, name the records by a path: then the result is an array, also of one. " + pathDoc,
			Result: "an array with what the path finds; without a path an object with the root as its member",
			Params: xmlParams(optional("xml", runtime.AnyParam, "XML text, or an Xml value; without it the XML buffer, %MDOC%"), optional("path", runtime.TextParam, `the records, such as "record"`)), Errors: errsXML,
			Examples: []runtime.Example{shows(`XmlToJson("<people><person id='7'><name>Ann</name></person></people>", "person")`, `[{"@id":"7","name":"Ann"}]`),
				shows(`XmlToJson("<people><person>Ann</person><person>Zoë</person></people>")`, `{"people":{"person":["Ann","Zoë"]}}`)},
			Check: checkXMLPath,
			Run:   xmlToJSON,
		},
		{
			Name: "JsonToXml", Group: "Data", Summary: "Makes XML of Json, of a Row, or of a list of them, in the shape of records and fields.", Statement: true,
			Doc: "A list becomes `<DocumentElement>` with a `<Record>` for each element and a field in it for each member. An object with one member that is no list becomes the element of that name. A member `@name` becomes an attribute, `#text` the text beside children. " +
				"What no name in XML may have is written as .NET does: First_x0020_Name; XmlToJson reads it back.",
			Result: "the root element, " + buffer,
			Params: []runtime.Param{required("json", runtime.AnyParam, "Json, JSON text, a Row, a Table or a List"), defaulted("record", runtime.TextParam, "Record", "the name of the element for each element of a list"),
				defaulted("root", runtime.TextParam, "DocumentElement", "the name of the element around them")},
			Errors:   []string{"the text is no JSON", "a text has a character that XML cannot hold"},
			Examples: []runtime.Example{script("Set x = JsonToXml Row(\"order\", Row(\"@no\", 7, \"item\", List(\"pen\", \"ink\")))\nLog \"info\", \"%x.@no% %x.item%\"\n", "7 pen, ink\n")},
			Run:      jsonToXML,
		},
	}
}

func isXML(s string) bool { return strings.HasPrefix(strings.TrimLeft(s, "\ufeff \t\r\n"), "<") }

func loadXML(c *runtime.Call) (runtime.Value, error) {
	var e *etree.Element
	source := c.Text(0)
	if isXML(source) {
		var err error
		if e, err = xmldoc.Parse(strings.NewReader(strings.TrimPrefix(source, "\ufeff")), c.MemoryLimit(), nil); err != nil {
			return runtime.Null(), xmlError(c, err)
		}
	} else {
		b, err := readFile(c, source)
		if err != nil {
			return runtime.Null(), err
		}
		text, err := files.NewDecoder(bytes.NewReader(b), "")
		if err != nil {
			return runtime.Null(), err
		}
		charset := files.Charset
		if text.Converted { // the byte order mark has said it
			charset = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
		}
		if e, err = xmldoc.Parse(text, c.MemoryLimit(), charset); err != nil {
			return runtime.Null(), inFile(source, xmlError(c, err))
		}
	}
	v := xmldoc.Value(e)
	c.SetDocument(v)
	return v, nil
}

// inFile says in which file something is wrong.
func inFile(name string, err error) error {
	var e *xmldoc.Error
	if errors.As(err, &e) {
		return failf(e.Hint(), "%s: %s", name, e.Message)
	}
	return err
}

func xmlToJSON(c *runtime.Call) (runtime.Value, error) {
	e, path, err := xmlArguments(c)
	if err != nil || e == nil {
		return runtime.Null(), err
	}
	var b []byte
	if path == nil {
		b = append(b, '{')
		b = append(xmldoc.AppendName(b, e.Tag), ':')
		return runtime.ParseJSON(string(append(xmldoc.AppendJSON(b, e), '}')))
	}
	all, err := path.Find(e)
	if err != nil {
		return runtime.Null(), err
	}
	b = append(b, '[')
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		if x := xmldoc.Element(v); x != nil {
			b = xmldoc.AppendJSON(b, x)
		} else {
			b = runtime.AppendJSON(b, v)
		}
	}
	return runtime.ParseJSON(string(append(b, ']')))
}

func jsonToXML(c *runtime.Call) (runtime.Value, error) {
	v := c.Arg(0)
	text := v.Text()
	switch v.Kind() {
	case runtime.KindNull:
		return v, nil
	case runtime.KindXML:
		return runtime.Null(), failf("SaveXml writes it as it is", "this is XML already")
	case runtime.KindText:
	default:
		text = string(runtime.AppendJSON(nil, v))
	}
	if _, err := runtime.ParseJSON(text); err != nil {
		return runtime.Null(), err
	}
	e, err := xmldoc.FromJSON(text, c.Text(2), c.Text(1), c.MemoryLimit())
	if err != nil {
		return runtime.Null(), xmlError(c, err)
	}
	x := xmldoc.Value(e)
	c.SetDocument(x)
	return x, nil
}
