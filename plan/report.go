package plan

// Report is what came of applying a plan.
type Report struct {
	Run string // the folder of the run's record; "" where nothing was to be written
	// Digest is, of a saved plan, its file's: that of what was reviewed, also
	// where a part of it was applied. "" is that of what Contexts planned.
	Digest   string
	Contexts []ContextReport
}

// ContextReport is what came of one context.
type ContextReport struct {
	Plan Context `json:"plan"` // what was to be done
	Rows []Row   `json:"rows"` // one for every change of the plan that is not held itself, in its order
	// Collateral is what happened to grades that no change of the plan is
	// about, when the maximum of their column changed.
	Collateral []Collateral `json:"collateral,omitempty"`
	Notes      []Note       `json:"notes,omitempty"`
	Failure    *Failure     `json:"failure,omitempty"` // what ended the context early
}

// Collateral is one person's grade that changed under our hands.
type Collateral struct {
	Key    string `json:"key"`
	Label  string `json:"label"`
	UserID string `json:"userId"`
	Before Grade  `json:"before"`
	After  Grade  `json:"after"`
}

// Outcome is how a row ended.
type Outcome string

// Outcomes (every row of a plan ends as exactly one of them).
const (
	Confirmed    Outcome = "confirmed"     // read back as planned
	Altered      Outcome = "altered"       // read back as something else
	Refused      Outcome = "refused"       // the platform said no
	Unconfirmed  Outcome = "unconfirmed"   // sent, but not seen when read back
	NotAttempted Outcome = "not attempted" // nothing was sent; Why says why
)

// Cause is why nothing was sent for a row.
type Cause string

// Causes.
const (
	CauseHeld        Cause = "held"        // policy holds something back in its context
	CauseFindings    Cause = "findings"    // findings stop its context
	CauseStale       Cause = "stale"       // somebody changed it since the plan was made
	CauseBlocked     Cause = "blocked"     // what it needs was not written
	CauseInterrupted Cause = "interrupted" // the user stopped the run
	CauseFailed      Cause = "failed"      // the platform could not be asked
	CauseFailFast    Cause = "failfast"    // another context went wrong, and --fail-fast lets none begin after that
)

// Row is one line item's or one score's end.
type Row struct {
	Outcome Outcome `json:"outcome"`
	Action  Action  `json:"action"`
	Key     string  `json:"key"`
	Label   string  `json:"label"`
	UserID  string  `json:"userId,omitempty"` // empty: the line item itself
	Person  string  `json:"person,omitempty"` // as Score.Person
	Where   string  `json:"where,omitempty"`
	Cause   Cause   `json:"cause,omitempty"` // of a row that was not attempted
	Why     string  `json:"why,omitempty"`
	Said    string  `json:"said,omitempty"`  // the platform's own words: hostile, and they may name people
	Grade   *Grade  `json:"grade,omitempty"` // of a score that was sent: what results shall show
	// Fields are, of an altered row, what was sent (Before) and what is stored
	// (After); of a stale one, what the plan saw and what is there now.
	Fields []Field `json:"fields,omitempty"`
}

// Outcomes counts rows.
type Outcomes struct {
	Confirmed    int `json:"confirmed"`
	Altered      int `json:"altered"`
	Refused      int `json:"refused"`
	Unconfirmed  int `json:"unconfirmed"`
	NotAttempted int `json:"notAttempted"`
}

// All is the number of rows.
func (o Outcomes) All() int {
	return o.Confirmed + o.Altered + o.Refused + o.Unconfirmed + o.NotAttempted
}

// Add returns the sum.
func (o Outcomes) Add(p Outcomes) Outcomes {
	return Outcomes{
		Confirmed: o.Confirmed + p.Confirmed, Altered: o.Altered + p.Altered, Refused: o.Refused + p.Refused,
		Unconfirmed: o.Unconfirmed + p.Unconfirmed, NotAttempted: o.NotAttempted + p.NotAttempted,
	}
}

// Outcomes counts the context's rows.
func (c *ContextReport) Outcomes() Outcomes {
	var o Outcomes
	for i := range c.Rows {
		switch c.Rows[i].Outcome {
		case Confirmed:
			o.Confirmed++
		case Altered:
			o.Altered++
		case Refused:
			o.Refused++
		case Unconfirmed:
			o.Unconfirmed++
		case NotAttempted:
			o.NotAttempted++
		}
	}
	return o
}
