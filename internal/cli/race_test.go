//go:build race

package cli

// racing tells whether the race detector is on: memory and time are not the
// program's own then.
const racing = true
