package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

const (
	fleetCourses  = 20
	fleetColumns  = 3
	fleetStudents = 20
)

// fleetLMS answers a little late, and keeps what it is asked to write: a line item
// as "course create resourceId", a score as "course post item user".
type fleetLMS struct {
	box *sandbox.Sandbox
	url string

	mu      sync.Mutex
	open    int        // connections
	closed  *sync.Cond // one more
	written map[string]int
	posts   int
	when    func(kind string, posts int) bool // whether this is the moment to kill
	moment  chan struct{}
}

func (l *fleetLMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if l.note(r, body) { // who is to be killed shall not come to its end before
		<-r.Context().Done()
	}
	time.Sleep(time.Millisecond)
	l.box.ServeHTTP(w, r)
}

// note counts a request. It is true from the moment to kill on.
func (l *fleetLMS) note(r *http.Request, body []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/") // courses/ID/lineitems/N/scores
	kind := r.Method
	if r.Method != http.MethodGet && path[0] == "courses" {
		var said struct{ UserID, ResourceID string }
		_ = json.Unmarshal(body, &said) // what is no JSON is the sandbox's to refuse
		kind += " " + path[len(path)-1]
		switch path[len(path)-1] {
		case "lineitems":
			l.written[path[1]+" create "+said.ResourceID]++
		case "scores":
			l.posts++
			l.written[fmt.Sprintf("%s post %s %s", path[1], path[3], said.UserID)]++
		default:
			l.written[r.Method+" "+r.URL.Path]++
		}
	}
	if l.when != nil && l.when(kind, l.posts) {
		close(l.moment)
		l.when = nil
	}
	select {
	case <-l.moment:
		return true
	default:
		return false
	}
}

// connected counts the connections that are open.
func (l *fleetLMS) connected(_ net.Conn, now http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch now {
	case http.StateNew:
		l.open++
	case http.StateClosed:
		l.open--
		l.closed.Signal()
	}
}

// rest waits until what has arrived is done to its end.
func (l *fleetLMS) rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open > 0 {
		l.closed.Wait()
	}
}

// wrote is what was written since the beginning.
func (l *fleetLMS) wrote() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.written)
}

// begin forgets what was written.
func (l *fleetLMS) begin(when func(kind string, posts int) bool) (moment <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written, l.posts, l.when, l.moment = map[string]int{}, 0, when, make(chan struct{})
	return l.moment
}

// there is what the LMS holds, in the words of written.
func (l *fleetLMS) there() map[string]bool {
	out := map[string]bool{}
	for id, course := range l.box.Snapshot().Courses {
		for _, item := range course.LineItems {
			out[id+" create "+item.ResourceID] = true
			for _, r := range item.Results {
				out[fmt.Sprintf("%s post %d %s", id, item.Number, r.UserID)] = true
			}
		}
	}
	return out
}

// A fleet of gradebooks whose apply is killed while it creates, posts or reads back
// is finished by the same command: nothing is there twice, nothing is sent that was
// there, and the LMS holds what the files say.
func TestKilledFleetConverges(t *testing.T) {
	const rows = fleetCourses * fleetColumns * fleetStudents
	creates := 0
	for name, when := range map[string]func(kind string, posts int) bool{
		"creating": func(kind string, _ int) bool {
			if kind == "POST lineitems" {
				creates++
			}
			return creates == fleetCourses*fleetColumns/2
		},
		"posting":    func(_ string, posts int) bool { return posts == rows/2 },
		"last posts": func(_ string, posts int) bool { return posts == rows-3 },
		"reading":    func(kind string, posts int) bool { return kind == http.MethodGet && posts == rows },
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "posting" {
				t.Skip("-short is for the race detector: one moment shows it as much as all")
			}
			l, dir := newFleetLMS(t)
			for id := range fleetCourses {
				require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("c%d.yaml", id)), []byte(l.book(id)), 0o600))
			}
			moment := l.begin(when)
			require.True(t, killApply(t, moment, "-f", dir), "it was over before it was killed")
			l.rest()
			before := l.there()
			for what, n := range l.wrote() {
				require.Equal(t, 1, n, "%s, in the first run", what)
			}

			l.begin(nil)
			applyFully(t, "-f", dir)
			for what, n := range l.wrote() {
				require.Equal(t, 1, n, "%s, in the second run", what)
				require.False(t, before[what], "%s was there already", what)
			}
			l.holdsAll(t)
			require.Len(t, l.wrote(), fleetCourses*fleetColumns+rows-len(before), "the rest, and nothing else")

			l.begin(nil)
			code, out := newBench(t).run("plan", "-f", dir, "--detailed-exitcode")
			require.Zero(t, code, "%s", out)
			require.Empty(t, l.wrote())
		})
	}
}

func newFleetLMS(t *testing.T) (l *fleetLMS, dir string) {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Now: time.Now})
	require.NoError(t, err)
	l = &fleetLMS{box: box}
	l.closed = sync.NewCond(&l.mu)
	srv := httptest.NewUnstartedServer(l)
	srv.Config.ConnState = l.connected
	srv.Start()
	l.url = srv.URL
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	dir = t.TempDir()
	tool := box.Tool()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tool.key"), tool.PrivateKeyPEM, 0o600))
	doc := campus()
	doc.AGS = connection(srv.URL, "", tool)
	doc.Limits.RequestsPerSecond = spec.Opt[float64]{State: spec.Set} // none
	require.NoError(t, encode(filepath.Join(dir, "platform.yaml"), doc))
	for id := range fleetCourses {
		require.NoError(t, box.EnsureCourse(fmt.Sprint(id)))
	}
	return l, dir
}

// points are what the files say.
func points(course, column, student int) float64 {
	return float64((7*course + 3*column + student) % 50)
}

func (l *fleetLMS) book(course int) string {
	var b strings.Builder
	url := l.url + l.box.LineItemsPath(fmt.Sprint(course))
	fmt.Fprintf(&b, "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: c%d}\ncontexts: [{name: s, lineItemsURL: %q}]\nlineItems:\n", course, url)
	for column := range fleetColumns {
		fmt.Fprintf(&b, "  - resourceId: hw%d\n    label: Homework %d\n    scoreMaximum: 50\n    scores:\n", column, column)
		for student := range fleetStudents {
			fmt.Fprintf(&b, "      - {userId: u%d, scoreGiven: %v}\n", student, points(course, column, student))
		}
	}
	return b.String()
}

// holdsAll looks at every course: each column once, and in it what the files say.
func (l *fleetLMS) holdsAll(t *testing.T) {
	t.Helper()
	for id := range fleetCourses {
		items := l.box.Snapshot().Courses[fmt.Sprint(id)].LineItems
		require.Len(t, items, fleetColumns)
		for column, item := range items {
			require.Equal(t, fmt.Sprint("hw", column), item.ResourceID, "in the files' order, once")
			require.Len(t, item.Results, fleetStudents)
			for _, r := range item.Results {
				var student int
				_, err := fmt.Sscanf(r.UserID, "u%d", &student)
				require.NoError(t, err)
				require.Equal(t, points(id, column, student), *r.Score)
			}
		}
	}
}
