package reconcile

import (
	"slices"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// What follows is of what only a base can tell: what changed in the files since.

// deletedByHand tells of a column that the files named at the base and that is
// not there any more: somebody took it away, and policy decides as of any other
// value that was set by hand. What it does is added to the plan.
func (d *decider) deletedByHand(li *spec.LineItem) (released []plan.Release, kept bool) {
	if !d.bases.asked || d.want.Undo {
		return nil, false
	}
	was := d.bases.gone(li, d.shared)
	if was == nil {
		return nil, false
	}
	it := plan.Item{Action: plan.Keep, Key: li.Key.Value, Label: li.Label.Value, Where: where(li.Pos)}
	column := &plan.LineItem{ResourceID: was.ResourceID.Value, Label: was.Label.Value}
	if kept = d.byHand(&it, column, plan.Kept{Where: it.Where, Field: "the column", Desired: li.Label.Value, Base: was.Label.Value}); kept {
		d.out.Items = append(d.out.Items, it)
	}
	return it.Released, kept
}

// gone is what the files said at the base of a column that is there no more; nil
// where they said nothing, or where they took it away themselves since.
func (b *bases) gone(li *spec.LineItem, shared map[string]bool) *spec.LineItem {
	for _, later := range b.missingLater {
		if slices.ContainsFunc(later, func(l *spec.LineItem) bool { return sameItem(li, l, shared) && l.Tombstone() }) {
			return nil
		}
	}
	for _, was := range b.missing {
		if sameItem(li, was, shared) && !was.Tombstone() {
			return was
		}
	}
	return nil
}

// sameItem tells whether two revisions of the files speak of one line item.
// shared are the resourceIds that only a tag tells apart.
func sameItem(now, was *spec.LineItem, shared map[string]bool) bool {
	switch {
	case now.ID.IsSet() && was.ID.IsSet():
		return now.ID.Value == was.ID.Value
	case now.ResourceID.IsSet() && was.ResourceID.IsSet():
		former := slices.ContainsFunc(now.Was, func(o spec.Opt[string]) bool { return o.Value == was.ResourceID.Value })
		sameTag := !shared[now.ResourceID.Value] || now.Tag.Value == was.Tag.Value
		return now.ResourceID.Value == was.ResourceID.Value && sameTag || former
	case now.ResourceLinkID.IsSet() && was.ResourceLinkID.IsSet():
		return now.ResourceLinkID.Value == was.ResourceLinkID.Value
	}
	return now.Label.Value == was.Label.Value
}

// saysOther tells whether the files say something else since the base of a field
// that the platform does not show.
func (d *decider) saysOther(li *spec.LineItem, live *plan.LineItem, fields []plan.Field) bool {
	if d.bases.at[live.ID] == nil {
		return false
	}
	return slices.ContainsFunc(fields, func(f plan.Field) bool {
		if !optional(f.Name) || d.shown[f.Name] {
			return false
		}
		s := d.fieldSides(li, live, f.Name)
		return s.desired.said && (!s.at.said || !s.at.holds(s.desired.value))
	})
}

// quiet is a cheap test: neither the row nor what it was at the base says
// anything that results do not show.
func (d *decider) quiet(id string, row *spec.Score) bool {
	was := d.bases.at[id].row(row.UserID.Value)
	return was == nil || !d.unseen(row) && !d.unseen(was)
}

func (d *decider) unseen(row *spec.Score) bool {
	return row.ActivityProgress.IsSet() || row.GradingProgress.IsSet() || row.ScoringUserID.IsSet() ||
		row.Submission.StartedAt.IsSet() || row.Submission.SubmittedAt.IsSet() || d.caps.Comments == CommentUnreadable && row.Comment.Named()
}

// news sends a row of which results show nothing new, and which says something
// else since the base that they do not show.
func (d *decider) news(s *plan.Score, id string, row *spec.Score, now *plan.Grade) bool {
	was := d.bases.at[id].row(row.UserID.Value)
	if was == nil || d.want.Undo || d.quiet(id, row) {
		return false
	}
	var changed []string
	if !d.caps.NoProgress {
		before, _ := d.caps.wantGrade(was, s.After.ScoreMaximum, now)
		if before.Action != s.Action {
			return false // a clear has a progress of its own
		}
		for _, f := range []struct {
			name      string
			was, said string
		}{
			{"activityProgress", before.ActivityProgress, s.ActivityProgress},
			{"gradingProgress", before.GradingProgress, s.GradingProgress},
			{"startedAt", instantOf(was.Submission.StartedAt), instantOf(row.Submission.StartedAt)},
			{"submittedAt", instantOf(was.Submission.SubmittedAt), instantOf(row.Submission.SubmittedAt)},
			{"scoringUserId", was.ScoringUserID.Value, row.ScoringUserID.Value},
		} {
			if f.was != f.said && f.said != "" {
				changed = append(changed, f.name)
			}
		}
	}
	if d.caps.Comments == CommentUnreadable && row.Comment.Named() && was.Comment.Named() && was.Comment.Value != row.Comment.Value {
		changed = append(changed, "comment")
	}
	if len(changed) == 0 {
		return false
	}
	sendAgain(s, now, strings.Join(changed, ", ")+" changed in the files since "+d.want.BaseName)
	return true
}

func instantOf(t spec.Opt[time.Time]) string {
	if !t.IsSet() {
		return ""
	}
	return t.Value.UTC().Format(time.RFC3339Nano)
}

// countReleased counts what the files named at the base and name no more.
func (d *decider) countReleased(m matching) {
	if len(d.bases.at) == 0 {
		return
	}
	wanted := map[string]*spec.LineItem{}
	for j, i := range m.owner {
		wanted[d.live.Items[j].ID] = &d.want.Items[i]
	}
	for id, was := range d.bases.at {
		li := wanted[id]
		switch {
		case was.item.Tombstone():
			continue
		case li == nil:
			d.out.Released.LineItems++
			continue
		case !d.want.selects(li.Key.Value):
			continue
		}
		named := make(map[string]bool, len(li.Scores))
		for k := range li.Scores {
			named[li.Scores[k].UserID.Value] = true
		}
		results, read := d.live.Results[id]
		for user, row := range was.rows {
			gone := read && results[user].ScoreGiven == nil
			if row.ScoreGiven.IsSet() && !gone && !named[user] && !d.want.left[user] {
				d.out.Released.Scores++
			}
		}
	}
}
