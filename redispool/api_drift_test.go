package redispool_test

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
)

// drift returns one line for each name of theirs that ours lacks, or has as another kind of object or with another type.
// An additional name in ours is not drift.
func drift(theirs, ours *types.Package) []string {
	c := comparison{theirs: theirs, ours: ours}
	for _, name := range theirs.Scope().Names() {
		if their := theirs.Scope().Lookup(name); their.Exported() {
			c.object(name, their, ours.Scope().Lookup(name))
		}
	}
	return c.found
}

type comparison struct {
	theirs, ours *types.Package
	found        []string
}

func (c *comparison) report(name, format string, args ...any) {
	c.found = append(c.found, name+" "+fmt.Sprintf(format, args...))
}

func (c *comparison) object(name string, their, our types.Object) {
	switch {
	case our == nil:
		c.report(name, "is missing")
	case reflect.TypeOf(our) != reflect.TypeOf(their):
		c.report(name, "is another kind of thing: %v, not %v", our, their)
	case !types.Identical(our.Type(), c.asOurs(their.Type())):
		c.report(name, "has type %v, not %v", our.Type(), their.Type())
	case name == "Pool":
		c.members(their.Type(), our.Type())
	default:
		c.value(name, their, our)
	}
}

func (c *comparison) value(name string, their, our types.Object) {
	if t, ok := their.(*types.Const); ok && !constant.Compare(our.(*types.Const).Val(), token.EQL, t.Val()) {
		c.report(name, "is %v, not %v", our.(*types.Const).Val(), t.Val())
	}
}

// members compares the fields and methods of the one type that is not an alias.
func (c *comparison) members(their, our types.Type) {
	var members []types.Object
	for field := range their.Underlying().(*types.Struct).Fields() {
		members = append(members, field)
	}
	for method := range types.NewMethodSet(types.NewPointer(their)).Methods() {
		members = append(members, method.Obj())
	}
	for _, member := range members {
		if member.Exported() {
			found, _, _ := types.LookupFieldOrMethod(our, true, c.ours, member.Name())
			c.object("Pool."+member.Name(), member, found)
		}
	}
}

// asOurs returns t with our Pool in the place of theirs. In the other direction, a stray *redis.Pool in our API would
// count as our own.
func (c *comparison) asOurs(t types.Type) types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if our := c.ours.Scope().Lookup("Pool"); our != nil && t.Obj() == c.theirs.Scope().Lookup("Pool") {
			return our.Type()
		}
	case *types.Pointer:
		return types.NewPointer(c.asOurs(t.Elem()))
	case *types.Slice:
		return types.NewSlice(c.asOurs(t.Elem()))
	case *types.Array:
		return types.NewArray(c.asOurs(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(c.asOurs(t.Key()), c.asOurs(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), c.asOurs(t.Elem()))
	case *types.Signature:
		if t.TypeParams() == nil {
			return types.NewSignatureType(nil, nil, nil, c.tuple(t.Params()), c.tuple(t.Results()), t.Variadic())
		}
	}
	return t
}

func (c *comparison) tuple(t *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range t.Variables() {
		vars = append(vars, types.NewParam(v.Pos(), v.Pkg(), v.Name(), c.asOurs(v.Type())))
	}
	return types.NewTuple(vars...)
}
