package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// OfCourse makes the checks of a context. Without a token there is nothing to
// say of it.
func OfCourse(c *Course) Group {
	g := Group{Platform: c.Platform, Gradebook: c.Gradebook, Context: c.Name}
	if c.Failure != nil {
		g.Checks = []Check{broken("line-items", "line items", c.Failure, "see the checks of the platform")}
		return g
	}
	if c.Launch != nil {
		g.Checks = append(g.Checks, launch(c.Launch))
	}
	g.Checks = append(g.Checks, lineItems(&c.LineItems), results(&c.LineItems, &c.Results))
	if l, r := c.LineItems.Failure, c.Roster.Failure; l != nil && r != nil && l.Kind == r.Kind {
		g.Checks = append(g.Checks, skipped("roster", "roster", "it could not be read either", ""))
		return g
	}
	g.Checks = append(g.Checks, roster(&c.Roster))
	return g
}

func launch(l *Launch) Check {
	const id, title = "launch", "launch"
	switch {
	case l.Silent:
		return skipped(id, title, "a service key does not tell which services there are; what follows was tried", "")
	case l.Failure != nil:
		return broken(id, title, l.Failure, "launch the tool again and take the new ltik, or the launch's service key, which does not expire")
	case !l.LineItems:
		return Check{
			ID: id, Title: title, Status: Failed, Credentials: true, Detail: "it has no assignmentAndGrades service",
			Remedy: "let the tool use Assignment and Grade Services in the LMS, and launch it again",
		}
	}
	if c, lacks := lackingScopes(l); lacks {
		return c
	}
	of := "it"
	if l.Course != "" {
		of = fmt.Sprintf("it is of the course %q, and", l.Course)
	}
	switch {
	case !l.NamesRoles:
		return warned(id, title, of+" has assignmentAndGrades, and no namesAndRoles: rosters cannot be read",
			"let the tool use Names and Role Provisioning Services in the LMS, and launch it again")
	}
	detail := of + " has assignmentAndGrades and namesAndRoles"
	if l.ServiceKey {
		detail += ", and a service key, which does not expire like a ltik"
	}
	return passed(id, title, detail)
}

// lackingScopes tells what a launch's assignmentAndGrades may not do. A launch
// that does not tell has to be tried.
func lackingScopes(l *Launch) (c Check, lacks bool) {
	if l.Scopes == nil {
		return Check{}, false
	}
	granted := func(name string) bool { return slices.Contains(l.Scopes, name) }
	var missing []string
	note := func(name string) { missing = append(missing, name+" ("+uses[name]+")") }
	reads := true
	if !granted("lineitem.readonly") && !granted("lineitem") {
		reads = false
		note("lineitem.readonly")
	}
	for _, name := range []string{"result.readonly", "lineitem", "score"} {
		if !granted(name) {
			reads = reads && name != "result.readonly"
			note(name)
		}
	}
	if len(missing) == 0 {
		return Check{}, false
	}
	c = Check{
		ID: "launch", Title: "launch", Status: Failed, Credentials: true,
		Detail: "its assignmentAndGrades lacks " + strings.Join(missing, ", ") + ": ",
		Remedy: "let the tool do this in its registration in the LMS, and launch it again",
	}
	switch {
	case !reads:
		c.Detail += "not even plan works"
	case !granted("score"):
		c.Detail += "plan works, and apply does not"
	default:
		c.Detail += "plan works, and apply posts scores, but no column can be made, changed or deleted"
		c.Status, c.Credentials = Warned, false
	}
	return c, true
}

// WithoutToken is a context that could not be asked.
func WithoutToken(gradebook, name, platform string) Group {
	return Group{Platform: platform, Gradebook: gradebook, Context: name, Checks: []Check{
		skipped("line-items", "line items", "there is no token to ask with", ""),
		skipped("results", "results", "there is no token to ask with", ""),
		skipped("roster", "roster", "there is no token to ask with", ""),
	}}
}

func lineItems(l *LineItems) Check {
	const id, title = "line-items", "line items"
	if l.Failure != nil {
		return broken(id, title, l.Failure, "check lineItemsURL")
	}
	detail := fmt.Sprintf("read: %s on %s", count(l.Count, "line item"), count(l.Pages, "page"))
	if !l.Proven {
		return warned(id, title, detail+", and there may be more: the last page is full and has no next link",
			"take a `limit` out of lineItemsURL; until then creates ask twice, and deletes want --allow unproven-listing")
	}
	return passed(id, title, detail+", and no more")
}

func results(l *LineItems, r *Results) Check {
	const id, title = "results", "results"
	switch {
	case l.Failure != nil:
		return skipped(id, title, "the line items could not be read", "")
	case !r.Asked:
		return skipped(id, title, "there is no line item to read results of", "")
	case r.Failure != nil:
		return broken(id, title, r.Failure, "let the tool read results in its registration in the LMS")
	}
	return passed(id, title, fmt.Sprintf("those of the first line item read: %s, %d with a grade", count(r.Count, "result"), r.Graded))
}

func roster(r *Roster) Check {
	const id, title = "roster", "roster"
	switch {
	case !r.Asked:
		return skipped(id, title, "the context has no membershipsURL",
			"take context_memberships_url from the LTI launch (claim namesroleservice) if people are to be named by email")
	case r.Failure != nil && r.Implied:
		c := broken(id, title, r.Failure, "")
		return warned(id, title, c.Detail, "nothing, unless people are to be named by email: then let the tool use Names and Role Provisioning Services")
	case r.Failure != nil:
		return broken(id, title, r.Failure, "check membershipsURL; without need of a roster take it out of the context")
	}
	return passed(id, title, fmt.Sprintf("read: %s, %d without an email (normal: it needs consent), %d not active", count(r.Count, "member"), r.NoEmail, r.NotActive))
}
