package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/sandbox"
)

// labels are those of the course's columns.
func (r *remote) labels() (out []string) {
	for _, li := range r.box.Snapshot().Courses["1"].LineItems {
		out = append(out, li.Label)
	}
	return out
}

// probeUntil starts a probe and sends it a signal as soon as the LMS has
// answered a request of that kind.
func (r *remote) probeUntil(method, kind string, sig os.Signal) int {
	r.t.Helper()
	cmd := r.command("doctor", "-f", "bio.yaml", "-f", "platform.yaml", "--probe", "--auto-approve")
	var once sync.Once
	started := make(chan struct{})
	f := func(q sandbox.Request) {
		if q.Method == method && q.Kind == kind {
			once.Do(func() {
				<-started
				_ = cmd.Process.Signal(sig)
			})
		}
	}
	r.when.Store(&f)
	require.NoError(r.t, cmd.Start())
	close(started)
	require.Error(r.t, cmd.Wait())
	idle := func(sandbox.Request) {}
	r.when.Store(&idle)
	return cmd.ProcessState.ExitCode()
}

// Ctrl-C in the middle of a probe: it removes what it made. A kill cannot be
// helped, and the next probe finds what is left.
func TestDoctorProbeEnds(t *testing.T) {
	r := newRemote(t)
	r.files(hw("HW", "50"), "1")
	require.Equal(t, 130, r.probeUntil("PUT", "lineitem", syscall.SIGINT))
	require.Empty(t, r.labels())

	require.Equal(t, -1, r.probeUntil("PUT", "lineitem", syscall.SIGKILL))
	require.Len(t, r.labels(), 1)
	require.True(t, strings.HasPrefix(r.labels()[0], doctor.ScratchLabel))
	require.NoError(t, r.box.Update(func(s *sandbox.State) error { s.Courses["1"].Closed = true; return nil }))
	out := r.must(0, "doctor", "-f", "bio.yaml", "-f", "platform.yaml", "--probe", "--auto-approve")
	require.Contains(t, out, "an earlier probe was killed")
	require.Empty(t, r.labels())
}

// A column that cannot be removed is told, by its id.
func TestDoctorProbeCannotRemove(t *testing.T) {
	l := newHostileLMS(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodDelete {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"reason": %q}`, evil)
		return true
	})
	require.NoError(t, l.box.Update(func(s *sandbox.State) error { s.Courses["1"].Closed = true; return nil }))
	code, out, _ := l.run(t, "doctor", "--probe", "--auto-approve")
	require.Equal(t, 1, code, "%s", out)
	require.Contains(t, out, "cannot be removed: "+l.url+"/courses/1/lineitems/1: ")
	require.Contains(t, out, "by hand")
	inert(t, out)
}

// Where others read what is printed, what the LMS says is left out: it may name
// people.
func TestDoctorRedacts(t *testing.T) {
	l := newHostileLMS(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/lineitems") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"reason": "Ada Lovelace left"}`)
		return true
	})
	for _, form := range []string{"text", "json"} {
		_, out, _ := l.run(t, "doctor", "-o", form, "--redact=false")
		require.Contains(t, out, "Ada")
		code, out, errs := l.run(t, "doctor", "-o", form, "--redact")
		require.Equal(t, 4, code)
		require.Contains(t, out, "403")
		require.NotContains(t, out+errs, "Ada")
	}
}

// An LMS that answers a create with a column of its own: that is not touched by the
// probe, and what the LMS did to it is told.
func TestDoctorProbeSpares(t *testing.T) {
	for name, upsert := range map[string]bool{"written over": true, "trailing slash": false} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var writes []string
			var l *hostileLMS
			l = newHostileLMS(t, func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/lineitems") || r.Method == http.MethodGet {
					return false
				}
				mu.Lock()
				defer mu.Unlock()
				writes = append(writes, r.Method)
				if r.Method != http.MethodPost {
					return false
				}
				id := l.url + "/courses/1/lineitems/1"
				if !upsert {
					w.Header().Set("Location", id+"/")
					w.WriteHeader(http.StatusCreated)
					return true
				}
				body := map[string]any{}
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Error(err)
				}
				if err := l.box.Update(func(s *sandbox.State) error {
					li := s.Courses["1"].LineItems[0]
					li.Label, li.ResourceID = body["label"].(string), body["resourceId"].(string)
					return nil
				}); err != nil {
					t.Error(err)
				}
				body["id"] = id
				w.Header().Set("Content-Type", "application/vnd.ims.lis.v2.lineitem+json")
				w.WriteHeader(http.StatusCreated)
				if err := json.NewEncoder(w).Encode(body); err != nil {
					t.Error(err)
				}
				return true
			})
			require.NoError(t, l.box.Update(func(s *sandbox.State) error {
				s.Courses["1"].NextLineItem = 2
				s.Courses["1"].LineItems = []*sandbox.LineItem{{Number: 1, Label: "Final exam", ScoreMaximum: 100}}
				return nil
			}))
			code, out, _ := l.run(t, "doctor", "--probe", "--auto-approve")
			require.Equal(t, 1, code, "%s", out)
			require.Equal(t, []string{http.MethodPost}, writes)
			require.Len(t, l.box.Snapshot().Courses["1"].LineItems, 1)
			require.Contains(t, out, "which was there before: "+l.url+"/courses/1/lineitems/1")
			require.Contains(t, out, "in the LMS")
			require.NotContains(t, out, "gone again")
		})
	}
}

// Whatever an LMS calls things, the checklist is inert.
func TestDoctorHostile(t *testing.T) {
	l := newHostileLMS(t, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("X-Request-Cost", "1\u202e")
		if !strings.HasSuffix(r.URL.Path, "/lineitems") {
			return false
		}
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, `{"reason": %q}`, evil)
		return true
	})
	for _, form := range []string{"text", "json"} {
		code, out, errs := l.run(t, "doctor", "-o", form)
		require.Equal(t, 1, code, "%s", out)
		require.Contains(t, out, "418")
		inert(t, out)
		inert(t, errs)
	}
}
