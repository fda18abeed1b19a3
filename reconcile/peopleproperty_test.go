package reconcile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// world is a generated course with sheets.
type world struct {
	roster []plan.Member
	want   Want
}

// spellings are names with traps: shared beginnings, look-alikes of another
// script, letters that only some ways to fold make equal, accents in two forms.
var spellings = []string{
	"ann@x.edu", "anna@x.edu", "an@x.edu", "\u0430nn@x.edu", "bo@x.edu", "b\u043e@x.edu", "bo@y.edu", "bo@x.edu.evil.org",
	"kate@x.edu", "\u212aate@x.edu", "jos\u00e9@x.edu", "jose\u0301@x.edu", "\u00c5sa@x.edu", "A\u030asa@x.edu",
	"\u0131da@x.edu", "ida@x.edu", "stra\u00dfe@x.edu", "strasse@x.edu", "cy+1@x.edu", "cy@x.edu", "u-3@x.edu",
	"sam@x.edu", "\u017fam@x.edu", "\u0130da@x.edu", "\u212bsa@x.edu", "k@x.edu", "\u212a@x.edu", "ann@x.edu\u200b",
}

// cases are the letters of the spellings, and of what spelled makes of them, that
// are one letter written large or small.
var cases = []string{"\u00c5\u00e5\u212b", "\u00c9\u00e9", "\u0410\u0430", "\u041e\u043e", "\u00df\u1e9e"}

// sameEmail compares two letter by letter.
func sameEmail(a, b string) bool {
	x, y := []rune(strings.TrimSpace(a)), []rune(strings.TrimSpace(b))
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		large, small := min(x[i], y[i]), max(x[i], y[i])
		same := large == small || large >= 'A' && large <= 'Z' && small == large+32
		for _, letters := range cases {
			same = same || strings.ContainsRune(letters, large) && strings.ContainsRune(letters, small)
		}
		if !same {
			return false
		}
	}
	return true
}

// spelled writes a name as somebody might.
func spelled(r *rand.Rand, s string) string {
	switch r.IntN(6) {
	case 0:
		s = strings.ToUpper(s)
	case 1:
		s = strings.ToLower(s)
	case 2:
		s = strings.ToUpper(s[:1]) + s[1:]
	case 3:
		s = " " + s + "\u00a0"
	}
	return s
}

func generate(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 6))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	pool := slices.Clone(spellings)
	r.Shuffle(len(pool), func(i, k int) { pool[i], pool[k] = pool[k], pool[i] })
	pool = pool[:4+r.IntN(len(pool)-4)]
	duplicates, odd := r.IntN(3) == 0, r.IntN(3) == 0 // most courses are in order
	var w world
	for i, name := range pool {
		m := plan.Member{UserID: fmt.Sprint("u-", i), Email: spelled(r, name), SourcedID: fmt.Sprintf("S%02d", i), Status: "Active", Roles: []string{"Learner"}}
		switch {
		case r.IntN(8) == 0:
			m.Status = pick("Inactive", "Deleted")
		case odd && r.IntN(6) == 0:
			m.Roles = []string{"Instructor"}
		case odd && r.IntN(6) == 0:
			m.Email = ""
		case odd && r.IntN(6) == 0:
			m.SourcedID = ""
		case r.IntN(8) == 0:
			m.Roles = nil
		}
		if duplicates && r.IntN(3) == 0 {
			m.Email, m.SourcedID = spelled(r, pool[r.IntN(len(pool))]), "S00"
		}
		w.roster = append(w.roster, m)
	}
	w.roster = plan.Everyone(w.roster)
	users := spec.Users{}
	if r.IntN(3) == 0 {
		users.Unknown = word(pick("skip", "error"))
	}
	if r.IntN(3) == 0 {
		users.Inactive = word(pick("skip", "error"))
	}
	for i := range r.IntN(4) * r.IntN(2) {
		p := spec.Person{UserID: fmt.Sprint("u-", r.IntN(len(pool)+2))}
		if p.Email = spelled(r, spellings[r.IntN(len(spellings))]); i%2 == 1 {
			p.Email, p.SourcedID = "", fmt.Sprintf("S%02d", r.IntN(len(pool)))
		}
		users.People = append(users.People, p)
	}
	names := pool
	if r.IntN(3) == 0 {
		names = spellings // some of them are of nobody in the course
	}
	w.want = Want{Users: &users, Policy: &spec.Policy{}, Floor: &spec.Policy{}}
	line := 1
	for i := range 1 + r.IntN(3) {
		li := item(fmt.Sprint("hw", i))
		li.Label, li.ScoreMaximum = word(fmt.Sprint("Homework ", i)), spec.Opt[float64]{Value: 1e6, State: spec.Set}
		order := r.Perm(len(names))
		for _, at := range order[:r.IntN(len(order))] {
			line++
			said := spelled(r, names[at])
			switch {
			case r.IntN(8) == 0:
				said = fmt.Sprintf("S%02d", at)
			case r.IntN(10) == 0:
				said = fmt.Sprint("u-", at)
			}
			s := row(strings.TrimSpace(said), line)
			if s.Email.IsSet() {
				s = row(said, line)
			}
			li.Scores = append(li.Scores, s)
		}
		w.want.Items = append(w.want.Items, li)
	}
	return w
}

