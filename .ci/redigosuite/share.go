package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// differWithShare are the tests and subtests that fail with Share, and why. All have the same reason: Get binds nothing, and
// a plain command takes a connection only while it is under way. Package redispool tests their subject with commands that
// bind.
var differWithShare = map[string]string{
	"TestPoolReuse":     "two handles that send PING, one after the other, use one connection",
	"TestPoolMaxIdle":   "three handles that send PING, one after the other, use one connection",
	"TestPoolClose":     "a handle that has sent PING has no connection that could stay open after the pool's Close",
	"TestPoolMaxActive": "two handles that have sent PING leave room for a third",
	"TestPoolWaitStats": "two handles that have sent PING leave room for a third, which does not wait",
	racySubtest:         "Get does not test a connection, so it has no error of a test",
	"TestLocking_TestOnBorrowFails_PoolDoesntCrash": "Get neither dials nor tests",
}

// share sets Share in the pools that a unit makes, as far as their limits allow it: it must be less than MaxActive, and not
// above MaxIdle.
func (s *suite) share(f testFile, node ast.Node) {
	pool := s.redis.Scope().Lookup("Pool")
	ast.Inspect(node, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		of := lit.Type
		if sel, ok := of.(*ast.SelectorExpr); ok {
			of = sel.Sel
		}
		if id, ok := of.(*ast.Ident); !ok || s.info.Uses[id] != pool {
			return true
		}
		s.pools++
		if n := min(s.shared, limitOf(lit, "MaxIdle", 0), limitOf(lit, "MaxActive", s.shared+1)-1); n > 0 {
			s.sharing++
			s.edit(f, lit.Lbrace+1, lit.Lbrace+1, fmt.Sprintf("Share: %d, ", n))
		}
		return true
	})
}

// limitOf returns the value of a field of a pool. A value that is not a number is a constant of the test's, and large.
func limitOf(lit *ast.CompositeLit, field string, zero int) int {
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if id, ok := pair.Key.(*ast.Ident); !ok || id.Name != field {
			continue
		}
		if value, ok := pair.Value.(*ast.BasicLit); ok && value.Kind == token.INT {
			n, _ := strconv.Atoi(value.Value)
			return n
		}
		return 1 << 20
	}
	return zero
}

// leaveOut takes the tests that differ with Share out of the list, and returns what go test is to skip.
func (s *suite) leaveOut() (skip string, err error) {
	var patterns []string
	for name := range differWithShare {
		test, _, isSubtest := strings.Cut(name, "/")
		i := slices.Index(s.names, test)
		if i < 0 {
			return "", fmt.Errorf("redigo has no test %s any more: differWithShare is out of date", test)
		}
		if !isSubtest {
			s.names = slices.Delete(s.names, i, i+1)
		}
		patterns = append(patterns, "^"+strings.ReplaceAll(name, "/", "$/^")+"$")
	}
	return strings.Join(patterns, "|"), nil
}
