package redispool

// redigo_gen.go declares every exported name of redigo's package redis but Pool and NewPool, which are this package's
// own. A program that used redigo then changes its import line and nothing else, and every type stays redigo's: what
// one half of a program makes with redigo the other half can use with redispool.
//
//go:generate go run ./internal/redigogen
