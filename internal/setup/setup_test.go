package setup

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"net/http"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

func newKey(t *testing.T) Key {
	t.Helper()
	k, err := NewKey()
	require.NoError(t, err)
	return k
}

// answersOf are enough for documents, of every kind of LMS.
func answersOf() map[string]Answers {
	const url = "https://lms.example.edu"
	return map[string]Answers{
		"canvas":     {LMS: "canvas", URL: url + "/", ClientID: "10000000000001", Course: "101"},
		"moodle":     {LMS: "moodle", URL: url, ClientID: "aB3", DeploymentID: "7", Course: "2"},
		"blackboard": {LMS: "blackboard", ClientID: "c", DeploymentID: "d", LineItemsURL: url + "/learn/api/v1/lti/courses/_4_1/lineItems"},
		"d2l":        {LMS: "d2l", URL: url, ClientID: "c", DeploymentID: "d", LineItemsURL: url + "/items"},
		"other":      {LMS: "other", TokenURL: url + "/token?x=1&y", Audience: "urn:lms", ClientID: `"odd": #one`, LineItemsURL: url + "/items", Name: "campus: north"},
	}
}

func loaded(t *testing.T, platform, gradebook []byte) *spec.Documents {
	t.Helper()
	docs, err := spec.Load(spec.Bytes(PlatformFile, platform), spec.Bytes(GradebookFile, gradebook))
	require.NoError(t, err)
	return docs
}

