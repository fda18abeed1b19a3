package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// habits are the quirks of a platform. None at all keeps to the
// specifications. Where two contradict each other, one of them wins; all that
// is promised then is that it is always the same one.
type habits map[quirk.Quirk]bool

func (h habits) has(q quirk.Quirk) bool { return h[q] }

// habitsOf are those of a profile, and with, and not without.
func habitsOf(profile string, with, without []quirk.Quirk) (habits, error) {
	if profile != "" && !slices.Contains(quirk.Profiles(), profile) {
		return nil, fmt.Errorf("sandbox: the profile %q is not known; the known ones are %s", profile, strings.Join(quirk.Profiles(), ", "))
	}
	for _, q := range slices.Concat(with, without) {
		if !slices.Contains(quirk.All(), q) {
			return nil, fmt.Errorf("sandbox: the quirk %q is not known; the known ones are %s", q, joined(quirk.All()))
		}
	}
	h := habits{}
	for _, q := range slices.Concat(profiles[profile], with) {
		h[q] = true
	}
	for _, q := range without {
		delete(h, q)
	}
	return h, nil
}

func joined(quirks []quirk.Quirk) string {
	var words []string
	for _, q := range quirks {
		words = append(words, string(q))
	}
	return strings.Join(words, ", ")
}
