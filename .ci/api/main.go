// Api compares the exported API of the packages under the compatibility promise with its
// listing in api.txt. It also compares the listing with its own history: the changelog
// must name each removal and each change.
//
//	go run ./.ci/api           # checks
//	go run ./.ci/api -update   # writes api.txt anew, then checks
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// promised are the packages of the compatibility promise.
var promised = []string{"resource", "redispool", "policy", "sim"}

const (
	module    = "github.com/respool/respool"
	stored    = ".ci/api/api.txt"
	changelog = "docs/changelog.md"
)

func main() {
	update := flag.Bool("update", false, "write the listing anew")
	flag.Parse()
	if err := check(*update); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func check(update bool) error {
	now, err := listModule()
	if err != nil {
		return err
	}
	if update {
		if err := os.WriteFile(stored, []byte(strings.Join(now, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(stored)
	if err != nil {
		return err
	}
	was := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if gone, added := missing(was, now), missing(now, was); len(gone)+len(added) > 0 {
		return fmt.Errorf("the API is not as %s has it; if that is meant, run: go run ./.ci/api -update\n%s%s",
			stored, marked("- ", gone), marked("+ ", added))
	}
	removed, err := everRemoved()
	if err != nil {
		return err
	}
	log, err := os.ReadFile(changelog)
	if err != nil {
		return err
	}
	if silent := unnamed(missing(removed, now), string(log)); len(silent) > 0 {
		return fmt.Errorf("these were removed or changed, and %s does not name them, such as `resource.Config.Open`:\n%s",
			changelog, marked("- ", silent))
	}
	fmt.Printf("%d exported names and members, as listed\n", len(now))
	return nil
}

// missing are the lines that are in a and not in b.
func missing(a, b []string) (lines []string) {
	has := map[string]bool{}
	for _, l := range b {
		has[l] = true
	}
	for _, l := range a {
		if !has[l] {
			lines = append(lines, l)
		}
	}
	return lines
}

func marked(mark string, lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(mark + l + "\n")
	}
	return b.String()
}
