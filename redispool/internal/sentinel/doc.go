// Package sentinel watches the sentinels of a Redis deployment, and says which server is
// the master and which are its replicas.
//
// A [Watcher] has one goroutine for each sentinel that it knows: those of its [Config],
// and those that they name. Each keeps two connections. One is subscribed to the
// sentinel's events. On the other one the sentinel is asked for the addresses, after
// each subscription, at each event, and every Interval, which also shows that it still
// answers. An event is only a reason to ask again, with one exception: see promotion.go.
//
// Sentinels may disagree, because one of them may be cut off from the others. Each
// failover has a number, the configuration epoch, which a sentinel reports with the
// address. The address with the highest number is the newest: see elect.
package sentinel
