package amsx

import "github.com/amsx-lang/amsx/internal/webapi"

// The settings of the HTTP client of a run, under the names by which other
// modules can write them.
type (
	// HTTP is how a run reaches the network: proxy, root certificates, the
	// hosts inside the network that it may reach, limits, a Transport or a
	// Wrap around it for tests. Its zero value reaches public hosts only,
	// with the system's certificates and no proxy.
	HTTP = webapi.Config

	// HTTPPolicy says which addresses may be reached: HTTP.Policy.
	HTTPPolicy = webapi.Policy

	// HTTPBudgets are the rate limits' remainders that runs at the same time
	// share: HTTP.Budgets.
	HTTPBudgets = webapi.Budgets

	// HTTPLimits bound what one request may take: HTTP.Limits.
	HTTPLimits = webapi.Limits

	// HTTPHints name the program's own settings in advice: HTTP.Hints.
	HTTPHints = webapi.Hints

	// HTTPClock is the time and the waiting of the client: HTTP.Clock.
	HTTPClock = webapi.Clock

	// An HTTPEvent is what HTTP.Trace receives, without secrets.
	HTTPEvent = webapi.Event

	// An HTTPWait is what HTTP.OnWait is told before a wait.
	HTTPWait = webapi.WaitEvent

	// An HTTPError is why a request failed, with what the API said and what
	// to do. The errors of runs wrap it.
	HTTPError = webapi.Error
)
