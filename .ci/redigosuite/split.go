package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// unit is the smallest part of a file that can be left out: a declaration, or one specification of a group.
type unit struct {
	testFile
	node ast.Node
}

// split records the units of a file, and the names that each unit declares.
func (s *suite) split(f testFile) {
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			u := s.enter(f, d, []*ast.Ident{d.Name})
			if d.Recv != nil {
				receiver := s.receiver(d)
				s.methods[receiver] = append(s.methods[receiver], u)
			}
		case *ast.GenDecl:
			s.splitGroup(f, d)
		}
	}
}

func (s *suite) splitGroup(f testFile, d *ast.GenDecl) {
	switch {
	case d.Tok == token.IMPORT:
	case d.Tok == token.CONST || !d.Lparen.IsValid(): // if a line were left out, the group's iota would count differently
		var names []*ast.Ident
		for _, spec := range d.Specs {
			names = append(names, declaredBy(spec)...)
		}
		s.enter(f, d, names)
	default:
		for _, spec := range d.Specs {
			s.enter(f, spec, declaredBy(spec))
		}
	}
}

func (s *suite) enter(f testFile, node ast.Node, names []*ast.Ident) *unit {
	u := &unit{f, node}
	s.units[f.File] = append(s.units[f.File], u)
	for _, name := range names {
		s.declared[s.info.Defs[name]] = u
	}
	return u
}

func declaredBy(spec ast.Spec) []*ast.Ident {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return []*ast.Ident{spec.Name}
	case *ast.ValueSpec:
		return spec.Names
	}
	return nil
}

func (s *suite) receiver(method *ast.FuncDecl) types.Object {
	expr := method.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	id, _ := expr.(*ast.Ident)
	return s.info.Uses[id]
}
