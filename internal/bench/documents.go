package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// document writes what gradesync is given: a Platform, a Gradebook, and a wide
// sheet for each context where there are scores.
func (l *lms) document(s scenario, dir string) error {
	tool := l.box.Tool()
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), tool.PrivateKeyPEM, 0o600); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: bench}\n")
	fmt.Fprintf(&b, "limits: {concurrency: %d, requestsPerSecond: 0, maxPages: 1000}\n", s.atOnce)
	fmt.Fprintf(&b, "ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {file: key.pem}}\n", l.base+"/token", tool.ClientID, tool.KeyID)
	fmt.Fprintf(&b, "---\napiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bench}\ncontexts:\n")
	for c := range s.contexts {
		fmt.Fprintf(&b, "  - {name: %s, lineItemsURL: %q}\n", course(c), l.items(c))
	}
	fmt.Fprintf(&b, "defaults: {scoreMaximum: %d}\nlineItems:\n", maximum)
	for i := range s.items {
		fmt.Fprintf(&b, "  - {resourceId: %s, label: %s}\n", key(i), label(i))
	}
	for c := range s.contexts {
		if s.students == 0 {
			break
		}
		name := course(c) + ".csv"
		fmt.Fprintf(&b, "---\napiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: %s}\ngradebook: bench\ncontext: %s\nmatrix: {csv: %s, user: student}\n", course(c), course(c), name)
		if err := os.WriteFile(filepath.Join(dir, name), sheet(s), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "course.yaml"), b.Bytes(), 0o600)
}

func sheet(s scenario) []byte {
	var b bytes.Buffer
	b.WriteString("student")
	for i := range s.items {
		b.WriteString("," + key(i))
	}
	b.WriteByte('\n')
	for u := range s.students {
		b.WriteString(student(u))
		for i := range s.items {
			b.WriteByte(',')
			b.WriteString(strconv.FormatFloat(points(i, u), 'f', -1, 64))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
