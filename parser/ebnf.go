package parser

// Grammar is the grammar of a script in EBNF: the lines as the library prints
// them from the declarations that it parses by, then what is parsed by hand.
func Grammar() string { return grammar().String() + "\n" + handParsed }

// handParsed are the productions of expr.go. Which lines make up a block is
// not part of the grammar: see the builder.
const handParsed = `Value = Command | Expr .
Arguments = (Expr? ("," Expr?)*)? .
Expr = And ("Or" And)* .
And = Not ("And" Not)* .
Not = "Not" Not | Comparison .
Comparison = Join ((Compare Join) | ("In" "(" Expr ("," Expr)* ")") | ("Is" "Not"? ("Null" | "Empty")))? .
Compare = "=" | "<>" | "<" | "<=" | ">" | ">=" | "==" | "Like" | "Contains" | "StartsWith" | "EndsWith" | "In" .
Join = Sum ("&" Sum)* .
Sum = Product (("+" | "-") Product)* .
Product = Unary (("*" | "/" | "Mod") Unary)* .
Unary = "-" Unary | Operand .
Operand = <string> | <number> | <var> | <path> | "True" | "False" | "Null" | Call | <ident> | "(" Expr ")" .
Call = <ident> "(" Arguments ")" .
MapHead = <ident>? "To" <ident> MapClause* .
MapClause = ("Key" (Names | <string> | <number>)) | ("Adopt" Names) | ("Newest" (<ident> | <path>)) | (("Mode" | "Source" | "Deactivate" | "Null" | "Update" | "Insert" | "Reject" | "LeftOut") (<string> | <number>)) .
Names = <ident> ("," <ident>)* .
FieldRest = (("Lookup" <ident> "From" <path> ("," (<ident> | <path>))*) | "Create" | ("OnMissing" ("keep" | "null" | "reject")) | ("DataMap" <ident>) | ("Keep" "Edited") | ("On" "Insert") | "Required" | ("Default" (<string> | <number>)) | ("Track" ("No" | "Yes")))* .
Fixed = <string> | ("-"? <number>) | "True" | "False" .`
