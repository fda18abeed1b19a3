package sandbox

import "time"

// FaultKind is one way for an answer to go wrong.
type FaultKind string

// Kinds of faults. Unless it says otherwise, the request has no effect.
const (
	FaultStatus     FaultKind = "status"      // Status, with a Retry-After where Fault.RetryAfter is not 0
	FaultDropBefore FaultKind = "drop-before" // the connection ends before anything happens
	FaultDropAfter  FaultKind = "drop-after"  // it happens, and the connection ends without an answer
	FaultTruncate   FaultKind = "truncate"    // it happens, and the answer's body ends in its middle
	FaultDrip       FaultKind = "drip"        // it happens, and the answer comes a byte a second
	FaultHang       FaultKind = "hang"        // no answer at all until the client gives up
	FaultType       FaultKind = "type"        // it happens, and the answer says that it is text/plain
	FaultJSON       FaultKind = "json"        // it happens, and the answer's body is no JSON
	FaultHTML       FaultKind = "html"        // a page of a web server, with 200
	FaultRepeat     FaultKind = "repeat"      // a listing whose next link leads to the same page
	FaultStale      FaultKind = "stale"       // a read shows what was there Fault.Behind ago
	FaultRevoke     FaultKind = "revoke"      // the token that was used is revoked, and the answer is 401
	FaultClock      FaultKind = "clock"       // the platform's clock is Fault.Behind late (negative: early), all the time
	FaultRedirect   FaultKind = "redirect"    // 307 to the same path at another host
)

// Fault is one thing that goes wrong by chance.
type Fault struct {
	Kind   FaultKind
	On     string  // "" is every request; else a kind of Request, or METHOD and kind: "POST scores"
	Share  float64 // of the requests it is On, from 0 to 1
	Status int     // of FaultStatus: 429, 500, 502, 503
	// RetryAfter is announced in whole seconds.
	RetryAfter time.Duration
	Behind     time.Duration
	// Skip requests go well first, and no more than Times go wrong; 0 is no bound.
	Skip, Times int
}
