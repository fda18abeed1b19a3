package plan

// FormatVersion counts the incompatible changes of the plan's and the
// report's JSON form.
const FormatVersion = 1

// The JSON forms' names.
const (
	Schema       = "https://gradesync.dev/schema/plan-v1.json"
	ReportSchema = "https://gradesync.dev/schema/report-v1.json"
)

// Plan is what gradesync would do. Its contexts stand in the order of the
// files, so two plans of the same files and the same LMS are equal.
type Plan struct {
	Contexts []Context
}

// Context is what would be done in one course section.
type Context struct {
	Gradebook string `json:"gradebook"`
	Name      string `json:"context"`
	Platform  string `json:"platform"`
	Place     string `json:"place,omitempty"` // which course it is: its line items' URL, or its id
	// Course is a digest of the LMS and the course, by which a saved plan is
	// carried out nowhere else: 32 hexadecimal digits, made of no secret.
	Course string `json:"course,omitempty"`
	// Launch tells, where only a launch's secret tells the course, whether it is
	// the same secret: a digest of it that is keyed with the API key, so that
	// nobody without both can try a guess.
	Launch string `json:"launch,omitempty"`
	Undo   bool   `json:"undo,omitempty"` // it puts back what was there before a run
	// Base is the revision of the files that tells our values from those set by
	// hand; "": none was asked for.
	Base string `json:"base,omitempty"`
	// CommentsUnseen: results show no comments, so nothing is known of them.
	CommentsUnseen bool     `json:"commentsUnseen,omitempty"`
	Failure        *Failure `json:"failure,omitempty"` // it could not be read, so nothing else is known of it
	// Findings stop the context before any write.
	Findings  []Finding `json:"findings,omitempty"`
	Items     []Item    `json:"items,omitempty"` // only those with something to do
	Notes     []Note    `json:"notes,omitempty"`
	Unchanged Count     `json:"unchanged"`         // as the files say already
	Unmanaged Count     `json:"unmanaged"`         // live, and named by no file, of another Gradebook neither: never touched
	Released  Count     `json:"released,omitzero"` // of these, what the files named at the base
	Blast     Blast     `json:"blast,omitzero"`    // whom it would touch, held changes included
	// LeftOut is what the files call people whose rows were left out, as
	// users.unknown and users.inactive have it.
	LeftOut []string `json:"leftOut,omitempty"`
	// Explained is what was asked to be explained.
	Explained []Explanation `json:"explained,omitempty"`
	// Seen is the ids of all line items that were live, so that one that
	// appears later can be told from one that was always there.
	Seen []string `json:"seen,omitempty"`
}

// Count counts line items and people's scores.
type Count struct {
	LineItems int `json:"lineItems"`
	Scores    int `json:"scores"`
}

// Action is what is done to a line item or a score.
type Action string

// Actions. A line item that is only the home of score changes has Keep.
const (
	Keep   Action = "keep"
	Create Action = "create" // Item.Wanted is the new line item
	Update Action = "update" // Item.Fields is what a PUT changes
	Delete Action = "delete" // Item.Graded grades go with it
	Post   Action = "post"   // a score is set; Score.After is what results shall show
	Erase  Action = "clear"  // a score is taken away
)

// Item is one line item's change and its people's.
type Item struct {
	Action   Action    `json:"action"`
	Key      string    `json:"key"`   // the files' name for it
	Label    string    `json:"label"` // the title it has, or will have
	ID       string    `json:"id,omitempty"`
	Where    string    `json:"where,omitempty"` // file:line:column
	Why      string    `json:"why,omitempty"`
	Wanted   *LineItem `json:"wanted,omitempty"`   // of a Create: the whole line item
	ByTag    bool      `json:"byTag,omitempty"`    // of a Create: its resourceId is another's too, and the tag tells them apart
	Observed *LineItem `json:"observed,omitempty"` // of all others: the line item as it was
	Fields   []Field   `json:"fields,omitempty"`   // of a Create and an Update
	NoBase   bool      `json:"noBase,omitempty"`   // of a field that it overwrites, nobody knows whose it is
	// Results is everything that a Delete destroys, or that a changed maximum
	// may rescale, as it was observed, by person. Empty: nobody has any; left out:
	// it could not be read.
	Results  map[string]Grade `json:"results,omitzero"`
	Graded   *int             `json:"graded,omitempty"` // of these, the ones with a score; null: unknown
	Held     []Hold           `json:"held,omitempty"`   // not empty: nothing of this item is done
	Released []Release        `json:"released,omitempty"`
	Kept     []Kept           `json:"kept,omitempty"` // somebody's own hand, left alone
	Scores   []Score          `json:"scores,omitempty"`
	Blast    Blast            `json:"blast,omitzero"`
}

