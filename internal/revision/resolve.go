package revision

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Resolve finds the commit that a user means: a branch, a tag (its commit), a
// hash, whole or short, or whatever else gitrevisions(7) allows for one commit.
// A name that means two things is an error, as is one that the reflog no longer
// knows: git would take something. Errors: ErrUnknown, with ErrShallow where the
// history is cut.
func (r *Repo) Resolve(ctx context.Context, rev string) (Revision, error) {
	// A name that begins so is no revision, but an option or the opposite of one.
	if rev == "" || strings.ContainsRune(rev, 0) || strings.HasPrefix(rev, "-") || strings.HasPrefix(rev, "^") {
		return Revision{}, &Error{Message: fmt.Sprintf("%q is no git revision", rev), Hint: "give a branch, a tag or a commit", Err: ErrUnknown}
	}
	// Two steps, as in ":/words" an appended ^{commit} would be words.
	out, beside, err := r.git.run(ctx, "rev-parse", "--verify", rev)
	if f := (*failure)(nil); errors.As(err, &f) && f.exit < 0 || err != nil && !errors.As(err, &f) {
		return Revision{}, err
	}
	switch {
	case strings.Contains(beside, "ambiguous"), says(err, "ambiguous"):
		return Revision{}, &Error{Message: fmt.Sprintf("the revision %q is ambiguous: it means more than one thing", rev), Hint: "write heads/NAME for a branch, tags/NAME for a tag, or more of a hash", Err: ErrUnknown}
	case strings.Contains(beside, "log for "), says(err, "log for "):
		return Revision{}, &Error{Message: fmt.Sprintf("the revision %q is older than what git remembers here", rev), Hint: "give a branch, a tag or a commit", Err: ErrUnknown}
	case err != nil:
		return Revision{}, r.unknown(ctx, rev)
	}
	id := strings.TrimSpace(string(out))
	if !isHash(id, r.hexLen) {
		return Revision{}, &Error{Message: fmt.Sprintf("%q is not one revision", rev), Hint: "give a branch, a tag or a commit", Err: ErrUnknown}
	}
	hash, err := r.commitOf(ctx, id)
	if f := (*failure)(nil); errors.As(err, &f) && f.exit > 0 {
		return Revision{}, r.otherKind(ctx, rev, id)
	}
	return Revision{Hash: hash, Name: rev}, err
}

// unknown says that there is no such revision, and where it may be.
func (r *Repo) unknown(ctx context.Context, rev string) error {
	e := &Error{Message: fmt.Sprintf("there is no revision %q in this git repository", rev), Hint: "see `git branch --all` and `git tag`, or run `git fetch` first", Err: ErrUnknown}
	if _, err := r.commitOf(ctx, "refs/remotes/origin/"+rev); err == nil {
		e.Hint = fmt.Sprintf("here it is called %q", "origin/"+rev)
	} else if r.shallow {
		e.Message += ", which is a shallow clone: its history is cut"
		e.Hint = deepen
		e.Err = errors.Join(ErrUnknown, ErrShallow)
	}
	return e
}

// otherKind says that what a revision means is not a commit, or is not there: git
// takes any whole hash for one that is.
func (r *Repo) otherKind(ctx context.Context, rev, id string) error {
	o, err := r.objects.check.get(ctx, id)
	switch {
	case errors.Is(err, ErrMissing):
		return r.unknown(ctx, rev)
	case err != nil:
		return partial(err)
	}
	what, ok := map[string]string{"blob": "a file", "tree": "a folder"}[o.kind]
	if !ok {
		what = "a " + o.kind + " of something else"
	}
	return &Error{Message: fmt.Sprintf("%q is %s and not a commit", rev, what), Hint: "give a branch, a tag or a commit", Err: ErrUnknown}
}
