package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
)

// A grade that needed no write, since it was so by the maximum that the run set, is
// put back with the maximum, and is no false alarm.
func TestUndoOfAMaximum(t *testing.T) {
	for _, profile := range append([]string{""}, quirk.Profiles()...) {
		t.Run("profile "+profile, func(t *testing.T) {
			t.Parallel()
			box, err := sandbox.Open(sandbox.Options{Now: time.Now, Profile: profile})
			require.NoError(t, err)
			srv := httptest.NewServer(box)
			t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
			require.NoError(t, box.EnsureCourse("1"))
			for _, user := range []string{"101", "102"} {
				require.NoError(t, box.AddMember("1", sandbox.Member{UserID: user, Roles: []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"}}))
			}
			b := newBench(t)
			tool := box.Tool()
			require.NoError(t, os.WriteFile(filepath.Join(b.dir, "tool.key"), tool.PrivateKeyPEM, 0o600))
			doc := campus()
			doc.AGS = connection(srv.URL, profile, tool)
			doc.AGS.Audience = text(srv.URL + tool.AudiencePath)
			require.NoError(t, encode(filepath.Join(b.dir, "platform.yaml"), doc))
			book := func(maximum, ana, bo int) {
				text := fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s, lineItemsURL: %q}]\nlineItems: [{resourceId: hw1, label: hw1, scoreMaximum: %d, scores: [{userId: \"101\", scoreGiven: %d}, {userId: \"102\", scoreGiven: %d}]}]\n",
					srv.URL+box.LineItemsPath("1"), maximum, ana, bo)
				require.NoError(t, os.WriteFile(filepath.Join(b.dir, "bio.yaml"), []byte(text), 0o600))
			}
			view := func() []string { return shown(box.Snapshot().Courses["1"]) }
			book(100, 100, 50)
			b.must(0, append([]string{"apply", "--auto-approve"}, bothFiles...)...)
			was := view()
			book(80, 80, 50)
			out := b.must(0, append([]string{"apply", "--auto-approve", "--allow", "rescale"}, bothFiles...)...)
			require.NotEqual(t, was, view())
			require.NotContains(t, out, "so before this run", "the run's own maximum made it so")
			b.must(0, append([]string{"undo", b.lastRun(), "--auto-approve", "--allow", "rescale"}, bothFiles...)...)
			require.Empty(t, cmp.Diff(was, view()))
		})
	}
}
