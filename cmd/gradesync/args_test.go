package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// The likeliest slips on a command line, and what to write instead.
func TestSlipsOnTheCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("course", 0o700))
	for name, text := range map[string]string{
		"course/bio101.yaml": "# ours\nkind: Gradebook\n", "course/no-suffix": "apiVersion: gradesync.dev/v1\n", "plan.json": "{\"kind\": 7}", "empty": "",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	for line, want := range map[string]string{
		"plan course/":            "gradesync plan takes no words beside its flags: name documents with -f: gradesync plan -f course/\n",
		"validate course/ x.yaml": "name documents with -f: gradesync validate -f course/ -f x.yaml\n",
		"export course/":          "name documents with -f: gradesync export -f course/\n",
		"roster course/":          "name documents with -f: gradesync roster -f course/\n",
		"doctor course/":          "name documents with -f: gradesync doctor -f course/\n",
		"plan \x1b[31mx":          `-f '\u001b[31mx'`,
		"apply course/bio101.yaml -f platform.yaml": "course/bio101.yaml is a document and not a saved plan: give it with -f\n",
		"apply course/no-suffix -f platform.yaml":   "course/no-suffix is a document and not a saved plan: give it with -f\n",
		"apply course":         "course is a folder and not a saved plan: give it with -f\n",
		"apply course/ x.yaml": "one saved plan at most; name documents with -f: gradesync apply -f course/ -f x.yaml\n",
		"apply plan.json":      "which documents?",
		"apply empty":          "which documents?",
		"apply gone.yaml":      "which documents?",
		"undo":                 "accepts 1 arg(s), received 0",
		"apply plan.json -f course --identity gone.txt":  "gone.txt",
		"apply plan.json -f course --identity plan.json": "plan.json holds no age identity",
	} {
		out, code := slip(t, strings.Fields(line)...)
		require.Equal(t, 64, code, "%s\n%s", line, out)
		require.Contains(t, out, want, line)
	}
}

// A form of --stats without = is a word to the parser of flags.
func TestFormBehindStats(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("course", 0o700))
	const hint = "hint: --stats takes its form with =: --stats=text or --stats=json\n"
	for line, want := range map[string]string{
		"plan -f course --stats xml":               "gradesync: gradesync plan takes no words beside its flags, and xml is one\n" + hint,
		"plan --stats json -f course":              "gradesync: gradesync plan takes no words beside its flags, and json is one\n" + hint,
		"plan more -f course --stats text":         "gradesync: gradesync plan takes no words beside its flags, and text is one\n" + hint,
		"plan -f course --stats \x1b[31mx":         "gradesync: gradesync plan takes no words beside its flags, and '\\u001b[31mx' is one\n" + hint,
		"plan -f course --stats --redact xml":      "gradesync: gradesync plan takes no words beside its flags: name documents with -f: gradesync plan -f xml\n",
		"plan xml -f course --stats":               "name documents with -f: gradesync plan -f xml\n",
		"plan -f course --stats=json xml":          "name documents with -f: gradesync plan -f xml\n",
		"plan -f course --stats -- xml":            "name documents with -f: gradesync plan -f xml\n",
		"plan -f --stats xml":                      "name documents with -f: gradesync plan -f xml\n",
		"validate -f course xml":                   "name documents with -f: gradesync validate -f xml\n",
		"apply -f course --stats json":             "gradesync: there is no saved plan json\n" + hint,
		"apply --stats gone.json -f course/x.yaml": "course/x.yaml",
		"apply plan.json -f course --stats text":   "gradesync: there is no saved plan text\n" + hint,
	} {
		out, code := slip(t, strings.Fields(line)...)
		require.NotZero(t, code, line)
		require.Contains(t, out, want, line)
		require.Equal(t, strings.HasSuffix(want, hint), strings.Contains(out, hint), line)
	}
}

