package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/reconcile"
)

// ran is one run of a process.
type ran struct {
	wall   time.Duration // of the bare client: of its sending
	cpu    time.Duration
	memory int64 // bytes, the most that was resident
	out    []byte
	said   []byte        // on standard error
	posted time.Duration // of gradesync: for how long scores were posted
}

// row is what is printed of a scenario: medians, and the ratio of each round's pair.
type row struct {
	scenario scenario
	bare, us ran
	ratio    float64
}

func build(ctx context.Context, dir string) (string, error) {
	command := filepath.Join(dir, "gradesync")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", command, "github.com/gradesync/gradesync/cmd/gradesync").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building gradesync: %w\n%s", err, out)
	}
	return command, nil
}

func machine() string {
	return fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}

// measure runs the pair so many times, each on an LMS of its own.
func measure(ctx context.Context, o options, s scenario, command, dir string) (row, error) {
	var pairs []row
	for range o.rounds {
		bare, err := runBare(ctx, s, dir)
		if err != nil {
			return row{}, err
		}
		us, err := runGradesync(ctx, s, command, dir)
		if err != nil {
			return row{}, err
		}
		pairs = append(pairs, row{s, bare, us, float64(us.wall) / float64(bare.wall)})
	}
	slices.SortFunc(pairs, func(a, b row) int { return int(1e6 * (a.ratio - b.ratio)) })
	return pairs[len(pairs)/2], nil
}

func runBare(ctx context.Context, s scenario, dir string) (ran, error) {
	l, err := serve(s)
	if err != nil {
		return ran{}, err
	}
	defer l.close()
	file, err := l.bareWork(ctx, s, dir)
	if err != nil {
		return ran{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return ran{}, err
	}
	r, err := child(ctx, dir, self, bareCommand, file)
	if err != nil {
		return r, err
	}
	var t took
	if err := json.Unmarshal(r.out, &t); err != nil {
		return r, err
	}
	r.wall = time.Duration(t.Nanoseconds)
	return r, l.arrived(s)
}

func runGradesync(ctx context.Context, s scenario, command, dir string) (ran, error) {
	l, err := serve(s)
	if err != nil {
		return ran{}, err
	}
	defer l.close()
	files, err := os.MkdirTemp(dir, "files-")
	if err != nil {
		return ran{}, err
	}
	if err := l.document(s, files); err != nil {
		return ran{}, err
	}
	args := []string{"plan", "-f", files, "--detailed-exitcode", "--stats=json"}
	if s.kind != same {
		args = []string{"apply", "-f", files, "--auto-approve", "--runs-dir", filepath.Join(files, "runs"), "--stats=json"}
	}
	r, err := child(ctx, files, command, args...)
	if err != nil {
		return r, err
	}
	if r.posted, err = posting(r.said); err != nil {
		return r, err
	}
	return r, l.arrived(s)
}

// posting is for how long scores were posted, as --stats says.
func posting(said []byte) (time.Duration, error) {
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	var stats run.Stats
	if err := json.Unmarshal(lines[len(lines)-1], &stats); err != nil {
		return 0, fmt.Errorf("--stats said %q: %w", tail(said), err)
	}
	for _, p := range stats.Phases {
		if p.Phase == reconcile.PostingScores {
			return time.Duration(p.Seconds * float64(time.Second)), nil
		}
	}
	return 0, nil
}

// child runs a process to its end, which has to be a good one.
func child(ctx context.Context, dir, command string, args ...string) (ran, error) {
	self, err := os.Executable()
	if err != nil {
		return ran{}, err
	}
	figures, err := os.CreateTemp(dir, "figures-")
	if err != nil {
		return ran{}, err
	}
	defer os.Remove(figures.Name())
	defer figures.Close()
	cmd := exec.CommandContext(ctx, self, append([]string{timeCommand, command}, args...)...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &stdout, &stderr, []*os.File{figures}
	if err := cmd.Run(); err != nil {
		return ran{}, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(command), args[0], err, tail(stdout.Bytes()), tail(stderr.Bytes()))
	}
	data, err := os.ReadFile(figures.Name())
	if err != nil {
		return ran{}, err
	}
	var f figure
	if err := json.Unmarshal(data, &f); err != nil {
		return ran{}, err
	}
	return ran{wall: f.Wall, cpu: f.CPU, memory: f.Memory, out: stdout.Bytes(), said: stderr.Bytes()}, nil
}

// figure is what a process took. Durations are in nanoseconds.
type figure struct {
	Wall, CPU time.Duration
	Memory    int64 // bytes
}

// timeCommand has this program run another one and write its figure to file 3. A
// process begins with the most memory that its parent had: from the one that is
// the LMS that would be more than what is measured.
const timeCommand = "time"

func timed(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	f := figure{Wall: time.Since(began), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	f.Memory = mostMemory(cmd.ProcessState)
	return json.NewEncoder(os.NewFile(3, "figures")).Encode(f)
}

func tail(b []byte) []byte { return b[max(0, len(b)-2000):] }
