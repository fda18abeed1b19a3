package agsclient

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who repeats what: a round tripper sees connections and statuses, a reader contents.
func TestInTransit(t *testing.T) {
	reset := &connError{"the connection was reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}}
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"busy", &Error{Status: 503}, true},
		{"failed", fmt.Errorf("reading: %w", &Error{Status: 500}), true},
		{"a gateway", &Error{Status: 504}, true},
		{"too fast", &Error{Status: 429, Throttled: true}, true},
		{"too fast, as Canvas says it", &Error{Status: 403, Throttled: true}, true},
		{"reset", &Error{Sent: true, Err: reset}, true},
		{"closed", &Error{Sent: true, Err: io.EOF}, true},
		{"a body that broke off", &Error{Sent: true, Status: 200, Err: io.ErrUnexpectedEOF}, false},
		{"a body that was reset", &Error{Sent: true, Status: 200, Err: reset}, false},
		{"a web page", &Error{Sent: true, Status: 200, Err: ErrHTML}, false},
		{"a status that nobody repeats", &Error{Status: 520}, false},
		{"not HTTP", &Error{Sent: true, Err: &connError{"the answer is not HTTP", errors.New("x")}}, false},
		{"forbidden", &Error{Status: 403}, false},
		{"of unknown origin", io.EOF, false},
		{"none", nil, false},
	} {
		require.Equal(t, tc.want, InTransit(tc.err), tc.name)
	}
}

// A client says of each request which course it is about, so that one that hangs can
// be told from a host that does.
func TestRequestsTellTheirCourse(t *testing.T) {
	require.Equal(t, "https://lms/1/items", (&Client{ep: Endpoint{LineItemsURL: "https://lms/1/items", MembershipsURL: "https://lms/1/people"}}).course())
	require.Equal(t, "https://lms/1/people", (&Client{ep: Endpoint{MembershipsURL: "https://lms/1/people"}}).course())
	require.Nil(t, Course(t.Context()))
	require.Equal(t, "a", Course(WithCourse(t.Context(), "a")))
}
