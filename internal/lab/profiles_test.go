package lab

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// What the client knows of a platform, the sandbox imitates, and the other way
// round; and files can name just these platforms.
func TestProfilesAgree(t *testing.T) {
	var named []string
	for _, p := range ags.Profiles() {
		named = append(named, p.Name)
		var facts []quirk.Quirk
		for _, f := range p.Facts {
			facts = append(facts, f.Quirk)
		}
		imitated := slices.Clone(sandbox.QuirksOf(p.Name))
		slices.Sort(facts)
		slices.Sort(imitated)
		require.Equal(t, imitated, facts, p.Name)
	}
	require.Equal(t, quirk.Profiles(), named)
	for _, of := range []reflect.Type{reflect.TypeFor[spec.AGS](), reflect.TypeFor[spec.Sandbox]()} {
		f, there := of.FieldByName("Profile")
		require.True(t, there)
		_, words, _ := strings.Cut(f.Tag.Get("spec"), "oneof=")
		require.Equal(t, strings.Join(named, "|"), words, of.Name())
	}
}
