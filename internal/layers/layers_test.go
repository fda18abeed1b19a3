package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/gradesync/gradesync/"

// may is every package of ours with those of ours that it may import. A
// package that is not listed has no place yet: give it one.
var may = map[string][]string{
	"spec":                             {"spec/sheet"},
	"spec/sheet":                       {},
	"agsclient":                        {},
	"internal/escape":                  {},
	"internal/quirk":                   {},
	"internal/revision":                {},
	"internal/sandbox":                 {"internal/quirk"},
	"internal/transport":               {"agsclient"},
	"internal/layers":                  {},
	"internal/runlog":                  {},
	"plan":                             {"spec"},
	"plan/render":                      {"plan", "internal/escape"},
	"internal/setup":                   {"spec", "agsclient", "internal/escape"},
	"reconcile":                        {"spec", "plan", "internal/escape"},
	"reconcile/platformtest":           {"spec", "plan", "reconcile"},
	"internal/platform/wire":           {"agsclient", "plan"},
	"internal/platform/ags":            {"agsclient", "plan", "reconcile", "internal/platform/wire", "internal/quirk"},
	"internal/platform/ltiaas":         {"agsclient", "plan", "reconcile", "internal/platform/wire"},
	"internal/platform/learningstudio": {"agsclient", "plan", "reconcile"},
	"internal/lab":                     {"agsclient", "internal/platform/ags", "internal/quirk", "internal/sandbox", "internal/transport", "plan", "reconcile/platformtest"},
	"internal/export":                  {"spec", "plan", "reconcile", "internal/escape"},
	"internal/doctor":                  {"plan", "reconcile", "internal/escape", "internal/quirk"},
	"internal/bench":                   {"agsclient", "internal/run", "internal/sandbox", "reconcile"},
	"internal/run":                     {"spec", "plan", "reconcile", "agsclient", "internal/doctor", "internal/export", "internal/platform/ags", "internal/platform/learningstudio", "internal/platform/ltiaas", "internal/revision", "internal/runlog", "internal/sandbox", "internal/transport"},
	"cmd/gradesync":                    {"spec", "plan", "plan/render", "reconcile", "internal/doctor", "internal/export", "internal/run", "internal/runlog", "internal/sandbox", "internal/escape", "internal/quirk", "internal/setup"},
}

// only are libraries that just one package may import.
var only = map[string]string{
	"gopkg.in/yaml.v3":               "spec",
	"github.com/google/go-cmp/cmp":   "reconcile",
	"github.com/spf13/pflag":         "cmd/gradesync",
	"github.com/spf13/cobra":         "cmd/gradesync",
	"github.com/schollz/progressbar": "cmd/gradesync",
}

type goPackage struct {
	name    string // its folder
	imports []string
}

func TestDirections(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := p.name
		allowed, listed := may[name]
		require.True(t, listed, "package %s has no place in the layers", name)
		seen[name] = true
		for _, imp := range p.imports {
			if ours, ok := strings.CutPrefix(imp, module); ok {
				require.Contains(t, allowed, ours, "%s may not import %s", name, ours)
			}
			for lib, home := range only {
				if strings.HasPrefix(imp, lib) {
					require.Equal(t, home, name, "%s may not import %s", name, imp)
				}
			}
		}
	}
	for name := range may {
		require.True(t, seen[name], "package %s is in the layers and nowhere else", name)
	}
}

// Libraries take no time from the process, no flags, and never end it.
func TestLibrariesStayPure(t *testing.T) {
	for _, p := range packages(t) {
		name := p.name
		if name == "cmd/gradesync" || strings.HasPrefix(name, "internal/") {
			continue
		}
		for _, imp := range p.imports {
			require.NotContains(t, []string{"os", "log", "flag", "log/slog", "os/exec"}, imp, "%s may not import %s", name, imp)
		}
	}
}

// packages reads the imports of every package of the module, tests apart,
// from the source itself.
func packages(t *testing.T) []goPackage {
	t.Helper()
	const root = "../.."
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		name := filepath.ToSlash(dir)
		imports[name] = append(imports[name], "") // it is there, imports or not
		for _, spec := range file.Imports {
			imports[name] = append(imports[name], strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	require.NoError(t, err)
	var all []goPackage
	for _, name := range slices.Sorted(maps.Keys(imports)) {
		all = append(all, goPackage{name, imports[name]})
	}
	return all
}
