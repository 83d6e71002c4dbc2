package sentinel

import "slices"

// State is what the sentinels say together.
type State struct {
	Master string // empty: not known yet

	// Replicas are those to read from: the ones that are connected to their master, or,
	// if none is, all of Members.
	Replicas []string

	// Members are the replicas that the sentinels reach.
	Members []string
}

func (s State) equal(t State) bool {
	return s.Master == t.Master && slices.Equal(s.Replicas, t.Replicas) && slices.Equal(s.Members, t.Members)
}

// elect returns the master that the views name with the highest epoch. Where sentinels
// name several masters with one epoch, most votes decide, then the present master, then
// the order of the views. A majority with an older epoch does not count: it has not
// heard of the last failover yet.
func elect(views []*view, present string) (master string, epoch int64) {
	epoch = highest(views)
	votes := map[string]int{}
	for _, v := range views {
		if v.epoch == epoch {
			votes[v.master]++
		}
	}
	for _, v := range views {
		n, best := votes[v.master], votes[master]
		if n > best || n == best && n > 0 && v.master == present {
			master = v.master
		}
	}
	return master, epoch
}

func highest(views []*view) int64 {
	epoch := int64(unknownEpoch)
	for _, v := range views {
		epoch = max(epoch, v.epoch)
	}
	return epoch
}

// tally adds up what the sentinels that name the elected master say about its replicas.
// It leaves out the present master, which may be one of them that was just promoted.
func tally(views []*view, elected, present string) (replicas, members []string) {
	up, linked := map[string]int{}, map[string]int{}
	var addrs []string
	for _, v := range views {
		if v.master != elected {
			continue
		}
		for _, r := range v.replicas {
			if _, known := up[r.addr]; !known && r.addr != elected && r.addr != present {
				addrs = append(addrs, r.addr)
			}
			up[r.addr] += sign(r.up)
			linked[r.addr] += sign(r.up && r.linked)
		}
	}
	slices.Sort(addrs)
	for _, addr := range addrs {
		if up[addr] >= 0 {
			members = append(members, addr)
		}
		if linked[addr] >= 0 {
			replicas = append(replicas, addr)
		}
	}
	if len(replicas) == 0 {
		replicas = members
	}
	return replicas, members
}

// sign counts one vote for or against.
func sign(yes bool) int {
	if yes {
		return 1
	}
	return -1
}
