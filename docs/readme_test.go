package docs_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/respool/respool/redispool"
)

// TestReadmeHasEveryFieldOfThePool fails for a field of redispool.Pool without a row in the
// table of the README.
func TestReadmeHasEveryFieldOfThePool(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder // their first cells
	for line := range strings.Lines(string(page)) {
		if cells := strings.SplitN(line, "|", 3); len(cells) == 3 && cells[0] == "" {
			rows.WriteString(cells[1])
		}
	}
	pool := reflect.TypeFor[redispool.Pool]()
	for i := range pool.NumField() {
		if field := pool.Field(i); field.IsExported() && !strings.Contains(rows.String(), "`"+field.Name+"`") {
			t.Errorf("README.md: the table of redispool.Pool has no row of %s", field.Name)
		}
	}
}
