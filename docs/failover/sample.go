package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9/logging"
)

// sample is what a process is to do: one contender in one scenario.
type sample struct {
	Scenario, Contender string
	Quick               bool
	Dir                 string // for the servers' files
}

// sampleEnv has a sample in it where this process is to take it.
const sampleEnv = "FAILOVER_SAMPLE"

// inProcess takes the sample in a process of its own, so that no contender meets what
// another one has left behind.
func (s sample) inProcess(ctx context.Context) (*figures, error) {
	dir, err := os.MkdirTemp("", "failover-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s.Dir = dir
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	order, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), sampleEnv+"="+string(order))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	endWithParent(cmd)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return nil, errors.Join(context.Cause(ctx), fmt.Errorf("%s, %s: %w\n%s", s.Scenario, s.Contender, err, bad.String()))
	}
	f := new(figures)
	if err := json.Unmarshal(out.Bytes(), f); err != nil {
		return nil, fmt.Errorf("%s, %s printed no figures: %q", s.Scenario, s.Contender, out.String())
	}
	return f, nil
}

// takeSample is what the process of a sample does.
func takeSample(order string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	logging.Disable()
	var s sample
	if err := json.Unmarshal([]byte(order), &s); err != nil {
		return err
	}
	scenario, contender, err := s.find()
	if err != nil {
		return err
	}
	f, err := scenario.perform(ctx, s.Dir, contender, s.Quick)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

func (s sample) find() (scenario, contender, error) {
	for _, one := range scenarios() {
		for _, c := range contenders() {
			if one.name == s.Scenario && c.name == s.Contender && one.fits(c) {
				return one, c, nil
			}
		}
	}
	return scenario{}, contender{}, fmt.Errorf("%s does not take part in %q", s.Contender, s.Scenario)
}
