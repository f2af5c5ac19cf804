package xmldoc_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	language "github.com/amsx-lang/amsx/runtime"

	"github.com/amsx-lang/amsx/internal/xmldoc"
)

const limit = 1 << 20

const rates = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.example.org/xml/2002-08-01" xmlns="http://www.ecb.example.org/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time="2026-01-30">
      <Cube currency="USD" rate="1.1234"/>
      <Cube currency="GBP" rate="0.8612"/>
    </Cube>
  </Cube>
</gesmes:Envelope>`

const people = `<documentelement><record id="1"><name>Ann</name><tag>a</tag><tag>b</tag></record><record id="2"><name>Ben</name><mail/></record>` +
	`<group><record id="3"><name>Zoë</name></record></group></documentelement>`

// found prints what a path finds: texts in quotes, elements as JSON.
func found(values []language.Value) string {
	var out []string
	for _, v := range values {
		if e := xmldoc.Element(v); e != nil {
			out = append(out, string(xmldoc.AppendJSON(nil, e)))
		} else {
			out = append(out, "'"+v.Text()+"'")
		}
	}
	return strings.Join(out, " ")
}

func parse(t *testing.T, text string) *etree.Element {
	t.Helper()
	e, err := xmldoc.Parse(strings.NewReader(text), limit, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// stream follows a path while the document is read.
func stream(p *xmldoc.Path, text string) ([]language.Value, error) {
	var out []language.Value
	s := p.Stream(strings.NewReader(text), limit, nil)
	for {
		v, err := s.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
}

func TestFind(t *testing.T) {
	const ns = "e=http://www.ecb.example.org/eurofxref, g=http://www.gesmes.example.org/xml/2002-08-01"
	for _, c := range []struct{ doc, path, want string }{
		{people, "record/name", `"Ann" "Ben"`},
		{people, "/documentelement/record/name", `"Ann" "Ben"`},
		{people, "./record/name", `"Ann" "Ben"`},
		{people, "//record/name", `"Ann" "Ben" "Zoë"`},
		{people, "//record/@id", `'1' '2' '3'`},
		{people, "//name", `"Ann" "Ben" "Zoë"`},
		{people, "//record[@id='3']/name", `"Zoë"`},
		{people, `//record[name="Ben"]/@id`, `'2'`},
		{people, "record[2]/name", `"Ben"`},
		{people, "record[last()]/@id", `'2'`},
		{people, "//record[1]/@id", `'1' '3'`},
		{people, "record[mail]/@id", `'2'`},
		{people, "record[tag][1]/@id", `'1'`},
		{people, "record/tag[.='b']", `"b"`},
		{people, "record/tag[text()='b']", `"b"`},
		{people, "record/name/text()", `'Ann' 'Ben'`},
		{people, "*/@id", `'1' '2'`},
		{people, "//@id", `'1' '2' '3'`},
		{people, ".//group/record/name", `"Zoë"`},
		{people, "group//name", `"Zoë"`},
		{people, "nothing", ``},
		{people, "record[@id='9']", ``},
		{people, "/documentelement/group", `{"record":{"@id":"3","name":"Zoë"}}`},
		{rates, "//Cube/@currency", `'USD' 'GBP'`},
		{rates, "Cube/Cube/Cube", `{"@currency":"USD","@rate":"1.1234"} {"@currency":"GBP","@rate":"0.8612"}`},
		{rates, "/Envelope/e:Cube/e:Cube/e:Cube[@currency='GBP']/@rate", `'0.8612'`},
		{rates, "/g:Envelope/g:subject", `"Reference rates"`},
		{rates, "g:Cube", ``},
		{rates, "//e:*[@rate]/@rate", `'1.1234' '0.8612'`},
		{rates, "//Cube[@time]/@time", `'2026-01-30'`},
	} {
		namespaces, err := xmldoc.ParseNamespaces(ns)
		if err != nil {
			t.Fatal(err)
		}
		p, err := xmldoc.ParsePath(c.path, namespaces)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		all, err := p.Find(parse(t, c.doc))
		if d := cmp.Diff(c.want, found(all)); d != "" || err != nil {
			t.Errorf("%s: %v\n(-want +got):\n%s", c.path, err, d)
		}
		if !p.Streams() {
			continue
		}
		all, err = stream(p, c.doc)
		if d := cmp.Diff(c.want, found(all)); d != "" || err != nil {
			t.Errorf("%s, streamed: %v\n(-want +got):\n%s", c.path, err, d)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"documentelement/record", "the path looks for <documentelement> inside the root element <documentelement>"},
		{"/root/record", "the path begins with /root, and the root of the document is <documentelement>"},
		{"/root/record/@id", "the path begins with /root, and the root of the document is <documentelement>"},
	} {
		p, err := xmldoc.ParsePath(c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Find(parse(t, people)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", c.path, err)
		}
		if _, err := stream(p, people); err == nil || err.Error() != c.want {
			t.Errorf("%s, streamed: %v", c.path, err)
		}
	}
}

