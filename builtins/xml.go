package builtins

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/internal/xmldoc"
	"github.com/amsx-lang/amsx/runtime"
)

// pathDoc is what is said of paths in XML, for every command that takes one.
const pathDoc = "A path begins inside the root: `record/name`; with / at the document: `/root/record`; `//name` finds all below. A name without prefix is one of any namespace. " +
	"In brackets may stand `[3]`, `[last()]`, `[@id]`, `[@id='7']`, `[name]`, `[name='x']` or `[.='x']`; a path may end in `@attribute` or `text()`."

// xmlParams are the parameters of what reads XML.
func xmlParams(xml, path runtime.Param) []runtime.Param {
	return []runtime.Param{xml, path, optional("prefixes", runtime.TextParam, `the namespaces of prefixes in the path: "p=http://…, q=http://…"`)}
}

var errsXML = []string{"the XML is broken, or has a document type", "the path is not one that this edition has", "the XML takes more memory than the budget allows"}

func xmlCommands() []*runtime.Command {
	xml := optional("xml", runtime.AnyParam, "XML text, or an Xml value; without it the XML buffer, %MDOC%")
	return []*runtime.Command{
		{
			Name: "Xml", Group: "Data", Summary: "Reads XML text, or what a path finds in it.", Function: true, Statement: true,
			Doc: "As the source of ForEach it gives what the path finds one by one, without a path the children of the root; a plain path is followed while the text is read, so that a large text takes little memory. " +
				pathDoc + " `%x.name%` reads a child, `%x.@id%` an attribute, `%x.#text%` the text directly inside.",
			Result: "what the path finds, as a List; without a path the root element; Null for Null and empty text",
			Params: xmlParams(xml, optional("path", runtime.TextParam, `where it is, such as "record" or "//rate/@currency"`)), Errors: errsXML,
			Examples: []runtime.Example{script("Set doc = \"<people><person id='7'><name>Ann</name></person><person id='8'><name>Zoë</name></person></people>\"\nForEach p In Xml %doc%, \"person\"\n  Log \"info\", \"%p.@id% %p.name%\"\nEndEach\n", "7 Ann\n8 Zoë\n"),
				shows(`Xml("<r><a>1</a><a>2</a></r>", "a")`, "1, 2")},
			Check: checkXMLPath,
			Run: func(c *runtime.Call) (runtime.Value, error) {
				e, path, err := xmlArguments(c)
				switch {
				case err != nil || e == nil:
					return runtime.Null(), err
				case path == nil:
					return xmldoc.Value(e), nil
				}
				all, err := path.Find(e)
				return runtime.List(all...), err
			},
			Iterate: iterateXML,
		},
		{
			Name: "XmlSelect", Group: "Data", Summary: "Gives the first element or attribute that a path finds in XML.", Doc: pathDoc, Function: true,
			Result: "the element, or the text of the attribute; Null when there is none",
			Params: xmlParams(required("xml", runtime.AnyParam, "XML text, or an Xml value"), required("path", runtime.TextParam, `where it is, such as "record[1]/name" or "//@id"`)), Errors: errsXML,
			Examples: []runtime.Example{shows(`XmlSelect("<r><rate currency='USD'>1.1</rate></r>", "rate[@currency='USD']") * 2`, "2.2")},
			Check:    checkXMLPath,
			Run: func(c *runtime.Call) (runtime.Value, error) {
				e, path, err := xmlArguments(c)
				if err != nil || e == nil || path == nil {
					return runtime.Null(), err
				}
				all, err := path.Find(e)
				if err != nil || len(all) == 0 {
					return runtime.Null(), err
				}
				return all[0], nil
			},
		},
	}
}

// checkXMLPath reads a fixed path, argument 1, with its fixed prefixes.
func checkXMLPath(c *runtime.CheckedCall) {
	prefixes, _, fixed := c.Literal(2)
	if !fixed && len(c.Call.Args) > 2 {
		return
	}
	if _, err := xmldoc.ParseNamespaces(prefixes); err != nil {
		refuse(c, 2, err)
		return
	}
	if path, _, ok := c.Literal(1); ok && path != "" {
		if _, err := xmlPath(path, prefixes); err != nil {
			refuse(c, 1, err)
		}
	}
}

