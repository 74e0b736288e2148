// Command azward assesses, enforces, detects and proves the customer's half of
// Azure security. This file only carries arguments in and an exit code out;
// the commands are in internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/azward/azward/internal/cli"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	return cli.Run(ctx, os.Args[1:], cli.ProcessEnv(os.Stdin, os.Stdout, os.Stderr, time.Now, os.Getenv))
}
