package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("gradesync.json", doc))
	s, err := c.Compile("gradesync.json")
	require.NoError(t, err)
	return s
}

// instances are the documents of a text as JSON, as a validator of YAML sees
// them: numbers as numbers, times as strings, of a key that stands twice the
// last. They are what could be read before the error.
func instances(text []byte) (docs []any, err error) {
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var n yaml.Node
		if err := decoder.Decode(&n); err == io.EOF {
			return docs, nil
		} else if err != nil {
			return docs, err
		}
		if len(n.Content) != 1 || bare(n.Content[0]) {
			continue
		}
		left := 100_000
		v, err := instance(n.Content[0], 0, &left)
		if err != nil {
			return docs, err
		}
		docs = append(docs, v)
	}
}

func instance(n *yaml.Node, depth int, left *int) (any, error) {
	if *left--; *left < 0 || depth > 1000 {
		return nil, errors.New("too large")
	}
	switch n.Kind {
	case yaml.AliasNode:
		return instance(n.Alias, depth+1, left)
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			v, err := instance(child, depth+1, left)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := resolved(n.Content[i])
			if key.Kind != yaml.ScalarNode {
				return nil, errors.New("a key that JSON cannot have")
			}
			v, err := instance(n.Content[i+1], depth+1, left)
			if err != nil {
				return nil, err
			}
			object[key.Value] = v
		}
		return object, nil
	}
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), nil
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) { // as it was written
			return json.Number(n.Value), nil
		}
		var f float64
		if err := n.Decode(&f); err != nil {
			return nil, err
		}
		text, err := json.Marshal(f)
		return json.Number(text), err
	}
	return n.Value, nil
}

// refused is what the schema says against documents.
func refused(s *jsonschema.Schema, docs []any) error {
	for _, doc := range docs {
		if err := s.Validate(doc); err != nil {
			return err
		}
	}
	return nil
}

func TestSchemaIsStable(t *testing.T) {
	first, err := Schema()
	require.NoError(t, err)
	second, err := Schema()
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
	var s struct {
		Schema string `json:"$schema"`
		Defs   map[string]struct {
			Properties           map[string]struct{ Description string }
			AdditionalProperties *bool
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(first, &s))
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", s.Schema)
	require.Greater(t, len(s.Defs), 10)
	for name, def := range s.Defs {
		require.NotNil(t, def.AdditionalProperties, name)
		require.False(t, *def.AdditionalProperties, name)
		for key, property := range def.Properties {
			if key != "apiVersion" && key != "kind" {
				require.NotEmpty(t, property.Description, "%s.%s", name, key)
			}
		}
	}
	var order []string
	for _, m := range regexp.MustCompile(`(?m)^    "([A-Z]\w+)": \{$`).FindAllSubmatch(first, -1) {
		order = append(order, string(m[1]))
	}
	require.Len(t, order, len(s.Defs))
	require.Equal(t, []string{"Gradebook", "Metadata", "Context", "Secret"}, order[:4], "as the types name them")
}

func TestSchemaAcceptsOK(t *testing.T) {
	s := compiled(t)
	paths, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	valid := 0
	for _, path := range paths {
		if filepath.Base(filepath.Dir(path)) == "err" {
			continue
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		docs, err := instances(text)
		require.NoError(t, err, path)
		require.NotEmpty(t, docs, path)
		require.NoError(t, refused(s, docs), path)
		valid++
	}
	require.Greater(t, valid, 10)
}

// invisible are the cases of testdata/err that the schema does not refuse, by
// the reason.
var invisible = map[string][]string{
	"not text, or not YAML: nothing can be given to a validator": {
		"anchor-unknown", "binary", "control-character", "directives", "invalid-utf8", "syntax-at", "syntax-bracket", "syntax-colon",
		"syntax-indent", "syntax-list-indent", "syntax-question-mark", "syntax-quote", "tab-first", "tab-later", "tab-list",
	},
	"JSON has no endless values, and validators bound large ones": {"alias-bomb", "alias-cycle"},
	"JSON has no .inf, no .nan and no keys but strings":           {"extension-values", "key-not-string", "numbers"},
	"there is no document":                                               {"empty", "no-files", "one-empty-file", "only-comments"},
	"comments are not seen":                                              {"line-separator"},
	"of a key that stands twice only one is seen":                        {"duplicate-key", "duplicate-key-top"},
	"YAML's tags are not seen":                                           {"yaml-tag"},
	"how a number is written is not seen (1e3)":                          {"render-long-line"},
	"a schema does not count depth":                                      {"too-deep"},
	"a pattern against control characters would tell nobody why":         {"string-control"},
	"names, keys and ids are compared with those of other values":        {"contexts-same-course", "contexts-same-name", "id-twice", "line-item-keys", "resource-id-twice", "resource-id-twice-by-defaults", "same-name", "scores-same-user"},
	"sheets, and what they are told of, are not seen":                    {"sheet-cells", "sheet-files", "sheet-headers", "sheet-nobody", "sheet-twice"},
	"documents are not seen together":                                    {"contexts-ags", "contexts-sandbox", "platform-none", "platform-several", "platform-unknown", "platform-unknown-none", "two-files"},
	"rules between values are Load's":                                    {"scores-cleared-with-comment", "scores-maximum-alone", "scores-several-contexts", "scores-submission"},
	"scoreMaximum may come from the defaults; the other file is no YAML": {"broken-file-hides-nothing"},
}

// TestSchemaRefusesErr gives the schema what Load reads of each case.
func TestSchemaRefusesErr(t *testing.T) {
	s := compiled(t)
	listed := map[string]string{}
	for why, cases := range invisible {
		for _, name := range cases {
			require.Empty(t, listed[name], "%s is listed twice", name)
			listed[name] = why
		}
	}
	entries, err := os.ReadDir("testdata/err")
	require.NoError(t, err)
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), ".yaml")
		if name == entry.Name() && !entry.IsDir() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var found error
			Source{FS: os.DirFS("testdata/err"), Path: entry.Name()}.files(func(c content) {
				docs, _ := instances(c.data) // up to what cannot be decoded
				found = errors.Join(found, refused(s, docs))
			})
			if why := listed[name]; why != "" {
				require.NoError(t, found, "listed as invisible: %s", why)
			} else {
				require.Error(t, found, "list it as invisible, and why")
			}
		})
		delete(listed, name)
	}
	require.Empty(t, listed, "these are no cases")
}

