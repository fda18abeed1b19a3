package lab

import "net/http"

// Transport leads to the sandbox, in this process, and counts what goes by as
// the bench's own client does. It is for clients of the sandbox's other faces.
func (b *Bench) Transport() http.RoundTripper { return b.LMS.(*side).watch(b.Box.Transport()) }
