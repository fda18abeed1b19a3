package render

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// people and comments of the rich plan: none of them may be in a redacted
// rendering.
var (
	userIDs = []string{
		"ada-7701", "bob-7702", "cleo-7703", "dan-7704", "eve-7705", "fay-7706", "gus-7707", "hal-7708", "ida-7709", "teacher-7799",
		"bob@example.edu", "fay@exmaple.edu", "fay@example.edu", "joan@example.edu", "jo-7710", "jo-7711", "gone@example.edu", "kay-7712", "S-4711",
		"left-7713@example.edu", "max@example.edu", "max-7714",
	}
	comments = []string{
		"Elegantly argued.", "See question four.", "Drawn from life.", "Please come and see me.", "Stored otherwise.", "Set by hand.", "Summa cum",
	}
)

func ptr[T any](v T) *T { return &v }

func graded(points, maximum float64, comment string) *plan.Grade {
	return &plan.Grade{ScoreGiven: &points, ScoreMaximum: maximum, Comment: comment}
}

func posted(user, where string, before *plan.Grade, after plan.Grade, fields ...plan.Field) plan.Score {
	return plan.Score{
		Action: plan.Post, UserID: user, Where: where, Before: before, After: after, Fields: fields,
		ActivityProgress: "Completed", GradingProgress: "FullyGraded",
	}
}

func field(name string, before, after any) plan.Field {
	return plan.Field{Name: name, Before: before, After: after}
}

