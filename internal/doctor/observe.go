package doctor

import (
	"io/fs"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// Platform is what was observed of a platform, apart from its courses.
type Platform struct {
	Name     string
	Profile  string // that the files give it; may be empty
	Embedded bool   // it runs within this process
	// Proof says how requests are proved where there are no key pair and no
	// tokens of ours; "" where there are.
	Proof string
	Login bool // though Proof is given, there is a token: a user's

	Key     *plan.Failure // why there is nothing to ask with: most often, no key
	KeyFile string        // where the key is, if in a file
	KeyMode fs.FileMode   // of that file

	// Token is why there is no token that reads; TokenLife how long the one
	// that was got is good.
	Token     *plan.Failure
	TokenLife time.Duration
	Scopes    []Scope // in the order they were asked for
	Seen      Seen
}

// Scope is whether a scope is granted. Unknown tells that it could not be
// asked for, and NotAsked that it was not: whoever only looks asks for nothing
// that can write.
type Scope struct {
	Name     string // the last part of it
	Granted  bool
	NotAsked bool
	Unknown  *plan.Failure
}

// Seen is what the answers of a platform gave away, whatever they were asked.
type Seen struct {
	// Clock tells whether an answer had a Date, and Skew how far the platform's
	// clock is ahead of ours.
	Clock bool
	Skew  time.Duration
	Hosts []Host // sorted by name
	// Paths are those of the URLs that were asked, without queries.
	Paths []string
	// Headers are some of the answers' that tell of throttling, by name: the
	// last value.
	Headers   map[string]string
	Refused   int    // answers that said: too many requests
	TokenType string // the Content-Type of the token's answer
}

// Host is one that was asked.
type Host struct {
	Name    string
	Plain   bool      // asked without TLS
	Version string    // of TLS
	Expires time.Time // its certificate
	Problem string    // what is wrong with its certificate
}

// Course is what was observed of one context.
type Course struct {
	Gradebook, Name, Platform string
	Failure                   *plan.Failure // why it was not asked at all
	Launch                    *Launch       // nil where contexts are not of launches
	LineItems                 LineItems
	Results                   Results
	Roster                    Roster
}

// Launch is what the launch tells of which a context is.
type Launch struct {
	Silent                bool // there is only a key, which does not tell
	Failure               *plan.Failure
	LineItems, NamesRoles bool // services that are available
	// Scopes are the last parts of those of LineItems; nil: it does not tell.
	Scopes     []string
	Course     string // its title
	ServiceKey bool   // it gives one
}

// LineItems is the reading of a container.
type LineItems struct {
	Failure *plan.Failure
	Count   int
	Pages   int
	Proven  bool
}

// Results is the reading of a line item's results.
type Results struct {
	Failure       *plan.Failure
	Asked         bool // there was a line item to ask for
	Count, Graded int
}

// Roster is the reading of a roster. It holds nobody's name.
type Roster struct {
	Failure                   *plan.Failure
	Asked                     bool // it is known where it is
	Implied                   bool // by the platform's profile: the files do not name it
	Count, NoEmail, NotActive int
}
