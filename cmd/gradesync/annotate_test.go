package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/spec"
)

func TestAnnotation(t *testing.T) {
	for _, tc := range []struct {
		name, workspace string
		e               spec.Error
		want            string
	}{
		{
			"a place", "", spec.Error{Pos: spec.At("course/bio.yaml", 7, 23), Message: "unknown key"},
			"::error file=course/bio.yaml,line=7,col=23::unknown key",
		},
		{
			"a hint and a column", "", spec.Error{Pos: spec.At("g.csv", 2, 3), Message: "no number", Hint: "write 92.5", Header: "HW: 1"},
			`::error file=g.csv,line=2,col=3::column "HW: 1": no number%0Ahint: write 92.5`,
		},
		{"a whole file", "", spec.Error{Pos: spec.Pos{File: spec.InFile("bio.yaml")}, Message: "no document"}, "::error file=bio.yaml::no document"},
		{"standard input", "", spec.Error{Pos: spec.At("-", 1, 2), Message: "no"}, "::error line=1,col=2::no"},
		{"no place", "", spec.Error{Message: "too many mistakes"}, "::error::too many mistakes"},
		{
			"a file name that ends the properties", "", spec.Error{Pos: spec.At("a,line=1::b%0A\r\n::stop.yaml", 1, 1), Message: "no"},
			`::error file=a%2Cline=1%3A%3Ab%250A\u000d\n%3A%3Astop.yaml,line=1,col=1::no`,
		},
		{
			"a message that begins a command", "", spec.Error{Message: "100% of\r\n::error::x ##[error]y\x1b[2J\u202e"},
			`::error::100%25 of\u000d\n::error::x \u0023#[error]y\u001b[2J\u202e`,
		},
		{"within the repository", "/repo", spec.Error{Pos: spec.At("/repo/x/bio.yaml", 1, 1), Message: "no"}, "::error file=x/bio.yaml,line=1,col=1::no"},
		{"outside of it", "/repo", spec.Error{Pos: spec.At("/else/bio.yaml", 1, 1), Message: "no"}, "::error file=/else/bio.yaml,line=1,col=1::no"},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Empty(t, cmp.Diff(tc.want, annotation(&tc.e, tc.workspace))) })
	}
}

// Whatever a mistake says is one line, and its properties are those of ours.
func TestAnnotationsAreOneLine(t *testing.T) {
	for _, w := range [][3]string{
		{"bio.yaml", "no", "hint"}, {"a,b::c", "::error::x\r\n::stop-commands::y", "%0A::x"}, {"\u2028::x", "##[error]x", "\x85"},
	} {
		e := spec.Error{Pos: spec.At(w[0], 3, 4), Message: w[1], Hint: w[2]}
		got := annotation(&e, "")
		require.NotContains(t, got, "\n")
		require.NotContains(t, got, "\r")
		require.NotContains(t, got, "##[")
		properties, _, ends := strings.Cut(strings.TrimPrefix(got, "::error "), "::")
		require.True(t, ends)
		require.True(t, strings.HasSuffix(properties, "line=3,col=4"), "%s", got)
		require.LessOrEqual(t, strings.Count(properties, ","), 2)
	}
}
