// Package lab puts the sandbox and a client of ours on one bench, for the
// contract suite and for tests of whole runs. It is for tests alone, and works
// in a bubble of testing/synctest, where waiting costs nothing.
package lab

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile/platformtest"
)

// Course is the one course of a bench.
const Course = "7"

// Options say what stands on the bench.
type Options struct {
	Sandbox sandbox.Options // Now and URL are filled in
	Client  *ags.Profile    // nil: the profile of Sandbox.Profile
	Limits  transport.Config
	Settle  time.Duration // 10 s where 0
	Hosts   []string
	// Precision is the Lab's.
	Precision float64
	// Wrap stands between client and server; it may be nil.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Tokens changes how tokens are asked for; it may be nil.
	Tokens func(*agsclient.ClientCredentials)
}

// Bench is a sandbox with one course, and a client.
type Bench struct {
	Box *sandbox.Sandbox
	platformtest.Lab
}

// Open sets up a bench. It is cleaned away with the test.
func Open(t testing.TB, o Options) *Bench {
	t.Helper()
	if o.Sandbox.Now == nil {
		o.Sandbox.Now = time.Now
	}
	o.Sandbox.URL = sandbox.InProcessURL
	box, err := sandbox.Open(o.Sandbox)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	require.NoError(t, box.EnsureCourse(Course))
	people := []string{"101", "102", "103", "104", "105", "106"}
	links := []string{"11", "12", "13"}
	require.NoError(t, box.Update(func(st *sandbox.State) error {
		st.Courses[Course].ResourceLinks = links
		return nil
	}))
	for _, p := range people {
		require.NoError(t, box.AddMember(Course, sandbox.Member{UserID: p, Name: "Student " + p}))
	}
	if o.Client == nil {
		o.Client = ags.ProfileOf(o.Sandbox.Profile)
	}
	if o.Settle == 0 {
		o.Settle = 10 * time.Second
	}
	b := &Bench{Box: box, Lab: platformtest.Lab{
		Clock: Clock{}, Settle: o.Settle, People: people, Stranger: "999", Links: links,
		LMS: &side{box: box, profile: ags.ProfileOf(o.Sandbox.Profile), puts: make(chan struct{}, 1)}, Precision: o.Precision,
	}}
	b.Platform = b.connect(t, o)
	return b
}

func (b *Bench) connect(t testing.TB, o Options) *ags.Platform {
	t.Helper()
	tool := b.Box.Tool()
	key, err := agsclient.ParsePrivateKey(tool.PrivateKeyPEM)
	require.NoError(t, err)
	skew := transport.NewClockSkew(time.Now)
	b.Clock = Clock{skew.Now}
	limits := o.Limits
	limits.Skew, limits.Now = skew, time.Now
	if limits.Concurrency == 0 {
		limits.Concurrency = 8
	}
	if limits.Timeout == 0 {
		limits.Timeout = 30 * time.Second
	}
	base := b.LMS.(*side).watch(b.Box.Transport())
	if o.Wrap != nil {
		base = o.Wrap(base)
	}
	hc := &http.Client{Transport: transport.Stack(base, limits)}
	tokens := &agsclient.ClientCredentials{
		HTTP: hc, TokenURL: sandbox.InProcessURL + sandbox.TokenPath, Audience: sandbox.InProcessURL + tool.AudiencePath,
		ClientID: tool.ClientID, KeyID: tool.KeyID, DeploymentID: tool.DeploymentID, Key: key, Now: time.Now, PlatformNow: skew.Now,
	}
	if o.Tokens != nil {
		o.Tokens(tokens)
	}
	c, err := agsclient.New(hc, tokens, agsclient.Endpoint{
		LineItemsURL:   sandbox.InProcessURL + b.Box.LineItemsPath(Course),
		MembershipsURL: sandbox.InProcessURL + b.Box.MembershipsPath(Course),
		Hosts:          o.Hosts,
	}, agsclient.Options{Scopes: ags.Scopes(true), EmptyOnSuccess: o.Client.EmptyOnSuccess})
	require.NoError(t, err)
	return ags.New(c, o.Client)
}

// Clock is the time of the test, or the platform's as far as it is known.
type Clock struct{ now func() time.Time }

// Now is the time.
func (c Clock) Now() time.Time {
	if c.now == nil {
		return time.Now()
	}
	return c.now()
}

