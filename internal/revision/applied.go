package revision

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
)

const (
	refs = "refs/gradesync/applied/"
	// longest is how long a ref's last part may be: a file's name is at most 255
	// bytes long, and git appends ".lock".
	longest = 200
)

// Ref is the ref that names the revision applied last of a gradebook. Letters,
// digits, - and _ of its name stay as they are, every other byte is written as %
// and two digits, so that no two names share a ref and none is a folder of
// another. What would be too long for a file's name ends in %. and its SHA-256.
// Where file names do not tell case, as on macOS, git cannot tell `Bio` from
// `bio`, be it branches or these.
func Ref(gradebook string) string {
	var b strings.Builder
	for i := range len(gradebook) {
		c := gradebook[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if len(name) > longest || name == "" {
		name = fmt.Sprintf("%s%%.%x", name[:min(len(name), 100)], sha256.Sum256([]byte(gradebook)))
	}
	return refs + name
}

// Applied is the revision that was recorded last as applied. Error:
// ErrNotRecorded.
func (r *Repo) Applied(ctx context.Context, gradebook string) (Revision, error) {
	hash, err := r.recorded(ctx, gradebook)
	if err != nil {
		return Revision{}, err
	}
	if hash == "" {
		return Revision{}, &Error{
			Message: fmt.Sprintf("no revision is recorded here as applied for the gradebook %q", gradebook),
			Hint:    "the first time, run `apply --record` without --base; if it was recorded elsewhere, run `git fetch origin '+refs/gradesync/*:refs/gradesync/*'`",
			Err:     ErrNotRecorded,
		}
	}
	commit, err := r.commitOf(ctx, hash)
	if err != nil {
		return Revision{}, &Error{Message: fmt.Sprintf("%s does not name a commit that is here: %s", Ref(gradebook), err), Hint: "run `git fetch origin '+refs/gradesync/*:refs/gradesync/*'`, or record anew: `apply --record` without --base", Err: err}
	}
	return Revision{Hash: commit, Name: Ref(gradebook)}, nil
}

// recorded is what the gradebook's ref holds, "" if there is none. The name is
// not searched for, as rev-parse would, among tags and branches too.
func (r *Repo) recorded(ctx context.Context, gradebook string) (string, error) {
	return r.read(ctx, Ref(gradebook))
}

// read is what a ref holds; "": there is none.
func (r *Repo) read(ctx context.Context, ref string) (string, error) {
	out, beside, err := r.git.run(ctx, "for-each-ref", "--format=%(refname) %(objectname)", ref)
	if err == nil && strings.Contains(beside, "broken ref") {
		err = &failure{0, beside}
	}
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", ref, err)
	}
	for line := range strings.Lines(string(out)) {
		hash, ok := strings.CutPrefix(strings.TrimSpace(line), ref+" ") // and not one below it
		if ok && isHash(hash, r.hexLen) {
			return hash, nil
		}
	}
	return "", nil
}

// Step is how the recorded revision moved.
type Step string

// The steps.
const (
	First   Step = "first"   // nothing was recorded before
	Same    Step = "same"    // it is there already
	Forward Step = "forward" // to a later commit of the same history
	Back    Step = "back"    // to an earlier one: older files were applied
	Aside   Step = "aside"   // to another history, as after a force-push; or this clone cannot tell
)

// Record names a revision as applied. was is what Applied gave when the run
// began, and zero where it gave ErrNotRecorded: if another run has recorded
// something since, the error is ErrMoved and the ref stays.
//
// It moves anywhere, not only forward: what was applied last is a fact, and after
// a force-push or a checkout of older files the next base has to be that. The
// Step is for telling people.
func (r *Repo) Record(ctx context.Context, gradebook string, was, at Revision) (Step, error) {
	old := strings.Repeat("0", r.hexLen) // must not exist
	if was != (Revision{}) {
		if err := r.whole(was); err != nil {
			return "", err
		}
		old = was.Hash
	}
	if err := r.whole(at); err != nil {
		return "", err
	}
	if done, err := r.settled(ctx, gradebook, was, at); done || err != nil {
		return Same, err
	}
	step, err := r.step(ctx, was, at)
	if err != nil {
		return "", err
	}
	// --no-deref: a ref that points to a branch must not move the branch.
	_, _, failed := r.git.run(ctx, "update-ref", "--no-deref", "-m", "gradesync: applied", Ref(gradebook), at.Hash, old)
	if failed == nil {
		return step, nil
	}
	if done, err := r.settled(ctx, gradebook, was, at); done || err != nil {
		return Same, err
	}
	return "", fmt.Errorf("%s cannot be written: %w", Ref(gradebook), failed)
}

// settled is whether the ref is where it should go already, or an error if it is
// no longer where it was.
func (r *Repo) settled(ctx context.Context, gradebook string, was, at Revision) (bool, error) {
	now, err := r.recorded(ctx, gradebook)
	if err != nil || now == at.Hash {
		return err == nil, err
	}
	if now == was.Hash {
		return false, nil
	}
	message := fmt.Sprintf("another run recorded %s for the gradebook %q meanwhile, so that %s is not recorded", Revision{Hash: now}.Short(), gradebook, at.Short())
	if now == "" {
		message = fmt.Sprintf("what was recorded for the gradebook %q was removed meanwhile, so that %s is not recorded", gradebook, at.Short())
	}
	return false, &Error{Message: message, Hint: "apply again, one run at a time", Err: ErrMoved}
}

func (r *Repo) step(ctx context.Context, was, at Revision) (Step, error) {
	if was == (Revision{}) {
		return First, nil
	}
	if ok, err := r.descends(ctx, at.Hash, was.Hash); ok || err != nil {
		return Forward, err
	}
	if ok, err := r.descends(ctx, was.Hash, at.Hash); ok || err != nil {
		return Back, err
	}
	return Aside, nil
}
