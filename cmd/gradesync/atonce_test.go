package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// Two applies of the same files, or of the same plan, at the same time make each
// column once, and no student reads a comment twice.
func TestTwoAppliesAtOnce(t *testing.T) {
	for name, what := range map[string][]string{
		"a saved plan": {"apply", "p.json", "-f", "bio.yaml", "-f", "platform.yaml", "--auto-approve"},
		"files":        {"apply", "-f", "bio.yaml", "-f", "platform.yaml", "--auto-approve"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, err := sandbox.Open(sandbox.Options{Now: time.Now, Profile: "canvas"})
			require.NoError(t, err)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(20 * time.Millisecond) // so that one is not over before the other begins
				box.ServeHTTP(w, r)
			}))
			t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
			require.NoError(t, box.EnsureCourse("1"))
			tool := box.Tool()
			b := newBench(t)
			require.NoError(t, os.WriteFile(filepath.Join(b.dir, "tool.key"), tool.PrivateKeyPEM, 0o600))
			doc := campus()
			doc.AGS = connection(srv.URL, "canvas", tool)
			require.NoError(t, encode(filepath.Join(b.dir, "platform.yaml"), doc))
			book := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s, course: \"1\"}]\nlineItems:\n"
			for i := range 2 {
				book += fmt.Sprintf("  - {resourceId: hw%d, label: Homework %d, scoreMaximum: 50, scores: [{userId: \"1\", scoreGiven: 40, comment: Well}, {userId: \"2\", scoreGiven: 30, comment: Done}]}\n", i, i)
			}
			require.NoError(t, os.WriteFile(filepath.Join(b.dir, "bio.yaml"), []byte(book), 0o600))
			b.must(0, "plan", "-f", "bio.yaml", "-f", "platform.yaml", "--out", "p.json")

			var both sync.WaitGroup
			var said [2]bytes.Buffer
			for i := range said {
				both.Go(func() {
					cmd := b.command(what...)
					cmd.Stdout, cmd.Stderr = &said[i], &said[i]
					_ = cmd.Run() // what is there counts
				})
			}
			both.Wait()
			items := box.Snapshot().Courses["1"].LineItems
			require.Len(t, items, 2, "%s\n%s", &said[0], &said[1])
			for _, item := range items {
				require.Len(t, item.Results, 2)
				for _, r := range item.Results {
					require.Len(t, r.Comments, 1, "%s\n%s", &said[0], &said[1])
				}
			}
			require.Contains(t, said[0].String()+said[1].String(), "note: another gradesync is writing to the course of bio101/s: waiting until it is done")
		})
	}
}
