package sandbox

import (
	"net/url"
	"slices"

	"github.com/gradesync/gradesync/internal/quirk"
)

// QuirksOf returns what the sandbox imitates of a platform, in no order; none
// for a platform that is not known.
func QuirksOf(profile string) []quirk.Quirk { return slices.Clone(profiles[profile]) }

// ForeignHost returns the host and port of the ids in a sandbox that is served
// at base, "" where they are base's own: a client has to trust it too.
func (s *Sandbox) ForeignHost(base string) string {
	u, err := url.Parse(foreign(base))
	if err != nil || !s.has(quirk.ForeignIDs) {
		return ""
	}
	return u.Host
}
