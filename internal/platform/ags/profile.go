package ags

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/reconcile"
)

// Provenance says how a habit of a platform is known.
type Provenance string

// Provenances, the surest first.
const (
	Observed Provenance = "observed" // on a running server
	Source   Provenance = "source"   // read in the platform's own code
	Reported Provenance = "reported" // in its documents, or by its users
)

// Fact is one habit of a platform, and how it is known.
type Fact struct {
	Quirk quirk.Quirk
	How   Provenance
}

// Profile is what is known of one LMS.
type Profile struct {
	Name    string // one of quirk.Profiles(); "" for the generic one
	Title   string
	Version string // what the facts are of
	Facts   []Fact
	// Capabilities is what the facts mean for deciding and applying.
	Capabilities reconcile.Capabilities
	// Pages are the sizes that listings are asked for in.
	Pages PageSizes
	// LineItems and Memberships are the URLs of a course's services, with
	// {url}, {course} and {deploymentID} in them; "" where a course's id does
	// not lead to them.
	LineItems, Memberships string
	// ScoreExtra is sent with every score.
	ScoreExtra map[string]json.RawMessage
	// EmptyOnSuccess: a score that was stored is answered without a body.
	EmptyOnSuccess bool
	// Refusals are the answers that mean something else here than elsewhere.
	Refusals []Refusal
}

// Refusal is an answer and what it means.
type Refusal struct {
	Doing  Doing
	Status int
	Body   string // what the body is, space apart; AnyBody: whatever it is
	Kind   reconcile.FaultKind
	Hint   string
}

// AnyBody is so of a Refusal that does not depend on the body.
const AnyBody = "*"

// Generic is the profile of an LMS of which nothing is known.
func Generic() *Profile {
	return &Profile{Title: "an LMS that is not named", Capabilities: reconcile.Generic()}
}

// ProfileOf is the profile of that name; Generic for "" and for a name that
// is not known.
func ProfileOf(name string) *Profile {
	for _, p := range Profiles() {
		if p.Name == name {
			return &p
		}
	}
	return Generic()
}

// Has tells whether a habit is known of the platform.
func (p *Profile) Has(q quirk.Quirk) bool {
	return slices.ContainsFunc(p.Facts, func(f Fact) bool { return f.Quirk == q })
}

// CourseURLs are the URLs of a course's services, "" where the profile does
// not know. root is the LMS's, without a trailing slash.
func (p *Profile) CourseURLs(root, course, deploymentID string) (lineItems, memberships string) {
	fill := func(template string) string {
		return strings.NewReplacer("{url}", strings.TrimRight(root, "/"), "{course}", url.PathEscape(course),
			"{deploymentID}", url.PathEscape(deploymentID), "{deploymentID?}", url.QueryEscape(deploymentID)).Replace(template)
	}
	return fill(p.LineItems), fill(p.Memberships)
}

// refusal finds the profile's meaning of an answer.
func (p *Profile) refusal(what Doing, status int, body string) *Refusal {
	for i := range p.Refusals {
		r := &p.Refusals[i]
		if r.Doing == what && r.Status == status && (r.Body == AnyBody || r.Body == strings.TrimSpace(body)) {
			return r
		}
	}
	return nil
}
