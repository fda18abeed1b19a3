package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/gradesync/gradesync/internal/quirk"
)

// addLineItem creates a column and numbers it. One resourceId may be there many
// times: nothing is deduplicated (AGS 3.2.6). A column that is made Hidden is to
// be answered as a failure.
func (r rules) addLineItem(st *State, course string, sent *members) (*State, *LineItem, error) {
	item, _, err := r.lineItem(sent)
	if err != nil {
		return nil, nil, err
	}
	next, err := st.withCourse(course, func(c *Course) error {
		if err := r.judge(item); err != nil {
			return err
		}
		if item.ResourceLinkID != "" && !slices.Contains(c.ResourceLinks, item.ResourceLinkID) {
			return refuse(http.StatusNotFound, "resourceLinkId: the course has no such resource link")
		}
		item.Number = c.NextLineItem
		item.Results = []*Result{}
		item.Hidden = r.overlong(item)
		r.bend(&item)
		c.NextLineItem++
		c.LineItems = put(c.LineItems, &item, (*LineItem).key)
		return nil
	})
	return next, &item, err
}

// replaceLineItem sets every field as given: what was left out is unset. The
// results stay, rescaled to a new maximum. self is the line item's URL, which
// the PUT cannot change.
func (r rules) replaceLineItem(st *State, course string, number int, self string, sent *members) (*State, *LineItem, error) {
	var item LineItem
	next, err := st.withLineItem(course, number, func(_ *Course, old *LineItem) (err error) {
		if r.has(quirk.PutMerges) {
			if sent, err = old.merged(sent); err != nil {
				return err
			}
		}
		var id string
		if item, id, err = r.lineItem(sent); err != nil {
			return err
		}
		if id != "" && id != self {
			return badRequest("id cannot be changed")
		}
		if err := r.judge(item); err != nil {
			return err
		}
		if r.overlong(item) {
			return badGateway()
		}
		switch {
		case r.has(quirk.PutKeepsLink):
			item.ResourceLinkID = old.ResourceLinkID
		case r.has(quirk.PutDropsLink):
			item.ResourceLinkID = ""
		case item.ResourceLinkID != "" && item.ResourceLinkID != old.ResourceLinkID:
			return badRequest("resourceLinkId cannot be changed")
		}
		item.Number, item.Locked, item.AllowedAttempts = old.Number, old.Locked, old.AllowedAttempts
		item.NotIncluded, item.ExtraCredit = old.NotIncluded, old.ExtraCredit
		r.bend(&item)
		item.Cleared = r.cleared(old, &item)
		item.Results = old.Results
		if item.ScoreMaximum != old.ScoreMaximum {
			if item.Results, err = r.rescaleAll(old, item.ScoreMaximum); err != nil {
				return err
			}
		}
		*old = item
		return nil
	})
	return next, &item, err
}

// merged is what a PUT of all the members would be: those that are stored,
// under those that were sent.
func (i *LineItem) merged(sent *members) (*members, error) {
	all := map[string]json.RawMessage{}
	for name, value := range i.fields() {
		raw, is := value.(json.RawMessage)
		if !is {
			var err error
			if raw, err = json.Marshal(value); err != nil {
				return nil, err
			}
		}
		all[name] = raw
	}
	maps.Copy(all, sent.raw)
	return &members{raw: all}, nil
}

// rescaleAll makes the results of a column with a new maximum.
func (r rules) rescaleAll(item *LineItem, to float64) ([]*Result, error) {
	keeps := r.has(quirk.KeepsPoints) || r.has(quirk.MaximumAsPosted) || r.has(quirk.SmallMaximumKeeps) && to <= 1
	if keeps || r.has(quirk.Locked500) && item.Locked {
		return item.Results, nil
	}
	next := make([]*Result, len(item.Results))
	for at, old := range item.Results {
		n := *old
		next[at] = &n
		switch {
		case r.has(quirk.Locked500) && n.Locked:
			continue
		case n.Score != nil:
			score, err := rescale(*n.Score, item.ScoreMaximum, to)
			if err != nil {
				return nil, err
			}
			n.Score = &score
		case r.has(quirk.NoGradeToZero):
			n.Score = new(float64)
		}
		if n.Score != nil && r.has(quirk.PutStamps) {
			n.Timestamp = r.now.UTC()
		}
	}
	return next, nil
}

func (r rules) deleteLineItem(st *State, course string, number int) (*State, error) {
	return st.withCourse(course, func(c *Course) error {
		item, err := c.lineItem(number)
		if err != nil {
			return err
		}
		if r.has(quirk.DeleteCoupled401) && item.ResourceLinkID != "" {
			return &oddity{answer{status: http.StatusUnauthorized}}
		}
		if !r.has(quirk.DeleteKeeps) {
			c.LineItems = slices.DeleteFunc(slices.Clone(c.LineItems), func(i *LineItem) bool { return i.Number == number })
		}
		return nil
	})
}
