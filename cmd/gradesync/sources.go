package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/gradesync/gradesync/spec"
)

// maxStdin bounds what is read of standard input: one byte more than spec
// takes of a file, so that spec says that it is too long.
const maxStdin = 32<<20 + 1

// sources is where the documents that -f names are read from.
func (a *app) sources(files []string) []spec.Source {
	var out []spec.Source
	for _, name := range files {
		if name == "-" {
			data, err := io.ReadAll(io.LimitReader(a.Stdin, maxStdin))
			if err != nil {
				data = nil // spec says that it holds no document
			}
			out = append(out, spec.Bytes("-", data).Beside(os.DirFS(".")))
			continue
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			out = append(out, spec.Source{FS: os.DirFS(name), Path: ".", Name: name})
			continue
		}
		out = append(out, spec.Source{FS: os.DirFS(filepath.Dir(name)), Path: filepath.Base(name), Name: name})
	}
	return out
}
