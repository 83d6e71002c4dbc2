package policy_test

import "testing"

// panics fails unless f panics with want.
func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panicked with %v, want %q", got, want)
		}
	}()
	f()
}

// nonsense is a call with invalid arguments, and the panic that it must cause.
type nonsense struct {
	name string
	call func()
	want string
}

func refuses(t *testing.T, calls []nonsense) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			panics(t, c.want, c.call)
		})
	}
}
