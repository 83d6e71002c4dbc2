// Package redispool is redigo's connection pool, mended. Change the import line
//
//	import "github.com/gomodule/redigo/redis"
//
// to
//
//	import redis "github.com/respool/respool/redispool"
//
// and the program compiles as before: every name of redigo's package is here,
// and all types but [Pool] are redigo's own. Pool has redigo's fields and
// methods with their documented meaning; its zero value needs nothing but a
// Dial or DialContext. Where it behaves differently from redigo, redigo was
// wrong: the project's documentation has the list, under "Differences from
// redigo".
//
// The pool behind it is [github.com/respool/respool/resource.Pool].
package redispool
