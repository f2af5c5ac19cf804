// Package sqltext turns the SQL text of a script into statements with bound
// values. `Sql "… WHERE Email = '%email%'"` looks like text being pasted and
// is not: a value never becomes part of the SQL, so no value can change what
// a statement does.
//
// [Compile] is a runtime.SQLCompiler: it splits the text at its semicolons,
// decides for each %reference% what it may be in its place, and rewrites the
// everyday T-SQL of existing scripts for the database. What stands in a place
//
//   - after a comparison, LIKE, BETWEEN, in VALUES, SET c =, THEN, ELSE, in a
//     function's arguments: a value, bound;
//   - in IN (…): a value or a List, bound element by element;
//   - after LIMIT, TOP, OFFSET: a whole number, bound;
//   - after SELECT, FROM, INTO, JOIN, UPDATE, ORDER BY, GROUP BY, ON, a dot, in
//     a column list, left of an operator: the name of a column or table of the
//     site, looked up in the schema and written as the schema has it;
//   - inside a SQL string: a part of the one bound text that the string is;
//   - anywhere else: an error that says what to write.
//
// Comments are not sent to the database, and references in them mean nothing.
package sqltext
