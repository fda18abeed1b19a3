package plan

// What a row says that needed no write.
const (
	SoAlready  = "it was so already, and nothing was sent"
	MadeBefore = "it had been created since the plan was made"
)

// Sent tells whether something may have been sent for a row, so that an undo has
// something to put back.
func (r *Row) Sent() bool {
	return r.Outcome != NotAttempted && (r.Outcome != Confirmed || r.Why != SoAlready && r.Why != MadeBefore)
}