// Field is one member of a line item or a grade that differs. Values are
// what JSON holds: string, float64, bool, nil (none), or a decoded extension.
type Field struct {
	Name   string `json:"name"` // the member's name; an extension's full URL
	Before any    `json:"before"`
	After  any    `json:"after"`
	// Rides marks a field that the platform does not show: it goes with
	// other changes and is never a reason for one.
	Rides bool `json:"rides,omitempty"`
}

// Score is one person's change.
type Score struct {
	Action Action  `json:"action"`
	UserID string  `json:"userId"`
	Person string  `json:"person,omitempty"` // what the file calls them, where that is not the user id
	Where  string  `json:"where,omitempty"`
	Why    string  `json:"why,omitempty"`
	Before *Grade  `json:"before"` // null: nothing was visible
	After  Grade   `json:"after"`
	Fields []Field `json:"fields,omitempty"` // how Before and After differ
	// KeepsComment: no file names the comment, so the one that is there at
	// the time of writing is sent again.
	KeepsComment bool `json:"keepsComment,omitempty"`
	// KeepsScore: no file names the points, so those that are there at the
	// time of writing are sent again.
	KeepsScore bool `json:"keepsScore,omitempty"`
	// SetsLetter, SetsShare: a file names LetterGrade, ShareWithStudent.
	SetsLetter       bool        `json:"setsLetter,omitempty"`
	SetsShare        bool        `json:"setsShare,omitempty"`
	Restate          bool        `json:"restate,omitempty"` // sent because the maximum changes under it
	Resend           bool        `json:"resend,omitempty"`  // sent though the results differ in nothing; Why says why
	NoBase           bool        `json:"noBase,omitempty"`  // of something that it overwrites, nobody knows whose it is
	ActivityProgress string      `json:"activityProgress"`
	GradingProgress  string      `json:"gradingProgress"`
	Submission       *Submission `json:"submission,omitempty"`
	ScoringUserID    string      `json:"scoringUserId,omitempty"`
	Held             []Hold      `json:"held,omitempty"` // not empty: it is not sent
	Released         []Release   `json:"released,omitempty"`
}

// Kept is a value that somebody set by hand and that is therefore left alone.
type Kept struct {
	UserID  string `json:"userId,omitempty"` // empty: of the line item itself
	Person  string `json:"person,omitempty"` // as Score.Person
	Where   string `json:"where,omitempty"`
	Field   string `json:"field"`
	Live    any    `json:"live"`
	Desired any    `json:"desired"`
	Base    any    `json:"base"`
	// Of scoreGiven: what each of them is of.
	LiveMaximum    float64 `json:"liveMaximum,omitempty"`
	DesiredMaximum float64 `json:"desiredMaximum,omitempty"`
	BaseMaximum    float64 `json:"baseMaximum,omitempty"`
	Unsaid         bool    `json:"unsaid,omitempty"`   // the files said nothing of it at the base
	Conflict       bool    `json:"conflict,omitempty"` // the files changed it too
	Release        string  `json:"release,omitempty"`  // the words that overwrite it all the same
}

// Finding is what stops a context at plan time.
type Finding struct {
	Where   string `json:"where,omitempty"` // file:line:column
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// People are whom it is about, in the order of the files. Message and
	// Hint name nobody, so that they can be shown where people may not be.
	People []Named `json:"people,omitempty"`
	// OfRow: Where is a person's row, and so tells who is meant.
	OfRow bool `json:"ofRow,omitempty"`
}

