package run

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// launches is an account of LTIAAS with the courses 1 and 2, and the secrets of
// their launches in the environment.
type launches struct {
	box *sandbox.Sandbox
	url string
	env map[string]string
}

func newLaunches(t *testing.T) *launches {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Now: time.Now, Face: sandbox.FaceLTIAAS})
	require.NoError(t, err)
	srv := httptest.NewServer(box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	l := &launches{box: box, url: srv.URL, env: map[string]string{"API": box.APIKey().Value}}
	for _, course := range []string{"1", "2"} {
		require.NoError(t, box.EnsureCourse(course))
		key, err := box.ServiceKey(course)
		require.NoError(t, err)
		l.env["KEY"+course] = key.Value
		l.env["LTIK"+course], err = box.Ltik(course)
		require.NoError(t, err)
	}
	l.env["AGAIN"], l.env["NOW"] = l.env["KEY1"], l.env["KEY1"]
	return l
}

// documents are the account and Gradebooks of one context and more.
func (l *launches) documents(t *testing.T, books ...string) *spec.Documents {
	t.Helper()
	text := platform("school", fmt.Sprintf("ltiaas: {url: %q, apiKey: {env: API}}\nlimits: {settle: 300ms}", l.url))
	for _, b := range books {
		text += b + "---\n"
	}
	return load(t, text)
}

func launched(name, contexts, items string) string {
	return fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: %s}\nplatform: school\ncontexts: [%s]\nlineItems: [%s]\n", name, contexts, items)
}

const homework = "{resourceId: hw, label: Homework, scoreMaximum: 10}"

func (l *launches) labels(t *testing.T, course string) (labels []string) {
	t.Helper()
	require.NoError(t, l.box.Update(func(st *sandbox.State) error {
		for _, li := range st.Courses[course].LineItems {
			labels = append(labels, li.Label)
		}
		return nil
	}))
	return labels
}

// messages are a plan's findings, by context.
func messages(p plan.Plan) (out []string) {
	for i := range p.Contexts {
		for _, f := range p.Contexts[i].Findings {
			out = append(out, p.Contexts[i].Name+": "+f.Message)
		}
	}
	return out
}

// Two contexts with secrets of the same value are on one course, whatever the
// secrets' places are called.
func TestLaunchesOfOneCourse(t *testing.T) {
	l := newLaunches(t)
	o := options(t, true, l.env)
	s := opened(t, l.documents(t, launched("bio", "{name: a, serviceKey: {env: KEY1}}, {name: b, serviceKey: {env: AGAIN}}, {name: c, serviceKey: {env: KEY2}}", homework)), o)
	p := s.Plan(t.Context())
	const twins = "the contexts a and b of this Gradebook are on one course"
	require.Equal(t, []string{"a: " + twins, "b: " + twins}, messages(p))
	require.NotEmpty(t, p.Contexts[0].Findings[0].Where)
	require.Equal(t, s.jobs[0].place, s.jobs[1].place)
	require.NotEqual(t, s.jobs[0].place, s.jobs[2].place)
	require.NotContains(t, fmt.Sprint(s.jobs[0].place), l.env["KEY1"])
	require.Equal(t, []string{"bio/a: findings, 0 confirmed", "bio/b: findings, 0 confirmed", "bio/c: applied, 1 confirmed"}, applied(t, s, t.Context(), p))
	require.Empty(t, l.labels(t, "1"))

	s = opened(t, l.documents(t, launched("bio", "{name: a, serviceKey: {env: KEY1}}", homework), launched("chem", "{name: b, serviceKey: {env: AGAIN}}", homework)), o)
	require.Len(t, messages(s.Plan(t.Context())), 2, "two Gradebooks want one column")
}

