package revision

import (
	"errors"
	"fmt"
	"strings"
)

// What an [Error] may be, for errors.Is.
var (
	ErrNoGit        = errors.New("there is no git program")
	ErrNoRepository = errors.New("not in a git repository with files")
	ErrNoCommit     = errors.New("the git repository has no commit yet")
	ErrUnknown      = errors.New("no such revision")
	ErrShallow      = errors.New("the clone is shallow: its history is cut")
	ErrUnrelated    = errors.New("no common history")
	ErrNotRecorded  = errors.New("no revision is recorded as applied")
	ErrMoved        = errors.New("another run recorded a revision meanwhile")
	ErrMissing      = errors.New("the object is not in this clone")
	ErrLFS          = errors.New("it is kept in Git LFS, and the commit holds only a pointer to it")
	ErrTooLarge     = fmt.Errorf("larger than %d MiB", maxObject>>20)
)

// Error says what could not be done, and what to do next.
type Error struct {
	Message string
	Hint    string // may be blank
	Err     error  // one of the above, the cause, or nil
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// deepen is what to do where a clone lacks history.
const deepen = "in CI check out with `fetch-depth: 0`; elsewhere run `git fetch --unshallow`"

// failure is a git that ended with an error.
type failure struct {
	exit   int    // -1: it was ended
	stderr string // in English, bounded
}

func (f *failure) Error() string {
	if said := said(f.stderr); said != "" {
		return "git: " + said
	}
	return fmt.Sprintf("git ended with %d and said nothing", f.exit)
}

// ended is whether git ended with this code.
func ended(err error, code int) bool {
	f := (*failure)(nil)
	return errors.As(err, &f) && f.exit == code
}

// says is whether git ended with an error that holds these words.
func says(err error, words string) bool {
	f := (*failure)(nil)
	return errors.As(err, &f) && strings.Contains(f.stderr, words)
}

// said is the line of git's that tells why: of several the fatal one.
func said(stderr string) string {
	for _, prefix := range []string{"fatal: ", "error: ", ""} {
		for line := range strings.Lines(stderr) {
			if rest, ok := strings.CutPrefix(line, prefix); ok && strings.TrimSpace(rest) != "" {
				return strings.TrimSpace(rest)
			}
		}
	}
	return ""
}

// partial adds what to do where git tells that it lacks an object that a
// partial clone left behind, and leaves other errors alone.
func partial(err error) error {
	if errors.Is(err, ErrMissing) || says(err, "promisor") || says(err, "lazy fetch") {
		return &Error{
			Message: "a file of an earlier commit is not in this clone, and nothing is fetched by itself",
			Hint:    "clone without --filter, or run `git fetch --refetch --no-filter`",
			Err:     ErrMissing,
		}
	}
	return err
}