// richPlan has a thing of every kind. It is made anew by each call.
func richPlan() plan.Plan {
	noon := time.Date(2026, 12, 24, 12, 0, 0, 500e6, time.FixedZone("", 3600))
	submitted := posted("bob-7702", "bio.yaml:14:9", graded(40, 50, "Please come and see me."), *graded(35.5, 50, "See question four."),
		field("scoreGiven", 40.0, 35.5), field("comment", "Please come and see me.", "See question four."))
	submitted.Submission = &plan.Submission{StartedAt: noon.Add(-time.Hour), SubmittedAt: noon}
	submitted.ScoringUserID = "teacher-7799"
	submitted.Person = "bob@example.edu"
	kept := posted("dan-7704", "bio.yaml:16:9", graded(10, 50, "Drawn from life."), *graded(12, 50, "Drawn from life."), field("scoreGiven", 10.0, 12.0))
	kept.KeepsComment = true
	kept.SetsLetter, kept.After.LetterGrade = true, "Summa cum"
	kept.Fields = append(kept.Fields, field("letterGrade", nil, "Summa cum"))
	restated := posted("eve-7705", "bio.yaml:17:9", graded(5, 100, ""), *graded(5, 50, ""), field("scoreMaximum", 100.0, 50.0))
	restated.Why = "the maximum changes, so the score is stated again"
	erased := posted("cleo-7703", "bio.yaml:15:9", graded(8, 50, "Drawn from life."), plan.Grade{}, field("scoreGiven", 8.0, nil), field("comment", "Drawn from life.", nil))
	erased.Action = plan.Erase
	erased.Released = []plan.Release{{Risk: plan.Clear, By: "--allow clear:hw1"}}
	lowered := posted("hal-7708", "bio.yaml:20:9", graded(50, 50, ""), *graded(1, 50, ""), field("scoreGiven", 50.0, 1.0))
	lowered.Held = []plan.Hold{{Risk: plan.Drop, Why: "98 % of the maximum lower than it was", Where: "campus.yaml:9:3"}}
	lowered.NoBase = false

	autumn := plan.Context{
		Gradebook: "bio101", Name: "autumn", Platform: "campus",
		Items: []plan.Item{
			{
				Action: plan.Create, Key: "lab1", Label: "Lab 1: Microscopy", Where: "bio.yaml:5:5",
				Wanted: &plan.LineItem{
					Label: "Lab 1: Microscopy", ScoreMaximum: 20, ResourceID: "lab1", Tag: "lab", EndDateTime: noon, GradesReleased: ptr(true),
					Extensions: map[string]json.RawMessage{"https://example.edu/weight": json.RawMessage("2.5"), "https://example.edu/rest": json.RawMessage(`{"of":[1,2.50,null],"why":"<b>"}`)},
				},
				Fields: []plan.Field{
					field("label", nil, "Lab 1: Microscopy"), field("scoreMaximum", nil, 20.0), field("resourceId", nil, "lab1"), field("tag", nil, "lab"),
					field("endDateTime", nil, "2026-12-24T12:00:00.5+01:00"), field("gradesReleased", nil, true),
					field("https://example.edu/weight", nil, 2.5),
				},
				Scores: []plan.Score{
					posted("ada-7701", "bio.yaml:7:9", nil, *graded(17.5, 20, "Elegantly argued."), field("scoreGiven", nil, 17.5), field("comment", nil, "Elegantly argued.")),
					posted("bob-7702", "bio.yaml:8:9", &plan.Grade{}, *graded(0, 20, ""), field("scoreGiven", nil, 0.0)),
				},
			},
			{
				Action: plan.Update, Key: "hw1", Label: "Homework 1", ID: "https://lms.example.edu/1/lineitems/2", Where: "bio.yaml:10:5", Why: "matched by resourceId",
				Observed: &plan.LineItem{ID: "https://lms.example.edu/1/lineitems/2", Label: "Homework one", ScoreMaximum: 100, ResourceID: "hw1", Tag: "homework", StartDateTime: noon},
				Fields: []plan.Field{
					field("label", "Homework one", "Homework 1"), field("scoreMaximum", 100.0, 50.0), field("tag", "homework", nil),
					{Name: "startDateTime", Before: nil, After: "2026-12-24T11:00:00.5Z", Rides: true},
				},
				Scores: []plan.Score{
					posted("ada-7701", "bio.yaml:13:9", nil, *graded(42, 50, ""), field("scoreGiven", nil, 42.0)),
					submitted, erased, kept, restated,
					posted("fay-7706", "bio.yaml:18:9", nil, *graded(44, 50, ""), field("scoreGiven", nil, 44.0)),
					posted("gus-7707", "bio.yaml:19:9", nil, *graded(45, 50, "Elegantly argued."), field("scoreGiven", nil, 45.0), field("comment", nil, "Elegantly argued.")),
					lowered,
				},
				Results: map[string]plan.Grade{
					"ida-7709": *graded(3, 100, "Set by hand."), "bob-7702": *graded(40, 50, "Please come and see me."), "cleo-7703": *graded(8, 50, "Drawn from life."),
					"dan-7704": *graded(10, 50, "Drawn from life."), "eve-7705": *graded(5, 100, ""), "hal-7708": *graded(50, 50, ""), "gus-7707": {},
				},
				Graded:   ptr(6),
				Released: []plan.Release{{Risk: plan.Rescale, By: "bio.yaml:3:9"}},
				Blast: plan.Blast{
					Students: 8, First: 3, Raised: 1, Lowered: 2, Cleared: 1, MeanChange: -34.25, LargestChange: -98, NowPass: 1, NowFail: 2, Notifications: 8,
				},
			},
			{
				Action: plan.Keep, Key: "hw2", Label: "hw2", ID: "https://lms.example.edu/1/lineitems/3", Where: "bio.yaml:22:5",
				Observed: &plan.LineItem{ID: "https://lms.example.edu/1/lineitems/3", Label: "hw2", ScoreMaximum: 50, GradesReleased: ptr(false)},
				Kept: []plan.Kept{
					{Where: "bio.yaml:22:5", Field: "tag", Live: "theirs", Desired: "ours", Base: nil},
					{UserID: "ida-7709", Person: "S-4711", Where: "bio.yaml:22:30", Field: "scoreGiven", Live: 9.5, Desired: 9.0, Base: 9.0},
					{UserID: "ida-7709", Where: "bio.yaml:22:30", Field: "comment", Live: "Set by hand.", Desired: "Elegantly argued.", Base: nil, Conflict: true},
				},
				Scores: []plan.Score{
					posted("cleo-7703", "bio.yaml:23:9", graded(9, 50, ""), *graded(9, 50, "See question four."), field("comment", nil, "See question four.")),
				},
			},
			{
				Action: plan.Delete, Key: "old", Label: "Old", ID: "https://lms.example.edu/1/lineitems/4", Where: "bio.yaml:24:5", Graded: ptr(2), Why: "matched by label", Observed: &plan.LineItem{Label: "Old", ScoreMaximum: 1},
				Results:  map[string]plan.Grade{"ada-7701": *graded(1, 1, "Drawn from life."), "ida-7709": *graded(0, 1, "")},
				Released: []plan.Release{{Risk: plan.DeleteGraded, By: "--allow delete-graded"}}, Blast: plan.Blast{Students: 2, Destroyed: 2},
			},
			{Action: plan.Delete, Key: "empty", Label: "Empty", ID: "https://lms.example.edu/1/lineitems/5", Where: "bio.yaml:25:5", Graded: ptr(0)},
			{Action: plan.Delete, Key: "dark", Label: "Dark", ID: "https://lms.example.edu/1/lineitems/6", Where: "bio.yaml:26:5", Held: []plan.Hold{
				{Risk: plan.DeleteUnread, Why: "its grades cannot be read", Release: "--allow delete-unread:dark"},
				{Risk: plan.Deletes, Why: "more than 2 columns", Where: "campus.yaml:8:3"},
			}},
			{
				Action: plan.Create, Key: "quiz", Label: "Quiz", Where: "bio.yaml:27:5",
				Held:   []plan.Hold{{Risk: plan.DuplicateLabel, Why: "a column of this title is there already", Release: "--allow duplicate-label:quiz"}},
				Wanted: &plan.LineItem{Label: "Quiz", ScoreMaximum: 5}, Fields: []plan.Field{field("label", nil, "Quiz"), field("scoreMaximum", nil, 5.0)},
				Scores: []plan.Score{posted("ada-7701", "bio.yaml:28:9", nil, *graded(1, 5, ""), field("scoreGiven", nil, 1.0))},
			},
		},
		Notes: []plan.Note{
			{Where: "bio.yaml:29:20", Key: "hw1", Message: "a score above its maximum: legal, and some platforms cut it"},
			{Message: "the platform is slow today"},
		},
		LeftOut: []string{"left-7713@example.edu"},
		Explained: []plan.Explanation{{
			Key: "hw1", UserID: "max-7714", Person: "max@example.edu", Field: "letterGrade", Desired: &plan.Stand{Value: "Summa cum", Where: "bio.yaml:21:9"},
			Base: &plan.Stand{Value: "Summa cum", Where: "bio.yaml:21:9", Revision: "v1"}, Later: []plan.Stand{{Value: "Summa cum", Where: "bio.yaml:21:9", Revision: "v2"}},
			Live: "Summa cum", Rule: "same", Words: "it is as the file says",
		}},
		Unchanged: plan.Count{LineItems: 1, Scores: 7}, Unmanaged: plan.Count{LineItems: 2, Scores: 1},
		Seen: []string{"https://lms.example.edu/1/lineitems/2", "https://lms.example.edu/1/lineitems/3"},
		Blast: plan.Blast{
			Students: 9, First: 6, Raised: 1, Lowered: 2, Cleared: 1, Destroyed: 2, MeanChange: -34.25, LargestChange: -98, NowPass: 1, NowFail: 2, Notifications: 12,
		},
	}
	return plan.Plan{Contexts: []plan.Context{
		autumn,
		{Gradebook: "bio101", Name: "spring", Platform: "campus", Unchanged: plan.Count{LineItems: 4, Scores: 20}, Unmanaged: plan.Count{Scores: 3}},
		{Gradebook: "bio101", Name: "noted", Platform: "campus", Notes: []plan.Note{
			{Key: "hw2", Message: "endDateTime cannot be compared"},
			{Message: "1 person is no longer active in the course", People: []plan.Named{
				{Said: "gone@example.edu", Where: "grades.csv:9:3", Why: "Inactive in the roster", UserIDs: []string{"kay-7712"}},
			}},
		}, Unchanged: plan.Count{LineItems: 1}},
		{
			Gradebook: "bio101", Name: "twice", Platform: "campus",
			Findings: []plan.Finding{
				{Where: "bio.yaml:10:5", Key: "hw1", Message: "two live line items have the resourceId hw1", Hint: "delete one, or pin one by id"},
				{Message: "a finding of no place"},
				{Where: "grades.csv:2:3", Message: "2 people are not in the roster", Hint: "correct the files", People: []plan.Named{
					{Said: "fay@exmaple.edu", Where: "grades.csv:2:3", Why: "not in the roster", Near: "fay@example.edu"},
					{Said: "S-4711", Where: "grades.csv:3:3", Why: "not in the roster"},
				}},
				{Where: "grades.csv:4:3", Message: "1 person cannot be told from another", People: []plan.Named{
					{Said: "joan@example.edu", Where: "grades.csv:4:3", Why: "2 people of the roster have this email", UserIDs: []string{"jo-7710", "jo-7711"}},
				}},
			},
		},
		{Gradebook: "chem", Name: "a", Platform: "other", Failure: &plan.Failure{Kind: plan.FailedAuth, Message: "no access token: invalid_client", Hint: "check clientID"}},
		{Gradebook: "chem", Name: "b", Platform: "other", Failure: &plan.Failure{Kind: plan.FailedOther, Message: "list line items: 503 Service Unavailable", Said: "eve-7705 is at work on it"}},
		{Gradebook: "chem", Name: "c", Platform: "other", Failure: &plan.Failure{Kind: plan.FailedInterrupted, Message: "interrupted while reading the results"}},
	}}
}

