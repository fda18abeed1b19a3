package ags

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/reconcile"
)

// canvasSubmission keeps a score from counting as a new attempt of the
// student's: it is the tool's correction.
func canvasSubmission() map[string]json.RawMessage {
	return map[string]json.RawMessage{
		"https://canvas.instructure.com/lti/submission": json.RawMessage(`{"new_submission":false}`),
	}
}

const locked = "the column or the grade is locked in the LMS: unlock it there"

// Profiles is all that is known, as data, in the order of quirk.Profiles.
func Profiles() []Profile {
	known := func(how Provenance, quirks ...quirk.Quirk) (facts []Fact) {
		for _, q := range quirks {
			facts = append(facts, Fact{q, how})
		}
		return facts
	}
	return []Profile{
		{
			Name: quirk.Canvas, Title: "Canvas", Version: "controllers and serializers, snapshots of 2018 to 2024",
			Facts: slices.Concat(
				known(Source, quirk.CanvasPaths, quirk.PutMerges, quirk.PutKeepsLink, quirk.DeleteCoupled401, quirk.DropsDates,
					quirk.CommentsAppend, quirk.CountsAttempts, quirk.Stale400, quirk.EqualAccepted, quirk.MaximumAsPosted,
					quirk.PendingManualCounts, quirk.Strangers422, quirk.PagesOfTen, quirk.RosterOfFifty),
				known(Reported, quirk.Throttles403),
			),
			Capabilities: reconcile.Capabilities{
				Comments: reconcile.CommentAppend, MaximumAsPosted: true,
				Fields: map[string]reconcile.Keeping{
					"resourceLinkId": reconcile.KeptFromCreate, "startDateTime": reconcile.NotKept, "endDateTime": reconcile.NotKept,
				},
			},
			// Line items and results come in pages of whatever size limit says: 100 is
			// the most that Canvas takes elsewhere. The roster's are at most 50, and were
			// once 10 without limit and 100 at most.
			Pages:       PageSizes{LineItems: 100, Results: 100, Members: 100, How: Source},
			LineItems:   "{url}/api/lti/courses/{course}/line_items",
			Memberships: "{url}/api/lti/courses/{course}/names_and_roles",
			ScoreExtra:  canvasSubmission(),
			Refusals: []Refusal{
				{Doing: Deleting, Status: http.StatusUnauthorized, Body: AnyBody, Kind: reconcile.Refused, Hint: "Canvas keeps a column that belongs to an assignment's link: delete the assignment there"},
				{Doing: Scoring, Status: http.StatusBadRequest, Body: AnyBody, Kind: reconcile.Stale},
			},
		},
		{
			Name: quirk.Moodle, Title: "Moodle", Version: "4.5.6",
			Facts: known(Observed, quirk.MoodlePaths, quirk.ExactTypes, quirk.PagesOnlyOnLimit, quirk.LinkCurly, quirk.LinkAmp,
				quirk.ResultsLimit404, quirk.UnsortedResults, quirk.StrictClock, quirk.TokenAsHTML, quirk.DropsScopes, quirk.Never403,
				quirk.PutDropsLink, quirk.BlankForCleared, quirk.EchoesRequest, quirk.DropsDates, quirk.DropsReleased, quirk.DropsExtensions,
				quirk.LongText502, quirk.LargeMaximum502, quirk.NumericIDs, quirk.WholeSeconds, quirk.PutStamps, quirk.NoGradeToZero,
				quirk.SmallMaximumKeeps, quirk.RefusesWith200, quirk.ErrorsEcho, quirk.CutsScores, quirk.FiveDecimals, quirk.Strangers400,
				quirk.ZeroCommentClears, quirk.KeepsOverride, quirk.Locked500, quirk.ClearedShowsUser, quirk.EscapesNames,
				quirk.HidesInactive, quirk.NextLosesRole),
			Capabilities: reconcile.Capabilities{
				Comments: reconcile.CommentReplace,
				Fields: map[string]reconcile.Keeping{
					"resourceLinkId": reconcile.LostByPut, "startDateTime": reconcile.NotKept, "endDateTime": reconcile.NotKept,
					"gradesReleased": reconcile.NotKept, "extensions": reconcile.NotKept,
				},
				// It rescales, but not below 1, not what is locked, and makes 0
				// of no grade: so every score is stated again all the same.
				Decimals: 5, Clamps: true, WholeSeconds: true, ZeroIsNoComment: true,
				// A resourceId may have 512 characters, more than files can.
				Bounds: reconcile.Bounds{Label: 255, Tag: 255, MaximumBelow: 100_000, NumericIDs: true},
			},
			LineItems:      "{url}/mod/lti/services.php/{course}/lineitems?type_id={deploymentID?}",
			Memberships:    "{url}/mod/lti/services.php/CourseSection/{course}/bindings/{deploymentID}/memberships",
			EmptyOnSuccess: true,
			Refusals: []Refusal{
				{Doing: Scoring, Status: http.StatusInternalServerError, Body: "[]", Kind: reconcile.Refused, Hint: locked},
				{Doing: Writing, Status: http.StatusInternalServerError, Body: "[]", Kind: reconcile.Refused, Hint: locked},
				{Doing: Scoring, Status: http.StatusBadRequest, Body: AnyBody, Kind: reconcile.Refused, Hint: "is the person a student of this course? gradesync roster shows who is"},
			},
		},
		{
			Name: quirk.Blackboard, Title: "Blackboard", Version: "documents and issues",
			Facts: known(Reported, quirk.WholeMaximum, quirk.UserFilterNoComment, quirk.Strangers400),
			Capabilities: reconcile.Capabilities{
				Comments: reconcile.CommentReplace, Bounds: reconcile.Bounds{WholeMaximum: true},
			},
		},
		{
			Name: quirk.D2L, Title: "D2L Brightspace", Version: "documents and issues",
			Facts:        known(Reported, quirk.Strangers403, quirk.Strangers404, quirk.CutsScores, quirk.AudienceDiffers),
			Capabilities: reconcile.Capabilities{Comments: reconcile.CommentReplace, Clamps: true},
			Refusals: []Refusal{
				{Doing: Scoring, Status: http.StatusNotFound, Body: AnyBody, Kind: reconcile.Refused, Hint: "either the person or the column is not there; gradesync roster shows who is"},
			},
		},
		{
			Name: quirk.Sakai, Title: "Sakai", Version: "issues",
			Facts:        known(Reported, quirk.MaximumDefaults100),
			Capabilities: reconcile.Generic(),
		},
		{
			Name: quirk.OpenEdX, Title: "Open edX", Version: "the xblock's code",
			Facts: known(Reported, quirk.WholeMaximum, quirk.NeedsResourceID, quirk.LimitTruncates, quirk.Stale400),
			Capabilities: reconcile.Capabilities{
				Comments: reconcile.CommentReplace, Bounds: reconcile.Bounds{WholeMaximum: true, NeedsResourceID: true},
			},
		},
		{
			Name: quirk.ILIAS, Title: "ILIAS", Version: "issues",
			Facts: known(Reported, quirk.SubstitutesLabel, quirk.SubstitutesMaximum, quirk.DeleteAnswers200),
			Capabilities: reconcile.Capabilities{
				Comments: reconcile.CommentReplace,
				Fields:   map[string]reconcile.Keeping{"label": reconcile.NotKept, "scoreMaximum": reconcile.NotKept},
			},
		},
		{
			Name: quirk.Small, Title: "small platforms", Version: "several, all their habits together",
			Facts: known(Reported, quirk.ShortTokens, quirk.IgnoresFilters, quirk.IntegerPutID, quirk.BareResults, quirk.StaleAccepted,
				quirk.LinkUnquoted, quirk.LinkRelative),
			Capabilities: reconcile.Generic(),
		},
	}
}
