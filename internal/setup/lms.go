package setup

// LMS is what is known of a kind of platform before anything is asked of it.
type LMS struct {
	Word  string // for --lms
	Title string
	// TokenPath follows the LMS's root where each LMS has a token endpoint of
	// its own; TokenURL is the one of them all.
	TokenPath, TokenURL string
	Audience            string // "": the token URL
	Profile             string // the Platform's; "": none
	ByCourse            bool   // the profile makes a context's URLs of its course id
}

// All is every kind, in the order in which they are offered.
//
// Canvas: doc/api of its source. Moodle: mod/lti/token.php of its source.
// Blackboard: the developer portal's registration page. D2L: the registration
// page of a tool shows both values, the same everywhere; the audience is not the
// token URL.
func All() []LMS {
	return []LMS{
		{Word: "canvas", Title: "Canvas", TokenPath: "/login/oauth2/token", Profile: "canvas", ByCourse: true},
		{Word: "moodle", Title: "Moodle", TokenPath: "/mod/lti/token.php", Profile: "moodle", ByCourse: true},
		{Word: "blackboard", Title: "Blackboard Learn", TokenURL: "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken", Profile: "blackboard"},
		{
			Word: "d2l", Title: "D2L Brightspace", TokenURL: "https://auth.brightspace.com/core/connect/token",
			Audience: "https://api.brightspace.com/auth/token", Profile: "d2l",
		},
		{Word: "other", Title: "the LMS"},
	}
}

// Words are the values of --lms.
func Words() []string {
	var words []string
	for _, l := range All() {
		words = append(words, l.Word)
	}
	return words
}

// Find is the kind of that word.
func Find(word string) (LMS, bool) {
	for _, l := range All() {
		if l.Word == word {
			return l, true
		}
	}
	return LMS{}, false
}
