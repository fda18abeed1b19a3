package runlog

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// childDir asks this test binary to record outcomes in that folder until it is
// killed.
const childDir = "RUNLOG_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(recordForEver(dir))
	}
	os.Exit(m.Run())
}

// recordForEver tells on stdout, one write a line, its folder and then each
// outcome that was taken.
func recordForEver(dir string) int {
	r, err := Create(Options{Dir: dir, Now: time.Now()})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, r.Dir())
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				if err := r.Outcome(outcome{Writer: g, N: i, Pad: pad(i)}); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				fmt.Fprintf(os.Stdout, "%d %d\n", g, i)
			}
		})
	}
	all.Wait()
	return 1
}
