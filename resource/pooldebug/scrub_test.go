package pooldebug

import (
	"strings"
	"testing"
)

func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		"dial tcp 10.0.0.7:6379: connect: connection refused": "dial tcp 10.0.0.7:6379: connect: connection refused",
		"dial redis://app:s3cret@10.0.0.7:6379/0: refused":    "dial redis://…@10.0.0.7:6379/0: refused",
		"dial redis://:s3/cr@t@10.0.0.7:6379/0: refused":      "dial redis://…@10.0.0.7:6379/0: refused",
		"rediss://s3cret@host":                                "rediss://…@host",
		"app:s3cret@tcp(10.0.0.7:3306)/db: refused":           "…@tcp(10.0.0.7:3306)/db: refused",
		"host=db user=app password=s3cret dbname=x":           "host=db user=app password=… dbname=x",
		`{"token": "s3cret s3cret", "at": 1}`:                 `{"token": …, "at": 1}`,
		"https://host/?api_key=s3cret&x=1":                    "https://host/?api_key=…&x=1",
		"ERR AUTH app s3cret: no":                             "ERR AUTH …: no",
		"Authorization: Bearer s3cret":                        "Authorization: Bearer …",
		"two\nlines\tand\x00more":                             "two lines and\x00more",
		"lookup redis.example: no such host":                  "lookup redis.example: no such host",
		"read tcp [::1]:54321->[::1]:6379: i/o timeout":       "read tcp [::1]:54321->[::1]:6379: i/o timeout",
		"WRONGPASS invalid username-password pair":            "WRONGPASS invalid username-password pair",
		strings.Repeat("ä", 400):                              strings.Repeat("ä", 300) + "…",
	} {
		if got := scrub(text); got != want {
			t.Errorf("scrub(%q) is %q, want %q", text, got, want)
		}
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("redis://app:", "@host")
	f.Add("x app:", "@tcp(h)")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2hunter2"
		if got := scrub(before + "redis://user:" + secret + "@host" + after); strings.Contains(got, secret) {
			t.Errorf("%q", got)
		}
	})
}
