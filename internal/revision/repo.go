package revision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Repo is a git repository with a work tree. It may be used by several at once.
type Repo struct {
	root    string // of the work tree, absolute, without symbolic links
	git     program
	objects *objects
	hexLen  int // of an object id: 40, or 64 with SHA-256
	shallow bool
}

// Revision is a commit. The zero Revision is none.
type Revision struct {
	Hash string // whole, in hexadecimal
	Name string // as it was asked for: "main", "HEAD~3", a ref; or the short hash
}

// Short is the hash as people read it.
func (r Revision) Short() string { return r.Hash[:min(len(r.Hash), 12)] }

// Open finds the repository that holds a folder, or the folder itself. Close
// ends the git that it keeps running. Errors: ErrNoGit, ErrNoRepository, or what
// git says against it, such as an owner that is not the user.
func Open(ctx context.Context, dir string) (*Repo, error) {
	path, err := exec.LookPath("git")
	if err != nil {
		return nil, &Error{Message: "revisions are read with git, and there is no git program on the PATH", Hint: "install git, or name a copy of the files instead of a revision", Err: ErrNoGit}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	git := program{path: path, dir: abs, env: environment(os.Environ())}
	out, _, err := git.run(ctx, "rev-parse", "--show-object-format", "--is-shallow-repository", "--show-toplevel")
	if err != nil {
		return nil, unopened(dir, err)
	}
	// The root comes last, and is cut at its end only: it may hold a line's end.
	lines := strings.SplitN(strings.TrimSuffix(string(out), "\n"), "\n", 3)
	if len(lines) != 3 || strings.HasPrefix(lines[0], "--") || lines[2] == "" {
		return nil, &Error{Message: "this git is too old", Hint: "install git 2.28 or newer", Err: ErrNoGit}
	}
	root, err := filepath.EvalSymlinks(filepath.FromSlash(strings.TrimSuffix(lines[2], "\r")))
	if err != nil {
		return nil, err
	}
	r := &Repo{root: root, git: git, hexLen: 40, shallow: lines[1] == "true"}
	if lines[0] == "sha256" {
		r.hexLen = 64
	}
	r.git.dir = root
	r.objects = newObjects(r.git)
	return r, nil
}

// unopened puts git's words for a folder that it does not open into ours.
func unopened(dir string, err error) error {
	switch {
	case says(err, "not a git repository"):
		return &Error{Message: fmt.Sprintf("%q is not in a git repository", dir), Hint: "name a copy of the files instead of a revision, or run `git init` and commit them", Err: ErrNoRepository}
	case says(err, "must be run in a work tree"), says(err, "cannot use bare repository"):
		return &Error{Message: fmt.Sprintf("%q is in a git repository that is bare: it has no files of its own", dir), Hint: "run this in a clone", Err: ErrNoRepository}
	case says(err, "dubious ownership"), says(err, "unsafe repository"):
		return &Error{
			Message: fmt.Sprintf("git does not trust the repository of %q: it belongs to another user", dir),
			Hint:    "if you do, run `git config --global --add safe.directory` with the folder of the repository",
			Err:     err,
		}
	}
	return err
}

// Close ends what runs for it. Reading after Close starts it anew.
func (r *Repo) Close() { r.objects.close() }

// Root is the folder of the work tree: absolute, without symbolic links.
func (r *Repo) Root() string { return r.root }

// Shallow is whether the clone's history is cut somewhere.
func (r *Repo) Shallow() bool { return r.shallow }

// Head is the commit that is checked out, on a branch or not. Error: ErrNoCommit.
func (r *Repo) Head(ctx context.Context) (Revision, error) {
	hash, err := r.commitOf(ctx, "HEAD")
	if f := (*failure)(nil); errors.As(err, &f) && f.exit > 0 {
		return Revision{}, &Error{Message: "the git repository has no commit yet", Hint: "commit the files first", Err: ErrNoCommit}
	}
	return Revision{Hash: hash, Name: "HEAD"}, err
}

// commitOf is the commit that git finds behind an expression of ours.
func (r *Repo) commitOf(ctx context.Context, expression string) (string, error) {
	out, _, err := r.git.run(ctx, "rev-parse", "--verify", expression+"^{commit}")
	if err != nil {
		return "", err
	}
	hash := strings.TrimSpace(string(out))
	if !isHash(hash, r.hexLen) {
		return "", &failure{-1, fmt.Sprintf("rev-parse answered %q", hash)}
	}
	return hash, nil
}

// whole refuses a Revision that no method of this repository made: it could be
// taken for an option.
func (r *Repo) whole(revisions ...Revision) error {
	for _, rev := range revisions {
		if !isHash(rev.Hash, r.hexLen) {
			return fmt.Errorf("%q is not the hash of a commit of this repository", rev.Hash)
		}
	}
	return nil
}
