package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	return alreadyThere(there...)
}

func alreadyThere(names ...string) error {
	return &stop{
		code: exitFailed, err: fmt.Errorf("nothing was written, as these are there already: %s", strings.Join(names, ", ")),
		hint: "choose another folder with --dir; --force makes all of them anew, the private key too",
	}
}

// placeFiles writes files beside each other. All are written in full before
// the first takes its place, so that a full disk leaves what was there. With
// over they replace what is there; without, one that is there, or has come to
// be there by now, is an error, and none is placed.
func placeFiles(dir string, files []file, over bool) (err error) {
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
		if info, err := os.Stat(filepath.Join(dir, f.name)); over && err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is there and is no file", filepath.Join(dir, f.name))
		}
		if err := os.WriteFile(filepath.Join(staged, f.name), f.data, f.mode); err != nil {
			return err
		}
	}
	if !over {
		return addFiles(staged, dir, files)
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(staged, f.name), filepath.Join(dir, f.name)); err != nil {
			return err
		}
	}
	return nil
}

// addFiles lets staged files take their places, all of them or none. The
// first is the last to be taken back, so that whoever adds the same files at
// the same time is kept out by it.
func addFiles(staged, dir string, files []file) (err error) {
	type placed struct {
		name string
		info fs.FileInfo
	}
	var done []placed
	defer func() {
		if err == nil {
			return
		}
		for _, p := range slices.Backward(done) {
			if now, lerr := os.Lstat(p.name); lerr != nil || !os.SameFile(now, p.info) {
				continue // somebody has put another one there with --force
			}
			if rerr := os.Remove(p.name); rerr != nil {
				err = fmt.Errorf("%v; of what was written this stays behind: %w", err, rerr)
			}
		}
	}()
	for _, f := range files {
		name := filepath.Join(dir, f.name)
		info, err := f.add(filepath.Join(staged, f.name), name)
		if info != nil {
			done = append(done, placed{name, info})
		}
		switch {
		case errors.Is(err, fs.ErrExist):
			return alreadyThere(name)
		case err != nil:
			return err
		}
	}
	return nil
}

// add lets a file take its place if nothing has that name, and tells what is
// there now: by a link, or where there are no links by making it anew, when
// others may see it half written.
func (f file) add(staged, name string) (fs.FileInfo, error) {
	switch err := os.Link(staged, name); {
	case err == nil:
		return os.Lstat(staged)
	case errors.Is(err, fs.ErrExist):
		return nil, err
	}
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
	if err != nil {
		return nil, err
	}
	info, err := w.Stat()
	if err == nil {
		_, err = w.Write(f.data)
	}
	return info, errors.Join(err, w.Close())
}

// rewrite replaces a file that holds what it was first written with. One that
// somebody has changed since is theirs, and an error that says what to enter.
func rewrite(dir string, was, now file, enter string) error {
	name := filepath.Join(dir, was.name)
	held, err := os.ReadFile(name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case !bytes.Equal(held, was.data):
		return &stop{
			code: exitFailed, err: fmt.Errorf("%s is no longer what init wrote, so it is left alone", name),
			hint: "enter there what was answered, if it is yours: " + enter,
		}
	}
	return placeFiles(dir, []file{now}, true)
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
