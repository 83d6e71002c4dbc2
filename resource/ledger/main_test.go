package ledger_test

import (
	"flag"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the effects in testdata/stories")
	os.Exit(m.Run())
}
