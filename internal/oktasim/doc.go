// Package oktasim is a simulator of OKTA's API for users and groups: an http.Handler that answers as OKTA does, from an org that is
// generated from a number and a seed or read from a file, with paging, search, rate limits, error objects and faults by script.
//
// Start with [Start] for a server on a port of its own, or with [New] for a handler. [ParseFaults] reads fault scripts such as
// "page 3: 429 twice; page 7: truncated"; [Sim.Org] changes the org between two runs; [Sim.Requests] tells what a client asked.
//
// Everybody whom the simulator hands out is made up. A client's token is in neither its log nor its list of requests; only the fault
// "echoing the token" shows it, to the client that sent it.
package oktasim
