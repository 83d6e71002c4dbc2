package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

const (
	redigoPath  = redigoModule + "/redis"
	ownPath     = ownModule + "/redispool"
	packageName = "redis_test"
)

func (s *suite) edit(f testFile, from, to token.Pos, text string) {
	s.edits[f.File] = append(s.edits[f.File], edit{from, to, text})
}

func (s *suite) cut(f testFile, node ast.Node) {
	s.gone[node] = true
	s.edit(f, node.Pos(), node.End(), "")
}

// write puts the suite into dir as one package that imports the package at subject under the name redis.
func (s *suite) write(dir, subject string) error {
	for _, f := range s.tests {
		if !slices.ContainsFunc(s.units[f.File], func(u *unit) bool { return s.kept[u] }) {
			continue
		}
		s.rewrite(f, subject)
		if err := os.WriteFile(filepath.Join(dir, f.name), s.apply(f), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) rewrite(f testFile, subject string) {
	imported := map[types.Object]bool{} // the imports that the suite still uses
	usesRedis := false
	for _, u := range s.units[f.File] {
		if s.kept[u] {
			usesRedis = s.qualify(f, u.node, imported) || usesRedis
			if s.shared > 0 {
				s.share(f, u.node)
			}
		} else {
			s.cut(f, u.node)
		}
	}
	s.edit(f, f.Name.Pos(), f.Name.End(), packageName)
	if s.synctest[f.File] {
		s.edit(f, f.Name.End(), f.Name.End(), `; import "testing/synctest"`)
	}
	if usesRedis {
		s.edit(f, f.Name.End(), f.Name.End(), fmt.Sprintf("; import redis %q", subject))
	}
	for _, spec := range f.Imports {
		if !s.mentioned(spec, imported) {
			s.cut(f, spec)
		}
	}
}

// qualify lets both kinds of test file be in one package. In a file of redigo's own package it puts "redis." before names
// of the library. In a file of package redis_test it removes "redis." before names of helpers. It reports whether the file
// still mentions the package redis, and enters other imports into imported.
func (s *suite) qualify(f testFile, node ast.Node, imported map[types.Object]bool) (usesRedis bool) {
	helpers := map[*ast.Ident]bool{} // the redis in redis.helper
	ast.Inspect(node, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && !s.gone[n] {
			if x, ok := sel.X.(*ast.Ident); ok && s.redisImport(s.info.Uses[x]) && s.helper(s.info.Uses[sel.Sel]) {
				helpers[x] = true
				s.edit(f, sel.Pos(), sel.Sel.Pos(), "")
			}
		}
		return !s.gone[n]
	})
	s.inspect(node, func(id *ast.Ident) {
		obj := s.info.Uses[id]
		switch {
		case obj == nil || helpers[id]:
		case s.redisImport(obj):
			usesRedis = true
		case !f.external && s.ofLibrary(obj):
			s.edit(f, id.Pos(), id.Pos(), "redis.")
			usesRedis = true
		default:
			imported[obj] = true
		}
	})
	return usesRedis
}

func (s *suite) redisImport(obj types.Object) bool {
	name, ok := obj.(*types.PkgName)
	return ok && name.Imported() == s.redis
}

func (s *suite) mentioned(spec *ast.ImportSpec, imported map[types.Object]bool) bool {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return true
	}
	for obj := range imported {
		if name, ok := obj.(*types.PkgName); ok && name.Imported().Path() == path {
			return true
		}
	}
	return false
}

// apply returns the text of a file with its edits applied.
func (s *suite) apply(f testFile) []byte {
	edits := s.edits[f.File]
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		from, to := s.fset.Position(e.from).Offset, s.fset.Position(e.to).Offset
		out.Write(f.text[done:from])
		out.WriteString(e.text)
		out.Write(bytes.Repeat([]byte{'\n'}, bytes.Count(f.text[from:to], []byte{'\n'})))
		done = to
	}
	out.Write(f.text[done:])
	return out.Bytes()
}
