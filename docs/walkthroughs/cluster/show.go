package main

import (
	"fmt"
	"io"

	redis "github.com/respool/respool/redispool"
)

// #region transaction

// rename changes a user's name and counts the change. The part in braces puts both keys into one slot.
func rename(cluster *redis.Cluster, user int, name string) (changes int, err error) {
	conn := cluster.Get()
	defer conn.Close()
	if err := conn.Send("MULTI"); err != nil {
		return 0, err
	}
	if err := conn.Send("SET", fmt.Sprintf("{user:%d}:name", user), name); err != nil {
		return 0, err
	}
	if err := conn.Send("INCR", fmt.Sprintf("{user:%d}:changes", user)); err != nil {
		return 0, err
	}
	replies, err := redis.Values(conn.Do("EXEC"))
	if err != nil {
		return 0, err
	}
	return redis.Int(replies[1], nil)
}

// #endregion transaction

// #region many

// names reads many keys: one MGET for each slot that they are in.
func names(cluster *redis.Cluster, keys ...string) (map[string]string, error) {
	all := map[string]string{}
	for _, group := range redis.SplitBySlot(keys...) {
		conn := cluster.Get()
		values, err := redis.Strings(conn.Do("MGET", redis.Args{}.AddFlat(group)...))
		conn.Close()
		if err != nil {
			return nil, err
		}
		for i, key := range group {
			all[key] = values[i]
		}
	}
	return all, nil
}

// #endregion many

// #region each

// count counts the keys of all masters.
func count(cluster *redis.Cluster) (n int, err error) {
	err = cluster.EachNode(false, func(addr string, conn redis.Conn) error {
		size, err := redis.Int(conn.Do("DBSIZE"))
		n += size
		return err
	})
	return n, err
}

// #endregion each

func show(cluster *redis.Cluster, out io.Writer) error {
	for user, name := range []string{"Ann", "Bob"} {
		changes, err := rename(cluster, user, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "user %d is %s after %d change\n", user, name, changes)
	}
	all, err := names(cluster, "{user:0}:name", "{user:1}:name")
	if err != nil {
		return err
	}
	n, err := count(cluster)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%v, %d keys\n", all, n)

	conn := cluster.Get()
	defer conn.Close()
	_, err = conn.Do("MGET", "{user:0}:name", "{user:1}:name")
	fmt.Fprintf(out, "in one command: %v\n\n", err)
	return nil
}
