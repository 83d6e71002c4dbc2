package sentinel

import "strings"

// promotes is the event of the sentinel that leads a failover, at the moment when it
// orders a replica to become the master.
const promotes = "+failover-state-wait-promotion"

// channels are the events after which a sentinel's answer may be another one.
var channels = []any{
	promotes,          // see promotion.go
	"+promoted-slave", // the leading sentinel has seen that the replica is the master now
	"+switch-master",  // the failover is over, or this sentinel has heard of it
	"+reset-master",   // the sentinel begins anew
	"+sentinel",       // there is another sentinel
	"+slave", "+slave-reconf-done", "+convert-to-slave", "+role-change",
	"+sdown", "-sdown", "+odown", "-odown", "+reboot",
}

// event is an event about an instance or about a master.
type event struct {
	name   string // of the master, as the sentinels know it
	master string // the master's address before the event
	addr   string // the instance's address, or the new master's
}

// parseEvent parses the text of an event. The two forms are
//
//	name old-host old-port new-host new-port
//	type id host port @ name master-host master-port
//
// In the second form the part from @ on is missing if the instance is the master, whose
// id is its name.
func parseEvent(channel, text string) (e event, ok bool) {
	f := strings.Fields(text)
	var oldHost, oldPort, host, port string
	switch {
	case channel == "+switch-master" && len(f) == 5:
		e.name, oldHost, oldPort, host, port = f[0], f[1], f[2], f[3], f[4]
	case channel != "+switch-master" && len(f) >= 8 && f[4] == "@":
		e.name, oldHost, oldPort, host, port = f[5], f[6], f[7], f[2], f[3]
	case channel != "+switch-master" && len(f) >= 4 && f[0] == "master":
		e.name, oldHost, oldPort, host, port = f[1], f[2], f[3], f[2], f[3]
	default:
		return event{}, false
	}
	var err, oldErr error
	e.addr, err = hostPort(host, port)
	e.master, oldErr = hostPort(oldHost, oldPort)
	return e, err == nil && oldErr == nil
}
