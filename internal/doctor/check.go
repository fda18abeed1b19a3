package doctor

import "github.com/gradesync/gradesync/plan"

// Status is how a check ended.
type Status string

// Statuses. A warning is something to know or to do that keeps nothing from
// working.
const (
	OK      Status = "ok"
	Warned  Status = "warn"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Check is one line of the checklist. Its texts may hold names that a platform
// gave, such as ids: they are hostile until escaped.
type Check struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Said   string `json:"said,omitempty"` // the platform's own words, which follow Detail; they may name people
	// Remedy is what to do; it is never empty where the check warns or failed.
	Remedy string `json:"remedy,omitempty"`
	// Credentials: the check failed because of who we are, or what we may do.
	Credentials bool `json:"credentials,omitempty"`
}

// Group is the checks of one platform, or of one context of it.
type Group struct {
	Platform  string `json:"platform,omitempty"` // empty: of the files
	Gradebook string `json:"gradebook,omitempty"`
	Context   string `json:"context,omitempty"`
	// Probe: the checks are what a probe of the context found out, and Traits
	// what is known of the platform since.
	Probe  bool    `json:"probe,omitempty"`
	Checks []Check `json:"checks"`
	Traits []Trait `json:"capabilities,omitempty"`
}

// Trait is one capability of a platform, in words.
type Trait struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Report is all that was found.
type Report struct {
	Groups      []Group `json:"groups"`
	Interrupted bool    `json:"interrupted,omitempty"` // it is not complete
}

// Count is how many checks ended so.
func (r *Report) Count(s Status) int {
	n := 0
	for _, g := range r.Groups {
		for i := range g.Checks {
			if g.Checks[i].Status == s {
				n++
			}
		}
	}
	return n
}

// Credentials tells whether a check failed because of credentials or
// permission.
func (r *Report) Credentials() bool {
	for _, g := range r.Groups {
		for i := range g.Checks {
			if g.Checks[i].Status == Failed && g.Checks[i].Credentials {
				return true
			}
		}
	}
	return false
}

// Silence leaves out what platforms said, for those who may not read of people.
func Silence(groups []Group) {
	for _, g := range groups {
		for i := range g.Checks {
			g.Checks[i].Said = ""
		}
	}
}

func passed(id, title, detail string) Check {
	return Check{ID: id, Title: title, Status: OK, Detail: detail}
}

func warned(id, title, detail, remedy string) Check {
	return Check{ID: id, Title: title, Status: Warned, Detail: detail, Remedy: remedy}
}

func skipped(id, title, why, remedy string) Check {
	return Check{ID: id, Title: title, Status: Skipped, Detail: why, Remedy: remedy}
}

// broken makes a failed check of what went wrong. remedy is for where the
// failure has no hint of its own.
func broken(id, title string, f *plan.Failure, remedy string) Check {
	c := Check{ID: id, Title: title, Status: Failed, Detail: f.Message, Said: f.Said, Remedy: f.Hint, Credentials: f.Kind == plan.FailedAuth}
	if c.Remedy == "" {
		c.Remedy = remedy
	}
	return c
}
