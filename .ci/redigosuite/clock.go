package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// translateClock rewrites a test that steps redigo's clock, because no other pool has redigo's hook. The test then runs in
// a bubble of testing/synctest and sleeps there. Other tests stay as they are. The server is started before the bubble,
// because it outlives it. After each step the test waits until the background work that fell due is done: redigo's pool
// works only within calls, and the test's author could rely on that.
func (s *suite) translateClock(f testFile, test *ast.FuncDecl) error {
	var clock types.Object
	for _, stmt := range test.Body.List {
		if call := called(stmt); call != nil && s.isSetNowFunc(call.Fun) {
			s.cut(f, stmt)
			if clock == nil {
				clock = s.returned(call.Args[0])
			}
		}
	}
	if clock == nil {
		return nil
	}
	for _, stmt := range test.Body.List {
		assign, ok := stmt.(*ast.AssignStmt)
		if !ok || len(assign.Lhs) != 1 {
			continue
		}
		id, ok := assign.Lhs[0].(*ast.Ident)
		if !ok || s.object(id) != clock {
			continue
		}
		if assign.Tok == token.DEFINE {
			s.cut(f, stmt)
		} else if err := s.translateStep(f, assign); err != nil {
			return err
		}
	}
	t := test.Type.Params.List[0].Names[0].Name
	s.edit(f, test.Body.Lbrace+1, test.Body.Lbrace+1, fmt.Sprintf(
		" if _, err := DefaultServerAddr(); err != nil { %s.Fatal(err) }; synctest.Test(%s, func(%s *testing.T) {", t, t, t))
	s.edit(f, test.Body.Rbrace, test.Body.Rbrace, "})")
	s.synctest[f.File] = true
	return s.untranslated(test, clock)
}

// translateStep turns now = now.Add(d) into a sleep.
func (s *suite) translateStep(f testFile, assign *ast.AssignStmt) error {
	call, ok := assign.Rhs[0].(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return fmt.Errorf("%v: a step of the clock that is not now = now.Add(d)", s.fset.Position(assign.Pos()))
	}
	if fun, ok := call.Fun.(*ast.SelectorExpr); !ok || fun.Sel.Name != "Add" {
		return fmt.Errorf("%v: a step of the clock that is not now = now.Add(d)", s.fset.Position(assign.Pos()))
	}
	s.edit(f, assign.Pos(), call.Lparen, "time.Sleep")
	s.edit(f, call.Rparen+1, call.Rparen+1, "; synctest.Wait()")
	s.gone[assign.Lhs[0]], s.gone[call.Fun] = true, true
	return nil
}

// untranslated returns an error for a use of the clock that was not translated.
func (s *suite) untranslated(test *ast.FuncDecl, clock types.Object) error {
	var err error
	s.inspect(test, func(id *ast.Ident) {
		if s.object(id) == clock {
			err = fmt.Errorf("%v: a use of the stepped clock that has no translation", s.fset.Position(id.Pos()))
		}
	})
	return err
}

func (s *suite) object(id *ast.Ident) types.Object {
	if obj := s.info.Defs[id]; obj != nil {
		return obj
	}
	return s.info.Uses[id]
}

// called returns the call, plain or deferred, that a statement consists of.
func called(stmt ast.Stmt) *ast.CallExpr {
	switch stmt := stmt.(type) {
	case *ast.ExprStmt:
		call, _ := stmt.X.(*ast.CallExpr)
		return call
	case *ast.DeferStmt:
		return stmt.Call
	}
	return nil
}

func (s *suite) isSetNowFunc(fun ast.Expr) bool {
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	obj := s.info.Uses[sel.Sel]
	return obj != nil && s.helper(obj) && obj.Name() == "SetNowFunc"
}

// returned returns the variable that the function literal fun returns.
func (s *suite) returned(fun ast.Expr) types.Object {
	lit, ok := fun.(*ast.FuncLit)
	if !ok || len(lit.Body.List) != 1 {
		return nil
	}
	ret, ok := lit.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return nil
	}
	id, ok := ret.Results[0].(*ast.Ident)
	if !ok {
		return nil
	}
	return s.info.Uses[id]
}
