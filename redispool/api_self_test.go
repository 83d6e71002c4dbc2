package redispool_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const theirAPI = `package redis

type Conn interface{ Close() error }

type Pool struct {
	Dial    func() (Conn, error)
	MaxIdle int

	hidden int
}

func NewPool(dial func() (Conn, error), maxIdle int) *Pool { return nil }

func (p *Pool) Get() Conn { return nil }

func (p *Pool) Peers(more ...*Pool) map[string][]*Pool { return nil }

func (p *Pool) hide() {}

func Dial(address string, seconds ...int) (Conn, error) { return nil, nil }

func hidden() {}

var ErrNil error

const Max = 3
`

const ourAPI = `package redispool

import "redis"

type Conn = redis.Conn

type Pool struct {
	Dial    func() (Conn, error)
	MaxIdle int
	More    int
}

func NewPool(dial func() (Conn, error), maxIdle int) *Pool { return nil }

func (p *Pool) Get() Conn { return nil }

func (p *Pool) Peers(more ...*Pool) map[string][]*Pool { return nil }

func (p *Pool) More_() {}

func Dial(address string, seconds ...int) (Conn, error) { return redis.Dial(address, seconds...) }

var ErrNil = redis.ErrNil

const Max = redis.Max

func More() {}
`

// TestDrift starts from a package that agrees and breaks one place at a time. It shows that the comparison finds each
// difference.
func TestDrift(t *testing.T) {
	for _, test := range []struct {
		name     string
		old, new string
		want     []string
	}{
		{name: "no drift"},
		{"missing function", "func Dial", "func dial",
			[]string{"Dial is missing"}},
		{"missing variable", "var ErrNil", "var errNil",
			[]string{"ErrNil is missing"}},
		{"missing Pool", ourAPI[strings.Index(ourAPI, "type Pool"):strings.Index(ourAPI, "func Dial")], "\n",
			[]string{"NewPool is missing", "Pool is missing"}},
		{"changed result", "(Conn, error) { return redis.Dial(address, seconds...) }", "Conn { return nil }",
			[]string{"Dial has type"}},
		{"variadic lost", "seconds ...int) (Conn, error) { return redis.Dial(address, seconds...) }",
			"seconds []int) (Conn, error) { return nil, nil }",
			[]string{"Dial has type"}},
		{"variable for a function", "func Dial(address string, seconds ...int) (Conn, error) {",
			"var Dial = func(address string, seconds ...int) (Conn, error) {",
			[]string{"Dial is another kind of thing"}},
		{"type of its own", "type Conn = redis.Conn", "type Conn interface{ Close() error }",
			[]string{"Conn has type", "Dial has type", "NewPool has type", "Pool.Dial has type", "Pool.Get has type"}},
		{"changed variable", "ErrNil = redis.ErrNil", "ErrNil *int",
			[]string{"ErrNil has type"}},
		{"changed constant", "Max = redis.Max", "Max = 4",
			[]string{"Max is 4, not 3"}},
		{"typed constant", "Max = redis.Max", "Max int = 3",
			[]string{"Max has type"}},
		{"missing field", "MaxIdle int\n", "maxIdle_ int\n",
			[]string{"Pool.MaxIdle is missing"}},
		{"changed field", "MaxIdle int\n", "MaxIdle int64\n",
			[]string{"Pool.MaxIdle has type"}},
		{"missing method", ") Get()", ") get()",
			[]string{"Pool.Get is missing"}},
		{"method for a field", "MaxIdle int\n", "}; func (p *Pool) MaxIdle() int { return 0 }; type rest struct {\n",
			[]string{"Pool.MaxIdle is another kind of thing"}},
		{"changed method", "Get() Conn { return nil }", "Get() *Conn { return nil }",
			[]string{"Pool.Get has type"}},
		{"their Pool for ours", "map[string][]*Pool", "map[string][]*redis.Pool",
			[]string{"Pool.Peers has type"}},
		{"a value for a pointer", "map[string][]*Pool", "map[string][]Pool",
			[]string{"Pool.Peers has type"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code := ourAPI
			if test.name != "no drift" {
				if code = strings.Replace(ourAPI, test.old, test.new, 1); code == ourAPI {
					t.Fatalf("our API has no %q to break", test.old)
				}
			}
			theirs := check(t, "redis", theirAPI)
			got := drift(theirs, check(t, "redispool", code, theirs))
			for i := range got {
				if i < len(test.want) && strings.HasPrefix(got[i], test.want[i]) {
					got[i] = test.want[i]
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}

// check type-checks code and returns its package. The code may import the given packages.
func check(t *testing.T, path, code string, imported ...*types.Package) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path+".go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: known(imported)}
	pkg, err := conf.Check(path, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

type known []*types.Package

func (k known) Import(path string) (*types.Package, error) {
	for _, pkg := range k {
		if pkg.Path() == path {
			return pkg, nil
		}
	}
	return nil, fmt.Errorf("no package %s", path)
}