func TestPathRefuses(t *testing.T) {
	for _, c := range []struct{ path, want, hint string }{
		{"", "the path is empty", "//record"},
		{"a/", `the path "a/" ends where a name must follow`, "//record"},
		{"a/..", "has .. in it", "loop over the outer elements"},
		{"a|b", "has | in it", "two paths"},
		{"ancestor::a", "has ancestor:: in it", "a//b"},
		{"a/child::b", "has child:: in it", "a//b"},
		{"count(//a)", "has a function in it, count(…)", "use If"},
		{"a[position()<3]", "has a condition", "[3]"},
		{"a[@x='1' and @y='2']", "has a condition", "use If"},
		{"a[contains(b,'x')]", "has a condition", "use If"},
		{"a[b/c='1']", "has a condition", "use If"},
		{"a[b!='1']", "has a condition", "use If"},
		{"a[b=1]", "something else than a text in quotes", "[name='x']"},
		{"a[0]", "counted from 1", "[1]"},
		{"a[1", "a [ is not closed", ""},
		{"a[b='1]", "a quote is not closed", "quote"},
		{"a[.]", "has a condition", ""},
		{"@id/a", "nothing can follow @name", "end the path"},
		{"@*", "has @* in it", "name the attribute"},
		{"x:a", "the prefix x in the path", `"x=http://…"`},
		{"a b", "cannot be read from", ""},
		{"a.b[", "a [ is not closed", ""},
		{"$x", "cannot be read from", ""},
		{"//.", "a dot where a name must stand", ""},
	} {
		_, err := xmldoc.ParsePath(c.path, nil)
		var e *xmldoc.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, c.want) || !strings.Contains(e.Hint(), c.hint) {
			t.Errorf("%q: %v", c.path, err)
			if e != nil {
				t.Log(e.Hint())
			}
		}
	}
	if _, err := xmldoc.ParseNamespaces("http://x"); err == nil {
		t.Error("a namespace without prefix is taken")
	}
}

func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat("<a>", xmldoc.MaxDepth+1)
	for _, c := range []struct{ text, want string }{
		{"", "there is no XML in the text"},
		{"no XML", "there is text outside of the root element"},
		{"<a>", "<a> is not closed"},
		{"<a></b>", "</b> stands where <a> must be closed"},
		{"</a>", "</a> closes nothing"},
		{"<a/><b/>", "a second element <b> follows the root"},
		{"<a/>text", "text outside of the root"},
		{"<a><b</a>", "the XML is broken"},
		{"<a x='1' x='2'/>", "has the attribute x twice"},
		{"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "<!DOCTYPE is refused"},
		{`<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;">]><lolz>&lol1;</lolz>`, "<!DOCTYPE is refused"},
		{"<a>&nbsp;</a>", "the entity &nbsp; is not known"},
		{deep, "nested more than 200 deep"},
		{"<a " + strings.Repeat("x='1' ", xmldoc.MaxAttributes+1) + "/>", "more than 1000 attributes"},
		{"<a>" + strings.Repeat("<b/>", limit/100) + "</a>", "too large to be held"},
	} {
		_, err := xmldoc.Parse(strings.NewReader(c.text), limit, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: %v", c.text, err)
		}
		p, perr := xmldoc.ParsePath("/a/b", nil)
		if perr != nil {
			t.Fatal(perr)
		}
		if _, err := stream(p, c.text); err == nil && !strings.Contains(c.want, "too large") {
			t.Errorf("%.40s: it can be streamed", c.text)
		}
	}
	_, err := xmldoc.Parse(strings.NewReader("<a>\n  <b></c>\n</a>"), limit, nil)
	if err == nil || !strings.Contains(err.Error(), "line 2, column") {
		t.Errorf("the place is missing: %v", err)
	}
}

