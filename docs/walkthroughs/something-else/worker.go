package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// #region worker

// worker is what the second pool keeps: a process that reads jobs from its
// standard input, one in a line, and writes the answers to its standard
// output.
type worker struct {
	cmd     *exec.Cmd
	jobs    io.WriteCloser
	answers chan answer   // closed when there will be no more
	ended   chan struct{} // closed when the process has ended
}

// startWorker returns when the worker is ready. ctx bounds the start alone:
// it is that of the caller who needs a worker now, and the worker lives on
// after it. So this is no case for exec.CommandContext.
func startWorker(ctx context.Context) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, workerArg)
	cmd.Stderr = os.Stderr
	jobs, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &worker{cmd, jobs, make(chan answer, 1), make(chan struct{})}
	go w.listen(out)
	if _, err := w.next(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// listen passes answers on until there are no more, and sees the process
// off.
func (w *worker) listen(out io.Reader) {
	defer close(w.ended)
	defer close(w.answers)
	for lines := json.NewDecoder(out); ; {
		var a answer
		if lines.Decode(&a) != nil {
			break
		}
		select {
		case w.answers <- a:
		default: // nobody asked for it
		}
	}
	w.cmd.Process.Kill() // unless it has ended, it no longer makes sense
	w.cmd.Wait()
}

// next returns the worker's next answer.
func (w *worker) next(ctx context.Context) (answer, error) {
	select {
	case a, ok := <-w.answers:
		if !ok {
			return answer{}, errEnded
		}
		return a, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

var errEnded = errors.New("the worker has ended")

// #endregion worker

// #region pool

// grace is how long a worker may take to end by itself.
const grace = time.Second

// close closes the worker's input, which tells it to end, and kills it if
// it does not. It is bounded, since somebody waits for it: whoever discards
// the worker, or shuts down the pool.
func (w *worker) close() error {
	w.jobs.Close()
	select {
	case <-w.ended:
		return nil
	case <-time.After(grace):
		w.cmd.Process.Kill()
		<-w.ended
		return errors.New("the worker did not end, and was killed")
	}
}

// alive is the borrow test. It asks nobody and takes no time, so it is made
// at every borrow.
func alive(_ context.Context, w *worker, _ time.Time) error {
	select {
	case <-w.ended:
		return errEnded
	default:
		return nil
	}
}

func newWorkerPool(maxActive, minIdle int) (*resource.Pool[*worker], error) {
	return resource.New(resource.Config[*worker]{
		Open:       startWorker,
		Close:      (*worker).close,
		MaxActive:  maxActive,
		MinIdle:    minIdle,
		Lifetime:   policy.MaxUses(1000), // what a worker leaks has an end
		BorrowTest: policy.Test(alive),
	})
}

// #endregion pool
