// Package transport is the stack of [http.RoundTripper]s under every platform's
// client. Each one does one thing and can be used alone; [Stack] puts them in
// order:
//
//	Retry           GETs that failed in passing, again
//	  Pace          so many requests at once, so many a second, fewer if asked
//	    Breaker     no more to a host, or of a course, that does not answer
//	      Timeout   one attempt, its body included
//	        Count   figures for the report
//	          Log   a line an attempt, at debug level
//	            Skew  what the platform's clock says
//	              base  the connections: [Base]
//
// Waiting, be it between tries, for a slot or for the end of a pause, holds no slot
// and does not count against the timeout.
//
// It promises that a write is sent at most once, that the context ends every
// wait, and that neither headers, bodies nor query values reach the log, not even
// within an error: what net/http quotes of an answer stays out. It does not decide what an answer means, adds no credentials and follows no redirect.
//
// A response's body must be closed, as always: here it frees a slot and a timer.
package transport
