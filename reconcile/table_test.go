package reconcile

import (
	"context"
	"errors"
	"iter"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// shelf is a platform of one column and one grade, to be read only.
type shelf struct {
	Platform
	caps   Capabilities
	grade  *plan.Grade // nil: no result
	unread bool
}

func (s *shelf) Capabilities() Capabilities { return s.caps }

func (s *shelf) LineItems(context.Context) (Listing, error) {
	return Listing{Proven: true, Items: []plan.LineItem{{ID: "L0", Label: "HW 0", ScoreMaximum: 100, ResourceID: "hw0"}}}, nil
}

func (s *shelf) Results(context.Context, string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		switch {
		case s.unread:
			yield(plan.Result{}, &Fault{Kind: Denied, Err: errors.New("no right to read results")})
		case s.grade != nil:
			yield(plan.Result{UserID: "u", Grade: *s.grade}, nil)
		}
	}
}

type still struct{}

func (still) Now() time.Time                             { return time.Unix(0, 0) }
func (still) Sleep(context.Context, time.Duration) error { return nil }

// table is one of those of docs/base.md, by its name: desired, base and live, and
// the word that stands there.
func table(t *testing.T, name string) (rows [][]string, live []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/base.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "<!-- "+name+" -->")
	require.True(t, found)
	for _, line := range strings.Split(strings.TrimSpace(rest), "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(c))
		}
		rows = append(rows, cells)
	}
	require.Len(t, rows, 2+25, "every pair of desired and base")
	for _, h := range rows[0][2:] {
		live = append(live, strings.TrimPrefix(h, "live "))
	}
	require.Equal(t, []string{"absent", "null", "a", "b", "unreadable"}, live)
	return rows[2:], live
}

// each runs every cell. files gives a row's fields for a word, "" for none.
func each(t *testing.T, name string, say func(word string) string, look func(word string) *shelf) {
	rows, live := table(t, name)
	seen := map[string]bool{}
	for _, row := range rows {
		for k, is := range live {
			desired, base, want := row[0], row[1], row[2+k]
			cell := "desired " + desired + ", base " + base + ", live " + is
			require.False(t, seen[cell], cell)
			seen[cell] = true
			book := func(word string) string {
				return "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100, scores: [" + say(word) + "]}\n"
			}
			if desired == "unreadable" {
				_, err := spec.Load(spec.Source{FS: os.DirFS(t.TempDir()), Path: "gone.yaml"})
				require.Error(t, err, "what cannot be loaded is not planned")
				require.Equal(t, "stops", want, cell)
				continue
			}
			w := wants(t, book(desired))
			w.BaseName = "v1"
			w.Base = wants(t, book("absent")).Items
			if base != "unreadable" {
				w.Base = wants(t, book(base)).Items
			}
			p := look(is)
			got := Plan(t.Context(), p, w, Options{}, Reading{Concurrency: 1, Clock: still{}})
			if want == "with a score" {
				want = "nothing" // by itself
			}
			require.Equal(t, want, outcomeOf(&got), cell)
			if base == "absent" { // and without a base it is the same
				w.Base, w.BaseName = nil, ""
				got := Plan(t.Context(), p, w, Options{}, Reading{Concurrency: 1, Clock: still{}})
				require.Equal(t, want, outcomeOf(&got), cell+", no base asked for")
			}
		}
	}
	require.Len(t, seen, 125)
}

// outcomeOf is a plan of one row in the words of the table.
func outcomeOf(c *plan.Context) string {
	switch {
	case c.Failure != nil:
		return "stops"
	case len(c.Items) == 0:
		return "nothing"
	}
	it := &c.Items[0]
	switch {
	case len(it.Kept) > 0 && it.Kept[0].Conflict:
		return "conflict"
	case len(it.Kept) > 0:
		return "override"
	case len(it.Scores[0].Held) > 0 && it.Scores[0].Held[0].Risk == plan.Clear:
		return "held"
	case it.Scores[0].Resend:
		return "sent"
	}
	return "write"
}

func TestTableOfScores(t *testing.T) {
	points := map[string]string{"a": "10", "b": "20", "null": "null"}
	say := func(word string) string {
		if points[word] == "" {
			return ""
		}
		return "{userId: u, scoreGiven: " + points[word] + "}"
	}
	each(t, "scores", say, func(word string) *shelf {
		s := &shelf{caps: Generic(), unread: word == "unreadable"}
		switch word {
		case "null":
			s.grade = &plan.Grade{}
		case "a", "b":
			g := grade(map[string]float64{"a": 10, "b": 20}[word], 100, "")
			s.grade = &g
		}
		return s
	})
}

