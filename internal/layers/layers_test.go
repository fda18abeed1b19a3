package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/gradesync/gradesync/"

// may is every package of ours with those of ours that it may import. A
// package that is not listed has no place yet: give it one.
var may = map[string][]string{
	"spec":                  {},
	"agsclient":             {},
	"internal/escape":       {},
	"internal/sandbox":      {},
	"internal/transport":    {},
	"internal/layers":       {},
	"plan":                  {"spec"},
	"plan/render":           {"plan", "internal/escape"},
	"reconcile":             {"spec", "plan"},
	"internal/platform/ags": {"agsclient", "plan", "reconcile"},
	"internal/run":          {"spec", "plan", "reconcile", "agsclient", "internal/platform/ags", "internal/sandbox", "internal/transport"},
	"cmd/gradesync":         {"spec", "plan", "plan/render", "reconcile", "internal/run", "internal/sandbox", "internal/escape"},
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
	ImportPath string
	Imports    []string
}

func TestDirections(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, listed := may[name]
		require.True(t, listed, "package %s has no place in the layers", name)
		seen[name] = true
		for _, imp := range p.Imports {
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
		name := strings.TrimPrefix(p.ImportPath, module)
		if name == "cmd/gradesync" || strings.HasPrefix(name, "internal/") {
			continue
		}
		for _, imp := range p.Imports {
			require.NotContains(t, []string{"os", "log", "flag", "log/slog", "os/exec"}, imp, "%s may not import %s", name, imp)
		}
	}
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	require.NoError(t, err)
	var all []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}
