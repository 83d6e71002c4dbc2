package plain_test

import (
	"strings"
	"testing"

	"github.com/respool/respool/sim/internal/plain"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "\ufeff": "", "\ufeff\"a\"": "\"a\"", "a\ufeff": "a\ufeff", "\x00a": "\x00a"} {
		if got, err := plain.Text([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"\xff\xfe3\x00": "UTF-16", "\xfe\xff\x003": "UTF-16", "3\x00m\x00": "UTF-16", "\x003\x00m": "UTF-16",
		"\xff\xfe\x00\x003\x00\x00\x00": "UTF-32", "\x00\x00\xfe\xff": "UTF-32", "3\x00\x00\x00": "UTF-32",
	} {
		if _, err := plain.Text([]byte(in)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%q: %v, want one that names %s", in, err, want)
		}
	}
	if got := string(plain.Latin1([]byte("[\xb5s]"))); got != "[µs]" {
		t.Errorf("of Latin-1: %q", got)
	}
}
