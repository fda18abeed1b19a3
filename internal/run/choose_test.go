package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/spec"
)

func load(t *testing.T, text string) *spec.Documents {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("test.yaml", []byte(text)))
	require.NoError(t, err)
	return docs
}

// gradebook is a document with contexts and keys.
func gradebook(name, platform string, contexts, keys []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: %q}\nplatform: %s\ncontexts:\n", name, platform)
	for _, c := range contexts {
		fmt.Fprintf(&b, "  - {name: %q}\n", c)
	}
	b.WriteString("lineItems:\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "  - {key: %q, resourceId: %q, label: %q, scoreMaximum: 10}\n", k, k, "Label of "+k)
	}
	return b.String() + "---\n"
}

func platform(name, kind string) string {
	return fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: %s}\n%s\n---\n", name, kind)
}

func TestChoose(t *testing.T) {
	docs := load(t, gradebook("bio", "box", []string{"sec-1", "sec-2"}, []string{"hw1", "hw2", "units/1/quiz", "what?"})+
		gradebook("chem", "box", []string{"sec-1", "lab"}, []string{"hw1", "lab", "bio/hw2"})+
		gradebook("bio/units", "box", []string{"other"}, []string{"x", "[a-z]"})+
		platform("box", "sandbox: {}"))
	for _, tc := range []struct {
		name              string
		contexts, targets []string
		want              []string // gradebook/context: keys
		err               string
	}{
		{"all", nil, nil, []string{"bio/sec-1: *", "bio/sec-2: *", "chem/sec-1: *", "chem/lab: *", "bio/units/other: *"}, ""},
		{"one context of each", []string{"sec-1"}, nil, []string{"bio/sec-1: *", "chem/sec-1: *"}, ""},
		{"contexts by glob", []string{"sec-?", "o*"}, nil, []string{"bio/sec-1: *", "bio/sec-2: *", "chem/sec-1: *", "bio/units/other: *"}, ""},
		{"the order is the files'", []string{"lab", "sec-2"}, nil, []string{"bio/sec-2: *", "chem/lab: *"}, ""},
		{"named twice, there once", []string{"lab", "l*", "*"}, nil, []string{"bio/sec-1: *", "bio/sec-2: *", "chem/sec-1: *", "chem/lab: *", "bio/units/other: *"}, ""},
		{"a bare key that is unique", nil, []string{"x"}, []string{"bio/units/other: x"}, ""},
		{"a bare key with slashes", nil, []string{"units/1/quiz"}, []string{"bio/sec-1: units/1/quiz", "bio/sec-2: units/1/quiz"}, ""},
		{"a full key with slashes", nil, []string{"bio/units/1/quiz"}, []string{"bio/sec-1: units/1/quiz", "bio/sec-2: units/1/quiz"}, ""},
		{"a full key of one of two", nil, []string{"chem/hw1"}, []string{"chem/sec-1: hw1", "chem/lab: hw1"}, ""},
		{"several keys", nil, []string{"chem/hw1", "chem/lab", "bio/hw1"}, []string{"bio/sec-1: hw1", "bio/sec-2: hw1", "chem/sec-1: hw1 lab", "chem/lab: hw1 lab"}, ""},
		{"a glob of keys", nil, []string{"hw*"}, []string{"bio/sec-1: hw1 hw2", "bio/sec-2: hw1 hw2", "chem/sec-1: hw1", "chem/lab: hw1"}, ""},
		{"a star passes slashes", nil, []string{"chem/*"}, []string{"chem/sec-1: bio/hw2 hw1 lab", "chem/lab: bio/hw2 hw1 lab"}, ""},
		{"a question mark is one character", nil, []string{"chem/hw?"}, []string{"chem/sec-1: hw1", "chem/lab: hw1"}, ""},
		{"a question mark in the key itself", nil, []string{"what?"}, []string{"bio/sec-1: what?", "bio/sec-2: what?"}, ""},
		{"brackets are letters", nil, []string{"[a-z]"}, []string{"bio/units/other: [a-z]"}, ""},
		{"a context and a key", []string{"sec-2"}, []string{"bio/hw1"}, []string{"bio/sec-2: hw1"}, ""},
		{"a key by a label is none", nil, []string{"Label of hw1"}, nil, `--target "Label of hw1" selects none of the line items: bio/hw1, bio/hw2, bio/units/1/quiz, bio/what?, chem/hw1, chem/lab, chem/bio/hw2, bio/units/x, bio/units/[a-z]`},
		{"a bare key that is not unique", nil, []string{"hw1"}, nil, `--target "hw1" is not unique; say which: bio/hw1, chem/hw1; --target '*/hw1' chooses it in all`},
		{"that key in all", nil, []string{"*/hw1"}, []string{"bio/sec-1: hw1", "bio/sec-2: hw1", "chem/sec-1: hw1", "chem/lab: hw1"}, ""},
		{"one of several selects nothing", nil, []string{"bio/hw1", "hw9*"}, nil, `--target "hw9*" selects none`},
		{"no such context", []string{"sec-1", "nowhere"}, nil, nil, `--context "nowhere" selects none of the contexts: sec-1, sec-2, lab, other`},
		{"a context with its gradebook", []string{"bio/sec-1"}, nil, nil, `--context "bio/sec-1" selects none of the contexts: sec-1, sec-2, lab, other; --context takes names of contexts alone: a Gradebook is chosen by --target 'bio/*', of plan and apply`},
		{"a context with its gradebook of several parts", []string{"bio/units/oth'er"}, nil, nil, `: a Gradebook is chosen by --target 'bio/units/*', of plan and apply`},
		{"a context of a gradebook with a quote", []string{"o'bio/sec"}, nil, nil, `: a Gradebook is chosen by --target 'o'\''bio/*', of plan and apply`},
		{"a context of a gradebook that is not meant", []string{"lab"}, []string{"bio/hw1"}, nil, `--context and --target together select nothing: no Gradebook with such a line item has such a context`},
		{"an empty pattern", []string{""}, nil, nil, `--context "" selects none`},
		{"an empty target", nil, []string{""}, nil, `--target "" selects none`},
		{"part of a name", []string{"sec"}, nil, nil, `--context "sec" selects none`},
		{"another case", nil, []string{"HW2"}, nil, `--target "HW2" selects none`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			picked, err := choose(docs, tc.contexts, tc.targets)
			if tc.err != "" {
				var sel *SelectionError
				require.ErrorAs(t, err, &sel)
				require.ErrorContains(t, err, tc.err)
				require.Empty(t, picked)
				return
			}
			require.NoError(t, err)
			var got []string
			for _, c := range picked {
				keys := "*"
				if c.keys != nil {
					keys = strings.Join(slices.Sorted(maps.Keys(c.keys)), " ")
				}
				got = append(got, c.gradebook.Name()+"/"+c.context.Name.Value+": "+keys)
			}
			require.Empty(t, cmp.Diff(tc.want, got))
		})
	}
}

func TestGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "A", false}, {"a", "ab", false}, {"a", "ba", false},
		{"*", "", true}, {"*", "a/b\nc", true}, {"a*", "a", true}, {"a*c", "abbc", true}, {"a*c", "abcd", false}, {"*a*", "bab", true},
		{"?", "", false}, {"?", "a", true}, {"?", "ab", false}, {"?", "é", true}, {"?", "日", true}, {"?", "\n", true}, {"a?c", "a/c", true},
		{"a.c", "abc", false}, {"a.c", "a.c", true}, {"a+", "aa", false}, {"(a|b)", "a", false}, {`\d`, "1", false}, {"^a$", "a", false},
		{"[ab]", "a", false}, {"[ab]", "[ab]", true}, {"a{2}", "aa", false},
		{strings.Repeat("*a", 50), strings.Repeat("a", 200) + "b", false}, // in no time
	} {
		require.Equal(t, tc.want, glob(tc.pattern).MatchString(tc.name), "%q of %q", tc.pattern, tc.name)
	}
}

func TestListed(t *testing.T) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprint("s", i), "s0")
	}
	require.Equal(t, "s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more", listed(names))
	require.Equal(t, "s0", listed(names[:2]))
}

// Advice is given where it helps alone.
func TestChooseWithoutAdvice(t *testing.T) {
	docs := load(t, gradebook("bio", "box", []string{"sec-1"}, []string{"units/x"})+gradebook("bio/units", "box", []string{"sec-2"}, []string{"x"})+
		platform("box", "sandbox: {}"))
	for _, tc := range []struct {
		contexts, targets []string
		want              string
	}{
		{[]string{"sec-9"}, nil, `--context "sec-9" selects none of the contexts: sec-1, sec-2`},
		{[]string{"/sec-1"}, nil, `--context "/sec-1" selects none of the contexts: sec-1, sec-2`},
		{nil, []string{"bio/units/x"}, `--target "bio/units/x" is not unique; say which: bio/units/x`},
	} {
		_, err := choose(docs, tc.contexts, tc.targets)
		require.EqualError(t, err, tc.want)
	}
}
