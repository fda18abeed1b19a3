package reconcile

// CommentMode says what a platform does with a score's comment.
type CommentMode string

const (
	// CommentReplace: the comment takes the place of the tool's earlier one,
	// an absent one clears it, and results show it (AGS 2.0).
	CommentReplace CommentMode = "replace"
	// CommentAppend: each comment is added to what the student sees, results
	// show the last one, and an absent one changes nothing.
	CommentAppend CommentMode = "append"
	// CommentUnreadable: a score may overwrite a comment, and results do not
	// show any.
	CommentUnreadable CommentMode = "unreadable"
	// CommentNone: there is no place for comments.
	CommentNone CommentMode = "none"
)

// Keeping says what a platform does with a member of a line item.
type Keeping string

const (
	// NotKept: it is taken and forgotten. It is not compared.
	NotKept Keeping = "not-kept"
	// KeptFromCreate: a create sets it and a PUT cannot change it.
	KeptFromCreate Keeping = "kept-from-create"
	// LostByPut: a create sets it and any PUT takes it away.
	LostByPut Keeping = "lost-by-put"
)

// Capabilities is what is known of a platform. The zero value knows nothing;
// Generic is what the specification promises.
type Capabilities struct {
	Comments CommentMode
	// Rescales: a PUT that changes scoreMaximum is known to scale the
	// results in proportion. Where it is not known, every managed score of
	// the line item is stated again.
	Rescales bool
	// Fields are the members of a line item that the platform does not treat
	// as AGS says, by name; "extensions" stands for all of them. Those that
	// are not here are kept.
	Fields map[string]Keeping
	// MaximumAsPosted: a result keeps the maximum of its score, also when the
	// line item's changes.
	MaximumAsPosted bool
	// IncompleteResults: a person with a grade may be missing in the results.
	IncompleteResults bool
	// Decimals is how many the platform keeps of a score; 0: not known.
	Decimals int
	// ZeroIsNoComment: the comment "0" counts as none.
	ZeroIsNoComment bool
	// Clamps: a score above its maximum is cut to the maximum.
	Clamps bool
	// WholeSeconds: timestamps are compared in whole seconds, with the last
	// change by anyone.
	WholeSeconds bool
	Bounds       Bounds
	// FixedColumns says where columns are made, renamed and deleted, where the
	// platform lets no tool do it; "" where it does.
	FixedColumns string
	// NoProgress: there is no place for progress, submission times and the
	// scoring user.
	NoProgress bool
	// Letters: grades have a LetterGrade and a ShareWithStudent.
	Letters bool
}

// readsComments tells whether results show comments.
func (c *Capabilities) readsComments() bool {
	return c.Comments != CommentUnreadable && c.Comments != CommentNone
}

// keeping is what becomes of a member of a line item; "" is the usual.
func (c *Capabilities) keeping(field string) Keeping {
	if k, ok := c.Fields[field]; ok {
		return k
	}
	if isExtension(field) {
		return c.Fields["extensions"]
	}
	return ""
}

func isExtension(field string) bool {
	switch field {
	case "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "startDateTime", "endDateTime", "gradesReleased":
		return false
	}
	return true
}

// Bounds are what a platform answers with a refusal, a 5xx or an orphan: none
// of it is sent. Zero is no bound.
type Bounds struct {
	Label, Tag      int     // characters
	MaximumBelow    float64 // scoreMaximum must be below
	WholeMaximum    bool    // scoreMaximum must be a whole number
	NeedsResourceID bool    // every line item must have one
	// NumericIDs: userId and resourceLinkId must be numbers.
	NumericIDs bool
}

// Generic is the careful choice for a platform of which nothing is known:
// what the specification requires is believed until seen otherwise.
func Generic() Capabilities {
	return Capabilities{Comments: CommentReplace}
}
