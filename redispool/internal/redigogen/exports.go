package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
)

// export is one exported name of redigo, with what its new declaration needs.
type export struct {
	kind       token.Token // CONST, VAR, TYPE or FUNC
	name       string
	deprecated bool
	signature  *ast.FuncType // of a FUNC
}

// exports lists redigo's exported names by kind and, within a kind, in alphabetical order. So the output does not depend on
// the files in which redigo declares them.
func exports(src *source) ([]export, error) {
	pkg, err := doc.NewFromFiles(src.fset, src.files, redigo)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(values(token.CONST, pkg.Consts), values(token.VAR, pkg.Vars), funcs(pkg.Funcs))
	for _, t := range pkg.Types {
		all = append(all, export{kind: token.TYPE, name: t.Name, deprecated: deprecated(t.Doc)})
		// go/doc files a constructor, or a variable of a type, under the type.
		all = slices.Concat(all, values(token.CONST, t.Consts), values(token.VAR, t.Vars), funcs(t.Funcs))
	}
	all = slices.DeleteFunc(all, func(e export) bool { return e.name == "Pool" || e.name == "NewPool" })
	order := []token.Token{token.CONST, token.VAR, token.TYPE, token.FUNC}
	slices.SortFunc(all, func(a, b export) int {
		return cmp.Or(slices.Index(order, a.kind)-slices.Index(order, b.kind), cmp.Compare(a.name, b.name))
	})
	return all, nil
}

func values(kind token.Token, groups []*doc.Value) []export {
	var all []export
	for _, v := range groups {
		for _, name := range v.Names {
			if ast.IsExported(name) {
				all = append(all, export{kind: kind, name: name, deprecated: deprecated(v.Doc)})
			}
		}
	}
	return all
}

func funcs(list []*doc.Func) []export {
	var all []export
	for _, f := range list {
		all = append(all, export{token.FUNC, f.Name, deprecated(f.Doc), f.Decl.Type})
	}
	return all
}

var deprecation = regexp.MustCompile(`(?m)^Deprecated: `)

func deprecated(text string) bool { return deprecation.MatchString(text) }

// imports returns the paths of all packages that the signatures mention.
func imports(src *source, all []export) ([]string, error) {
	imported := map[string]string{}
	for _, file := range src.files {
		for _, spec := range file.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			imported[path.Base(importPath)] = importPath
		}
	}
	var paths []string
	for _, e := range all {
		if e.kind != token.FUNC {
			continue
		}
		for node := range ast.Preorder(e.signature) {
			sel, ok := node.(*ast.SelectorExpr)
			if !ok {
				continue
			}
			name := sel.X.(*ast.Ident).Name
			if imported[name] == "" {
				return nil, fmt.Errorf("%s: no import is called %s", e.name, name)
			}
			paths = append(paths, imported[name])
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}
