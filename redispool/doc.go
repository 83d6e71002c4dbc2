// Package redispool is redigo's connection pool, with its faults mended. Change the
// import line
//
//	import "github.com/gomodule/redigo/redis"
//
// to
//
//	import redis "github.com/respool/respool/redispool"
//
// and the program compiles as before. Every name of redigo's package is here, and all types of that package
// except [Pool] are redigo's own. Pool has redigo's fields and methods with their documented meaning; its zero
// value needs only a Dial or DialContext. It differs from redigo's pool only where that pool breaks a promise
// or loses capacity: the page "Differences from redigo" of the project's documentation has the list.
//
// [Cluster] sends commands to the nodes of a Redis Cluster, with a Pool for each node.
//
// With [Pool.Share] plain commands of many callers share a few connections.
//
// The pool behind it is [github.com/respool/respool/resource.Pool].
package redispool

// redigo_gen.go declares every exported name of redigo's package redis except Pool and NewPool, which are this
// package's own. So a program that used redigo changes only its import line. The declared types are redigo's:
// one half of a program can make a value with redigo, and the other half can use the value with redispool.
//
//go:generate go run ./internal/redigogen
