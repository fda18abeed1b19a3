package transport

import (
	"bytes"
	"io"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
)

// throttled tells whether an answer says that requests come too fast. Of a 403 the
// body has to be asked: it reads the beginning and puts it back.
func throttled(resp *http.Response) bool {
	if resp.StatusCode != http.StatusForbidden || resp.Body == nil {
		return agsclient.Throttled(resp.StatusCode, resp.Header, nil)
	}
	start, _ := io.ReadAll(io.LimitReader(resp.Body, agsclient.ThrottledPeek)) // an error comes again when the rest is read
	resp.Body = putBack{io.MultiReader(bytes.NewReader(start), resp.Body), resp.Body}
	return agsclient.Throttled(resp.StatusCode, resp.Header, start)
}

// putBack is a body whose beginning has been read already.
type putBack struct {
	io.Reader
	io.Closer
}
