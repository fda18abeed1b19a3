package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// A spreadsheet as it is found, keyed by email: what is in it arrives, and nothing
// is left to do. Two people whom nobody knows stop it, both named.
func TestSpreadsheet(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()

	var sheet strings.Builder
	sheet.WriteString("\ufeffName,Email address,Homework 1,hw2, HW 3 \r\n")
	want := 0
	for i := range 250 {
		require.NoError(t, s.box.AddMember("1", sandbox.Member{UserID: fmt.Sprintf("u-%03d", i), Email: fmt.Sprintf("Student%d@Example.edu", i)}))
		email := fmt.Sprintf("student%d@example.EDU", i)
		cells := []string{fmt.Sprint(i%50 + 1), fmt.Sprint(i % 20), fmt.Sprintf("%d.5", i%9)}
		if i < 50 {
			cells[i%3] = "" // 700 of 750
		}
		for _, c := range cells {
			if c != "" {
				want++
			}
		}
		fmt.Fprintf(&sheet, "\"Doe, Student \"\"%d\"\"\",%s,%s\r\n", i, email, strings.Join(cells, ","))
	}
	require.Equal(t, 700, want)
	s.write("grades.csv", sheet.String())
	s.write("bio.yaml", `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, lineItemsURL: "ITEMS", membershipsURL: "MEMBERS"}]
users: {by: email}
lineItems:
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 20}
  - {resourceId: hw3, label: HW 3, scoreMaximum: 10}
---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: bio-1}
gradebook: bio
context: sec-1
matrix: {csv: grades.csv, user: Email address}
`)
	out, code := s.run("apply", "-f", "bio.yaml", "-f", platform, "--auto-approve")
	require.Equal(t, 0, code, out)
	require.Equal(t, 700, strings.Count(out, "  score posted "))
	require.Contains(t, out, "note: grades.csv:1:1: columns that are no line item, left alone: Name\n")
	held := 0
	for _, i := range s.box.Snapshot().Courses["1"].LineItems {
		held += len(i.Results)
	}
	require.Equal(t, 700, held)
	out, code = s.run("plan", "-f", "bio.yaml", "-f", platform, "--detailed-exitcode")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "No changes: 3 line items and 700 scores in 1 context are as the files say.")

	typos := strings.NewReplacer("student7@example.EDU", "studnet7@example.EDU", "student120@example.EDU", "student120@example.deu").Replace(sheet.String())
	s.write("grades.csv", strings.ReplaceAll(typos, "49,", "48,"))
	before := s.writes.Load()
	out, code = s.run("apply", "-f", "bio.yaml", "-f", platform, "--auto-approve")
	require.Equal(t, 3, code, out)
	require.Contains(t, out, "  ! 2 people are not in the roster\n")
	require.Contains(t, out, "grades.csv:9:22 studnet7@example.EDU: not in the roster; did you mean Student7@Example.edu?\n")
	require.Contains(t, out, "grades.csv:122:24 student120@example.deu: not in the roster; did you mean Student120@Example.edu?\n")
	require.Equal(t, before, s.writes.Load(), "nothing was written")
}
