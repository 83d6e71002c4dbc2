package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/respool/respool/resource"
)

// workerArg makes the program a worker.
const workerArg = "worker"

type job struct {
	Text  string        `json:"text"`
	Takes time.Duration `json:"takes,omitempty"`
}

type answer struct {
	Words int    `json:"words"`
	Error string `json:"error,omitempty"`
}

// work is the worker's side: it counts words until its input ends.
// Its first answer, to no job, says that it is ready.
func work(in io.Reader, out io.Writer) error {
	jobs, answers := json.NewDecoder(in), json.NewEncoder(out)
	if err := answers.Encode(answer{}); err != nil {
		return err
	}
	for {
		var j job
		switch err := jobs.Decode(&j); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		time.Sleep(j.Takes)
		a := answer{Words: len(strings.Fields(j.Text))}
		if a.Words == 0 {
			a.Error = "there is no word"
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// #region use

// count gives a job to a worker. A worker that reports a senseless
// job is a good worker, and is released. A worker that does not answer
// in time is discarded.
func count(
	ctx context.Context, pool *resource.Pool[*worker], j job,
) (int, error) {
	var a answer
	err := pool.Do(ctx, func(ctx context.Context, w *worker) (err error) {
		err = json.NewEncoder(w.jobs).Encode(j)
		if err == nil {
			a, err = w.next(ctx)
		}
		return resource.Broken(err) // nil stays nil
	})
	if err != nil {
		return 0, err
	}
	if a.Error != "" {
		return 0, errors.New(a.Error)
	}
	return a.Words, nil
}

// #endregion use
