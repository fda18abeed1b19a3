package plan

// Status is how a context stands, in one word. The commands' exit codes are
// made from it.
type Status string

// Statuses.
const (
	Unchanged    Status = "unchanged" // nothing to do
	Pending      Status = "pending"   // a plan has changes
	Applied      Status = "applied"   // everything was done and read back
	Outdated     Status = "stale"     // nothing was written: somebody changed what the plan saw
	Part         Status = "part"      // written to, but a row is not confirmed
	HeldBack     Status = "held"      // policy keeps something back
	Found        Status = "findings"
	Unauthorized Status = "auth"
	Failed       Status = "failed"
	Interrupted  Status = "interrupted"
	NotBegun     Status = "not begun" // --fail-fast stopped at another context, whose status is the one that counts
)

func (f *Failure) status() Status {
	switch f.Kind {
	case FailedAuth:
		return Unauthorized
	case FailedInterrupted:
		return Interrupted
	case FailedFast:
		return NotBegun
	default:
		return Failed
	}
}

// Status of a plan's context.
func (c *Context) Status() Status {
	t := c.Totals()
	switch {
	case c.Failure != nil:
		return c.Failure.status()
	case len(c.Findings) > 0:
		return Found
	case t.Held > 0:
		return HeldBack
	case t.Changes() > 0:
		return Pending
	default:
		return Unchanged
	}
}

// Status of a context that was to be applied.
func (c *ContextReport) Status() Status {
	o := c.Outcomes()
	switch {
	case c.Failure != nil:
		return c.Failure.status()
	case c.Plan.Stopped():
		return c.Plan.Status()
	case o.All() > 0 && o.NotAttempted == o.All():
		return c.untouched()
	case o.All() != o.Confirmed || len(c.Collateral) > 0:
		return Part
	case c.Plan.Totals().Held > 0:
		return HeldBack
	case o.All() > 0:
		return Applied
	default:
		return Unchanged
	}
}

// untouched is the status of a context in which no row was attempted.
func (c *ContextReport) untouched() Status {
	for i := range c.Rows {
		switch c.Rows[i].Cause {
		case CauseStale:
			return Outdated
		case CauseFailFast: // then it is of all rows
			return NotBegun
		}
	}
	if c.Plan.Totals().Held > 0 {
		return HeldBack
	}
	return Part
}