// means is whom a row names, as one would look it up by hand: the user ids it
// may be, and whether it is to be graded, left out, or a reason to stop.
func (w *world) means(s *spec.Score) (ids []string, what string) {
	same := func(email, sourcedID string) bool {
		if s.Email.IsSet() {
			return sameEmail(email, s.Email.Value)
		}
		return sourcedID != "" && strings.TrimSpace(sourcedID) == strings.TrimSpace(s.SourcedID.Value)
	}
	if s.UserID.IsSet() {
		return []string{s.UserID.Value}, "grade"
	}
	for _, p := range w.want.Users.People {
		if same(p.Email, p.SourcedID) && !slices.Contains(ids, p.UserID) {
			ids = append(ids, p.UserID)
		}
	}
	if len(ids) > 0 {
		return ids, map[bool]string{true: "grade", false: "stop"}[len(ids) == 1]
	}
	there, learners := 0, 0
	for _, m := range w.roster {
		if same(m.Email, m.SourcedID) {
			ids = append(ids, m.UserID)
			if m.Status == "Active" {
				there++
			}
			if len(m.Roles) == 0 || m.Roles[0] == "Learner" {
				learners++
			}
		}
	}
	switch {
	case len(ids) == 0 && w.want.Users.Unknown.Value == "skip":
		return nil, "leave"
	case len(ids) == 0:
		return nil, "stop"
	case there == 0 && w.want.Users.Inactive.Value == "error":
		return ids, "stop"
	case there == 0:
		return ids, "leave"
	case len(ids) > 1 || learners == 0:
		return ids, "stop"
	}
	return ids, "grade"
}

// No score goes to anybody whom its row does not name, and everyone who is
// named and there gets theirs, or the context is stopped.
func TestScoresGoToThoseWhoAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	stopped, left, graded := 0, 0, 0
	for seed := range uint64(4000) {
		w := generate(seed)
		out, troubles := resolve(&w.want, w.roster)
		c := Decide(out, &Observed{Listing: Listing{Proven: true}}, Generic(), Options{})
		c.Findings = append(troubles.findings(), c.Findings...)
		posts := map[string]string{} // by item and points, which are a row's own
		for _, it := range c.Items {
			for _, s := range it.Scores {
				posts[fmt.Sprint(it.Key, " ", *s.After.ScoreGiven)] = s.UserID
			}
		}
		stop, leave, met := false, 0, 0
		for i := range w.want.Items {
			li := &w.want.Items[i]
			taken := map[string]bool{}
			for k := range li.Scores {
				s := &li.Scores[k]
				ids, what := w.means(s)
				got, posted := posts[fmt.Sprint(li.Key.Value, " ", s.ScoreGiven.Value)]
				if what == "grade" && taken[ids[0]] {
					what = "stop" // whose is it?
				}
				stop = stop || what == "stop"
				if what != "grade" {
					require.False(t, posted, "seed %d: %q got a score as %s", seed, called(s), got)
				}
				if what == "leave" {
					leave++
				}
				if what == "grade" {
					taken[ids[0]] = true
					require.Equal(t, ids[0], got, "seed %d: %q", seed, called(s))
					met++
				}
			}
		}
		require.Equal(t, met, len(posts), "seed %d: scores out of nowhere", seed)
		// A roster without any email or id stops even where strangers are skipped.
		if !stop && len(c.Findings) > 0 {
			require.Contains(t, c.Findings[0].Message, "the roster does not show who is who", "seed %d", seed)
		}
		require.False(t, stop && len(c.Findings) == 0, "seed %d: not stopped", seed)
		require.False(t, !stop && leave > 0 && len(c.Findings)+len(troubles.notes()) == 0, "seed %d: %d rows left out without a word", seed, leave)
		if stop {
			stopped++
		} else {
			graded += met
		}
		left += leave
	}
	require.Greater(t, stopped, 300, "worlds that stop")
	require.Greater(t, left, 300, "rows that are left out")
	require.Greater(t, graded, 3000, "scores in worlds that do not stop")
}
