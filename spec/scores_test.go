package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// TestSheets reads the folders of testdata/sheets and wants what NAME.out says.
func TestSheets(t *testing.T) {
	entries, err := os.ReadDir("testdata/sheets")
	require.NoError(t, err)
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() {
			t.Run(name, func(t *testing.T) {
				docs, err := Load(Source{FS: os.DirFS("testdata/sheets"), Path: name})
				require.NoError(t, err)
				golden(t, filepath.Join("testdata/sheets", name+".out"), shown(docs))
			})
		}
	}
}

// shown is what came of sheets, with every place.
func shown(d *Documents) string {
	var b strings.Builder
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.Pos, n.Message)
	}
	for _, g := range d.Gradebooks {
		for _, p := range g.Users.People {
			fmt.Fprintf(&b, "%s %q: email %q, sourcedId %q\n", p.Pos, p.UserID, p.Email, p.SourcedID)
		}
		for _, c := range g.Contexts {
			for _, key := range sortedKeys(c.Scores) {
				fmt.Fprintf(&b, "%s %s\n", c.Name.Value, key)
				for _, s := range c.Scores[key] {
					fmt.Fprintf(&b, "  %s:", s.Pos)
					for _, v := range values(&s) {
						b.WriteString(" " + v)
					}
					b.WriteString("\n")
				}
			}
		}
	}
	return b.String()
}

// values are the fields of a score that are named.
func values(s *Score) (all []string) {
	show := func(key string, named bool, state State, pos Pos, value any) {
		if !named {
			return
		}
		word := fmt.Sprintf("%#v", value)
		if state == Clear {
			word = "null"
		}
		if t, ok := value.(time.Time); ok {
			word = t.Format(time.RFC3339)
		}
		all = append(all, fmt.Sprintf("%s %s @%d:%d", key, word, pos.Line, pos.Column))
	}
	text := func(key string, o Opt[string]) { show(key, o.Named(), o.State, o.Pos, o.Value) }
	text("userId", s.UserID)
	text("email", s.Email)
	text("sourcedId", s.SourcedID)
	show("scoreGiven", s.ScoreGiven.Named(), s.ScoreGiven.State, s.ScoreGiven.Pos, s.ScoreGiven.Value)
	show("scoreMaximum", s.ScoreMaximum.Named(), s.ScoreMaximum.State, s.ScoreMaximum.Pos, s.ScoreMaximum.Value)
	text("comment", s.Comment)
	text("activityProgress", s.ActivityProgress)
	text("gradingProgress", s.GradingProgress)
	show("startedAt", s.Submission.StartedAt.Named(), s.Submission.StartedAt.State, s.Submission.StartedAt.Pos, s.Submission.StartedAt.Value)
	show("submittedAt", s.Submission.SubmittedAt.Named(), s.Submission.SubmittedAt.State, s.Submission.SubmittedAt.Pos, s.Submission.SubmittedAt.Value)
	text("scoringUserId", s.ScoringUserID)
	text("letterGrade", s.LetterGrade)
	show("shareWithStudent", s.ShareWithStudent.Named(), s.ShareWithStudent.State, s.ShareWithStudent.Pos, s.ShareWithStudent.Value)
	return all
}

const byEmail = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: a}]
users: {by: email}
lineItems:
  - {label: hw1, scoreMaximum: 100}
  - {label: hw2, scoreMaximum: 100}
  - {label: hw3, scoreMaximum: 100}
