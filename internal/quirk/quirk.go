// Package quirk is the vocabulary of what real platforms do differently from
// the specifications (AGS 2.0, NRPS 2.0, Security Framework 1.0): one name for
// each habit, and the names of the platforms that are known.
//
// The sandbox imitates quirks and the client's profiles know which platform
// has which; they share these words and no code, so that each can find the
// other wrong.
package quirk

import "slices"

// Quirk names one habit of a platform.
type Quirk string

// Line items.
const (
	PutMerges          Quirk = "put-merges"
	PutKeepsLink       Quirk = "put-keeps-link"
	PutDropsLink       Quirk = "put-drops-link"
	BlankForCleared    Quirk = "blank-for-cleared"
	EchoesRequest      Quirk = "echoes-request"
	DropsDates         Quirk = "drops-dates"
	DropsReleased      Quirk = "drops-released"
	DropsExtensions    Quirk = "drops-extensions"
	DropsResourceID    Quirk = "drops-resource-id"
	DropsTag           Quirk = "drops-tag"
	DeleteCoupled401   Quirk = "delete-coupled-401"
	DeleteKeeps        Quirk = "delete-keeps"
	DeleteAnswers200   Quirk = "delete-answers-200"
	CreateAnswers200   Quirk = "create-answers-200"
	ForeignIDs         Quirk = "foreign-ids"
	NeedsResourceID    Quirk = "needs-resource-id"
	WholeMaximum       Quirk = "whole-maximum"
	MaximumDefaults100 Quirk = "maximum-defaults-100"
	LongText502        Quirk = "long-text-502"
	LargeMaximum502    Quirk = "large-maximum-502"
	NumericIDs         Quirk = "numeric-ids"
	SubstitutesLabel   Quirk = "substitutes-label"
	SubstitutesMaximum Quirk = "substitutes-maximum"
	IntegerPutID       Quirk = "integer-put-id"
	CanvasPaths        Quirk = "canvas-paths"
	MoodlePaths        Quirk = "moodle-paths"
	ExactTypes         Quirk = "exact-types"
)

// Listings.
const (
	IgnoresFilters   Quirk = "ignores-filters"
	PagesOnlyOnLimit Quirk = "pages-only-on-limit"
	PagesOfTen       Quirk = "pages-of-ten"
	RosterOfFifty    Quirk = "roster-of-fifty"
	LimitTruncates   Quirk = "limit-truncates"
	LinkCurly        Quirk = "link-curly"
	LinkUnquoted     Quirk = "link-unquoted"
	LinkRelative     Quirk = "link-relative"
	LinkAmp          Quirk = "link-amp"
	LinkSeveralRels  Quirk = "link-several-rels"
	ResultsLimit404  Quirk = "results-limit-404"
	UnsortedResults  Quirk = "unsorted-results"
)

// Tokens and permission.
const (
	StrictClock     Quirk = "strict-clock"
	TokenAsHTML     Quirk = "token-as-html"
	NoReadOnlyScope Quirk = "no-readonly-scope"
	DropsScopes     Quirk = "drops-scopes"
	Never403        Quirk = "never-403"
	ShortTokens     Quirk = "short-tokens"
	AudienceDiffers Quirk = "audience-differs"
	WantsDeployment Quirk = "wants-deployment"
	Throttles403    Quirk = "throttles-403"
)

// Scores and results.
const (
	CommentsAppend      Quirk = "comments-append"
	CommentsHidden      Quirk = "comments-hidden"
	CommentsDropped     Quirk = "comments-dropped"
	ZeroCommentClears   Quirk = "zero-comment-clears"
	CountsAttempts      Quirk = "counts-attempts"
	Stale400            Quirk = "stale-400"
	StaleIgnored        Quirk = "stale-ignored"
	StaleAccepted       Quirk = "stale-accepted"
	EqualAccepted       Quirk = "equal-accepted"
	WholeSeconds        Quirk = "whole-seconds"
	PutStamps           Quirk = "put-stamps"
	KeepsPoints         Quirk = "keeps-points"
	MaximumAsPosted     Quirk = "maximum-as-posted"
	NoGradeToZero       Quirk = "no-grade-to-zero"
	SmallMaximumKeeps   Quirk = "small-maximum-keeps"
	RefusesWith200      Quirk = "refuses-with-200"
	ErrorsEcho          Quirk = "errors-echo"
	CutsScores          Quirk = "cuts-scores"
	FiveDecimals        Quirk = "five-decimals"
	PendingManualCounts Quirk = "pending-manual-counts"
	Strangers400        Quirk = "strangers-400"
	Strangers403        Quirk = "strangers-403"
	Strangers404        Quirk = "strangers-404"
	Strangers422        Quirk = "strangers-422"
	KeepsOverride       Quirk = "keeps-override"
	Locked500           Quirk = "locked-500"
	ClearedShowsUser    Quirk = "cleared-shows-user"
	BareResults         Quirk = "bare-results"
	UserFilterNoComment Quirk = "user-filter-no-comment"
)

