// Package agsclient speaks LTI Assignment and Grade Services 2.0 (line items,
// scores, results), Names and Role Provisioning Services 2.0 (memberships) and
// the token request of the 1EdTech Security Framework 1.0, over an [http.Client]
// that the caller brings.
//
// A [Client] is for one context, that is one course section: its line item
// container, its roster, and the line items whose ids the container lists.
//
// # What it promises
//
//   - A listing is complete or it is an error. Every next link is followed; a
//     loop, a repeated page, a line item without an id that can be used, two line
//     items with one id, too many pages, and JSON that ends early are errors that
//     say so.
//   - A hostile server costs little: what an answer and a listing may hold is
//     bounded by [Options] in bytes, elements, members and nesting, and counted
//     while it streams in, and a listing in time. An answer whose status is all
//     that matters is not waited for longer than a second.
//   - The bearer token is sent to the origins (scheme, host and port) of the
//     [Endpoint] and nowhere else. An id, a next link or a redirect that leads
//     elsewhere is refused before anything is sent, with an [OriginError].
//   - Writes are sent once. Only a request that was answered 401, which means that
//     it was not executed, is repeated, and that once, with a fresh token; and the
//     token request itself, which changes nothing, unless it timed out. Redirects
//     of writes and of token requests are never followed.
//   - What the platform says about a line item and this package does not know
//     goes back untouched with the next PUT.
//   - Errors are typed ([Error], [OriginError], [TokenError]) and hold no token
//     and no query value. What went wrong with a connection is told in this
//     package's own words, since net/http's quote what the server sent; the cause
//     stays reachable, so that [errors.As] finds a [net.OpError]. Where a platform's
//     reason echoes what was sent about a person it is cut out, in every spelling
//     known here; a text that repeats the request itself is cut where that begins.
//     Of a shortened echo in other words, pieces of less than a dozen bytes may
//     remain. [NotSent] tells whether a write may have been carried out, and [Invalid]
//     whether an argument was at fault.
//
// # What it will not do
//
// It does not otherwise retry, limit or log: that is for the http.Client's
// transport, to which [Throttled] tells how a platform says that it is asked too
// often. An error of that transport which has a method Described() string is shown
// in the words it gives, and one which has a method NotSent() bool is believed. It does not know one platform from another. It does
// not read a score back: a platform may answer 200 and keep nothing, and only
// [Client.Results] can tell.
package agsclient
