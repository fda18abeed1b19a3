package sandbox

import "github.com/gradesync/gradesync/internal/quirk"

// profiles are the quirks of each platform that is known by name. It is only
// read. Canvas is as in its source; Moodle as seen on a running 4.5; the others
// as reported. A quirk that no platform here has can be switched on by itself.
var profiles = map[string][]quirk.Quirk{
	quirk.Canvas: {
		quirk.CanvasPaths, quirk.PutMerges, quirk.PutKeepsLink, quirk.DeleteCoupled401, quirk.DropsDates,
		quirk.Throttles403,
		quirk.CommentsAppend, quirk.CountsAttempts, quirk.Stale400, quirk.EqualAccepted,
		quirk.MaximumAsPosted, quirk.PendingManualCounts, quirk.Strangers422,
		quirk.PagesOfTen, quirk.RosterOfFifty,
	},
	quirk.Moodle: {
		quirk.MoodlePaths, quirk.ExactTypes, quirk.NumericIDs, quirk.LongText502, quirk.LargeMaximum502,
		quirk.PutDropsLink, quirk.BlankForCleared, quirk.EchoesRequest,
		quirk.DropsDates, quirk.DropsReleased, quirk.DropsExtensions,
		quirk.PagesOnlyOnLimit, quirk.LinkCurly, quirk.LinkAmp, quirk.ResultsLimit404, quirk.UnsortedResults,
		quirk.StrictClock, quirk.TokenAsHTML, quirk.DropsScopes, quirk.Never403,
		quirk.ZeroCommentClears, quirk.WholeSeconds, quirk.PutStamps, quirk.NoGradeToZero, quirk.SmallMaximumKeeps,
		quirk.RefusesWith200, quirk.ErrorsEcho, quirk.CutsScores, quirk.FiveDecimals, quirk.Strangers400,
		quirk.KeepsOverride, quirk.Locked500, quirk.ClearedShowsUser,
		quirk.EscapesNames, quirk.HidesInactive, quirk.NextLosesRole,
	},
	quirk.Blackboard: {quirk.WholeMaximum, quirk.UserFilterNoComment, quirk.Strangers400},
	quirk.D2L:        {quirk.Strangers404, quirk.Strangers403, quirk.CutsScores, quirk.AudienceDiffers},
	quirk.Sakai:      {quirk.MaximumDefaults100},
	quirk.OpenEdX:    {quirk.WholeMaximum, quirk.NeedsResourceID, quirk.LimitTruncates, quirk.Stale400},
	quirk.ILIAS:      {quirk.SubstitutesLabel, quirk.SubstitutesMaximum, quirk.DeleteAnswers200},
	quirk.Small: {
		quirk.ShortTokens, quirk.IgnoresFilters, quirk.IntegerPutID, quirk.BareResults, quirk.StaleAccepted,
		quirk.LinkUnquoted, quirk.LinkRelative,
	},
}