// Named is a person as a file names one.
type Named struct {
	Said    string   `json:"said"`              // the file's word: an email, a sourcedId, a user id
	Where   string   `json:"where,omitempty"`   // file:line:column
	Why     string   `json:"why,omitempty"`     // names nobody
	Near    string   `json:"near,omitempty"`    // the roster's word for somebody who may be meant
	UserIDs []string `json:"userIds,omitempty"` // who of the roster it is, or may be
}

// Explanation says why one value is, or will be, what it is.
type Explanation struct {
	Key     string  `json:"key"`
	UserID  string  `json:"userId,omitempty"` // empty: a field of the line item
	Person  string  `json:"person,omitempty"` // as Score.Person
	Field   string  `json:"field"`
	Desired *Stand  `json:"desired"`         // null: no file names it
	Base    *Stand  `json:"base"`            // null: it was not named then, or no base was asked for
	Later   []Stand `json:"later,omitempty"` // what the files said after the base
	Live    any     `json:"live"`            // null: nothing is there
	Rule    string  `json:"rule"`
	Words   string  `json:"words"` // the rule, and what becomes of the value
}

// Stand is what a file says of a value; a null Value clears.
type Stand struct {
	Value    any    `json:"value"`
	Where    string `json:"where,omitempty"`
	Revision string `json:"revision,omitempty"`
}

// Note is what a reader should know and nothing is done about.
type Note struct {
	Where   string  `json:"where,omitempty"`
	Key     string  `json:"key,omitempty"`
	Message string  `json:"message"`
	People  []Named `json:"people,omitempty"` // as Finding.People
	OfRow   bool    `json:"ofRow,omitempty"`  // as Finding.OfRow
}

// FailureKind tells what kind of thing went wrong with a whole context.
type FailureKind string

// Kinds of failures.
const (
	FailedAuth        FailureKind = "auth"   // credentials or permission
	FailedOther       FailureKind = "failed" // network, platform, bounds
	FailedInterrupted FailureKind = "interrupted"
	FailedFast        FailureKind = "failfast" // nothing went wrong here: another context failed, and --fail-fast lets none begin after that
)

// Failure is why a context could not be read or written.
type Failure struct {
	Kind    FailureKind `json:"kind"`
	Message string      `json:"message"`
	Said    string      `json:"said,omitempty"` // the platform's own words: hostile, and they may name people
	Hint    string      `json:"hint,omitempty"`
}

// Totals is what a plan comes to.
type Totals struct {
	Create int `json:"create"` // line items
	Update int `json:"update"`
	Delete int `json:"delete"`
	Post   int `json:"post"` // scores
	Clear  int `json:"clear"`
	Held   int `json:"held"` // line items and scores that are kept back
}

// Changes is the number of writes the plan stands for.
func (t Totals) Changes() int { return t.Create + t.Update + t.Delete + t.Post + t.Clear }

// Add returns the sum.
func (t Totals) Add(u Totals) Totals {
	return Totals{
		Create: t.Create + u.Create, Update: t.Update + u.Update, Delete: t.Delete + u.Delete,
		Post: t.Post + u.Post, Clear: t.Clear + u.Clear, Held: t.Held + u.Held,
	}
}

// Totals counts what would be written, held changes apart.
func (c *Context) Totals() Totals {
	var t Totals
	for i := range c.Items {
		t = t.Add(c.Items[i].totals())
	}
	return t
}

func (it *Item) totals() Totals {
	var t Totals
	if len(it.Held) > 0 {
		t.Held = len(it.Scores)
		if it.Action != Keep {
			t.Held++
		}
		return t
	}
	for i := range it.Scores {
		switch {
		case len(it.Scores[i].Held) > 0:
			t.Held++
		case it.Scores[i].Action == Erase:
			t.Clear++
		default:
			t.Post++
		}
	}
	switch it.Action {
	case Create:
		t.Create++
	case Update:
		t.Update++
	case Delete:
		t.Delete++
	}
	return t
}

// Stopped tells whether nothing of the context is written, whatever is let go.
func (c *Context) Stopped() bool { return c.Failure != nil || len(c.Findings) > 0 }

// Totals counts over all contexts that are not stopped.
func (p *Plan) Totals() Totals {
	var t Totals
	for i := range p.Contexts {
		if c := &p.Contexts[i]; !c.Stopped() {
			t = t.Add(c.Totals())
		}
	}
	return t
}