func TestTableOfComments(t *testing.T) {
	say := func(word string) string {
		switch word {
		case "absent", "unreadable":
			return "{userId: u, scoreGiven: 5}"
		case "null":
			return "{userId: u, scoreGiven: 5, comment: null}"
		}
		return "{userId: u, scoreGiven: 5, comment: " + word + "}"
	}
	look := func(word string) *shelf {
		s := &shelf{caps: Generic()}
		g := grade(5, 100, "")
		switch word {
		case "unreadable":
			s.caps.Comments = CommentUnreadable
		case "a", "b":
			g.Comment = word
		}
		s.grade = &g
		return s
	}
	rows, _ := table(t, "comments")
	rides := map[string]bool{}
	for _, row := range rows {
		rides[row[0]+" "+row[1]] = row[6] == "with a score"
	}
	text, err := os.ReadFile("../docs/base.md")
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`with a score\*, sent when the score is and never a reason`), string(text))
	// A comment that goes with a score is nothing by itself...
	each(t, "comments", say, func(word string) *shelf { return look(word) })
	// ...and there where the score goes.
	for pair, with := range rides {
		desired, base, _ := strings.Cut(pair, " ")
		if !with || desired == "unreadable" {
			continue
		}
		w := wants(t, "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100, scores: ["+strings.Replace(say(desired), "5", "6", 1)+"]}\n")
		w.Base = wants(t, "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100, scores: ["+say(base)+"]}\n").Items
		got := Plan(t.Context(), look("unreadable"), w, Options{}, Reading{Concurrency: 1, Clock: still{}})
		fields := got.Items[0].Scores[0].Fields
		require.Equal(t, plan.Field{Name: "comment", After: textOrNil(map[string]string{"a": "a", "b": "b"}[desired]), Rides: true}, fields[len(fields)-1], pair)
	}
}

// Every field of a line item goes by the same table as a comment does.
func TestTableOfFields(t *testing.T) {
	rows, live := table(t, "comments")
	for name, values := range map[string]map[string]any{
		"label":                 {"a": "A", "b": "B"},
		"scoreMaximum":          {"a": 10.0, "b": 20.0},
		"resourceId":            {"a": "r1", "b": "r2"},
		"tag":                   {"a": "x", "b": "y", "null": nil},
		"resourceLinkId":        {"a": "1", "b": "2", "null": nil},
		"startDateTime":         {"a": "2026-01-01T00:00:00Z", "b": "2026-02-01T00:00:00Z", "null": nil},
		"endDateTime":           {"a": "2026-01-01T00:00:00Z", "b": "2026-02-01T00:00:00Z", "null": nil},
		"gradesReleased":        {"a": true, "b": false, "null": nil},
		"https://x.example/ext": {"a": "m", "b": 7.0, "null": nil},
	} {
		say := func(word string) spec.LineItem {
			li := spec.LineItem{Key: said("hw0"), ID: said("L0")}
			if v, says := values[word]; says {
				sayField(&li, name, v)
			}
			return li
		}
		tried := 0
		for _, row := range rows {
			for k, is := range live {
				desired, base, want := row[0], row[1], row[2+k]
				_, clears := values["null"]
				switch {
				case desired == "unreadable", is == "unreadable", is == "null":
					continue // what is not shown is another test's; an empty field is an absent one
				case !clears && (desired == "null" || base == "null" || is == "absent"):
					continue // it always has a value
				}
				tried++
				there := plan.LineItem{ID: "L0", Label: "HW 0", ScoreMaximum: 100}
				said := say(is)
				there = overlay(there, &said)
				// Another column shows the field, so that it counts as shown.
				all := plan.LineItem{ID: "L1", Label: "Other", ScoreMaximum: 1}
				if other := say("b"); true {
					all = overlay(all, &other)
				}
				all.Label = "Other"
				w := wants(t, "  []\n")
				w.Items, w.BaseName, w.Base = []spec.LineItem{say(desired)}, "v1", []spec.LineItem{say(base)}
				got := Decide(w, &Observed{Listing: Listing{Items: []plan.LineItem{there, all}, Proven: true}}, Generic(), Options{Allow: map[string]bool{"rescale": true}})
				require.Equal(t, want, outcomeOfField(&got), "%s: desired %s, base %s, live %s", name, desired, base, is)
			}
		}
		require.GreaterOrEqual(t, tried, 3*4*2, name)
	}
}

func outcomeOfField(c *plan.Context) string {
	switch {
	case len(c.Items) == 0:
		return "nothing"
	case len(c.Items[0].Kept) > 0 && c.Items[0].Kept[0].Conflict:
		return "conflict"
	case len(c.Items[0].Kept) > 0:
		return "override"
	}
	return "write"
}