// An LMS that knows the public half grants a token for the private one.
func TestKeyGetsAToken(t *testing.T) {
	k := newKey(t)
	box, err := sandbox.Open(sandbox.Options{URL: sandbox.InProcessURL, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	pair, err := agsclient.ParsePrivateKey(k.Private)
	require.NoError(t, err)
	require.GreaterOrEqual(t, pair.N.BitLen(), 2048)
	tokens := func() error {
		src := &agsclient.ClientCredentials{
			HTTP: &http.Client{Transport: box.Transport()}, TokenURL: sandbox.InProcessURL + sandbox.TokenPath,
			ClientID: box.Tool().ClientID, KeyID: k.ID, DeploymentID: box.Tool().DeploymentID, Key: pair, Now: time.Now,
		}
		_, err := src.Token(t.Context(), []string{agsclient.ScopeMembership})
		return err
	}
	require.Error(t, tokens(), "nobody has registered it")
	require.NoError(t, box.Update(func(s *sandbox.State) error { s.Client.PublicKey = k.JWK; return nil }))
	require.NoError(t, tokens())
}

func TestKeyForms(t *testing.T) {
	k := newKey(t)
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal(k.JWKS, &set))
	require.Len(t, set.Keys, 1)
	var one jose.JSONWebKey
	require.NoError(t, json.Unmarshal(k.JWK, &one))
	for _, jwk := range []jose.JSONWebKey{one, set.Keys[0]} {
		require.True(t, jwk.IsPublic())
		require.Equal(t, k.ID, jwk.KeyID)
		require.Equal(t, "sig", jwk.Use)
		require.Equal(t, "RS256", jwk.Algorithm)
	}
	require.NotEqual(t, k.ID, newKey(t).ID)
	require.True(t, strings.HasPrefix(string(k.Private), "-----BEGIN PRIVATE KEY-----\n"), "PKCS#8")
	require.True(t, strings.HasPrefix(string(k.Public), "-----BEGIN PUBLIC KEY-----\n"))
}

func TestDocuments(t *testing.T) {
	k := newKey(t)
	for word, a := range answersOf() {
		t.Run(word, func(t *testing.T) {
			require.NoError(t, a.Check())
			require.Empty(t, a.Missing())
			require.Empty(t, a.Later())
			docs := loaded(t, documents(t, a, k), second(t, a, k))
			p := docs.Platforms[0].AGS
			l, _ := Find(word)
			want := a.Full()
			got := Answers{
				LMS: word, URL: p.URL.Value, TokenURL: p.TokenURL.Value, ClientID: p.ClientID.Value, DeploymentID: p.DeploymentID.Value,
				Audience: want.Audience, Course: docs.Gradebooks[0].Contexts[0].Course.Value, LineItemsURL: docs.Gradebooks[0].Contexts[0].LineItemsURL.Value,
				Name: docs.Platforms[0].Name(),
			}
			require.Empty(t, cmp.Diff(want, got))
			if want.Audience != "" {
				require.Equal(t, want.Audience, p.Audience.Value)
			}
			require.Equal(t, l.Profile, p.Profile.Value)
			require.Equal(t, k.ID, p.KeyID.Value)
			require.Equal(t, KeyFile, p.PrivateKey.File.Value)
			require.NotContains(t, string(documents(t, a, k)), "PRIVATE KEY")
		})
	}
	require.Equal(t, "https://lms.example.edu/login/oauth2/token", answersOf()["canvas"].Full().TokenURL)
	require.Equal(t, "https://lms.example.edu/mod/lti/token.php", answersOf()["moodle"].Full().TokenURL)
}

func documents(t *testing.T, a Answers, k Key) []byte {
	t.Helper()
	platform, _, err := Documents(a, k)
	require.NoError(t, err)
	return platform
}

func second(t *testing.T, a Answers, k Key) []byte {
	t.Helper()
	_, gradebook, err := Documents(a, k)
	require.NoError(t, err)
	return gradebook
}

// Without what the LMS hands back, the documents load all the same, and say
// what is to be filled in.
func TestDocumentsForLater(t *testing.T) {
	k := newKey(t)
	for _, tc := range []struct {
		a     Answers
		later []string
	}{
		{Answers{LMS: "canvas", URL: "https://lms.example.edu"}, []string{"--client-id", "--course"}},
		{Answers{LMS: "moodle", URL: "https://lms.example.edu"}, []string{"--client-id", "--deployment-id", "--course"}},
		{Answers{LMS: "moodle", URL: "https://lms.example.edu", ClientID: "c", LineItemsURL: "https://lms.example.edu/x"}, nil},
		{Answers{LMS: "blackboard"}, []string{"--client-id", "--line-items-url"}},
		{Answers{LMS: "d2l", ClientID: "c"}, []string{"--line-items-url"}},
		{Answers{LMS: "other", TokenURL: "http://localhost:8080/token"}, []string{"--client-id", "--line-items-url"}},
	} {
		require.Empty(t, tc.a.Missing())
		require.Empty(t, cmp.Diff(tc.later, tc.a.Later()))
		platform, gradebook, err := Documents(tc.a, k)
		require.NoError(t, err)
		loaded(t, platform, gradebook)
		require.Equal(t, len(tc.later), strings.Count(string(platform)+string(gradebook), "fill-in-the-"), "%s%s", platform, gradebook)
		next := Next(tc.a, "dir")
		require.Equal(t, len(tc.later), strings.Count(next, "fill in "))
		require.Contains(t, next, "gradesync plan -f dir")
		require.Equal(t, len(tc.later), strings.Count(next, " in dir/"), "%s", next)
	}
}

// A folder is one word of the commands that are to be copied.
func TestNextForAShell(t *testing.T) {
	for dir, want := range map[string]string{
		".": ".", "bio/101_a-b": "bio/101_a-b", "Ann's course": `'Ann'\''s course'`, "a|b": "'a|b'", "`id`": "'`id`'", "a\nb": "'a\nb'", "#1": "'#1'",
		"~x": "'~x'", "ü": "'ü'", "": "''",
	} {
		require.Contains(t, Next(Answers{LMS: "d2l"}, dir), "gradesync plan -f "+want+" ")
	}
}

// Once the LMS has answered, what is still open is asked for.
func TestSecond(t *testing.T) {
	for _, tc := range []struct {
		a    Answers
		want []string
	}{
		{Answers{LMS: "canvas"}, []string{"--client-id", "--deployment-id"}},
		{Answers{LMS: "canvas", ClientID: "c"}, nil},
		{Answers{LMS: "moodle", ClientID: "c"}, []string{"--deployment-id"}}, // no course's URL without it
		{Answers{LMS: "moodle", DeploymentID: "7"}, []string{"--client-id"}},
		{Answers{LMS: "moodle", ClientID: "c", LineItemsURL: "https://lms.example.edu/x"}, nil},
	} {
		var flags []string
		for _, q := range tc.a.Second() {
			flags = append(flags, q.Flag)
		}
		require.Empty(t, cmp.Diff(tc.want, flags), "%+v", tc.a)
	}
	require.Equal(t, `clientID: "c", deploymentID: "7"`, HandedBack(Answers{ClientID: "c", DeploymentID: "7"}))
	require.Equal(t, `deploymentID: "7"`, HandedBack(Answers{DeploymentID: "7"}))
}

// What stands in the documents as a comment works when it is uncommented.
func TestCommentedExamples(t *testing.T) {
	k := newKey(t)
	example := regexp.MustCompile(`(?m)^( *)# ((?:  )*(?:- \{|\w+: ?[\[{"]|\w+:$))`)
	for word, a := range answersOf() {
		platform, gradebook, err := Documents(a, k)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(example.FindAll(platform, -1)), 3)
		require.GreaterOrEqual(t, len(example.FindAll(gradebook, -1)), 6)
		docs, err := spec.Load(
			spec.Bytes(PlatformFile, example.ReplaceAll(platform, []byte("$1$2"))),
			spec.Bytes(GradebookFile, example.ReplaceAll(gradebook, []byte("$1$2"))))
		require.NoError(t, err, word)
		require.Len(t, docs.Gradebooks[0].LineItems, 4)
		require.Len(t, docs.Gradebooks[0].LineItems[0].Scores, 2)
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name string
		a    Answers
		want string // "": nothing is wrong
	}{
		{"nothing", Answers{}, ""},
		{"unknown LMS", Answers{LMS: "canvass"}, "--lms canvass is not known: canvas, moodle, blackboard, d2l, other"},
		{"no scheme", Answers{URL: "lms.example.edu"}, "--url lms.example.edu: write a full https URL, as in https://lms.example.edu (it must begin with https://)"},
		{"no host", Answers{URL: "https:///x"}, "it has no host"},
		{"no scheme, a port", Answers{URL: "lms.example.edu:443"}, "it must begin with https://"},
		{"bad port", Answers{URL: "https://lms.example.edu:x/"}, "it has no host, or one that cannot be"},
		{"http", Answers{TokenURL: "http://lms.example.edu/token"}, "http is for this machine only"},
		{"http here", Answers{TokenURL: "http://127.0.0.1:1/token"}, ""},
		{"password", Answers{LineItemsURL: "https://u:swordfish@lms.example.edu/"}, "not shown"},
		{"fragment", Answers{LineItemsURL: "https://lms.example.edu/#x"}, "no # in it"},
		{"blank", Answers{URL: "https://lms.example.edu/a b"}, "no blanks in it"},
		{"ftp", Answers{URL: "ftp://lms.example.edu/"}, "it must begin with https://"},
		{"query of a root", Answers{URL: "https://lms.example.edu/?x=1"}, "has no query"},
		{"newline", Answers{Name: "a\nb"}, "--name"},
		{"blanks", Answers{ClientID: " c"}, "--client-id"},
		{"long", Answers{DeploymentID: strings.Repeat("x", 257)}, "--deployment-id is longer"},
		{"twice", Answers{LMS: "moodle", Course: "1", LineItemsURL: "https://lms.example.edu/"}, "keep one"},
		{"no URLs from a course", Answers{LMS: "d2l", Course: "1"}, "--course is for canvas and moodle"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.a.Check()
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "swordfish")
		})
	}
}

