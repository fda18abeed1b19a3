package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradesync/gradesync/internal/setup"
)

// file is one to be written.
type file struct {
	name string
	data []byte
	mode fs.FileMode
}

// nothingThere is an error that names what init would overwrite.
func nothingThere(dir string) error {
	var there []string
	for _, name := range []string{setup.KeyFile, setup.JWKSFile, setup.PlatformFile, setup.GradebookFile} {
		switch _, err := os.Lstat(filepath.Join(dir, name)); {
		case err == nil:
			there = append(there, filepath.Join(dir, name))
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	if len(there) == 0 {
		return nil
	}
	return &stop{
		code: exitFailed, err: fmt.Errorf("nothing was written, as these are there already: %s", strings.Join(there, ", ")),
		hint: "choose another folder with --dir; --force makes all of them anew, the private key too",
	}
}

// placeFiles writes files beside each other. All are written in full before
// the first takes its place, so that a full disk leaves what was there.
func placeFiles(dir string, files []file) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	staged, err := os.MkdirTemp(dir, ".gradesync-init-") // 0700: nobody else sees the key
	if err != nil {
		return err
	}
	defer func() {
		if rerr := os.RemoveAll(staged); err == nil {
			err = rerr
		}
	}()
	for _, f := range files {
		if info, err := os.Stat(filepath.Join(dir, f.name)); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is there and is no file", filepath.Join(dir, f.name))
		}
		if err := os.WriteFile(filepath.Join(staged, f.name), f.data, f.mode); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(staged, f.name), filepath.Join(dir, f.name)); err != nil {
			return err
		}
	}
	return nil
}

// ignores tells whether a folder's .gitignore names a file of it. A folder
// without one is an os.ErrNotExist.
func ignores(dir, name string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(text)) {
		if strings.TrimPrefix(strings.TrimSpace(line), "/") == name {
			return true, nil
		}
	}
	return false, nil
}
