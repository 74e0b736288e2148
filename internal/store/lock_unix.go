//go:build unix

package store

import (
	"os"
	"syscall"
)

// lock waits until this process alone writes.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back
}

// presence holds a store against the removal of files that its reader may know.
type presence struct{ f *os.File }

// enter says that this process reads a store. Where the system has no locks, no
// file is ever removed.
func enter(path string) *presence {
	f, err := os.Open(path)
	if err != nil {
		return &presence{}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH); err != nil {
		_ = f.Close()
		return &presence{}
	}
	return &presence{f}
}

// alone runs f while nobody else reads the store; false where somebody does.
func (p *presence) alone(f func() error) (bool, error) {
	if p.f == nil || syscall.Flock(int(p.f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		p.again()
		return false, nil
	}
	defer p.again()
	return true, f()
}

// again goes back to reading, whatever became of the lock.
func (p *presence) again() {
	if p.f != nil {
		_ = syscall.Flock(int(p.f.Fd()), syscall.LOCK_SH)
	}
}

func (p *presence) leave() {
	if p.f != nil {
		_ = p.f.Close()
	}
}