func TestMissing(t *testing.T) {
	const url = "https://lms.example.edu"
	for _, tc := range []struct {
		a    Answers
		want []string
	}{
		{Answers{}, []string{"--lms"}},
		{Answers{LMS: "canvas"}, []string{"--url"}},
		{Answers{LMS: "moodle"}, []string{"--url"}},
		{Answers{LMS: "canvas", TokenURL: url}, []string{"--url"}}, // a course's place is below it
		{Answers{LMS: "canvas", TokenURL: url, LineItemsURL: url}, nil},
		{Answers{LMS: "blackboard"}, nil},
		{Answers{LMS: "d2l"}, nil},
		{Answers{LMS: "other", URL: url}, []string{"--token-url"}},
	} {
		require.Empty(t, cmp.Diff(tc.want, tc.a.Missing()), "%+v", tc.a)
	}
}

// Each LMS's settings name the public key in the form that it takes, what it
// hands back, and nothing private.
func TestSettings(t *testing.T) {
	k := newKey(t)
	pem := string(k.Public)
	for word, has := range map[string][]string{
		"canvas":     {`"public_jwk"`, "By Client", "ags.deploymentID", "https://sso.canvaslms.com/login/oauth2/token"},
		"moodle":     {pem, "Use this service for grade sync and column management", "https://lms.example.edu/mod/lti/token.php"},
		"blackboard": {JWKSFile, "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken", "ags.deploymentID"},
		"d2l":        {JWKSFile, "https://auth.brightspace.com/core/connect/token", "https://api.brightspace.com/auth/token"},
		"other":      {pem, agsclient.ScopeScore, agsclient.ScopeMembership, "https://lms.example.edu/token?x=1&y"},
	} {
		text, err := Settings(answersOf()[word], k, "course")
		require.NoError(t, err)
		jwk, err := indented(k.JWK)
		require.NoError(t, err)
		for _, s := range append(has, "ags.clientID", string(jwk), "FILES IN course\n", KeyFile, JWKSFile, PlatformFile, GradebookFile) {
			require.Contains(t, text, s, word)
		}
		require.NotContains(t, text, "\n\n\n", word)
		require.Equal(t, word == "blackboard", !strings.Contains(text, tool), "%s: its portal has each domain once", word)
		require.NotContains(t, text, "PRIVATE")
		require.NotContains(t, text, "<no value>")
	}
}

// What is to be pasted into Canvas is JSON with what its schema requires.
func TestCanvasKey(t *testing.T) {
	k := newKey(t)
	text, err := Settings(answersOf()["canvas"], k, ".")
	require.NoError(t, err)
	from, to := strings.Index(text, "{\n  \"title\""), strings.Index(text, "\nSave it")
	require.Positive(t, from)
	require.True(t, strings.HasPrefix(text, "FILES\n"))
	var got struct {
		Title, Description string
		TargetLinkURI      string          `json:"target_link_uri"`
		OIDC               string          `json:"oidc_initiation_url"`
		JWK                jose.JSONWebKey `json:"public_jwk"`
		Scopes             []string
		Extensions         []struct {
			Platform string
			Settings struct{ Placements []any }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text[from:to]), &got))
	require.NotEmpty(t, got.Title)
	require.NotEmpty(t, got.Description)
	require.NotEmpty(t, got.TargetLinkURI)
	require.NotEmpty(t, got.OIDC)
	require.Equal(t, k.ID, got.JWK.KeyID)
	require.Len(t, got.Scopes, 5)
	require.Equal(t, "canvas.instructure.com", got.Extensions[0].Platform)
	require.NotNil(t, got.Extensions[0].Settings.Placements)
	require.Empty(t, got.Extensions[0].Settings.Placements)
}