// laxer are the messages of Load about what the schema lets pass.
var laxer = regexp.MustCompile(strings.Join([]string{
	`is already at`, `unknown line item`, `unknown platform`,
	`has no "scoreMaximum"`, `without a "scoreGiven"`, `names nothing to set`, `cannot go with a score`,
	`in a line item that shall be absent`, `does not say which column`, `need exactly one context`,
	`that of another line item`, `on an ags platform`, `needs a profile`, `on a sandbox platform`, `before "startedAt"`,
	`cannot prune`, `unknown context`, `unknown gradebook`, `several contexts in`, `is no email address`, `is a number: "`,
	`the path leaves`, `is not a relative path`, `cannot be read`, `has no column`, `goes with "lineItem"`, `"lineItem", not both`,
	`is already taken`, `is not the name of an environment variable`, `is not the path of a file`,
}, "|"))

// TestSchemaAgreesOnMutants puts wrong values everywhere, one at a time: what
// Load accepts validates, and what it refuses does not, save for laxer.
func TestSchemaAgreesOnMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	s := compiled(t)
	accepted, refusals := 0, 0
	for _, path := range []string{"full.yaml", "ags.yaml", "policy.yaml", "scores.yaml"} { // every key stands in one of them
		text, err := os.ReadFile("testdata/ok/" + path)
		require.NoError(t, err)
		docs, err := instances(text)
		require.NoError(t, err)
		mutants(docs, func(where string) {
			text := encodedJSON(t, docs)
			_, err := Load(Bytes("mutant.yaml", text).Beside(os.DirFS("testdata/ok")))
			says := refused(s, docs)
			var errs Errors
			switch {
			case !errors.As(err, &errs):
				accepted++
				require.NoError(t, says, "%s: %s: Load accepts\n%s", path, where, text)
			case slices.ContainsFunc(errs, func(e *Error) bool {
				return !laxer.MatchString(e.Message) && !strings.HasSuffix(e.Pos.File.String(), ".csv")
			}):
				refusals++
				require.Error(t, says, "%s: %s: Load says: %v", path, where, err)
			}
		})
	}
	require.Greater(t, accepted, 200)
	require.Greater(t, refusals, 1000)
}

// mutants visits documents with one value replaced, left out or made up, and
// puts each back as it was.
func mutants(docs []any, visit func(where string)) {
	for i := range docs {
		mutate(fmt.Sprint(i), docs[i], func(v any) { docs[i] = v }, visit)
	}
}

