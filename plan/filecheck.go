package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// check finds what no plan of ours is like. The digest tells that a file is as
// somebody wrote it, and not that it was us.
func (p *Plan) check() error {
	type name struct{ gradebook, context string }
	seen := map[name]bool{}
	for i := range p.Contexts {
		c := &p.Contexts[i]
		n := name{c.Gradebook, c.Name}
		switch {
		case c.Gradebook == "" || c.Name == "" || c.Platform == "":
			return fmt.Errorf("not a plan: a context has no name (gradebook %q, context %q, platform %q)", c.Gradebook, c.Name, c.Platform)
		case seen[n]:
			return fmt.Errorf("not a plan: the context %s/%s is there twice", c.Gradebook, c.Name)
		case !isDigest(c.Course), c.Launch != "" && !isDigest(c.Launch):
			return fmt.Errorf("not a plan: %s/%s does not say for which LMS and course it was made (course %q, launch %q)", c.Gradebook, c.Name, c.Course, c.Launch)
		}
		seen[n] = true
		if err := c.words(); err != nil {
			return fmt.Errorf("not a plan: %s/%s: %w", c.Gradebook, c.Name, err)
		}
		if c.Stopped() {
			continue // nothing of it is done, and a finding may be about what is there twice
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("not a plan: %s/%s: %w", c.Gradebook, c.Name, err)
		}
	}
	return nil
}

// isDigest tells whether a text can be a Context's Course or Launch.
func isDigest(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

func (c *Context) check() error {
	if c.Unmanaged.LineItems < 0 || c.Unmanaged.LineItems > len(c.Seen) || c.Unmanaged.Scores < 0 {
		return errors.New("what no file names cannot be counted so")
	}
	keys, ids := map[string]bool{}, map[string]bool{}
	for _, id := range c.Seen {
		if id == "" || ids[id] {
			return errors.New("the line items that were seen have no id, or one twice")
		}
		ids[id] = true
	}
	clear(ids)
	for k := range c.Items {
		it := &c.Items[k]
		if it.Action == Keep && len(it.Scores) == 0 {
			continue // it only tells what was kept, perhaps of a column that is gone
		}
		if err := it.check(); err != nil {
			return err
		}
		if keys[it.Key] || it.ID != "" && ids[it.ID] {
			return fmt.Errorf("the line item %q is there twice", it.Key)
		}
		keys[it.Key], ids[it.ID] = true, true
	}
	return nil
}

func (it *Item) check() error {
	known := slices.Contains([]Action{Keep, Create, Update, Delete}, it.Action)
	switch {
	case !known,
		it.Action == Create && (it.Wanted == nil || it.ID != ""),
		it.Action != Create && (it.Observed == nil || it.ID == "" || it.Observed.ID != it.ID),
		it.Action == Update && len(it.Fields) == 0,
		it.Action == Delete && len(it.Scores) > 0:
		return fmt.Errorf("the line item %q does not say what is to become of what", it.Key)
	}
	if err := it.values(); err != nil {
		return err
	}
	if name, twice := setTwice(it.Fields); twice {
		return fmt.Errorf("the line item %q sets %q twice", it.Key, name)
	}
	for _, f := range it.Fields {
		points, number := f.After.(float64)
		text, _ := f.After.(string)
		if f.Name == "" || f.Name == "scoreMaximum" && !(number && points > 0) || f.Name == "label" && strings.TrimSpace(text) == "" {
			return fmt.Errorf("the line item %q has a field that cannot be: %q", it.Key, f.Name)
		}
	}
	users := map[string]bool{}
	for i := range it.Scores {
		s := &it.Scores[i]
		switch { // people are not named: this is an error's text
		case s.UserID == "", s.Action != Post && s.Action != Erase, s.Action == Erase && s.After.ScoreGiven != nil:
			return fmt.Errorf("score %d of the line item %q does not say what is to become of whose", i+1, it.Key)
		case users[s.UserID]:
			return fmt.Errorf("two scores of the line item %q are one person's", it.Key)
		}
		if name, twice := setTwice(s.Fields); twice {
			return fmt.Errorf("score %d of the line item %q sets %q twice", i+1, it.Key, name)
		}
		users[s.UserID] = true
		if err := s.values(); err != nil {
			return fmt.Errorf("score %d of the line item %q %w", i+1, it.Key, err)
		}
	}
	return nil
}

// setTwice is a field that stands in a list twice: what is shown first would not
// be what is written last.
func setTwice(fields []Field) (name string, twice bool) {
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if seen[f.Name] {
			return f.Name, true
		}
		seen[f.Name] = true
	}
	return "", false
}