// A document far over the limit can be read element by element, in flat memory.
func TestStreamIsFlat(t *testing.T) {
	p, err := xmldoc.ParsePath("record/name", nil)
	if err != nil {
		t.Fatal(err)
	}
	const records = 100_000
	body := strings.Repeat("<record id='4711'><name>Anna</name><mail>anna@example.com</mail></record>\n", 1000)
	parts := []io.Reader{strings.NewReader("<all xmlns='urn:example'>")}
	for range records / 1000 {
		parts = append(parts, strings.NewReader(body))
	}
	s := p.Stream(io.MultiReader(append(parts, strings.NewReader("</all>"))...), 1<<20, nil)
	var most uint64
	n := 0
	for ; ; n++ {
		v, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil || v.Text() != "Anna" || xmldoc.Element(v).NamespaceURI() != "urn:example" {
			t.Fatal(v, err)
		}
		if n%20_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if n != records || most > 16<<20 {
		t.Errorf("%d records, the heap had %d MB", n, most>>20)
	}
}

func TestNode(t *testing.T) {
	v := xmldoc.Value(parse(t, `<a x="1" xml:lang="en" xmlns:p="urn:p"> t <b>1</b><b>2</b><p:c>3</p:c><d xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></a>`))
	for name, want := range map[string]string{
		"@x": "1", "@lang": "en", "@xml:lang": "en", "@none": "", "#text": " t ", "b": "1, 2", "c": "3", "p:c": "3", "q:c": "", "d": "", "@xmlns:p": "",
	} {
		if got := v.Node().Child(name).Text(); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := v.Text(); got != " t 123" {
		t.Errorf("the text is %q", got)
	}
	if n := v.Node().Size(); n < 1000 || n > 3000 {
		t.Errorf("the size is %d", n)
	}
}

func TestJSON(t *testing.T) {
	for _, c := range []struct{ json, xml string }{
		{`[{"Login":"anna","Tags":["a","b"]},{"Login":"ben","Boss":null}]`,
			`<DocumentElement><Record><Login>anna</Login><Tags>a</Tags><Tags>b</Tags></Record><Record><Login>ben</Login><Boss/></Record></DocumentElement>`},
		{`{"root":{"@id":1,"#text":"x","a":true}}`, `<root id="1">x<a>true</a></root>`},
		{`{"a":1,"b":2.50}`, `<DocumentElement><a>1</a><b>2.50</b></DocumentElement>`},
		{`{"record":[{"a":"1"}]}`, `<DocumentElement><record><a>1</a></record></DocumentElement>`},
		{`{"First Name":"A&B","1st":"<","@odata.id":{"x":1},"_x0020_":"u"}`,
			`<DocumentElement><First_x0020_Name>A&amp;B</First_x0020_Name><_x0031_st>&lt;</_x0031_st><_x0040_odata.id><x>1</x></_x0040_odata.id><_x005F_x0020_>u</_x005F_x0020_></DocumentElement>`},
		{`"x"`, `<DocumentElement>x</DocumentElement>`},
		{`[[1],[2,3]]`, `<DocumentElement><Record><Record>1</Record></Record><Record><Record>2</Record><Record>3</Record></Record></DocumentElement>`},
	} {
		e, err := xmldoc.FromJSON(c.json, "DocumentElement", "Record", limit)
		if err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		got, err := etree.NewDocumentWithRoot(e).WriteToString()
		if d := cmp.Diff(c.xml, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.json, err, d)
		}
	}
	for _, bad := range []string{`{`, `{"a":`, `{"":1}`, `"\u0001"`, strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		if _, err := xmldoc.FromJSON(bad, "a", "b", limit); err == nil {
			t.Errorf("%.20s is taken", bad)
		}
	}
	if _, err := xmldoc.FromJSON("["+strings.Repeat("1,", limit/100)+"1]", "a", "b", limit); !errors.Is(err, xmldoc.ErrSize) {
		t.Errorf("got %v", err)
	}
	doc := `{"a":{"@id":"1","#text":"t","First Name":"x","list":["1","2"],"empty":"","nil":null}}`
	e, err := xmldoc.FromJSON(doc, "a", "b", limit)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(xmldoc.AppendJSON(nil, e)); got != `{"@id":"1","#text":"t","First Name":"x","list":["1","2"],"empty":"","nil":""}` {
		t.Errorf("it came back as %s", got)
	}
}

// FuzzPath holds paths over documents: nothing panics, what is streamed is
// what is found in the tree, and what is found can be written as JSON and XML.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"record/name", "//record[1]/@id", "/a/b[c='x'][last()]", "//@id", ".//x", "a/text()", "p:a/p:*", "@id", ".", "./a[.='1']", "*//b[@c]"} {
		f.Add(people, p)
		f.Add(rates, p)
		f.Add("<a id='1'><b><b>x</b></b></a>", p)
	}
	f.Fuzz(func(t *testing.T, doc, path string) {
		p, err := xmldoc.ParsePath(path, map[string]string{"p": "urn:p"})
		if err != nil {
			if e := (*xmldoc.Error)(nil); !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("an error without words: %v", err)
			}
			return
		}
		var streamed []language.Value
		var serr error
		if p.Streams() {
			streamed, serr = stream(p, doc)
		}
		root, err := xmldoc.Parse(strings.NewReader(doc), limit, nil)
		if err != nil {
			if p.Streams() && serr == nil && !errors.Is(err, xmldoc.ErrSize) {
				t.Fatalf("it can be streamed, and parsing it says %v", err)
			}
			return
		}
		all, err := p.Find(root)
		if p.Streams() {
			if (err == nil) != (serr == nil) {
				t.Fatalf("found: %v, streamed: %v", err, serr)
			}
			if d := cmp.Diff(found(all), found(streamed)); err == nil && d != "" {
				t.Fatalf("(-found +streamed):\n%s", d)
			}
		}
		for _, v := range all {
			e := xmldoc.Element(v)
			if e == nil {
				continue
			}
			text := string(xmldoc.AppendJSON(nil, e))
			if _, err := language.ParseJSON(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if _, err := etree.NewDocumentWithRoot(e.Copy()).WriteToString(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