// An undo stays in the course that the run was on, whatever secret the
// environment holds by now.
func TestUndoKnowsTheCourseOfALaunch(t *testing.T) {
	column := &sandbox.LineItem{Number: 1, Label: "Essay", ResourceID: "essay", ScoreMaximum: 10}
	for _, tc := range []struct {
		name, items string
		before      []string // labels in both courses
		undone      []string
	}{
		{"a run that changed a column", "{resourceId: essay, label: Paper, scoreMaximum: 10}", []string{"Essay"}, []string{"Essay"}},
		{"a run that made a column in an empty course", homework, nil, nil},
		{"a run that deleted a column beside another", "{resourceId: essay, label: Paper, absent: true}, {resourceId: second, label: Second, scoreMaximum: 5}", []string{"Essay"}, []string{"Essay"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLaunches(t)
			require.NoError(t, l.box.Update(func(st *sandbox.State) error {
				for _, course := range []string{"1", "2"} {
					if tc.before != nil {
						own := *column
						st.Courses[course].LineItems, st.Courses[course].NextLineItem = []*sandbox.LineItem{&own}, 2
					}
				}
				return nil
			}))
			docs := l.documents(t, launched("bio", "{name: sec-1, serviceKey: {env: NOW}}", tc.items))
			o := options(t, true, l.env)
			o.Note, o.Decide.Allow = func(string) {}, map[string]bool{"deletesPercent": true}
			var of1 string
			for _, course := range []string{"2", "1"} { // the other one has the same columns
				l.env["NOW"] = l.env["KEY"+course]
				s := opened(t, docs, o)
				r, err := s.Apply(t.Context(), s.Plan(t.Context()))
				require.NoError(t, err)
				require.Equal(t, plan.Applied, r.Contexts[0].Status())
				of1 = r.Run
			}
			there := l.labels(t, "2")
			record, err := os.ReadFile(filepath.Join(of1, beforeFile))
			require.NoError(t, err)
			require.NotContains(t, string(record), "course:")
			undo := func(kind, env string) (*Session, plan.Plan) {
				files := l.documents(t, launched("bio", "{name: sec-1, "+kind+": {env: "+env+"}}", ""))
				s, err := Undo(files, of1, nil, o)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				return s, s.Plan(t.Context())
			}
			for _, other := range [][2]string{{"serviceKey", "KEY2"}, {"ltik", "LTIK2"}} {
				s, p := undo(other[0], other[1])
				require.Contains(t, fmt.Sprint(messages(p)), "nothing shows that this is the course that the run wrote to")
				require.Equal(t, plan.Found, p.Contexts[0].Status())
				_, err = s.Apply(t.Context(), p)
				require.NoError(t, err)
				require.Equal(t, there, l.labels(t, "2"))
			}
			s, p := undo("ltik", "LTIK1") // another secret of the course is as good
			require.Empty(t, messages(p))
			_, err = s.Apply(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, tc.undone, l.labels(t, "1"))
			require.Equal(t, there, l.labels(t, "2"))
		})
	}
}

// A record of another kind of platform is not undone in the course of a launch,
// nor the other way round.
func TestUndoKeepsKindsApart(t *testing.T) {
	l := newLaunches(t)
	o := options(t, true, l.env)
	inLaunch := l.documents(t, launched("bio", "{name: sec-1, serviceKey: {env: KEY1}}", homework))
	inBox := load(t, platform("school", "sandbox: {}")+launched("bio", "{name: sec-1}", homework))
	for _, way := range [][2]*spec.Documents{{inLaunch, inBox}, {inBox, inLaunch}} {
		s := opened(t, way[0], o)
		r, err := s.Apply(t.Context(), s.Plan(t.Context()))
		require.NoError(t, err)
		_, err = Undo(way[1], r.Run, nil, o)
		require.ErrorContains(t, err, "and the files now put it at")
	}
}

// A secret may come by a pipe, which gives it once.
func TestLaunchSecretIsReadOnce(t *testing.T) {
	l := newLaunches(t)
	read := 0
	o := options(t, true, l.env)
	o.Env = func(name string) (string, bool) {
		if name == "KEY1" {
			read++
		}
		v, ok := l.env[name]
		return v, ok
	}
	docs := l.documents(t, launched("bio", "{name: sec-1, serviceKey: {env: KEY1}}", homework))
	opened(t, docs, o).Plan(t.Context())
	require.Equal(t, 1, read)
}

// The token of a user is got, and not only talked of.
func TestDoctorLogsIn(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{Now: time.Now, Face: sandbox.FaceLearningStudio})
	require.NoError(t, err)
	srv := httptest.NewServer(box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	require.NoError(t, box.EnsureCourse("1"))
	of := box.LearningStudio()
	env := map[string]string{"PASSWORD": of.Password.Value, "SECRET": of.Secret.Value}
	studio := func(auth string) doctor.Report {
		docs := load(t, platform("campus", fmt.Sprintf("learningstudio: {url: %q, applicationID: %s, %s}", srv.URL, of.ApplicationID, auth))+
			"apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\ncontexts: [{name: sec-1, course: \"1\"}]\nlineItems: []\n")
		x, err := OpenDoctor(docs, options(t, false, env))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, x.Close()) })
		return x.Check(t.Context())
	}
	user := fmt.Sprintf("auth: oauth2-password, clientString: %s, username: %s, password: {env: PASSWORD}", of.ClientString, of.Username)
	r := studio(user)
	require.Empty(t, bad(r))
	require.Contains(t, text(t, r), "got one with the user's name and password")
	require.Contains(t, text(t, r), "plain HTTP on this machine")

	env["PASSWORD"] = "Wr0ng-pass!"
	r = studio(user)
	require.Equal(t, []string{"token failed"}, bad(r))
	require.True(t, r.Credentials())
	shown := text(t, r)
	require.Contains(t, shown, "check applicationID, clientString, username and password")
	require.Contains(t, shown, "there is no token to ask with")
	require.Contains(t, shown, "plain HTTP on this machine", "the login was seen")
	require.NotContains(t, shown, env["PASSWORD"])

	signed := fmt.Sprintf("auth: oauth1, consumerKey: %s, secret: {env: SECRET}", of.ConsumerKey)
	r = studio(signed)
	require.Empty(t, bad(r))
	require.Contains(t, text(t, r), "the secret is there\n")
	env["SECRET"] = "00000000000000000000000000000000"
	r = studio(signed)
	require.True(t, r.Credentials())
	require.NotContains(t, text(t, r), "signed with it")
}
