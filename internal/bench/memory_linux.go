package main

import (
	"os"
	"syscall"
)

// mostMemory is the most that was resident of a process that ended, in bytes.
func mostMemory(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10 // Linux counts kibibytes
}
