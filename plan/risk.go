package plan

// Risk is a danger that policy keeps back until it is allowed by name.
type Risk string

// Risks of a single change.
const (
	DeleteGraded      Risk = "delete-graded"      // a column goes with grades in it
	DeleteUnread      Risk = "delete-unread"      // a column goes whose grades cannot be read
	Clear             Risk = "clear"              // a score is taken away
	Rescale           Risk = "rescale"            // a maximum changes under grades
	OverwriteOverride Risk = "overwrite-override" // a value that was set by hand
	UnprovenListing   Risk = "unproven-listing"   // a delete, though the platform may have more than it showed
	DuplicateLabel    Risk = "duplicate-label"    // a create beside a column of the same title
	UnreadComment     Risk = "unread-comment"     // a score on top of a comment that cannot be seen
	NoBase            Risk = "no-base"            // a grade of unknown origin, where policy asks for a base
)

// Risks of too much at once. They bear the names of their limits.
const (
	Deletes        Risk = "deletes"
	DeletesPercent Risk = "deletesPercent"
	Lowered        Risk = "lowered"
	Drop           Risk = "drop"
	Changes        Risk = "changes"
)

// Risks is every risk, in the order of the documentation.
func Risks() []Risk {
	return []Risk{
		DeleteGraded, DeleteUnread, Clear, Rescale, OverwriteOverride, UnprovenListing, DuplicateLabel, UnreadComment, NoBase,
		Deletes, DeletesPercent, Lowered, Drop, Changes,
	}
}

// Hold is why a change is kept back.
type Hold struct {
	Risk Risk   `json:"risk"`
	Why  string `json:"why"`
	// Release is the words that let it go; "" where a Platform's policy holds
	// it, at Where, which no words release.
	Release string `json:"release,omitempty"`
	Where   string `json:"where,omitempty"`
}

// Release is a risk that somebody allowed.
type Release struct {
	Risk Risk   `json:"risk"`
	By   string `json:"by"` // the words of the command line, or the policy's file:line:column
}
