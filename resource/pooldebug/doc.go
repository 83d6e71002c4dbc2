// Package pooldebug serves a page that shows what running pools do.
//
//	var pools pooldebug.Handler
//	if err := pools.Add("mail", pool); err != nil {
//		return err
//	}
//	mux.Handle("/debug/pools", &pools)
//
// [Handler.AddGroup] adds the pools of a [resource.Keyed], and [Handler.AddEach] those of
// a redispool.Cluster.
//
// The page shows the state of each pool, what is wrong with it, its histograms, each of
// its resources, the callers that wait, and the last error. It is HTML without scripts,
// plain text, or JSON: as ?format=html, ?format=text or ?format=json says, or else the
// Accept header. Without either it is text, for curl.
//
// # Parameters
//
//	pool=NAME    the details of one pool; without it, an overview of all
//	key=KEY      with pool: the details of one key of a Keyed
//	state=STATE  with pool: only resources that are leased, testing, opening, closing or idle
//	from=N       with pool: begin with the resource, or the key, at this place, from 0
//	limit=N      with pool: show so many resources, or keys; 100 by default, 1000 at most
//
// # Who may see it
//
// The page is read-only: it answers GET and HEAD. It never shows a resource's value, and
// replaces what looks like a password in names, keys and the texts of errors. Browsers
// neither store it nor show it in a frame. Still it is for operators: it shows the names
// of pools, addresses in errors, and functions of the program in stacks. Serve it as you
// serve net/http/pprof: on an internal address, or behind your login.
//
// # JSON
//
// The JSON is a [Report]. Its version, in the field version, grows if a field goes or
// changes its meaning; new fields can come without that. Durations are in nanoseconds,
// and names in stats are those of [resource.Stats].
package pooldebug
