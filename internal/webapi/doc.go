// Package webapi is HTTP as scripts need it: one client that paces itself
// below an API's rate limit, retries what may be retried, reads lists page by
// page, keeps a pack's token on the pack's hosts, refuses addresses inside the
// network unless the site allows them, and says in its errors what to do.
//
// Start with [New], then [Client.Do] for one request and [Client.Pages] for a
// list. [ParseDomain] and [BuildURL] make the addresses, [Credential] holds
// what a request is authorised with.
//
// The layers of a request, from the caller to the network:
//
//	Pages   follows next links, fetches one page ahead, restarts a broken pull
//	Do      retries, waits, redirects, errors with advice
//	budget  one for each credential pack: waits before the limit is reached
//	Wrap    the seam for a recorder or a player: it sees every attempt, 429s too
//	network TLS, HTTP/2, gzip, proxy; the egress rule is checked at dial
package webapi
