package revision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const (
	maxOutput = 64 << 20 // bytes of an answer of git's
	maxStderr = 16 << 10
	grace     = 2 * time.Second // for the end of a git that was told to end
)

// always are the options of every git. They also switch off what a repository's
// own configuration could start: hooks and the file system monitor. A bare
// repository hidden among a clone's files is no repository to be in.
var always = []string{
	"--no-pager", "--no-replace-objects", "--no-optional-locks", "--literal-pathspecs",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.fsmonitor=false",
	"-c", "core.warnAmbiguousRefs=true",
	"-c", "safe.bareRepository=explicit",
}

// kept are the variables that a git may see: what it needs to start and to find
// the user's configuration, where safe.directory stands. Secrets in other
// variables are not for it.
var kept = []string{
	"PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "SUDO_UID", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
	"GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PATHEXT", "COMSPEC", "TEMP", "TMP",
	"USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
}

// environment is what a git sees of ours. GIT_ALLOW_PROTOCOL keeps a git too old
// for GIT_NO_LAZY_FETCH off the network.
func environment(ours []string) []string {
	var env []string
	for _, v := range ours {
		name, _, _ := strings.Cut(v, "=")
		name = strings.ToUpper(name) // as Windows compares
		if slices.Contains(kept, name) || strings.HasPrefix(name, "GIT_CONFIG_KEY_") || strings.HasPrefix(name, "GIT_CONFIG_VALUE_") {
			env = append(env, v)
		}
	}
	return append(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1")
}

// program is git, in a folder.
type program struct {
	path, dir string
	env       []string
}

func (p program) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, slices.Concat(always, args)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = p.dir, p.env, grace
	return cmd
}

// run is what git printed and what it said beside. Its error is that of the
// context, or a *failure.
func (p program) run(ctx context.Context, args ...string) (out []byte, beside string, err error) {
	return p.feed(ctx, nil, args...)
}

// feed is run with something to read.
func (p program) feed(ctx context.Context, stdin []byte, args ...string) (out []byte, beside string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	stdout, stderr := &capped{max: maxOutput, strict: true}, &capped{max: maxStderr}
	cmd := p.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	err = cmd.Run()
	exit := (*exec.ExitError)(nil)
	switch {
	case err == nil:
		return stdout.kept.Bytes(), stderr.kept.String(), nil
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case stdout.full:
		return nil, "", &failure{-1, fmt.Sprintf("`git %s` answered more than %d MiB", args[0], maxOutput>>20)}
	case errors.As(err, &exit):
		return nil, "", &failure{exit.ExitCode(), stderr.kept.String()}
	}
	return nil, "", &failure{-1, err.Error()}
}

// capped keeps the first bytes. If it is strict, more of them are an error.
type capped struct {
	kept   bytes.Buffer // not embedded: its ReadFrom knows no limit
	max    int
	strict bool
	full   bool
}

func (c *capped) Write(p []byte) (int, error) {
	room := min(len(p), c.max-c.kept.Len())
	c.kept.Write(p[:room])
	if room < len(p) {
		c.full = true
		if c.strict {
			return room, errors.New("too much")
		}
	}
	return len(p), nil
}