// The roster.
const (
	EscapesNames  Quirk = "escapes-names"
	HidesInactive Quirk = "hides-inactive"
	NextLosesRole Quirk = "next-loses-role"
	HidesEmail    Quirk = "hides-email"
)

// known is every quirk with what the platform does.
var known = []struct {
	Quirk Quirk
	Means string
}{
	{PutMerges, "a PUT keeps the members it leaves out; null clears one"},
	{PutKeepsLink, "a PUT leaves resourceLinkId as it is, whatever it says"},
	{PutDropsLink, "every PUT takes resourceLinkId away, whatever it says"},
	{BlankForCleared, "a resourceId or tag that was cleared reads back as an empty string"},
	{EchoesRequest, "POST and PUT of a line item answer with what was sent, not with what was stored"},
	{DropsDates, "startDateTime and endDateTime are taken and not kept"},
	{DropsReleased, "gradesReleased is taken and not kept"},
	{DropsExtensions, "members of extensions are taken and not kept"},
	{DropsResourceID, "resourceId is taken and not kept"},
	{DropsTag, "tag is taken and not kept"},
	{DeleteCoupled401, "DELETE of a line item with a resourceLinkId: 401 with an empty body, and the column stays"},
	{DeleteKeeps, "DELETE answers 204 and the column stays"},
	{DeleteAnswers200, "DELETE answers 200"},
	{CreateAnswers200, "POST of a line item answers 200"},
	{ForeignIDs, "line items' ids are on another host than their container"},
	{NeedsResourceID, "a line item without resourceId is refused with 400"},
	{WholeMaximum, "a scoreMaximum that is no whole number is refused with 400"},
	{MaximumDefaults100, "a line item without scoreMaximum gets 100"},
	{LongText502, "label over 255 characters, resourceId over 512, tag over 255: 502; a create with one of the latter two leaves a column that no listing shows"},
	{LargeMaximum502, "a scoreMaximum of 100000 or more: 502"},
	{NumericIDs, "a userId or resourceLinkId that is no number: 502"},
	{SubstitutesLabel, "the label is silently replaced by the platform's own"},
	{SubstitutesMaximum, "the scoreMaximum is silently replaced by 100"},
	{IntegerPutID, "PUT answers with a number for an id"},
	{CanvasPaths, "line items are at /api/lti/courses/{course}/line_items, the roster at /api/lti/courses/{course}/names_and_roles"},
	{MoodlePaths, "line items are at /mod/lti/services.php/{course}/lineitems?type_id={deployment}, one at .../lineitems/{number}/lineitem?type_id={deployment}, the roster at /mod/lti/services.php/CourseSection/{course}/bindings/{deployment}/memberships"},
	{ExactTypes, "Accept and Content-Type must be the exact media type, without parameters or alternatives; anything else is 400"},
	{IgnoresFilters, "resource_id, resource_link_id, tag and limit of a listing of line items are ignored"},
	{PagesOnlyOnLimit, "line items come in pages only where the request says limit; a page begins at an offset, from"},
	{PagesOfTen, "line items and results come in pages of 10 where the request says no limit"},
	{RosterOfFifty, "the roster comes in pages of 50 at most, whatever limit says"},
	{LimitTruncates, "limit cuts a listing, and no Link header says that there is more"},
	{LinkCurly, "the Link header has typographic quotes: rel=\u201cnext\u201d"},
	{LinkUnquoted, "the Link header has no quotes: rel=next"},
	{LinkRelative, "the Link header's URL is relative"},
	{LinkAmp, "the Link header's URL has &amp; for &; followed as it stands it begins again from the first page"},
	{LinkSeveralRels, "the Link header has several links, and several relations in one rel"},
	{ResultsLimit404, "results asked for with limit: a 404 HTML page as soon as the column has a grade"},
	{UnsortedResults, "results and line items come in another order each time"},
	{StrictClock, "an assertion whose iat is ahead of the platform's clock by a second is refused"},
	{TokenAsHTML, "the token answer's Content-Type is text/html"},
	{NoReadOnlyScope, "lineitem.readonly is not granted: invalid_scope"},
	{DropsScopes, "scopes that are not granted are left out of the token without an error"},
	{Never403, "a missing scope is 401, not 403"},
	{ShortTokens, "a token lives for 59 seconds"},
	{AudienceDiffers, "the aud of the token request is not the token URL"},
	{WantsDeployment, "the token request must carry the deployment id"},
	{Throttles403, "too many requests: 403 \"Rate Limit Exceeded\" without Retry-After; every answer has X-Request-Cost and X-Rate-Limit-Remaining"},
	{CommentsAppend, "each comment that is sent is added to the student's view; results show the last one; a score without one leaves it, null takes it out of the results only"},
	{CommentsHidden, "results show no comments"},
	{CommentsDropped, "comments are taken and not kept"},
	{ZeroCommentClears, "the comment \"0\" counts as none"},
	{CountsAttempts, "each score uses up one of the column's attempts, unless it says new_submission false in the member https://canvas.instructure.com/lti/submission; beyond the last: 422"},
	{Stale400, "a timestamp that is not late enough is 400, not 409"},
	{StaleIgnored, "a score whose timestamp is not late enough is dropped with 200"},
	{StaleAccepted, "a score overwrites a later one"},
	{EqualAccepted, "a timestamp equal to the last one is accepted"},
	{WholeSeconds, "timestamps count in whole seconds, against the last change by anyone"},
	{PutStamps, "a PUT that rescales stamps every grade with the platform's time"},
	{KeepsPoints, "a new scoreMaximum leaves the points of results as they are"},
	{MaximumAsPosted, "a result keeps the points and the maximum of its score, also when the column's maximum changes"},
	{NoGradeToZero, "a new scoreMaximum turns cleared grades into 0"},
	{SmallMaximumKeeps, "a new scoreMaximum of 1 or less rescales nothing"},
	{RefusesWith200, "an invalid score in a body of several lines is refused with 200 and the body []; a stored score is 200 with an empty body"},
	{ErrorsEcho, "error texts of AGS and NRPS repeat the request: method, URL and body"},
	{CutsScores, "a score above the maximum is cut to it"},
	{FiveDecimals, "scores are kept to five decimals, half up"},
	{PendingManualCounts, "a score with gradingProgress PendingManual counts as given"},
	{Strangers400, "a score of a person who is not enrolled: 400"},
	{Strangers403, "a score of a person who is not enrolled: 403"},
	{Strangers404, "a score of a person whom the platform does not know: 404; of one of another course: 403"},
	{Strangers422, "a score of a person who is not enrolled: 422"},
	{KeepsOverride, "a grade that a teacher set in the column of an activity stays, and a score to it answers 200"},
	{Locked500, "a score to a locked column or grade: 500 with the body []; a new scoreMaximum leaves locked grades as they are"},
	{ClearedShowsUser, "a score that is cleared takes its comment with it, and its result has an id and a userId and nothing else"},
	{BareResults, "results have no id and no scoreOf"},
	{UserFilterNoComment, "results asked for with user_id show no comment"},
	{EscapesNames, "names in the roster are HTML-escaped"},
	{HidesInactive, "suspended members are left out of the roster"},
	{NextLosesRole, "the roster's next link loses the role that was asked for"},
	{HidesEmail, "the roster shows no emails"},
}

// All is every quirk, in the order of this file.
func All() []Quirk {
	var all []Quirk
	for _, k := range known {
		all = append(all, k.Quirk)
	}
	return all
}

// Means says what a platform with the quirk does; "" for an unknown word.
func (q Quirk) Means() string {
	for _, k := range known {
		if k.Quirk == q {
			return k.Means
		}
	}
	return ""
}

// The platforms that are known by name. Small stands for several small
// platforms with the habits of all of them.
const (
	Canvas     = "canvas"
	Moodle     = "moodle"
	Blackboard = "blackboard"
	D2L        = "d2l"
	Sakai      = "sakai"
	OpenEdX    = "openedx"
	ILIAS      = "ilias"
	Small      = "small"
)

var profiles = []string{Canvas, Moodle, Blackboard, D2L, Sakai, OpenEdX, ILIAS, Small}

// Profiles is the names of the known platforms.
func Profiles() []string { return slices.Clone(profiles) }
