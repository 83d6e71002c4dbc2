package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// suite is the part of redigo's test files that its pool tests need, and the edits to it.
type suite struct {
	*source
	names    []string // of the tests
	units    map[*ast.File][]*unit
	declared map[types.Object]*unit
	methods  map[types.Object][]*unit // by receiver
	kept     map[*unit]bool
	edits    map[*ast.File][]edit
	gone     map[ast.Node]bool // nodes that are cut out, so that the suite need not keep what their names lead to
	synctest map[*ast.File]bool

	shared         int // the Share that pools get; zero: none
	pools, sharing int // how many there are, and how many got it
}

// edit replaces the text between two positions. It keeps line breaks, so that a failure is reported at the line of
// redigo's own file.
type edit struct {
	from, to token.Pos
	text     string
}

func (s *source) suite() (*suite, error) {
	st := &suite{
		source:   s,
		units:    map[*ast.File][]*unit{},
		declared: map[types.Object]*unit{},
		methods:  map[types.Object][]*unit{},
		kept:     map[*unit]bool{},
		edits:    map[*ast.File][]edit{},
		gone:     map[ast.Node]bool{},
		synctest: map[*ast.File]bool{},
	}
	var roots []*unit
	for _, f := range s.tests {
		st.split(f)
		for _, u := range st.units[f.File] {
			fun, ok := u.node.(*ast.FuncDecl)
			switch {
			case !ok || fun.Recv != nil:
			case fun.Name.Name == "TestMain":
				roots = append(roots, u)
			case f.external && strings.HasPrefix(fun.Name.Name, "Test") && (f.name == "pool_test.go" || st.usesPool(fun)):
				if err := st.translateClock(f, fun); err != nil {
					return nil, err
				}
				st.names = append(st.names, fun.Name.Name)
				roots = append(roots, u)
			}
		}
	}
	for _, u := range roots {
		st.keep(u)
	}
	return st, nil
}

// keep takes a unit into the suite, together with all units that its names refer to.
func (s *suite) keep(u *unit) {
	if s.kept[u] {
		return
	}
	s.kept[u] = true
	s.inspect(u.node, func(id *ast.Ident) {
		obj := s.object(id)
		if obj == nil {
			return
		}
		if needed := s.declared[obj]; needed != nil {
			s.keep(needed)
		}
		for _, method := range s.methods[obj] {
			s.keep(method)
		}
	})
}

func (s *suite) usesPool(test *ast.FuncDecl) (uses bool) {
	pool := s.redis.Scope().Lookup("Pool")
	s.inspect(test, func(id *ast.Ident) { uses = uses || s.info.Uses[id] == pool })
	return uses
}

// inspect calls visit for every name in node that is not cut out.
func (s *suite) inspect(node ast.Node, visit func(*ast.Ident)) {
	ast.Inspect(node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !s.gone[n] {
			visit(id)
		}
		return !s.gone[n]
	})
}
