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
	CourseAt            string // where ByCourse: an address that shows the id 101
	// LineItemsLike and MembersLike are what a context's URLs look like where
	// they follow from ids that people can see; "": nobody has told.
	LineItemsLike, MembersLike string
}

// All is every kind, in the order in which they are offered.
//
// Canvas: doc/api of its source. Moodle: mod/lti/token.php of its source.
// Blackboard: the developer portal's registration page. D2L: the registration
// page of a tool shows both values, the same everywhere; the audience is not the
// token URL. Blackboard's and D2L's URLs of a context are those of their
// documentation of the services' claims.
func All() []LMS {
	return []LMS{
		{Word: "canvas", Title: "Canvas", TokenPath: "/login/oauth2/token", Profile: "canvas", ByCourse: true, CourseAt: "https://lms.example.edu/courses/101"},
		{Word: "moodle", Title: "Moodle", TokenPath: "/mod/lti/token.php", Profile: "moodle", ByCourse: true, CourseAt: "https://lms.example.edu/course/view.php?id=101"},
		{
			Word: "blackboard", Title: "Blackboard Learn", TokenURL: "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken", Profile: "blackboard",
			LineItemsLike: "https://lms.example.edu/learn/api/v1/lti/courses/_4_1/lineItems",
			MembersLike:   "https://lms.example.edu/learn/api/v1/lti/external/namesandroles/_4_1",
		},
		{
			Word: "d2l", Title: "D2L Brightspace", TokenURL: "https://auth.brightspace.com/core/connect/token",
			Audience: "https://api.brightspace.com/auth/token", Profile: "d2l",
			LineItemsLike: "https://lms.example.edu/d2l/api/lti/ags/2.0/deployment/DEPLOYMENT-ID/orgunit/101/lineitems",
			MembersLike:   "https://lms.example.edu/d2l/api/lti/nrps/2.0/deployment/DEPLOYMENT-ID/orgunit/101/memberships",
		},
		{Word: "other", Title: "the LMS"},
	}
}

// lineItemsLike is what a line items URL looks like, in words.
func (l LMS) lineItemsLike() string {
	if l.LineItemsLike == "" {
		return "as an LTI launch tells it"
	}
	return "as in " + l.LineItemsLike
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
