package spec

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTagsAreUnderstood reads every type of the format: parseTag panics on a
// tag that it does not know, and every key has a word for people.
func TestTagsAreUnderstood(t *testing.T) {
	s := shapes{}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || isOpt(typ) {
			return
		}
		seen[typ] = true
		for _, f := range s.of(typ).fields {
			require.NotEmpty(t, f.key, typ)
			require.NotEmpty(t, f.doc, "%s.%s", typ, f.key)
			visit(typ.Field(f.index).Type)
		}
	}
	visit(reflect.TypeFor[Gradebook]())
	visit(reflect.TypeFor[Platform]())
	require.Greater(t, len(seen), 10)
	require.Equal(t, rules{key: "label", required: true, unless: "absent", max: 256}, mustField(s, reflect.TypeFor[LineItem](), "label").rules)
	require.Panics(t, func() { parseTag("a,requird") })
	require.Panics(t, func() { parseTag("a,max=many") })
}

func isOpt(t reflect.Type) bool {
	_, ok := t.FieldByName("State")
	return ok
}

func mustField(s shapes, t reflect.Type, key string) field {
	shape := s.of(t)
	return shape.fields[shape.field(key)]
}

// Fields are kept in sets of 64.
func TestNoStructHasTooManyFields(t *testing.T) {
	for _, of := range []reflect.Type{reflect.TypeFor[Gradebook](), reflect.TypeFor[LineItem](), reflect.TypeFor[Score](), reflect.TypeFor[Platform](), reflect.TypeFor[Scores]()} {
		require.LessOrEqual(t, len(shapes{}.of(of).fields), 64)
	}
}

func TestURLs(t *testing.T) {
	for _, c := range []struct {
		url    string
		origin bool
		want   string // "" is fine
	}{
		{"https://lms.example.edu/a?b=c", false, ""},
		{"HTTPS://lms.example.edu", false, ""},
		{"http://localhost:8080/x", false, ""},
		{"http://127.1.2.3/x", false, ""},
		{"http://[::1]:80/", false, ""},
		{"http://LOCALHOST/", false, ""},
		{"http://localhost.example.edu/", false, "must be an https URL"},
		{"http://128.0.0.1/", false, "must be an https URL"},
		{"javascript:alert(1)", false, "is not a full URL"},
		{"//lms.example.edu/x", false, "must be an https URL"},
		{"https://a:b@lms.example.edu", false, credentials},
		{"https://a@lms.example.edu:x/", false, credentials},
		{"https://lms.example.edu/#", false, "is a URL with a fragment"},
		{"https://lms.example.edu:0/", false, "is not a full URL"},
		{"https://lms.example.edu/", true, ""},
		{"https://lms.example.edu:8443", true, ""},
		{"https://lms.example.edu/x", true, "must end after the host"},
		{"https://lms.example.edu?", true, "must end after the host"},
	} {
		got := ""
		if p := checkURL(c.url, c.origin); p != nil {
			got = p.message
		}
		require.Equal(t, c.want, got, c.url)
	}
}

// TestSyntaxErrorsHideKeys has a key pasted into the file in a way that breaks it.
func TestSyntaxErrorsHideKeys(t *testing.T) {
	for _, text := range []string{
		"ags:\n  clientSecret: a: hunter2\n",
		"key: x\n-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----\n",
	} {
		_, err := Load(Bytes("x.yaml", []byte(text)))
		require.ErrorContains(t, err, "not valid YAML")
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// TestSameURL has URLs of one course, and of others.
func TestSameURL(t *testing.T) {
	for a, b := range map[string]string{
		"https://LMS.example.edu/X?a=b": "https://lms.example.edu:443/X?a=b",
		"HTTP://localhost:80":           "http://LOCALHOST/",
		"http://[::1]:80/x":             "http://[::1]/x",
	} {
		require.Equal(t, sameURL(a), sameURL(b))
	}
	for a, b := range map[string]string{
		"https://lms.example.edu/x":     "https://lms.example.edu/X",
		"https://lms.example.edu:80/x":  "https://lms.example.edu/x",
		"http://localhost:443/x":        "http://localhost/x",
		"https://lms.example.edu/x?a=b": "https://lms.example.edu/x?a=c",
		"http://127.0.0.1/x":            "https://127.0.0.1/x",
	} {
		require.NotEqual(t, sameURL(a), sameURL(b))
	}
}

// TestLongLinesAreReadOnce feeds the parser as it asks, a little at a time.
func TestLongLinesAreReadOnce(t *testing.T) {
	text := "ab\n\n" + strings.Repeat("x", 10) + "\nend"
	r := &lineReader{rest: []byte(text)}
	var parts, lines []string
	for p := make([]byte, 4); ; {
		n, err := r.Read(p)
		if err != nil {
			break
		}
		parts, lines = append(parts, string(p[:n])), append(lines, strconv.Itoa(r.lines))
	}
	require.Equal(t, []string{"ab\n", "\n", "xxxx", "xxxx", "xx\n", "end"}, parts)
	require.Equal(t, "1 2 3 3 3 4", strings.Join(lines, " "))
}
