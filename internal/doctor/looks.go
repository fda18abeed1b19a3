package doctor

import (
	"maps"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// marks are what platforms look like from outside. The paths are those of
// their services and token endpoints.
var marks = []struct {
	platform, path string
}{
	{quirk.Canvas, "/api/lti/courses/"},
	{quirk.Canvas, "/login/oauth2/token"},
	{quirk.Moodle, "/mod/lti/services.php"},
	{quirk.Moodle, "/mod/lti/token.php"},
	{quirk.Blackboard, "/learn/api/"},
	{quirk.Blackboard, "/api/v1/gateway/oauth2/jwttoken"},
	{quirk.D2L, "/d2l/api/"},
	{quirk.D2L, "/core/connect/token"},
	{quirk.Sakai, "/imsblis/"},
	{quirk.OpenEdX, "/lti_consumer/"},
	{quirk.ILIAS, "/ltiservices.php"},
}

// looks guesses which platform this is, and says by what. It is "" where
// nothing tells, or where signs contradict each other.
func looks(s *Seen) (platform string, signs []string) {
	found := map[string]bool{}
	sign := func(platform, what string) {
		found[platform] = true
		if !slices.Contains(signs, what) {
			signs = append(signs, what)
		}
	}
	for _, m := range marks {
		if slices.ContainsFunc(s.Paths, func(p string) bool { return strings.Contains(p, m.path) }) {
			sign(m.platform, "URLs with "+m.path)
		}
	}
	if s.Headers["X-Request-Cost"] != "" {
		sign(quirk.Canvas, "the header X-Request-Cost")
	}
	if strings.HasPrefix(s.TokenType, "text/html") && found[quirk.Moodle] { // alone it may be any web page
		sign(quirk.Moodle, "a token that says it is HTML")
	}
	if len(found) != 1 {
		return "", signs
	}
	return slices.Collect(maps.Keys(found))[0], signs
}

func profile(p *Platform) Check {
	const id, title = "profile", "profile"
	platform, signs := looks(&p.Seen)
	by := " (" + strings.Join(signs, ", ") + ")"
	switch {
	case platform == "" && len(signs) > 0:
		return warned(id, title, "this looks like several platforms at once"+by, "try doctor --probe, and compare with what you know of the LMS")
	case platform == "" && p.Profile == "":
		return passed(id, title, "not recognised: the careful choice is made wherever platforms differ")
	case platform == "":
		return passed(id, title, "the files say "+p.Profile+"; nothing here tells for or against it")
	case p.Profile == platform:
		return passed(id, title, platform+by)
	case p.Profile == "":
		return warned(id, title, "looks like "+platform+by, "add `profile: "+platform+"` to the Platform, so that its habits are known")
	}
	return warned(id, title, "the files say "+p.Profile+", but this looks like "+platform+by, "write `profile: "+platform+"` in the Platform, or check its URLs")
}
