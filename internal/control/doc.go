// Package control is the control database of a site: credential packs, runs
// with their log, warnings and rejects, the lease that keeps a transformation
// to one run at a time, and settings. It lies beside the site database, and a
// script's connection never opens it.
//
// Start with [Open]. A run goes through [DB.Acquire], [Lease.Append] and
// [Lease.Finish]; a credential pack through [DB.EnsureKey], [DB.AddPack] and
// [DB.OpenPack].
//
// Passwords of packs are sealed with a master key that lives elsewhere, see
// [KeySource]: who copies the database files opens no pack, and who can write
// to them cannot point a sealed password at another host. What sealing does not
// show is a row that was put back as it was at an earlier time: a host taken
// off a pack is out for good when its token is rotated too.
package control