` + sandbox

const matrixOf = `---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: m}
gradebook: bio
matrix: {csv: g.csv, user: Email}
clear: CLEAR
`

const longOf = `---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: l}
gradebook: bio
lineItem: hw1
csv: l.csv
clear: CLEAR
`

// TestASectionOf250 has a spreadsheet as it comes, with 50 of 750 cells blank.
func TestASectionOf250(t *testing.T) {
	var text strings.Builder
	text.WriteString("\ufeffName,Email,HW1,HW2,HW3\r\n")
	want := map[string]map[string]float64{"hw1": {}, "hw2": {}, "hw3": {}}
	for i := range 250 {
		email := fmt.Sprintf("Student.%03d@Example.EDU", i)
		fmt.Fprintf(&text, "\"Lee, S. %d\",%s", i, email)
		for k, key := range []string{"hw1", "hw2", "hw3"} {
			if (3*i+k)%15 == 0 {
				text.WriteString(",")
				continue
			}
			want[key][email] = float64(i) / 4
			fmt.Fprintf(&text, ",%.2f", float64(i)/4)
		}
		text.WriteString("\r\n")
	}
	docs, err := Load(Source{Path: "g.yaml", FS: fstest.MapFS{"g.yaml": {Data: []byte(byEmail + matrixOf)}, "g.csv": {Data: []byte(text.String())}}})
	require.NoError(t, err)
	got, total := map[string]map[string]float64{}, 0
	for key, rows := range docs.Gradebooks[0].Contexts[0].Scores {
		got[key] = map[string]float64{}
		for _, s := range rows {
			got[key][s.Email.Value] = s.ScoreGiven.Value
			total++
		}
	}
	require.Empty(t, cmp.Diff(want, got))
	require.Equal(t, 700, total)
	require.Equal(t, []Note{{Pos: Pos{InFile("g.csv"), 1, 1}, Message: "columns that are no line item, left alone: Name", Public: "columns that are no line item, left alone: 1"}}, docs.Notes)
}

func TestStandardInputHasAFolder(t *testing.T) {
	folder := fstest.MapFS{"g.csv": {Data: []byte("email,hw1\nann@example.edu,5\n")}}
	docs, err := Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(folder))
	require.NoError(t, err)
	require.Equal(t, Pos{InFile("g.csv"), 2, 1}, docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].Pos)
	_, err = Load(Bytes("-", []byte(byEmail+matrixOf)))
	require.ErrorContains(t, err, `<stdin>:20:15: "csv" names a file, and this document lies in no folder`)
}

// TestNamesOfDataFiles has a sheet in the folder of a document below the one
// that was named.
func TestNamesOfDataFiles(t *testing.T) {
	tree := fstest.MapFS{
		"x/g.yaml": {Data: []byte(byEmail)}, "x/s/s.yaml": {Data: []byte(strings.Replace(matrixOf, "g.csv", "../d/g.csv", 1))},
		"x/d/g.csv": {Data: []byte("email,hw1\nann@example.edu,5\n")},
	}
	docs, err := Load(Source{FS: tree, Path: "x", Name: "../x"})
	require.NoError(t, err)
	require.Equal(t, Pos{InFile("../x/d/g.csv"), 2, 1}, docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].Pos)
	_, err = Load(Source{FS: tree, Path: "x/g.yaml"}, Source{FS: fstest.MapFS{"s.yaml": tree["x/s/s.yaml"]}, Path: "s.yaml"})
	require.ErrorContains(t, err, `s.yaml:6:15: "csv": "../d/g.csv": the path leaves the folder of the documents`)
}

func TestLinksOfDataFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "tree/d"), 0o755))
	for name, text := range map[string]string{"tree/g.yaml": byEmail + matrixOf, "tree/d/in.csv": "email,hw1\nann@example.edu,5\n", "out.csv": "email,hw1\nann@example.edu,6\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	link := filepath.Join(dir, "tree/g.csv")
	source := Source{FS: os.DirFS(filepath.Join(dir, "tree")), Path: "g.yaml"}
	require.NoError(t, os.Symlink("d/in.csv", link))
	docs, err := Load(source)
	require.NoError(t, err)
	require.Equal(t, 5.0, docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].ScoreGiven.Value)
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink("../out.csv", link))
	_, err = Load(source)
	require.ErrorContains(t, err, `"csv": "g.csv" cannot be read: the symbolic link leaves the folder`)
}

func TestLoadBase(t *testing.T) {
	text := strings.Replace(byEmail, "by: email", "by: email, map: people.csv", 1)
	text = strings.Replace(text, "contexts:", "platform: gone\ncontexts:", 1)
	tree := fstest.MapFS{
		"d/g.yaml": {Data: []byte(strings.TrimSuffix(text, sandbox) + matrixOf + longOf)},
		"d/l.csv":  {Data: []byte("email,scoreGiven\nann@example.edu,5\n")},
	}
	source := Source{FS: tree, Path: "d"}
	docs, missing, err := LoadBase(source)
	require.NoError(t, err)
	require.Equal(t, []Missing{{Pos{InFile("d/g.yaml"), 6, 25}, "d/people.csv"}, {Pos{InFile("d/g.yaml"), 16, 15}, "d/g.csv"}}, missing)
	require.Len(t, docs.Gradebooks[0].Contexts[0].Scores["hw1"], 1)
	require.Empty(t, docs.Platforms)

	_, err = Load(source)
	require.ErrorContains(t, err, `"csv": "d/g.csv" cannot be read`)
	require.ErrorContains(t, err, `unknown platform "gone"`)

	tree["d/g.csv"] = &fstest.MapFile{Data: []byte("email,hw1\nann@example.edu,x\n")}
	_, _, err = LoadBase(source)
	require.ErrorContains(t, err, `d/g.csv:2:17: column "hw1": "x" is no number`, "what is there is checked")
}

// TestSheetsArePrivate wants a public log without a person, whatever is wrong
// with a sheet, but with the place of the cell.
func TestSheetsArePrivate(t *testing.T) {
	for name, c := range map[string]struct{ sheet, keeps string }{
		"a wrong value":       {"Email,hw1\ncanary@example.edu,canary\n", `g.csv:2:20: "…" is no number`},
		"a wrong person":      {"Email,hw1\ncanary,1\n", `g.csv:2:1: "…" is no email address`},
		"a comma":             {"Email,hw1\ncanary@example.edu,\"61,5\"\n", `"…" has a decimal comma`},
		"a comma of three":    {"Email,hw1\ncanary@example.edu,\"61,375\"\n", `"…" can be "…", or "…" with`},
		"twice":               {"Email,hw1\ncanary@example.edu,1\nCanary@example.edu,1\n", "already at g.csv:2:1"},
		"beyond the header":   {"Email,hw1\nx@example.edu,1,canary\n", "a cell beyond the last column"},
		"no header":           {"canary,5\nanother canary,6\n", "g.csv:1:1: the first row has no column"},
		"never closed":        {"Email,hw1\ncanary@example.edu,\"1\n", "a quote that is opened here is never closed"},
		"no UTF-8":            {"Email,hw1\ncanary\xff@example.edu,1\n", "not valid UTF-8"},
		"above the header":    {"canary,,,,\nEmail,hw1\nx@example.edu,1\n", "row 2 has it"},
		"persons as columns":  {"Email,Canary Lee,canary@example.edu\nx@example.edu,1,2\n", "g.csv:1:1: no column is a line item"},
		"a column of persons": {"Email,HW1,hw1\nx@example.edu,1,canary\n", "g.csv:1:11: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(fstest.MapFS{"g.csv": {Data: []byte(c.sheet)}}))
			var errs Errors
			require.ErrorAs(t, err, &errs)
			require.Contains(t, errs.Public().Error(), c.keeps)
			require.NotContains(t, strings.ToLower(errs.Public().Error()), "canary")
			require.NotContains(t, errs.Public().Error(), "61", "a score")
		})
	}
}

func TestSheetBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	tree := fstest.MapFS{"g.csv": {Data: make([]byte, maxSheet+1)}}
	_, err := Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(tree))
	require.ErrorContains(t, err, `"g.csv" cannot be read: larger than 32 MiB`)

	tree["g.csv"] = &fstest.MapFile{Mode: os.ModeNamedPipe}
	_, err = Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(tree))
	require.ErrorContains(t, err, `"g.csv" cannot be read: not a regular file`)

	var rows strings.Builder
	rows.WriteString("Email,hw1,hw2,hw3\n")
	for i := range maxRows/3 + 2 {
		fmt.Fprintf(&rows, "%d@example.edu,1,1,1\n", i)
	}
	l := newLoader(false)
	l.file(content{name: "g.yaml", data: []byte(byEmail + matrixOf), in: folder{fs: fstest.MapFS{"g.csv": {Data: []byte(rows.String())}}, path: "."}})
	l.scores()
	require.ErrorContains(t, l.finish(), "the sheets have more than 250000 scores")
	require.Len(t, l.docs.Gradebooks[0].Contexts[0].Scores["hw1"], maxRows/3+1)

	l = newLoader(false)
	l.parsed = maxParsed
	l.file(content{name: "g.yaml", data: []byte(byEmail + matrixOf), in: folder{fs: fstest.MapFS{"g.csv": {Data: []byte("Email,hw1\n")}}, path: "."}})
	l.scores()
	require.ErrorContains(t, l.finish(), "the sheets of all documents have more than 256 MiB")
}

// counting is a tree that knows how often each name was opened.
type counting struct {
	fstest.MapFS
	opened map[string]int
}

func (c counting) Open(name string) (fs.File, error) {
	c.opened[name]++
	return c.MapFS.Open(name)
}

func TestASheetIsReadOnce(t *testing.T) {
	docs := byEmail + matrixOf + strings.NewReplacer("hw1", "hw3", "l.csv", "./x/../g.csv").Replace(longOf)
	tree := counting{fstest.MapFS{"g.csv": {Data: []byte("Email,hw1,scoreGiven\nann@example.edu,5,6\n")}}, map[string]int{}}
	read, err := Load(Bytes("-", []byte(docs)).Beside(tree))
	require.NoError(t, err)
	require.Equal(t, map[string]int{"g.csv": 1}, tree.opened)
	require.Equal(t, 6.0, read.Gradebooks[0].Contexts[0].Scores["hw3"][0].ScoreGiven.Value)
	require.Len(t, read.Notes, 2)
}

// TestSheetsOfTwoFolders has two that have one path, each in its own folder.
func TestSheetsOfTwoFolders(t *testing.T) {
	one := fstest.MapFS{"s.yaml": {Data: []byte(byEmail + matrixOf)}, "g.csv": {Data: []byte("Email,hw1\nann@example.edu,1\n")}}
	two := fstest.MapFS{
		"s.yaml": {Data: []byte(strings.NewReplacer("{name: m}", "{name: n}", "---\n", "").Replace(matrixOf))},
		"g.csv":  {Data: []byte("Email,hw1\nbo@example.edu,2\n")},
	}
	docs, err := Load(Source{FS: one, Path: "s.yaml", Name: "one/s.yaml"}, Source{FS: two, Path: "s.yaml", Name: "two/s.yaml"})
	require.NoError(t, err)
	var got []string
	for _, s := range docs.Gradebooks[0].Contexts[0].Scores["hw1"] {
		got = append(got, fmt.Sprint(s.Pos, " ", s.Email.Value, " ", s.ScoreGiven.Value))
	}
	require.Equal(t, []string{"one/g.csv:2:1 ann@example.edu 1", "two/g.csv:2:1 bo@example.edu 2"}, got)
}

func unprintable(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }

// FuzzScores wants no panic, harmless messages, and every score at its place:
// the cell there begins with what was read.
func FuzzScores(f *testing.F) {
	for _, dir := range []string{"testdata/sheets/*/*.csv", "testdata/err/*/*.csv"} {
		paths, err := filepath.Glob(dir)
		require.NoError(f, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tree := fstest.MapFS{"g.csv": {Data: text}, "l.csv": {Data: text}}
		for _, doc := range []string{matrixOf, longOf, strings.Replace(matrixOf, "user: Email", "user: userId, skip: 2", 1)} {
			docs, err := Load(Bytes("-", []byte(byEmail+doc)).Beside(tree))
			if err != nil {
				var errs Errors
				require.True(t, errors.As(err, &errs))
				for _, message := range []string{err.Error(), errs.Public().Error()} {
					require.Equal(t, -1, strings.IndexFunc(message, unprintable), "%q", message)
				}
				continue
			}
			file, _, _ := newFile("g.csv", 0, text)
			at := func(pos Pos) string {
				return strings.TrimLeft(string([]rune(file.line(int(pos.Line)))[pos.Column-1:]), "\" \t\u00a0\u3000")
			}
			for _, rows := range docs.Gradebooks[0].Contexts[0].Scores {
				for _, s := range rows {
					_, who := s.person()
					require.Equal(t, s.Pos, who.Pos)
					for _, o := range []Opt[string]{who, s.Comment} {
						if begin, _, _ := strings.Cut(o.Value, "\n"); o.IsSet() && !strings.ContainsAny(begin, "\"") {
							require.True(t, strings.HasPrefix(strings.TrimSpace(at(o.Pos)), strings.TrimSpace(begin)), "%q is not at %q", o.Value, at(o.Pos))
						}
					}
					if s.ScoreGiven.IsSet() {
						require.True(t, strings.ContainsAny(at(s.ScoreGiven.Pos)[:1], "0123456789"), "%v is not at %q", s.ScoreGiven.Value, at(s.ScoreGiven.Pos))
					}
				}
			}
		}
	})
}

func benchmarkSheet(b *testing.B, docs, name, text string, want int) {
	tree := fstest.MapFS{name: {Data: []byte(text)}}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		read, err := Load(Bytes("-", []byte(docs)).Beside(tree))
		got := 0
		for _, rows := range read.Gradebooks[0].Contexts[0].Scores {
			got += len(rows)
		}
		if err != nil || got != want {
			b.Fatal(err, got)
		}
	}
}

func BenchmarkMatrix(b *testing.B) {
	docs, text := strings.TrimSuffix(byEmail, sandbox), "Email"
	for k := range 100 {
		docs += fmt.Sprintf("  - {label: h%d, scoreMaximum: 100}\n", k)
		text += fmt.Sprintf(",H%d", k)
	}
	var rows strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rows, "\ns%05d@example.edu%s", i, strings.Repeat(",92.5", 100))
	}
	benchmarkSheet(b, docs+sandbox+matrixOf, "g.csv", text+rows.String(), 100_000)
}

func BenchmarkLong(b *testing.B) {
	var text strings.Builder
	text.WriteString("email,scoreGiven,comment\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "s%05d@example.edu,%d.5,\"Nice, work\"\n", i, i%100)
	}
	benchmarkSheet(b, byEmail+longOf, "l.csv", text.String(), 10_000)
}
