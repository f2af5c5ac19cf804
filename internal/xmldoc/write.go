package xmldoc

import "github.com/beevik/etree"

// Write returns an element as a document of its own. indent lays it out anew,
// which changes the blanks in texts with elements among them.
func Write(e *etree.Element, indent bool) ([]byte, error) {
	root := e.Copy()
	for outer := e.Parent(); outer != nil; outer = outer.Parent() {
		inherit(root, outer)
	}
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	if indent {
		doc.AddChild(root)
		doc.Indent(2)
		return doc.WriteToBytes()
	}
	doc.CreateText("\n")
	doc.AddChild(root)
	doc.CreateText("\n")
	return doc.WriteToBytes()
}
