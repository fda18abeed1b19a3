package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// lines reads a sheet: each row as number-last and its cells as line:column=text.
func lines(text string) (got []string, comma rune, err error) {
	s, err := Open([]byte(text))
	if err != nil {
		return nil, 0, err
	}
	comma = s.Delimiters(1)[0]
	for r := s.Rows(comma); ; {
		row, err := r.Next()
		if err == io.EOF {
			return got, comma, nil
		}
		if err != nil {
			return got, comma, err
		}
		one := fmt.Sprintf("%d-%d", row.Number, row.Last)
		for _, c := range row.Cells {
			one += fmt.Sprintf(" %d:%d=%s", c.Line, c.Column, c.Text)
		}
		got = append(got, one)
	}
}

func TestAsItIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		comma rune
		want  []string
	}{
		"plain":                 {"a,b\n1,2\n", ',', []string{"1-1 1:1=a 1:3=b", "2-2 2:1=1 2:3=2"}},
		"no newline at the end": {"a,b\n1,2", ',', []string{"1-1 1:1=a 1:3=b", "2-2 2:1=1 2:3=2"}},
		"mark and CRLF":         {"\ufeffa,b\r\n1,2\r\n", ',', []string{"1-1 1:1=a 1:3=b", "2-2 2:1=1 2:3=2"}},
		"old Mac":               {"a,b\r1,\"x\ry\"\r", ',', []string{"1-1 1:1=a 1:3=b", "2-3 2:1=1 2:3=x\ny"}},
		"a CR at the end":       {"a,b\r\n1,2\r", ',', []string{"1-1 1:1=a 1:3=b", "2-2 2:1=1 2:3=2"}},
		"semicolon":             {"a;b,c;d\n1;2,5;3\n", ';', []string{"1-1 1:1=a 1:3=b,c 1:7=d", "2-2 2:1=1 2:3=2,5 2:7=3"}},
		"tab, empty cells":      {"a\tb\tc\n1\t\t3\n", '\t', []string{"1-1 1:1=a 1:3=b 1:5=c", "2-2 2:1=1 2:3= 2:4=3"}},
		"commas in quotes":      {"\"a,b,c\";d\n", ';', []string{"1-1 1:1=a,b,c 1:9=d"}},
		"one column":            {"a\n1\n", ',', []string{"1-1 1:1=a", "2-2 2:1=1"}},
		"sep":                   {"sep=;\r\na;b,c,d\n", ';', []string{"1-2 2:1=a 2:3=b,c,d"}},
		"sep in quotes":         {"\ufeff\"sep=\t\"\na,b\tc\n", '\t', []string{"1-2 2:1=a,b 2:5=c"}},
		"blanks":                {" a , b\u00a0,  \"c, d\"\n", ',', []string{"1-1 1:2=a 1:6=b 1:11=c, d"}},
		"characters":            {"ü,日本,🎉,e\u0301,x\n", ',', []string{"1-1 1:1=ü 1:3=日本 1:6=🎉 1:8=e\u0301 1:11=x"}},
		"quoted newline":        {"a,b\n\"1\n\n\"\"2\"\"\",x\n3,4\n", ',', []string{"1-1 1:1=a 1:3=b", "2-4 2:1=1\n\n\"2\" 4:8=x", "3-5 5:1=3 5:3=4"}},
		"quoted CRLF":           {"a,b\r\n\"1\r\n2\",x\r\n", ',', []string{"1-1 1:1=a 1:3=b", "2-3 2:1=1\n2 3:4=x"}},
		"empty lines count":     {"\n\na,b\n\r\n1,2\n\n", ',', []string{"3-3 3:1=a 3:3=b", "5-5 5:1=1 5:3=2"}},
		"short and long":        {"a,b\n1\n1,2,3\n", ',', []string{"1-1 1:1=a 1:3=b", "2-2 2:1=1", "3-3 3:1=1 3:3=2 3:5=3"}},
		"a lone quote":          {"a,5\" disk,c\n", ',', []string{"1-1 1:1=a 1:3=5\" disk 1:11=c"}},
		"empty quotes":          {"\"\",\"\"\n", ',', []string{"1-1 1:1= 1:4="}},
		"nothing":               {"", ',', nil},
		"only a mark":           {"\ufeff", ',', nil},
		"only blanks":           {"  \n ,\t\n", ',', []string{"1-1 1:3=", "2-2 2:2= 2:4="}},
	} {
		t.Run(name, func(t *testing.T) {
			got, comma, err := lines(c.text)
			require.NoError(t, err)
			require.Equal(t, c.comma, comma)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		rows       int // read before it
	}{
		"UTF-16, little":     {"\xff\xfea\x00", "is UTF-16 text, and no CSV in UTF-8", 0},
		"UTF-16, big":        {"\xfe\xff\x00a", "is UTF-16 text, and no CSV in UTF-8", 0},
		"NUL":                {"a\x00b", "is not a text file: it holds a NUL byte", 0},
		"Latin-1":            {"\ufeffa,b\rüé,Gr\xfc\xdfe\n", "2:6: not valid UTF-8", 0},
		"never closed":       {"a,b\n1,\"2\n3,4\n", "2:3: a quote that is opened here is never closed", 1},
		"closed by a double": {"ü,\"2\"\"\n3,4\n", "1:3: a quote that is opened here is never closed", 0},
		"goes on":            {"a,b\n\"x\" y,2\n3,4\n", "2:1: a quoted cell goes on after its closing quote", 1},
		"opened at the end":  {"a,\"", "1:3: a quote that is opened here is never closed", 0},
		"too wide":           {"a\n" + strings.Repeat(",", MaxColumns), "2:1: a row of more than 2000 columns", 1},
		"far too wide":       {"a\n" + strings.Repeat(",", 1<<20), "2:1: a row of more than 2000 columns", 0},
		"too long":           {"a\n" + strings.Repeat("\n", MaxRows) + "b\n", "1048578:1: more than 1048576 rows", 1},
	} {
		t.Run(name, func(t *testing.T) {
			rows, _, err := lines(c.text)
			require.EqualError(t, err, c.want)
			require.Len(t, rows, c.rows)
			require.IsType(t, &Error{}, err)
		})
	}
	s, err := Open([]byte("\"a"))
	require.NoError(t, err)
	r := s.Rows(',')
	_, first := r.Next()
	_, again := r.Next()
	require.Same(t, first, again, "nothing is read after an error")
	rows, _, err := lines("a\n" + strings.Repeat(",", MaxColumns-1))
	require.NoError(t, err)
	require.Len(t, rows, 2)
}

func TestOpenLeavesTheTextAlone(t *testing.T) {
	text := []byte("a\rb\r\n")
	_, err := Open(text)
	require.NoError(t, err)
	require.Equal(t, "a\rb\r\n", string(text))
}

func TestDelimiters(t *testing.T) {
	for text, want := range map[string]string{
		"Biology; Fall\n\na,b,c\n": ",;\t",
		"a\tb;c\td\n1,2,3,4,5,6\n": "\t;,",
		"\"a\n,,,\"\"\n\";b;c\n":   ";,\t",
		"":                         ",;\t",
		"SEP=|\na,b\n":             "|",
	} {
		s, err := Open([]byte(text))
		require.NoError(t, err)
		rows := 2
		if strings.HasPrefix(text, "a\t") {
			rows = 1
		}
		require.Equal(t, want, string(s.Delimiters(rows)), "%q", text)
	}
}

// FuzzRows wants no panic; each cell where it says that it is; and what
// encoding/csv takes strictly, as encoding/csv reads it.
func FuzzRows(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\ufeffa;b\r\n\"1\r\n\";2", "sep=\t\na\tb\r", "a, \"b\"\"c\" ,d", "\"", "a\"b,\"c\nd", "\n\n ,\r\n\r", "ü,日,\u2028", "a\rb,\"c\rd\"\r", " \n,",
		"\"a\"b\n", "\xff", "sep=,\n\"x\"\n", "a\t \"b\"\tc",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Open([]byte(text))
		if err != nil {
			return
		}
		physical := strings.Split(string(lineEnds([]byte(strings.TrimPrefix(text, "\ufeff")))), "\n")
		for _, comma := range s.Delimiters(3) {
			var rows [][]string
			number, last := 0, 0
			r := s.Rows(comma)
			for {
				row, err := r.Next()
				if err != nil {
					var e *Error
					require.True(t, err == io.EOF || errors.As(err, &e))
					if err != io.EOF {
						rows = nil
					}
					break
				}
				require.Greater(t, row.Number, number)
				require.GreaterOrEqual(t, row.Cells[0].Line, last)
				number, last = row.Number, row.Last
				var texts []string
				for _, c := range row.Cells {
					texts = append(texts, c.Text)
					require.LessOrEqual(t, c.Line, row.Last)
					line := physical[c.Line-1]
					require.LessOrEqual(t, c.Column-1, utf8.RuneCountInString(line))
					rest := string([]rune(line)[c.Column-1:])
					begin, _, _ := strings.Cut(c.Text, "\n")
					if begin = strings.TrimSpace(begin); !strings.HasPrefix(rest, `"`) {
						require.True(t, strings.HasPrefix(strings.TrimSpace(rest), begin), "%q is not at %q", c.Text, rest)
					}
				}
				rows = append(rows, texts)
			}
			strict := csv.NewReader(strings.NewReader(string(s.text)))
			strict.Comma, strict.FieldsPerRecord, strict.TrimLeadingSpace = comma, -1, comma != '\t'
			want, err := strict.ReadAll()
			if err != nil || len(want) == 0 || len(rows) == 0 {
				continue
			}
			for _, row := range want {
				for i := range row {
					row[i] = strings.TrimSpace(row[i])
				}
			}
			require.Empty(t, cmp.Diff(want, rows))
		}
	})
}

func benchmark(b *testing.B, text string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s, err := Open([]byte(text))
		require.NoError(b, err)
		r := s.Rows(',')
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}

func BenchmarkLong(b *testing.B) {
	var text strings.Builder
	text.WriteString("email,scoreGiven,comment\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "s%05d@example.edu,%d.5,\"Nice, work\"\n", i, i%100)
	}
	benchmark(b, text.String())
}

func BenchmarkMatrix(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "s%05d@example.edu%s\n", i, strings.Repeat(",92.5", 100))
	}
	benchmark(b, text.String())
}
