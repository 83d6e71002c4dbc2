package main

import (
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// listModule lists the packages of the promise, from what the compiler has written
// about them.
func listModule() (lines []string, err error) {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}
	for _, p := range promised {
		args = append(args, "./"+p)
	}
	command := exec.Command("go", args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, errors.New("not compiled")
		}
		return os.Open(files[path])
	})
	for _, p := range promised {
		pkg, err := from.Import(module + "/" + p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		lines = append(lines, list(p, pkg)...)
	}
	return lines, nil
}

// list has a line for each exported name of a package and each exported member of
// a type. A line begins with the name; a change of any part of it may break a
// program. A new line breaks none.
func list(short string, pkg *types.Package) (lines []string) {
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		if o := scope.Lookup(name); o.Exported() {
			lines = append(lines, describe(short+"."+name, o)...)
		}
	}
	slices.Sort(lines)
	return lines
}

func describe(name string, o types.Object) []string {
	q := qualifier(o.Pkg())
	switch o := o.(type) {
	case *types.Const:
		return []string{fmt.Sprintf("%s const %s = %s", name, types.TypeString(o.Type(), q), o.Val().ExactString())}
	case *types.Var:
		return []string{name + " var " + typeText(o.Type(), q)}
	case *types.Func:
		return []string{name + " func" + signature(o.Signature(), q)}
	case *types.TypeName:
		if o.IsAlias() {
			return []string{name + " = " + types.TypeString(types.Unalias(o.Type()), q)}
		}
		return describeType(name, o.Type().(*types.Named), q)
	}
	return nil
}

func describeType(name string, named *types.Named, q types.Qualifier) (lines []string) {
	head := name + " type" + parameters(named.TypeParams(), q) + " "
	switch u := named.Underlying().(type) {
	case *types.Interface:
		// A method more breaks those who implement it, so the interface is one line.
		return []string{head + types.TypeString(u, q)}
	case *types.Struct:
		head += "struct"
		for f := range u.Fields() {
			if f.Exported() {
				embedded := ""
				if f.Embedded() {
					embedded = " embedded"
				}
				lines = append(lines, name+"."+f.Name()+" field"+embedded+" "+typeText(f.Type(), q))
			}
		}
	default:
		head += typeText(u, q)
	}
	if types.Comparable(named) {
		head += ", comparable"
	}
	return append(append(lines, head), methods(name, named, q)...)
}

// methods lists those that embedded fields give as well.
func methods(name string, named *types.Named, q types.Qualifier) (lines []string) {
	byValue := types.NewMethodSet(named)
	all := types.NewMethodSet(types.NewPointer(named))
	for m := range all.Methods() {
		f := m.Obj().(*types.Func)
		if !f.Exported() {
			continue
		}
		kind := " method of the pointer "
		if byValue.Lookup(f.Pkg(), f.Name()) != nil {
			kind = " method "
		}
		lines = append(lines, name+"."+f.Name()+kind+signature(m.Type().(*types.Signature), q))
	}
	return lines
}

// typeText leaves out the names of a function's parameters: no program depends on
// them. It keeps the names in an interface's methods.
func typeText(t types.Type, q types.Qualifier) string {
	if s, is := t.(*types.Signature); is {
		return "func" + signature(s, q)
	}
	return types.TypeString(t, q)
}

func signature(s *types.Signature, q types.Qualifier) string {
	var b strings.Builder
	b.WriteString(parameters(s.TypeParams(), q))
	tuple := func(t *types.Tuple, variadic bool) {
		var all []string
		for v := range t.Variables() {
			all = append(all, typeText(v.Type(), q))
		}
		if variadic {
			last := t.At(t.Len() - 1).Type().(*types.Slice)
			all[len(all)-1] = "..." + types.TypeString(last.Elem(), q)
		}
		b.WriteString("(" + strings.Join(all, ", ") + ")")
	}
	tuple(s.Params(), s.Variadic())
	if s.Results().Len() > 0 {
		b.WriteString(" ")
		tuple(s.Results(), false)
	}
	return b.String()
}

func parameters(list *types.TypeParamList, q types.Qualifier) string {
	if list.Len() == 0 {
		return ""
	}
	var all []string
	for p := range list.TypeParams() {
		all = append(all, p.Obj().Name()+" "+types.TypeString(p.Constraint(), q))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// qualifier names packages of this module by their folder and others by their
// whole path, since two may have the same name.
func qualifier(own *types.Package) types.Qualifier {
	return func(p *types.Package) string {
		if p == own {
			return ""
		}
		return strings.TrimPrefix(p.Path(), module+"/")
	}
}
