package run

import (
	"net/url"
	"strings"

	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

func bookOf(docs *spec.Documents, name string) *spec.Gradebook {
	for _, g := range docs.Gradebooks {
		if g.Name() == name {
			return g
		}
	}
	return nil
}

// itemsOf is what a gradebook once said (was, of past) of each of today's
// contexts. A context is the one that was of the same course, whatever its name.
func itemsOf(past *spec.Documents, was, g *spec.Gradebook, docs *spec.Documents) pastItems {
	out := pastItems{}
	if was == nil {
		return out
	}
	p, old := docs.PlatformOf(g), past.PlatformOf(was)
	if old != nil && p != nil && system(old) != system(p) {
		return out
	}
	for i := range g.Contexts {
		c := &g.Contexts[i]
		if then := contextOf(was, c); then != nil {
			out[c.Name.Value] = reconcile.NewWant(was, then, p).Items
		}
	}
	return out
}

// contextOf is the context that was of a course: of the same place, or, where
// that cannot be told by the two forms of writing it, of the same name.
func contextOf(was *spec.Gradebook, c *spec.Context) *spec.Context {
	for i := range was.Contexts {
		if place := course(&was.Contexts[i]); place != "" && place == course(c) {
			return &was.Contexts[i]
		}
	}
	for i := range was.Contexts {
		then := &was.Contexts[i]
		sameForm := then.LineItemsURL.IsSet() == c.LineItemsURL.IsSet() && then.Course.IsSet() == c.Course.IsSet()
		if then.Name.Value == c.Name.Value && (!sameForm || course(c) == "") {
			return then
		}
	}
	return nil
}

// course is a context's place without what does not tell courses apart; "" where
// nothing in the files tells.
func course(c *spec.Context) string {
	switch {
	case c.LineItemsURL.IsSet():
		u, err := url.Parse(c.LineItemsURL.Value)
		if err != nil {
			return c.LineItemsURL.Value
		}
		u.RawQuery = ""
		if t := u.Query().Get("type_id"); t != "" {
			u.RawQuery = "type_id=" + t
		}
		return strings.TrimSuffix(u.String(), "/")
	case c.Course.IsSet():
		return c.Course.Value
	}
	return ""
}

// system tells one LMS from another.
func system(p *spec.Platform) string {
	switch {
	case p.AGS != nil:
		return "ags " + root(p.AGS) + " " + p.AGS.DeploymentID.Value
	case p.LTIAAS != nil:
		return "ltiaas " + p.LTIAAS.URL.Value
	case p.LearningStudio != nil:
		return "learningstudio " + p.LearningStudio.URL.Value
	case p.Sandbox != nil:
		return "sandbox " + p.Sandbox.File.Value
	}
	return ""
}

// withoutOld leaves out the rows that the base said in the same words: they tell
// nothing new, and a sheet may be long and its revisions many.
func withoutOld(items, base []spec.LineItem) []spec.LineItem {
	old := make(map[string]*spec.LineItem, len(base))
	for i := range base {
		old[base[i].Key.Value] = &base[i]
	}
	for i := range items {
		li := &items[i]
		was := old[li.Key.Value]
		if was == nil || !sameColumn(was, li) {
			continue
		}
		rows := make(map[[3]string]*spec.Score, len(was.Scores))
		for k := range was.Scores {
			rows[nameOf(&was.Scores[k])] = &was.Scores[k]
		}
		news := []spec.Score{} // of its own: the whole sheet need not be kept
		for k := range li.Scores {
			s := &li.Scores[k]
			if r := rows[nameOf(s)]; r == nil || !sameWords(r, s) {
				news = append(news, *s)
			}
		}
		li.Scores = news
	}
	return items
}

// sameColumn tells whether two revisions say of rows the same, in the same column.
func sameColumn(a, b *spec.LineItem) bool {
	return sameWord(a.ScoreMaximum, b.ScoreMaximum) && sameWord(a.ID, b.ID) && sameWord(a.ResourceID, b.ResourceID) &&
		sameWord(a.Tag, b.Tag) && sameWord(a.ResourceLinkID, b.ResourceLinkID) && sameWord(a.Label, b.Label) && !a.Tombstone() && !b.Tombstone()
}

func nameOf(s *spec.Score) [3]string {
	return [3]string{s.UserID.Value, s.Email.Value, s.SourcedID.Value}
}

// sameWords compares what two rows say that results show.
func sameWords(a, b *spec.Score) bool {
	return sameWord(a.ScoreGiven, b.ScoreGiven) && sameWord(a.ScoreMaximum, b.ScoreMaximum) && sameWord(a.Comment, b.Comment) &&
		sameWord(a.LetterGrade, b.LetterGrade) && sameWord(a.ShareWithStudent, b.ShareWithStudent)
}

func sameWord[T comparable](a, b spec.Opt[T]) bool { return a.State == b.State && a.Value == b.Value }
