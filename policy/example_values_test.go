package policy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/policy"
)

// session stands for a connection with a protocol of lines.
type session struct{ answers []string }

func (s *session) ask(_ context.Context, question string) (string, error) {
	if len(s.answers) == 0 {
		return "", errors.New("no answer")
	}
	answer := s.answers[0]
	s.answers = append(s.answers[1:], strings.ToUpper(question))
	return answer, nil
}

// A good test compares the answer. The second session is one answer behind, and a test that
// looks only at the error would pass it.
func ExampleTest() {
	// #region test
	test := policy.Test(func(ctx context.Context, s *session, lastUsed time.Time) error {
		answer, err := s.ask(ctx, "ping") // ends with ctx
		if err == nil && answer != "PING" {
			err = fmt.Errorf("the answer to ping is %s", answer)
		}
		return err
	})
	// #endregion test

	run := test.Checks()[0].Run // as a pool calls it
	for _, s := range []*session{{[]string{"PING"}}, {[]string{"BALANCE 100", "PING"}}, {}} {
		fmt.Println(run(context.Background(), s, time.Now()))
	}
	// Output:
	// <nil>
	// the answer to ping is BALANCE 100
	// no answer
}

// The pauses between attempts to reach a server that is down.
func ExampleBackoff() {
	backoff := policy.Backoff{First: 100 * time.Millisecond, Max: time.Second}

	for failures := range 6 {
		fmt.Print(backoff.Pause(failures+1, 0.5), " ")
	}
	// Output:
	// 100ms 200ms 400ms 800ms 1s 1s
}

// A pool that is overloaded refuses callers that have waited for Target.
func ExampleCoDel() {
	shed := policy.CoDel{Target: 5 * time.Millisecond}

	fmt.Println("a burst may last", shed.Burst())
	fmt.Println(policy.CoDel{Interval: time.Second}.Validate())
	// Output:
	// a burst may last 100ms
	// CoDel.Target is 0s, must be positive
}
