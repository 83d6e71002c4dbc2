package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
)

// #region worker

// worker is a resource of the second pool: a process that reads jobs
// from its standard input, one in each line, and writes the answers
// to its standard output.
type worker struct {
	cmd     *exec.Cmd
	jobs    io.WriteCloser
	answers chan answer   // closed when there will be no more
	ended   chan struct{} // closed when the process has ended
}

// startWorker returns when the worker is ready. ctx bounds only the
// start, since it belongs to the caller that needs a worker now, and
// the worker outlives that call. So do not use exec.CommandContext
// here.
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

// listen passes answers on until there are no more, and then ends
// the process.
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
		default: // no job asked for it
		}
	}
	w.cmd.Process.Kill() // a process that still runs has sent nonsense
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
