package docs_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// The page's table of costs has every ready-made policy, and says of each what the code says. The README names them all.
func TestPoliciesPage(t *testing.T) {
	page, err := os.ReadFile("policies.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := costs(string(page))
	_, listed, _ := strings.Cut(string(readme), "\n## Policies\n")
	listed, _, _ = strings.Cut(listed, "\n## ")
	for _, name := range readyMade(t) {
		if rows[name] == nil {
			t.Errorf("%s is not in the page's table of costs", name)
		}
		if !strings.Contains(listed, "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
	}
	compared := map[string]any{
		"MaxAge": policy.MaxAge(time.Hour), "MaxAgeJitter": policy.MaxAgeJitter(time.Hour, time.Minute), "MaxUses": policy.MaxUses(5),
		"IdleTimeout": policy.IdleTimeout(time.Hour), "SoftIdleTimeout": policy.SoftIdleTimeout(time.Hour, 1),
		"IfIdleFor": gateOf(policy.IfIdleFor(time.Hour, pass())), "AtMostEvery": gateOf(policy.AtMostEvery(time.Hour, pass())),
		"LifetimeFunc": policy.LifetimeFunc(nil), "EvictionFunc": policy.EvictionFunc(nil), "GateFunc": policy.GateFunc(nil),
		"Test": gateOf(pass()), "IfSuspected": gateOf(policy.IfSuspected(pass())),
	}
	for _, name := range readyMade(t) {
		row := rows[name]
		if row != nil && compared[name] == nil && !strings.HasPrefix(row[0], "as its") && name != "LIFO" && name != "FIFO" {
			t.Errorf("the row of %s is not compared with the code: add it to the policies of this test", name)
		}
	}
	for name, p := range compared {
		row := rows[name]
		if row == nil {
			t.Errorf("%s is not in the page's table of costs", name)
			continue
		}
		if says := row[0] == "yes"; says != policy.IsTimed(p) {
			t.Errorf("of the time that %s needs the page says %q", name, row[0])
		}
		_, steady := policy.IsSteady(p)
		if says := strings.HasPrefix(row[1], "lends without the lock"); says != steady {
			t.Errorf("of %s and the lane the page says %q", name, row[1])
		}
	}
}

func pass() policy.BorrowTest[int] {
	return policy.Test(func(context.Context, int, time.Time) error { return nil })
}

func gateOf(t policy.BorrowTest[int]) policy.Gate { return t.Checks()[0].Gate }

// costs returns the cells of the table of costs, by policy.
func costs(page string) map[string][]string {
	rows := map[string][]string{}
	_, section, _ := strings.Cut(page, "\n## What each policy costs\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 {
			continue
		}
		for _, name := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(cells[0], -1) {
			rows[name[1]] = []string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])}
		}
	}
	return rows
}

// readyMade returns the orders and the constructors of package policy, by the type of their
// result.
func readyMade(t *testing.T) (names []string) {
	files, err := filepath.Glob("../policy/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.IsExported() && fn.Type.Results != nil && isPolicy(fn.Type.Results.List[0].Type) {
				names = append(names, fn.Name.Name)
			}
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %v are found", names)
	}
	return append(names, "LIFO", "FIFO")
}

func isPolicy(e ast.Expr) bool {
	if of, ok := e.(*ast.IndexExpr); ok {
		e = of.X
	}
	id, ok := e.(*ast.Ident)
	return ok && slices.Contains([]string{"Lifetime", "Eviction", "BorrowTest", "Gate"}, id.Name)
}
