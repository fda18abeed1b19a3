package run

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// What the platforms show that speak other protocols than AGS is counted too.
func TestOtherServicesAreCounted(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"lineItems":[{"id":"https://lms.example.com/1","label":"x"}],"gradebookItems":[{"id":"1","title":"x"}]}`)
	}))
	t.Cleanup(srv.Close)
	for name, platform := range map[string]string{
		`serviceKey: {env: S}`: `ltiaas: {url: "%s", apiKey: {env: S}}`,
		`course: "1"`:          `learningstudio: {url: "%s", auth: oauth1, applicationID: a, consumerKey: k, secret: {env: S}}`,
	} {
		docs, err := spec.Load(spec.Bytes("bio.yaml", fmt.Appendf(nil, `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, %s}]
lineItems: [{label: x, scoreMaximum: 1}]
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
%s
`, name, fmt.Sprintf(platform, srv.URL))))
		require.NoError(t, err)
		l := open(docs.Platforms[0], Options{Clock: lab.Clock{}, Env: func(string) (string, bool) { return "0123456789abcdef0123456789abcdef", true }})
		require.Nil(t, l.failure)
		l.memory = agsclient.NewBudget(1000, "read less")
		p, failure := l.context(&docs.Gradebooks[0].Contexts[0])
		require.Nil(t, failure)
		_, err = p.LineItems(t.Context())
		require.ErrorContains(t, err, "the platform shows more than 1000 bytes in all: read less", name)
		require.NoError(t, l.close())
	}
}

// Contexts for which there is no room beside the others are planned once more,
// alone; one that is too large by itself says what to do.
func TestCrowdedContextsArePlannedAlone(t *testing.T) {
	c := &metered{courses: 3}
	c.open(t, 2, 40)
	docs, env := c.documents(t, c.book("bio", c.homework(1), c.homework(2)))
	for _, key := range []string{"hw1", "hw2"} {
		grade(docs, 0, key, 40, 5)
	}
	s := opened(t, docs, options(t, true, env))
	carriedOut(t, s, planned(t, s, plan.Pending))

	const alone = 2*(40*(144+16)+2048) + 40*512 // results, line items, and the roster
	o := options(t, false, env)
	o.Shown = alone * 3 / 2
	planned(t, opened(t, docs, o), plan.Unchanged)

	o.Shown = 8000
	p := opened(t, docs, o).Plan(t.Context())
	for i := range p.Contexts {
		require.Equal(t, plan.Failed, p.Contexts[i].Status())
		require.Contains(t, p.Contexts[i].Failure.Message, "take fewer contexts or line items at a time (--context, --target)")
	}
}

// A roster is counted as long as it is kept, and a failure to read it is nobody
// else's.
func TestPeopleOfACourse(t *testing.T) {
	b := agsclient.NewBudget(1<<20, "less")
	p := &people{account: b.Account()}
	reads := 0
	read := func(failure *plan.Failure) func(*agsclient.Account) ([]plan.Member, *plan.Failure) {
		return func(a *agsclient.Account) ([]plan.Member, *plan.Failure) {
			reads++
			require.Same(t, p.account, a)
			if failure != nil {
				return nil, failure
			}
			return []plan.Member{{UserID: "u1"}}, nil
		}
	}
	for range 3 {
		p.join()
	}
	_, failure, full := p.of(read(&plan.Failure{Message: "503"}))
	require.NotNil(t, failure)
	require.False(t, full)
	p.leave()
	for range 2 {
		members, failure, _ := p.of(read(nil))
		require.Nil(t, failure)
		require.Len(t, members, 1)
	}
	require.Equal(t, 2, reads)
	p.leave()
	require.True(t, p.known)
	p.leave()
	require.False(t, p.known)
	require.Empty(t, p.members)
	_, _, _ = p.of(read(nil))
	require.False(t, p.known, "nobody is left to keep it for")
}

// Rosters of two Gradebooks on each course, with room for about one and a half of
// them: all are planned, and the room is given back.
func TestCrowdedRosters(t *testing.T) {
	c := &metered{courses: 3}
	c.open(t, 2, 40)
	docs, env := c.documents(t, c.book("bio", c.homework(1)), c.book("chem", c.homework(2)))
	grade(docs, 0, "hw1", 40, 5)
	grade(docs, 1, "hw2", 40, 5)
	for range 5 {
		o := options(t, false, env)
		o.Shown = 40*600 + 2*(40*160+2048)
		s := opened(t, docs, o)
		planned(t, s, plan.Pending)
		for i := range s.jobs {
			require.Zero(t, s.jobs[i].people.readers)
			require.Empty(t, s.jobs[i].people.members)
		}
	}
}

// The more contexts are worked on at once, the more may be shown.
func TestRoomGrowsWithContexts(t *testing.T) {
	room := func(contexts, concurrency, bytes int) error {
		text := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nlineItems: [{label: x, scoreMaximum: 1}]\ncontexts:\n"
		for i := range contexts {
			text += fmt.Sprintf("  - {name: s%d}\n", i)
		}
		text += fmt.Sprintf("---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: campus}\nsandbox: {}\nlimits: {concurrency: %d}\n", concurrency)
		docs, err := spec.Load(spec.Bytes("bio.yaml", []byte(text)))
		require.NoError(t, err)
		s := opened(t, docs, options(t, false, nil))
		return s.links["campus"].memory.Account().Tally("x").Add(bytes)
	}
	require.NoError(t, room(1, 8, 64<<20))
	require.Error(t, room(1, 8, 65<<20))
	require.NoError(t, room(6, 8, 96<<20))
	require.Error(t, room(6, 8, 97<<20))
	require.Error(t, room(40, 2, 65<<20), "four at a time")
	require.NoError(t, room(100, 64, 1<<30))
	require.Error(t, room(100, 64, 1<<30+1))
}
