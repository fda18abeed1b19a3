package revision

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Later is the commits of HEAD's first-parent line that rev does not hold: what
// was on the line after rev, oldest first, HEAD last. It is empty where HEAD is
// rev or older. What a merge brought in is its merge commit alone.
//
// rev need not stand on that line. If it came in by a merge, the line's commits
// beside it count too, and after a force-push those since both histories parted:
// files of any of them may have been applied in part. Errors: ErrShallow where
// the clone's history ends before that is clear, ErrUnrelated where the two have
// no commit in common, so that every commit ever would count.
func (r *Repo) Later(ctx context.Context, rev Revision) ([]Revision, error) {
	if err := r.whole(rev); err != nil {
		return nil, err
	}
	head, err := r.Head(ctx)
	if err != nil || head.Hash == rev.Hash {
		return nil, err
	}
	out, _, err := r.git.run(ctx, "rev-list", "--first-parent", "--reverse", head.Hash, "^"+rev.Hash, "--")
	if err != nil {
		return nil, fmt.Errorf("the commits since %s cannot be listed: %w", rev.Short(), err)
	}
	var later []Revision
	for hash := range strings.FieldsSeq(string(out)) {
		later = append(later, Revision{Hash: hash, Name: Revision{Hash: hash}.Short()})
	}
	if len(later) == 0 {
		return nil, nil
	}
	if r.shallow {
		err = r.reaches(ctx, later[0], rev)
	} else if _, _, err = r.git.run(ctx, "merge-base", rev.Hash, head.Hash); ended(err, 1) {
		err = &Error{
			Message: fmt.Sprintf("%s shares no history with HEAD", spell(rev)),
			Hint:    "choose another base; after a history was replaced as a whole, run `apply --record` once without --base",
			Err:     ErrUnrelated,
		}
	}
	if err != nil {
		return nil, err
	}
	return later, nil
}

// reaches is an error unless the commit before the oldest of a shallow clone's
// later ones is rev or in its history. A commit at the clone's edge still names
// its parents: that is how a clone of one commit can know that rev is next.
func (r *Repo) reaches(ctx context.Context, oldest, rev Revision) error {
	data, err := r.objects.read(ctx, oldest.Hash, "commit")
	if err != nil {
		return err
	}
	c, err := parseCommit(data, r.hexLen)
	if err != nil {
		return err
	}
	if len(c.parents) > 0 {
		_, err = r.objects.check.get(ctx, c.parents[0])
		if err == nil {
			ok, err := r.descends(ctx, rev.Hash, c.parents[0])
			if ok || err != nil {
				return err
			}
		} else if !errors.Is(err, ErrMissing) {
			return partial(err)
		}
	}
	return &Error{
		Message: fmt.Sprintf("this clone is shallow: its history ends before it comes to %s, and what was applied since cannot be told", spell(rev)),
		Hint:    deepen,
		Err:     ErrShallow,
	}
}

// Lacks is whether HEAD's history is known not to hold a revision: the branch
// that it was recorded from went on, or another history took its place. Of a
// shallow clone nobody knows.
func (r *Repo) Lacks(ctx context.Context, rev Revision) (bool, error) {
	if err := r.whole(rev); err != nil || r.shallow {
		return false, err
	}
	head, err := r.Head(ctx)
	if err != nil {
		return false, err
	}
	holds, err := r.descends(ctx, head.Hash, rev.Hash)
	return !holds && err == nil, err
}

// descends is whether a commit is another one or has it in its history.
func (r *Repo) descends(ctx context.Context, commit, ancestor string) (bool, error) {
	_, _, err := r.git.run(ctx, "merge-base", "--is-ancestor", ancestor, commit)
	if ended(err, 1) {
		return false, nil
	}
	return err == nil, err
}

// spell is a revision as people asked for it, with its hash.
func spell(rev Revision) string {
	if rev.Name == "" || strings.HasPrefix(rev.Hash, rev.Name) {
		return rev.Short()
	}
	return fmt.Sprintf("%q (%s)", rev.Name, rev.Short())
}