// refuse reports a fixed argument that would fail when the script runs.
func refuse(c *runtime.CheckedCall, i int, err error) {
	_, pos, _ := c.Literal(i)
	hint := ""
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	c.List.Errorf(pos, runtime.CodeFixedText, hint, "%s", err.Error())
}

func xmlPath(path, prefixes string) (*xmldoc.Path, error) {
	namespaces, err := xmldoc.ParseNamespaces(prefixes)
	if err != nil {
		return nil, err
	}
	return xmldoc.ParsePath(path, namespaces)
}

// xmlArguments returns the element of argument 0, nil for Null and empty text,
// and the path of argument 1, nil where none was given.
func xmlArguments(c *runtime.Call) (e *etree.Element, path *xmldoc.Path, err error) {
	if c.Has(1) && c.Text(1) != "" {
		if path, err = xmlPath(c.Text(1), c.Text(2)); err != nil {
			return nil, nil, err
		}
	}
	e, err = element(c, 0)
	return e, path, err
}

// element returns the XML of argument i, of the buffer where it was not given;
// nil for Null and empty text.
func element(c *runtime.Call, i int) (*etree.Element, error) {
	v := c.Arg(i)
	if !c.Has(i) {
		if v = c.Document(); v.IsNull() {
			return nil, failf("fill it before: LoadXml \"rates.xml\"; or give the XML as an argument", "the XML buffer, %%MDOC%%, is empty")
		}
	}
	switch {
	case v.IsNull():
		return nil, nil
	case v.Kind() == runtime.KindXML:
		if e := xmldoc.Element(v); e != nil {
			return e, nil
		}
		return nil, errors.New("this Xml value is of another kind")
	case v.Kind() == runtime.KindList:
		return nil, failf("choose one, such as %x[0]%, or take the first with XmlSelect", "one element is wanted, and this is a List")
	case v.Kind() != runtime.KindText:
		return nil, failf("JsonToXml makes XML of Json and of Rows", "XML text is wanted, and this is a %s", v.Kind())
	case strings.TrimSpace(v.Text()) == "":
		return nil, nil
	}
	e, err := xmldoc.Parse(strings.NewReader(v.Text()), c.MemoryLimit(), nil)
	return e, xmlError(c, err)
}

// xmlError names the budget that a document does not fit.
func xmlError(c *runtime.Call, err error) error {
	if errors.Is(err, xmldoc.ErrSize) {
		return tooLarge(c, "the XML", `read it element by element, with a plain path: ForEach x In Xml %text%, "record"; or raise the limit for memory`)
	}
	return err
}

// iterateXML yields what a path finds.
func iterateXML(c *runtime.Call) (runtime.Iterator, error) {
	path, err := xmlPath("*", "")
	if c.Has(1) && c.Text(1) != "" {
		path, err = xmlPath(c.Text(1), c.Text(2))
	}
	if err != nil {
		return nil, err
	}
	v := c.Arg(0)
	if v.Kind() == runtime.KindText && path.Streams() && strings.TrimSpace(v.Text()) != "" {
		s := path.Stream(strings.NewReader(v.Text()), c.MemoryLimit(), nil)
		return &xmlIterator{call: c, taint: v.Taint(), next: s.Next}, nil
	}
	e, err := element(c, 0)
	if err != nil || e == nil {
		return &xmlIterator{next: func() (runtime.Value, error) { return runtime.Null(), io.EOF }}, err
	}
	all, err := path.Find(e)
	if err != nil {
		return nil, err
	}
	return &xmlIterator{call: c, taint: v.Taint(), next: func() (runtime.Value, error) {
		if len(all) == 0 {
			return runtime.Null(), io.EOF
		}
		x := all[0]
		all = all[1:]
		return x, nil
	}}, nil
}

// An xmlIterator yields elements or texts.
type xmlIterator struct {
	call  *runtime.Call
	taint runtime.Taint
	next  func() (runtime.Value, error)
}

// Next returns the next one.
func (x *xmlIterator) Next(context.Context) (runtime.Value, error) {
	v, err := x.next()
	if err != nil {
		return runtime.Null(), xmlError(x.call, err)
	}
	return v.WithTaint(x.taint), nil
}

// Close has nothing to give back.
func (x *xmlIterator) Close() error { return nil }