// Sleep waits.
func (Clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// side is the sandbox as the contract's other side.
type side struct {
	box      *sandbox.Sandbox
	profile  *ags.Profile // what is imitated
	idle     atomic.Int64
	failures atomic.Int64
	stale    atomic.Int64
	puts     chan struct{} // one token
}

// Count is what the requests came to.
func (s *side) Count() platformtest.Count {
	return platformtest.Count{Idle: int(s.idle.Load()), Failures: int(s.failures.Load()), Stale: int(s.stale.Load())}
}

// watch counts what goes by. PUTs go one by one, so that each can be judged.
func (s *side) watch(next http.RoundTripper) http.RoundTripper {
	return Tripper(func(r *http.Request) (*http.Response, error) {
		var before platformtest.Truth
		if r.Method == http.MethodPut {
			s.puts <- struct{}{} // no mutex: who waits for one does not let a bubble's time go on
			defer func() { <-s.puts }()
			before = s.Truth()
		}
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 500 {
			s.failures.Add(1)
		}
		if resp.StatusCode == http.StatusConflict {
			s.stale.Add(1)
		}
		if r.Method == http.MethodPut && resp.StatusCode < 300 && reflect.DeepEqual(before, s.Truth()) {
			s.idle.Add(1)
		}
		return resp, nil
	})
}

// Tripper is a function as a round tripper.
type Tripper func(*http.Request) (*http.Response, error)

// RoundTrip calls it.
func (f Tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Truth is the whole state of the course.
func (s *side) Truth() (t platformtest.Truth) {
	st := s.box.Snapshot()
	for _, i := range st.Courses[Course].LineItems {
		t.Columns = append(t.Columns, column(i))
	}
	return t
}

func column(i *sandbox.LineItem) platformtest.Column {
	c := platformtest.Column{Hidden: i.Hidden, Cells: map[string]platformtest.Cell{}, LineItem: plan.LineItem{
		ID: strconv.Itoa(i.Number), Label: i.Label, ScoreMaximum: i.ScoreMaximum, ResourceID: i.ResourceID, Tag: i.Tag,
		ResourceLinkID: i.ResourceLinkID, GradesReleased: i.GradesReleased, Extensions: i.Extra,
	}}
	for _, r := range i.Results {
		cell := platformtest.Cell{Score: r.Score, Maximum: i.ScoreMaximum, Comments: r.Comments, Attempts: r.Attempts}
		if r.Maximum > 0 {
			cell.Maximum = r.Maximum
		}
		if len(r.Comments) == 0 && r.Comment != "" {
			cell.Comments = []string{r.Comment}
		}
		if cell.Score != nil || len(cell.Comments) > 0 {
			c.Cells[r.UserID] = cell
		}
	}
	return c
}

// Do is an instructor's hand.
func (s *side) Do(d platformtest.Deed) error {
	now := time.Now()
	return s.box.Update(func(st *sandbox.State) error {
		c := st.Courses[Course]
		if d.New != nil {
			c.LineItems = append(c.LineItems, &sandbox.LineItem{
				Number: c.NextLineItem, Label: d.New.Label, ScoreMaximum: d.New.ScoreMaximum, ResourceID: d.New.ResourceID,
				Tag: d.New.Tag, ResourceLinkID: d.New.ResourceLinkID,
			})
			c.NextLineItem++
			return nil
		}
		for _, i := range c.LineItems {
			if i.ResourceID == d.Column || i.ResourceID == "" && i.Label == d.Column {
				if s.profile.Has(quirk.DropsExtensions) {
					d.Extension = "" // nobody has a place for it there
				}
				return do(i, d, now, s.profile.Has(quirk.MaximumAsPosted))
			}
		}
		return errors.New("there is no such column")
	})
}

// do is a deed in a column. asPosted: a grade keeps the maximum that it was
// given of, a teacher's too.
func do(i *sandbox.LineItem, d platformtest.Deed, now time.Time, asPosted bool) error {
	if d.User == "" {
		if d.Tag != "" {
			i.Tag = d.Tag
		}
		if d.Extension != "" {
			i.Extra = map[string]json.RawMessage{d.Extension: json.RawMessage(`"theirs"`)}
		}
		if d.Maximum > 0 {
			i.ScoreMaximum = d.Maximum
		}
		if d.Attempts > 0 {
			i.AllowedAttempts = d.Attempts
		}
		i.Locked = i.Locked || d.Locked
		return nil
	}
	r := i.Result(d.User)
	if r == nil {
		r = &sandbox.Result{UserID: d.User}
		i.Results = append(i.Results, r)
	}
	r.Changed = now
	switch {
	case d.Clear:
		r.Score = nil
	case d.Score != nil:
		r.Score, r.Overridden = d.Score, true
		if r.Maximum > 0 || asPosted {
			r.Maximum = i.ScoreMaximum
		}
	}
	if d.Comment != "" {
		r.Comment = d.Comment
		if len(r.Comments) > 0 {
			r.Comments = append(r.Comments, d.Comment)
		}
	}
	return nil
}
