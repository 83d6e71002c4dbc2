package command

// commands.json has the commands of one version of Redis. To take those of another version, run
//
//	go run ../commandgen -from 127.0.0.1:6379
//
// here, with the address of such a server.
//
//go:generate go run ../commandgen
