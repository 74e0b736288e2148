//go:build unix

package app

import (
	"syscall"
	"time"
)

// cpu is the processor time that this process has used: on a busy machine it
// says what the wall clock does not.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