// A key in the place of its file comes out nowhere.
func TestKeysOnTheCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for _, key := range []string{id.String(), strings.ToLower(id.String()), " " + id.String() + "\n", "# created\n" + id.String(), "./" + id.String(), id.String()[:40]} {
		secret := strings.ToLower(id.String()[16:36])
		for _, args := range [][]string{
			{"apply", "plan.json", "-f", "course", "--identity", key},
			{"apply", "plan.json", "-f", "course", "--identity=" + key},
			{"undo", "runs/x", "-f", "course", "--identity", key},
			{"undo", key, "-f", "course"},
			{"apply", key, "-f", "course"},
			{"apply", "plan.json", key, "-f", "course"},
			{"plan", key},
			{"plan", "-f", key},
			{"validate", "-f", key},
		} {
			out, code := slip(t, args...)
			require.Equal(t, 64, code, "%q\n%s", args, out)
			require.Contains(t, out, "a secret key stands on the command line")
			require.NotContains(t, strings.ToLower(out), secret)
		}
	}
}

// slip is what a command line that does nothing prints.
func slip(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	a := &app{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Env: func(string) (string, bool) { return "", false }, Clock: wallClock{}}
	code := a.Main(t.Context(), args)
	return out.String(), code
}

// Where CI is set, what a file holds is not in the log, its sheets' headers
// included.
func TestPublicLogOfMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	const head = "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\ncontexts: [{name: s}]\nlineItems:\n"
	const items = "  - {resourceId: hw1, label: HW, scoreMaximum: 5}\n"
	const tail = "---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: p}\nsandbox: {}\n"
	const scores = "---\napiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: x}\ngradebook: bio\nmatrix: {csv: g.csv, user: id}\n"
	for name, c := range map[string]struct {
		text, sheet string
		code        int
		says        string
	}{
		"a row too high":     {head + items + "  - {userId: qzana@example.edu, scoreGiven: 12, comment: qz}\n" + tail, "", 3, `b.yaml:7:6: unknown key "userId" in a line item`},
		"a row in a label":   {head + "  - {resourceId: hw1, label: [qzana, {userId: qzana, scoreGiven: 3}], scoreMaximum: 5}\n" + tail, "", 3, `b.yaml:6:30: "label" is a list, but must be a single value`},
		"points as a row":    {head + "  - {resourceId: hw1, label: HW, scoreMaximum: {userId: qzana}}\n" + tail, "", 3, `"scoreMaximum" is a mapping, but must be a single value`},
		"a map of people":    {head + items + tail + "---\napiVersion: gradesync.dev/v1\nkind: Scores\nqzana@example.edu: 17\n", "", 3, `unknown key "…" in a Scores document`},
		"a slip":             {head + "  - {resourceId: hw1, lable: qzana, scoreMaximum: 5}\n" + tail, "", 3, `unknown key "lable" in a line item` + "\n   hint: did you mean \"label\"?"},
		"columns of persons": {head + items + tail + scores, "id,HW,Qzana Lee,qzbo@example.edu\nu1,3,4,5\n", 0, "note: g.csv:1:1: columns that are no line item, left alone: 2\n"},
		"no line item":       {head + items + tail + scores, "id,Qzana Lee\nu1,3\n", 3, "g.csv:1:1: no column is a line item of Gradebook \"…\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile("b.yaml", []byte(c.text), 0o600))
			require.NoError(t, os.WriteFile("g.csv", []byte(c.sheet), 0o600))
			for _, github := range []string{"", "true"} {
				var out bytes.Buffer
				env := map[string]string{"CI": "true", "GITHUB_ACTIONS": github}
				a := &app{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }, Clock: wallClock{}}
				require.Equal(t, c.code, a.Main(t.Context(), []string{"validate", "-f", "b.yaml"}), "%s", &out)
				require.Contains(t, out.String(), c.says)
				require.NotContains(t, strings.ToLower(out.String()), "qz")
			}
		})
	}
}