func mutate(where string, v any, set func(any), visit func(string)) {
	for _, wrong := range []any{nil, true, json.Number("5"), json.Number("0.5"), json.Number("-1"), json.Number("0"), "", " ", "x", "0s", []any{}, []any{"x"}, map[string]any{}} {
		set(wrong)
		visit(fmt.Sprintf("%s = %#v", where, wrong))
	}
	set(v)
	switch v := v.(type) {
	case []any:
		for i := range v {
			mutate(fmt.Sprintf("%s[%d]", where, i), v[i], func(x any) { v[i] = x }, visit)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			was := v[key]
			mutate(where+"."+key, was, func(x any) { v[key] = x }, visit)
			delete(v, key)
			visit(where + " without " + key)
			v[key] = was
		}
		v["Label"] = "x"
		visit(where + " with an unknown key")
		delete(v, "Label")
	}
}

// encodedJSON writes documents as JSON, which is YAML.
func encodedJSON(t testing.TB, docs []any) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, doc := range docs {
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		fmt.Fprintf(&out, "---\n%s\n", text)
	}
	return out.Bytes()
}

// FuzzSchemaAgrees wants every document that Load accepts to validate: the text
// as it is, and with leaf, as JSON or else as a string, in place of one value.
func FuzzSchemaAgrees(f *testing.F) {
	for _, pattern := range []string{"testdata/ok/*.yaml", "testdata/err/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for i, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			if len(text) < 4<<10 {
				f.Add(text, uint16(i), "x")
			}
		}
	}
	full, err := os.ReadFile("testdata/ok/full.yaml")
	require.NoError(f, err)
	ags, err := os.ReadFile("testdata/ok/ags.yaml")
	require.NoError(f, err)
	for i, leaf := range leaves {
		f.Add(full, uint16(i), leaf)
		f.Add(ags, uint16(i), leaf)
	}
	s := compiled(f)
	f.Fuzz(func(t *testing.T, text []byte, at uint16, leaf string) {
		docs := agree(t, s, text)
		if len(docs) == 0 {
			return
		}
		var sets []func(any)
		for i := range docs {
			sets = places(docs[i], func(v any) { docs[i] = v }, sets)
		}
		var v any = leaf
		if one, err := instances([]byte(leaf)); json.Valid([]byte(leaf)) && err == nil && len(one) == 1 {
			v = one[0]
		}
		sets[int(at)%len(sets)](v)
		agree(t, s, encodedJSON(t, docs))
	})
}

// agree is the documents of a text, if there are any.
func agree(t *testing.T, s *jsonschema.Schema, text []byte) []any {
	docs, err := instances(text)
	if _, refusal := Load(Bytes("fuzz.yaml", text)); refusal == nil {
		require.NoError(t, err)
		require.NoError(t, refused(s, docs), "Load accepts\n%s", text)
	}
	if err != nil {
		return nil
	}
	return docs
}

// places are setters of all values.
func places(v any, set func(any), all []func(any)) []func(any) {
	all = append(all, set)
	switch v := v.(type) {
	case []any:
		for i := range v {
			all = places(v[i], func(x any) { v[i] = x }, all)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			all = places(v[key], func(x any) { v[key] = x }, all)
		}
	}
	return all
}

// leaves are at the edge of what Load accepts.
var leaves = []string{
	"null", "true", "0", "0.0", "5.0", "-0", "1e3", "2147483647", "2147483648", "123456789012345", "1000000000000000000000",
	`""`, `"\ufeff"`, `"\u00a0"`, `"\u0007"`, `"5"`, "~", "yes", "2026-09-01",
	"2026-02-29T08:00:00Z", "0000-01-01T00:00:00.123456789-24:60", "2026-12-31T23:59:60Z", "2026-12-31T23:59:59+24:00",
	"0s", "0.0h0m", "00000000000001ns", "1.50h2us3µs", "9999999h", "1h-1m",
	"0%", "00%", "99.99%", "100%", "100.00%", "100.00000000000000000001%", "101%",
	"HTTPS://lms.example.edu?a=b@c", "https://[fe80::1%25eth0]:443/%2f", "https://lms.example.edu//%2F/", "https://ü/ü ü",
	"http://localhost:1", "http://LOCALHO\u017fT/", "http://localho%C5%BFt/", "http://127.0.0.1?", "http://[::1%25x]/x", "http://[::ffff:127.0.0.1]", "http://lms.example.edu/",
	"lms.example.edu:8443", "[::1]", "a%41", "Ü.example.edu", "a<b>",
}

