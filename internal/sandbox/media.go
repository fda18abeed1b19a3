package sandbox

import (
	"mime"
	"strconv"
	"strings"
)

// isType tells whether a Content-Type is exactly want; parameters are let pass.
func isType(contentType, want string) bool {
	got, _, err := mime.ParseMediaType(contentType)
	return err == nil && got == want
}

// accepts tells whether an Accept header allows a media type. No header allows
// everything. The most specific range that matches decides (RFC 9110, 12.5.1).
func accepts(headers []string, want string) bool {
	if len(headers) == 0 {
		return true
	}
	major, _, _ := strings.Cut(want, "/")
	best, allowed := 0, false
	for _, one := range strings.Split(strings.Join(headers, ","), ",") {
		got, params, err := mime.ParseMediaType(strings.TrimSpace(one))
		if err != nil {
			continue
		}
		specific := map[string]int{"*/*": 1, major + "/*": 2, want: 3}[got]
		if specific > best {
			q, err := strconv.ParseFloat(params["q"], 64)
			best, allowed = specific, err != nil || q > 0
		}
	}
	return allowed
}
