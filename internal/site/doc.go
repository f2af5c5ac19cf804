// Package site is the site database: the business tables with their people and
// look-ups, and the one way in which a run changes them.
//
// A run compares each record with the row that is there when it arrives, keeps
// the differences in temporary tables that lock nobody, and merges them in one
// short transaction when it ends. What the merge changed is in the change set,
// whoever asked for it: an Upsert, a leaver, or SQL of the script. The fuse,
// the dry run and the history read the change set and nothing else.
//
// Start with [Open], then [Database.Begin]; a [Session] is what the runtime
// knows as its Site, and [Session.Finish] merges it. The tables and columns
// are documented in migrations/00001_site.sql.
package site
