package sandbox

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// layout is where a platform has its resources, as paths with {course},
// {number} and {deployment} for segments. query is what the URLs of line items,
// scores and results cannot be without, "" for nothing.
type layout struct {
	lineItems, lineItem, memberships string
	query                            string
}

// path is what a URL's path names.
type path struct {
	kind   string
	course string
	item   int // 0 where the path names none, and for a number that cannot be one
}

func (h habits) layoutFor(deployment string) layout {
	l := layout{
		lineItems:   "/courses/{course}/lineitems",
		lineItem:    "/courses/{course}/lineitems/{number}",
		memberships: "/courses/{course}/memberships",
	}
	switch {
	case h.has(quirk.MoodlePaths):
		l = layout{
			lineItems:   "/mod/lti/services.php/{course}/lineitems",
			lineItem:    "/mod/lti/services.php/{course}/lineitems/{number}/lineitem",
			memberships: "/mod/lti/services.php/CourseSection/{course}/bindings/{deployment}/memberships",
			query:       "type_id={deployment}",
		}
	case h.has(quirk.CanvasPaths):
		l = layout{
			lineItems:   "/api/lti/courses/{course}/line_items",
			lineItem:    "/api/lti/courses/{course}/line_items/{number}",
			memberships: "/api/lti/courses/{course}/names_and_roles",
		}
	}
	l.memberships = strings.Replace(l.memberships, "{deployment}", url.PathEscape(deployment), 1)
	l.query = strings.Replace(l.query, "{deployment}", url.QueryEscape(deployment), 1)
	return l
}

func (l layout) lineItemsOf(course string) string   { return l.withQuery(fill(l.lineItems, course, 0)) }
func (l layout) membershipsOf(course string) string { return fill(l.memberships, course, 0) }

func (l layout) lineItemOf(course string, number int) string {
	return l.withQuery(fill(l.lineItem, course, number))
}

func (l layout) withQuery(path string) string {
	if l.query == "" {
		return path
	}
	return path + "?" + l.query
}

func fill(form, course string, number int) string {
	return strings.NewReplacer("{course}", url.PathEscape(course), "{number}", strconv.Itoa(number)).Replace(form)
}

// below puts a suffix behind the path of a URL and leaves its query behind
// that (AGS 3.1): .../lineitem?type_id=1 has its scores at
// .../lineitem/scores?type_id=1.
func below(lineItem, suffix string) string {
	path, query, there := strings.Cut(lineItem, "?")
	if !there {
		return path + suffix
	}
	return path + suffix + "?" + query
}

// parse reads the path of a request.
func (l layout) parse(u *url.URL) path {
	if u.EscapedPath() == TokenPath {
		return path{kind: kindToken}
	}
	for _, one := range []struct{ kind, form string }{
		{kindMemberships, l.memberships},
		{kindLineItems, l.lineItems},
		{kindLineItem, l.lineItem},
		{kindScores, l.lineItem + "/scores"},
		{kindResults, l.lineItem + "/results"},
	} {
		course, item, ok := match(one.form, u.EscapedPath())
		if ok && (one.kind == kindMemberships || l.queried(u)) {
			return path{kind: one.kind, course: course, item: item}
		}
	}
	return path{kind: kindOther}
}

func (l layout) queried(u *url.URL) bool {
	name, value, _ := strings.Cut(l.query, "=")
	return name == "" || u.Query().Get(name) == value
}

func match(form, escaped string) (course string, item int, ok bool) {
	forms, parts := strings.Split(form, "/"), strings.Split(escaped, "/")
	if len(forms) != len(parts) {
		return "", 0, false
	}
	for at, part := range parts {
		switch forms[at] {
		case "{course}":
			var err error
			if course, err = url.PathUnescape(part); err != nil || course == "" {
				return "", 0, false
			}
		case "{number}":
			if part == "" {
				return "", 0, false
			}
			// Only the canonical form counts: one line item has one URL.
			if n, err := strconv.Atoi(part); err == nil && n > 0 && strconv.Itoa(n) == part {
				item = n
			}
		case part:
		default:
			return "", 0, false
		}
	}
	return course, item, true
}
