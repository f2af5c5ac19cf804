// Package replica lets a site live on a PostgreSQL server. Each machine that
// runs transformations keeps a copy of the site in an SQLite file; scripts and
// the engine work on the copy, and what a run has changed is published to the
// server in one transaction. Start at [Open].
//
// A copy is brought up to date when a run begins ([Server.Refresh]). To write, a
// run takes the lock of the copy, then that of the server ([Server.Lock]), looks
// at what others wrote meanwhile, merges, and publishes its changeset; the
// server commits first. Whatever ends a run in between leaves the server as it
// was, and a copy that is behind is brought up to date by the next run. A copy
// that is lost or deleted is made anew.
//
// The server sees no SQL of a script. Every row that a run changes was read
// under the lock under which it is written, so a value of another program is
// never overwritten unseen.
package replica
