package harness_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/runtime"
)

// TestSee: what is read of answers and files, of whatever kind and encoding. A
// path that is there is not reported, one that is not is.
func TestSee(t *testing.T) {
	c, err := harness.Load(fstest.MapFS{
		"c/case.toml":             {Data: []byte("title = \"x\"\n")},
		"c/script.amsx":           {Data: []byte("Log \"info\", \"x\"\n")},
		"c/exchanges/1.http":      {Data: []byte("GET https://api.example.com/people\n\nHTTP 200\nContent-Type: application/json\n\n{\"value\":[{\"id\":1,\"profile\":{\"login\":\"a\",\"tags\":[],\"boss\":null},\"mails\":[[{\"work\":\"x\"}]]}]}\n")},
		"c/exchanges/2.http":      {Data: []byte("GET https://api.example.com/rates\n\nHTTP 200\nContent-Type: application/xml\n\n<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r:rates xmlns:r=\"urn:x\"><r:rate day=\"1\"><code>USD</code></r:rate></r:rates>\n")},
		"c/exchanges/3.http":      {Data: []byte("GET https://api.example.com/broken\n\nHTTP 500\n\n{\"error\":{\"code\":1},\n")},
		"c/files/in/people.csv":   {Data: []byte("\xef\xbb\xbfNumber;First name;\"Last; name\"\r\n1;Ann;X\r\n")},
		"c/files/in/latin.csv":    {Data: []byte("Stra\xdfe,Ort\nx,y\n")},
		"c/files/in/utf16.csv":    {Data: []byte("\xff\xfeO\x00n\x00e\x00\t\x00T\x00w\x00o\x00\n\x00")},
		"c/files/in/utf16be.csv":  {Data: []byte("\xfe\xff\x00B\x00i\x00g\x00\n")},
		"c/files/in/excel.csv":    {Data: []byte("sep=|\r\nLeft|Right\r\n")},
		"c/files/in/old.csv":      {Data: []byte("Mac,Line\ra,b\r")},
		"c/files/in/lines.json":   {Data: []byte("{\"one\":1}\n{\"two\":{\"three\":3}}\n")},
		"c/files/in/items.xml":    {Data: []byte("<items><item id='7'>a</item></items>")},
		"c/files/in/nothing.data": {Data: []byte{0, 1, 2, 255}},
	}, "c")
	if err != nil {
		t.Fatal(err)
	}
	seen := &runtime.Seen{}
	c.See(seen)
	for _, tt := range []struct {
		path string
		ok   bool
	}{
		{"id", true}, {"profile.login", true}, {"value[0].profile.login", true}, {"mails[0].work", true}, {"profile.Login", false}, {"profile.id", false},
		{"profile.tags.any", true}, {"profile.boss.name", true}, {"profile.login.name", false},
		{"rate.code", true}, {"rate.@day", true}, {"[r:rate].code", true}, {"rate.@code", false}, {"rate.day", false}, {"code.#text", true},
		{"NUMBER", true}, {"[First name]", true}, {"[Last; name]", true}, {"[First nam]", false}, {"Straße", true}, {"ort", true}, {"One", true}, {"Two", true}, {"Big", true},
		{"Left", true}, {"Right", true}, {"Mac", true}, {"Line", true}, {"two.three", true}, {"two.one", false}, {"item.@id", true}, {"x", false},
	} {
		text := "ForEach record In JsonPages \"https://api.example.com/people\"\n  Log \"info\", %record." + tt.path + "%\n  Log \"info\", %record.id%\nEndEach\n"
		found := amsx.Parse("x.amsx", []byte(text)).Check(amsx.CheckOptions{Seen: seen})
		if found.HasErrors() {
			t.Errorf("%s: %v", tt.path, found)
		}
		reported := slices.ContainsFunc(found, func(d *amsx.Finding) bool { return d.Code == runtime.CodeNotRecorded })
		if reported == tt.ok {
			t.Errorf("%s: reported %v", tt.path, reported)
		}
	}
}
