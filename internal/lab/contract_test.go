package lab

import (
	"testing"
	"testing/synctest"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/reconcile/platformtest"
)

// Every platform that is known by name, with the client's profile of it, and
// one that keeps to the specifications.
func TestContract(t *testing.T) {
	for _, name := range append([]string{""}, quirk.Profiles()...) {
		for _, g := range platformtest.Groups() {
			t.Run(name+"/"+g.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := Open(t, Options{Sandbox: sandbox.Options{Profile: name, PageSize: 3}, Precision: precision(name)})
					for _, p := range g.Try(t.Context(), &b.Lab) {
						t.Error(p)
					}
				})
			})
		}
	}
}

// precision is how exactly a platform keeps grades, where that is known.
func precision(profile string) float64 {
	if profile == quirk.Moodle {
		return 1e-6
	}
	return 0
}
