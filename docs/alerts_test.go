package docs_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// alertsOf returns the alerts that a file names at the places of a pattern, sorted.
func alertsOf(t *testing.T, file, pattern string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return all
}

// Each alert has its line on the page for the engineer on call and on that of monitoring, and
// neither has a line for another.
func TestEveryAlertIsOnThePages(t *testing.T) {
	rules := alertsOf(t, "monitoring/alerts.yml", `(?m)^ *- alert: (\w+)$`)
	if len(rules) == 0 {
		t.Fatal("there are no alerts")
	}
	for _, page := range []string{"on-call.md", "monitoring/index.md"} {
		if got := alertsOf(t, page, "(?m)^\\| `(Pool\\w+)` \\|"); !slices.Equal(got, rules) {
			t.Errorf("%s has lines for %q, the alerts are %q", page, got, rules)
		}
	}
}

// The lines of the alerts lead to sections that exist.
func TestAlertsLeadToSections(t *testing.T) {
	text, err := os.ReadFile("on-call.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## An alert fires\n")
	table, _, _ = strings.Cut(table, "\n## ")
	links := regexp.MustCompile(`\(#([\w-]+)\)`).FindAllStringSubmatch(table, -1)
	if len(links) == 0 {
		t.Fatal("the alerts lead nowhere")
	}
	for _, link := range links {
		heading := strings.ReplaceAll(link[1], "-", " ")
		if !regexp.MustCompile(`(?mi)^### ` + regexp.QuoteMeta(heading) + `$`).Match(text) {
			t.Errorf("there is no section for #%s", link[1])
		}
	}
}