// signed is a plan without the line items that are only the home of scores:
// they have no sign to be painted.
func signed(p plan.Plan) plan.Plan {
	for i := range p.Contexts {
		p.Contexts[i].Items = slices.DeleteFunc(p.Contexts[i].Items, func(it plan.Item) bool { return it.Action == plan.Keep })
	}
	return p
}

// richReport is a report on richPlan with every outcome.
func richReport() plan.Report {
	contexts := richPlan().Contexts
	row := func(o plan.Outcome, it *plan.Item, s *plan.Score, why string) plan.Row {
		r := plan.Row{Outcome: o, Action: it.Action, Key: it.Key, Label: it.Label, Where: it.Where, Why: why}
		if s != nil {
			r.Action, r.UserID, r.Person, r.Where = s.Action, s.UserID, s.Person, s.Where
			if o != plan.NotAttempted {
				r.Grade = ptr(s.After)
			}
		}
		return r
	}
	items := contexts[0].Items
	lab, hw1, hw2 := &items[0], &items[1], &items[2]
	autumn := plan.ContextReport{Plan: contexts[0], Rows: []plan.Row{
		row(plan.Confirmed, lab, nil, ""),
		row(plan.Confirmed, lab, &lab.Scores[0], ""),
		row(plan.Confirmed, lab, &lab.Scores[1], "it was there already"),
		row(plan.Altered, hw1, nil, "the platform stored something else"),
		row(plan.Confirmed, hw1, &hw1.Scores[0], ""),
		row(plan.Altered, hw1, &hw1.Scores[1], "the platform stored something else"),
		row(plan.Confirmed, hw1, &hw1.Scores[2], ""),
		row(plan.Refused, hw1, &hw1.Scores[3], "post score: 422 Unprocessable Entity"),
		row(plan.Unconfirmed, hw1, &hw1.Scores[4], "it still reads back as before"),
		row(plan.NotAttempted, hw1, &hw1.Scores[5], "interrupted"),
		row(plan.NotAttempted, hw2, &hw2.Scores[0], "interrupted"),
		row(plan.Refused, &items[3], nil, "delete line item: 403 Forbidden"),
		row(plan.Confirmed, &items[4], nil, ""),
	}}
	autumn.Rows[7].Said = "dan-7704 is locked since 'Drawn from life.'"
	autumn.Rows[9].Cause, autumn.Rows[10].Cause = plan.CauseInterrupted, plan.CauseBlocked
	autumn.Rows[3].Fields = []plan.Field{field("label", "Homework 1", "HOMEWORK 1"), field("scoreMaximum", 50.0, nil)}
	autumn.Rows[5].Fields = []plan.Field{field("scoreGiven", 35.5, 35.0), field("comment", "See question four.", "Stored otherwise.")}
	autumn.Collateral = []plan.Collateral{
		{Key: "hw1", Label: "Homework 1", UserID: "ida-7709", Before: *graded(3, 100, "Set by hand."), After: *graded(1.5, 50, "Stored otherwise.")},
		{Key: "hw1", Label: "Homework 1", UserID: "gus-7707", Before: *graded(7, 100, ""), After: plan.Grade{}},
	}
	autumn.Notes = []plan.Note{{Key: "hw1", Message: "the platform rescales"}, {Message: "the platform is slow today"}}
	autumn.Failure = &plan.Failure{Kind: plan.FailedInterrupted, Message: "interrupted: what had not been sent was not sent", Said: "fay-7706 is next", Hint: "run apply again to finish"}
	r := plan.Report{Contexts: []plan.ContextReport{autumn}}
	for _, c := range contexts[1:] {
		r.Contexts = append(r.Contexts, plan.ContextReport{Plan: c})
	}
	late := plan.Context{
		Gradebook: "chem", Name: "late", Platform: "other",
		Items: []plan.Item{{Action: plan.Delete, Key: "old", Label: "Old", Graded: ptr(1)}},
	}
	return plan.Report{Run: ".gradesync/runs/20261224T110000Z-abcdef", Contexts: append(r.Contexts, plan.ContextReport{
		Plan: late, Rows: []plan.Row{row(plan.Confirmed, &late.Items[0], nil, "")},
	})}
}

// many is a plan that holds n contexts of one changed label.
func many(n int) plan.Plan {
	var p plan.Plan
	for i := range n {
		p.Contexts = append(p.Contexts, plan.Context{
			Gradebook: "bio101", Name: fmt.Sprint("sec-", i), Platform: "campus",
			Items: []plan.Item{{Action: plan.Update, Key: "hw1", Label: "B", Fields: []plan.Field{field("label", "A", "B")}}},
		})
	}
	return p
}