// TestPatternsAgree tries the leaves on the rules for texts, of which some are
// on no field of testdata, and what each pattern is there to refuse.
func TestPatternsAgree(t *testing.T) {
	accepted := map[string]int{}
	try := func(name, leaf string, p *problem, s *schema) {
		if p == nil {
			accepted[name]++
			require.Regexp(t, s.Pattern, leaf, name)
			if s.Not != nil {
				require.NotRegexp(t, s.Not.Pattern, leaf, name)
			}
		}
	}
	for _, leaf := range leaves {
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: leaf, Style: yaml.DoubleQuotedStyle}
		for _, tag := range []string{"text", "a,url", "a,origin", "a,host", "a,percent", "a,clear,url"} {
			r := parseTag(tag)
			_, p := text(n, r)
			try(tag, leaf, p, scalarSchema(reflect.TypeFor[string](), r))
		}
		for _, tag := range []string{"a", "a,positive", "a,nonnegative"} {
			_, p := duration(n, parseTag(tag))
			try("duration "+tag, leaf, p, scalarSchema(reflect.TypeFor[time.Duration](), parseTag(tag)))
		}
		_, p := instant(n, rules{})
		try("time", leaf, p, scalarSchema(reflect.TypeFor[time.Time](), rules{}))
		if fullURL(leaf) {
			try("extension", leaf, nil, &schema{Pattern: extensionPattern})
		}
	}
	require.Len(t, accepted, 11, "each has leaves that are right")
	for tag, slips := range map[string][]string{
		"text":      {"", " \t\n"},
		"a,url":     {"lms.example.edu", "ftp://lms.example.edu/", "https://", "https:///x", "https://a@b/", "https://a/b c", "https://a/#b", "http://lms.example.edu/"},
		"a,origin":  {"https://lms.example.edu/x", "https://lms.example.edu/?", "http://127.0.0.1/x"},
		"a,host":    {"https://lms.example.edu", "lms.example.edu/", "a@b", "a b"},
		"a,percent": {"50", "101%", "-1%", "050%", "50 %", "%"},
	} {
		for _, slip := range slips {
			require.NotRegexp(t, scalarSchema(reflect.TypeFor[string](), parseTag(tag)).Pattern, slip, tag)
		}
	}
}

// TestSchemaOfTags has rules that no field of the format has together.
func TestSchemaOfTags(t *testing.T) {
	type leaf struct {
		Pos   Pos           `spec:"-"`
		Share []Opt[string] `spec:"share,percent,min=2" doc:"Shares."`
	}
	type tree struct {
		Mode  Opt[string]     `spec:"mode,clear,oneof=a|b" doc:"A mode."`
		Count Opt[int]        `spec:"count,clear,positive" doc:"A count."`
		On    Opt[bool]       `spec:"on" doc:"Lifts."`
		Deep  *leaf           `spec:"deep,required,unless=on" doc:"A leaf."`
		Trees []tree          `spec:"trees,empty" doc:"More of them."`
		Named map[string]leaf `spec:"named" doc:"By name."`
	}
	d := &definer{shapes: shapes{}}
	require.Equal(t, "#/$defs/tree", d.ref(reflect.TypeFor[tree]()))
	got, err := json.MarshalIndent(d.defs, "", " ")
	require.NoError(t, err)
	require.JSONEq(t, `{
		"tree": {"type": "object", "additionalProperties": false,
			"properties": {
				"mode": {"description": "A mode.", "type": ["string", "null"], "enum": ["a", "b", "", null]},
				"count": {"description": "A count.", "type": ["integer", "null"], "exclusiveMinimum": 0, "maximum": 2147483647},
				"on": {"description": "Lifts.", "type": "boolean"},
				"deep": {"description": "A leaf.", "$ref": "#/$defs/leaf"},
				"trees": {"description": "More of them.", "type": "array", "items": {"$ref": "#/$defs/tree"}},
				"named": {"description": "By name.", "type": "object", "additionalProperties": {"$ref": "#/$defs/leaf"}}
			},
			"allOf": [{"if": {"properties": {"on": {"const": true}}, "required": ["on"]}, "else": {"required": ["deep"]}}]
		},
		"leaf": {"type": "object", "additionalProperties": false, "properties": {
			"share": {"description": "Shares.", "type": "array", "minItems": 2,
				"items": {"type": "string", "pattern": `+strconv.Quote(percentPattern)+`}}
		}}
	}`, string(got))
	require.Panics(t, func() { scalarSchema(reflect.TypeFor[uint8](), rules{}) })
}
