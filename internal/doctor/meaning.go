package doctor

import (
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// meaning is what a fact says to people. %s in detail is the fact's More.
type meaning struct {
	of, is         string
	status         Status
	detail, remedy string
}

// titles are what facts are about, in the order in which they are shown.
var titles = []struct{ of, title string }{
	{"leftover", "leftovers"}, {"delay", "reading back"},
	{"label", "label"}, {"scoreMaximum", "scoreMaximum"}, {"resourceId", "resourceId"}, {"tag", "tag"},
	{"startDateTime", "startDateTime"}, {"endDateTime", "endDateTime"}, {"gradesReleased", "gradesReleased"}, {"extensions", "extensions"},
	{"put", "PUT"}, {"left-out", "PUT leaving out"}, {"cleared", "PUT with null"}, {"long-label", "long label"}, {"fraction", "fractions"},
	{"listing", "listing"}, {"filter", "filter"},
	{"stranger", "unknown people"}, {"score", "scores"}, {"decimals", "decimals"}, {"comment", "comments"}, {"above", "above maximum"},
	{"stale", "older timestamp"}, {"equal", "equal timestamp"}, {"seconds", "same second"},
	{"rescale", "new maximum"}, {"clear", "clearing"}, {"zero", "cleared, then"},
	{"delete", "DELETE"},
}

const (
	tryPerson = "use --probe-user with the user id of a test student to find out about scores"
	byHand    = "delete that column in the LMS by hand; nothing of yours is in it"
)

// meanings are all facts there are. Members' are in memberMeaning.
var meanings = []meaning{
	{"leftover", "removed", OK, "an earlier probe was killed; its line item %s was removed", ""},
	{"leftover", "stays", Failed, "the line item of an earlier probe cannot be removed: %s", byHand},
	{"leftover", "doubtful", Warned, "%s looks like the line item of an earlier probe, but was changed: it was left alone", "delete it in the LMS if nobody needs it"},
	{"leftover", "graded", Warned, "%s looks like the line item of an earlier probe, but people have grades in it: it was left alone", "look at it in the LMS: delete it if nobody needs it; if a probe with --probe-user left it, probe with that id again"},

	{"delay", "none", OK, "what is written shows at once", ""},
	{"delay", "some", Warned, "what is written shows after %s", "keep the Platform's limits.settle well above that"},

	{"put", "works", OK, "a line item can be changed", ""},
	{"put", "refused", Failed, "changing a line item was refused: %s", "create line items as they shall be; ask whoever runs the LMS why"},
	{"left-out", "goes", OK, "members that are left out lose their value, as AGS says", ""},
	{"left-out", "stays", OK, "members that are left out stay", ""},
	{"left-out", "refused", OK, "leaving a member out was refused: %s", ""},
	{"left-out", "unknown", Skipped, "there was no tag to leave out", ""},
	{"cleared", "goes", OK, "null clears a member", ""},
	{"cleared", "stays", Warned, "null does not clear a member", "do not clear fields (tag: null) on this platform: they stay, and each run says so"},
	{"cleared", "refused", Warned, "null for a member was refused: %s", "do not clear fields (tag: null) on this platform"},
	{"cleared", "unknown", Skipped, "there was no tag to clear", ""},

	{"long-label", "kept", OK, "labels of 256 characters are kept", ""},
	{"long-label", "bounded", Warned, "labels of %s characters are kept, longer ones are refused", "keep labels within that"},
	{"long-label", "cut", Warned, "a label of 256 characters is cut to %s", "keep labels shorter than that"},
	{"long-label", "replaced", Warned, "a label of 256 characters becomes something else", "keep labels short"},
	{"long-label", "refused", Warned, "labels of 255 characters are refused", "keep labels short"},
	{"fraction", "kept", OK, "a scoreMaximum of 12.5 is kept", ""},
	{"fraction", "refused", Warned, "a scoreMaximum of 12.5 is refused", "write whole numbers as scoreMaximum"},
	{"fraction", "changed", Warned, "a scoreMaximum of 12.5 becomes %s", "write whole numbers as scoreMaximum"},

	{"listing", "proven", OK, "shows that it is complete", ""},
	{"listing", "unproven", Warned, "may have more than it shows", "take a `limit` out of lineItemsURL; until then deletes want --allow unproven-listing"},
	{"filter", "heeded", OK, "asked for one resourceId, the listing shows that one", ""},
	{"filter", "ignored", OK, "asked for one resourceId, the listing shows all", ""},
	{"filter", "misses", OK, "asked for one resourceId, the listing does not show it", ""},
	{"filter", "alone", Skipped, "the course has no other line item to leave out", ""},
	{"filter", "refused", OK, "asking for one resourceId is refused: %s", ""},

	{"stranger", "refused", Skipped, "a score of somebody the platform does not know is refused, so scores were not tried: %s", tryPerson},
	{"stranger", "fails", Skipped, "a score of somebody the platform does not know makes it fail, so scores were not tried: %s", tryPerson},
	{"stranger", "dropped", Skipped, "a score of somebody the platform does not know is taken and not shown, so scores were not tried", tryPerson},
	{"stranger", "taken", Warned, "a score of somebody the platform does not know (" + Nobody + ") is taken and shown", "check user ids against the roster: a wrong one is not refused here"},

	{"score", "kept", OK, "a score is taken and shown", ""},
	{"score", "refused", Failed, "the score was refused: %s", "--probe-user wants the LTI user id (the launch's sub) of an active student of this course"},
	{"score", "dropped", Failed, "the score was answered well and does not show", "--probe-user wants the LTI user id (the launch's sub) of an active student of this course"},
	{"decimals", "6", OK, "33.333333 is kept as it is", ""},
	{"decimals", "", OK, "33.333333 becomes something else than itself rounded", ""},
	{"comment", "replaced", OK, "a comment takes the place of the earlier one, and a score without one takes it away", ""},
	{"comment", "stays", OK, "a score without a comment leaves the earlier one; whether students see them all, results do not show", ""},
	{"comment", "both", OK, "comments are added to each other", ""},
	{"comment", "first", OK, "the first comment stays, whatever comes after it", ""},
	{"comment", "changed", OK, "a comment becomes something else", ""},
	{"comment", "hidden", Warned, "results show no comment, so it cannot be told whether it is kept", "do not manage comments here, or accept that they are not confirmed"},
	{"comment", "unknown", Skipped, "not found out: %s", ""},
	{"above", "kept", OK, "a score above the maximum is kept", ""},
	{"above", "cut", Warned, "a score above the maximum is cut to it", "raise the maximum where points above it shall count"},
	{"above", "dropped", Warned, "a score above the maximum is answered well and not kept", "give no points above the maximum"},
	{"above", "refused", Warned, "a score above the maximum is refused: %s", "give no points above the maximum"},
	{"stale", "refused", OK, "is refused", ""},
	{"stale", "ignored", OK, "is answered well, and the score dropped", ""},
	{"stale", "accepted", OK, "overwrites the later score", ""},
	{"stale", "unknown", Skipped, "not found out: %s", ""},
	{"equal", "refused", OK, "is refused", ""},
	{"equal", "ignored", OK, "is answered well, and the score dropped", ""},
	{"equal", "accepted", OK, "is accepted", ""},
	{"equal", "unknown", Skipped, "not found out: %s", ""},
	{"seconds", "refused", OK, "the later of two scores in one second is refused: timestamps count in whole seconds", ""},
	{"seconds", "ignored", OK, "the later of two scores in one second is dropped: timestamps count in whole seconds", ""},
	{"seconds", "accepted", OK, "the later of two scores in one second is accepted", ""},
	{"seconds", "unknown", Skipped, "not found out: %s", ""},
	{"rescale", "scales", OK, "scales the grades in proportion, as AGS expects", ""},
	{"rescale", "points", Warned, "leaves the points of grades as they are, so percentages change", "look at the plan's blast radius before a maximum changes; managed scores are written again"},
	{"rescale", "as-posted", OK, "leaves grades with the points and the maximum that they were posted with", ""},
	{"rescale", "dropped", Warned, "takes the grades away", "do not change a maximum under grades that the files do not name"},
	{"rescale", "other", Warned, "makes something else of the grades", "do not change a maximum under grades that the files do not name"},
	{"rescale", "unknown", Skipped, "not found out: %s", ""},
	{"clear", "goes", OK, "a score without points clears the grade", ""},
	{"clear", "stays", Warned, "a score without points does not clear the grade", "do not clear grades from files here: do it in the LMS"},
	{"clear", "unknown", Skipped, "not found out: %s", ""},
	{"zero", "none", OK, "a new maximum leaves it cleared", ""},
	{"zero", "becomes", Warned, "a new maximum makes %s of it", "do not change a maximum where grades were cleared; apply reports what became of them"},
	{"zero", "unknown", Skipped, "not found out: %s", ""},

	{"delete", "deletes", OK, "the scratch line item is gone again", ""},
	{"delete", "keeps", Failed, "DELETE was answered well and the scratch line item still shows: %s", byHand},
	{"delete", "refused", Failed, "the scratch line item cannot be removed: %s", byHand},
	{"delete", "changed", Failed, "the scratch line item %s does not bear the probe's resourceId and label any more: it was left alone", "look at that column in the LMS by hand, and delete it if nobody needs it"},
	{"delete", "another", Failed, "no scratch line item shows: the platform gave one for it that was there before, %s; nothing more was sent to it", "look at that column in the LMS by hand: its label, maximum, tag and dates may be the probe's"},
	{"delete", "overwritten", Failed, "the platform wrote the scratch line item over one that was there before: %s; nothing more was sent to it", "look at that column in the LMS by hand: its label, maximum, tag and dates are the probe's now"},
	{"delete", "unknown", Failed, "it cannot be told whether a scratch line item %s is left", "look for a column called \"" + ScratchLabel + "\" in the LMS, or probe again: it is removed then"},
}

// memberMeaning is what is said of a member of a line item.
func memberMeaning(name, is string) (Status, string, string) {
	switch is {
	case "kept":
		return OK, "is kept", ""
	case "kept-from-create":
		return Warned, "is set by a create and does not change after", "write the right " + name + " before the column is created"
	case "lost-by-put":
		return Warned, "is set by a create and lost with the next change of the column", "leave " + name + " out of the files"
	}
	switch name {
	case "label", "scoreMaximum":
		return Warned, "becomes something else than what was sent", "write in the files what the platform makes of it"
	case "resourceId":
		return Warned, "is not kept", "give each line item a label that no other has: it is found by that"
	}
	return Warned, "is taken and not kept", "leave " + name + " out of the files, or accept that it is not confirmed"
}

func isMember(name string) bool {
	for _, m := range tried {
		if m.name == name {
			return true
		}
	}
	return false
}

// check puts a fact into words.
func (f Fact) check(title string) Check {
	c := Check{ID: "probe-" + f.Of, Title: title}
	if isMember(f.Of) {
		c.Status, c.Detail, c.Remedy = memberMeaning(f.Of, f.Is)
		return c
	}
	for _, m := range meanings {
		if m.of != f.Of || m.is != f.Is {
			continue
		}
		c.Status, c.Detail, c.Remedy = m.status, fill(m.detail, f.More), m.remedy
		return c
	}
	if f.Of == "decimals" {
		c.Status, c.Detail = OK, "scores are rounded to "+f.Is+" decimals"
	}
	return c
}

// fill puts what there is to say into a sentence that may have a place for it.
func fill(sentence, more string) string {
	if more == "" {
		more = "the platform did not tell"
	}
	return strings.ReplaceAll(sentence, "%s", more)
}

// failureCheck is what ended a probe early.
func failureCheck(f *plan.Failure) Check {
	return broken("probe", "probe", f, "see the checks above; then probe again")
}
