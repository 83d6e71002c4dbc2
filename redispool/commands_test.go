package redispool

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// changing has the commands that change their connection, with arguments for which they do so. A subcommand follows its
// command and a bar. docs/session-state.md says what the pool does about each. A subcommand of CLIENT without a case in
// sessionEffect counts as changing: its connection is closed.
var changing = map[string]string{
	// Transactions.
	"multi":   "",
	"exec":    "",
	"discard": "",
	"watch":   "key",
	"unwatch": "",

	// Subscriptions, and other commands after which the server sends messages on its own. Outside a subscription, the
	// commands that end one get a single reply if they have at most one argument, like other commands.
	"subscribe":    "channel",
	"psubscribe":   "pattern",
	"ssubscribe":   "channel",
	"unsubscribe":  "channel another",
	"punsubscribe": "pattern another",
	"sunsubscribe": "channel another",
	"monitor":      "",
	"sync":         "",
	"psync":        "? -1",
	"replconf":     "capa eof",
	"client|reply": "off",

	// It makes the connection a link over which slots are copied to another node.
	"cluster|syncslots": "establish",

	// The server may close any connection, this one included.
	"acl|deluser": "user",
	"acl|load":    "",
	"client|kill": "type normal skipme no",

	// The session.
	"select":               "1",
	"auth":                 "user password",
	"hello":                "2",
	"reset":                "",
	"quit":                 "",
	"readonly":             "",
	"readwrite":            "",
	"asking":               "", // for one command
	"script|debug":         "yes",
	"client|caching":       "yes", // for one command
	"client|capa":          "redirect",
	"client|import-source": "on",
	"client|no-evict":      "on",
	"client|no-touch":      "on",
	"client|setinfo":       "lib-name name",
	"client|setname":       "name",
	"client|tracking":      "on",
}

// unchanging has the commands that change nothing in their connection: first those of Redis 7.0, then those of later
// versions and of Valkey. SELECT in a script has an effect only within the script. SWAPDB exchanges two databases for all
// clients. After SHUTDOWN the call fails. ACL SETUSER closes only connections that are subscribed.
var unchanging = strings.Fields(`
acl acl|cat acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|log acl|save acl|setuser
acl|users acl|whoami append bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop brpop
brpoplpush bzmpop bzpopmax bzpopmin client client|getname client|getredir client|help client|id client|info
client|list client|pause client|trackinginfo client|unblock client|unpause cluster cluster|addslots
cluster|addslotsrange cluster|bumpepoch cluster|count-failure-reports cluster|countkeysinslot cluster|delslots
cluster|delslotsrange cluster|failover cluster|flushslots cluster|forget cluster|getkeysinslot cluster|help
cluster|info cluster|keyslot cluster|links cluster|meet cluster|myid cluster|nodes cluster|replicas cluster|replicate
cluster|reset cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|shards cluster|slaves cluster|slots
command command|count command|docs command|getkeys command|getkeysandflags command|help command|info command|list
config config|get config|help config|resetstat config|rewrite config|set copy dbsize debug decr decrby del dump echo
eval eval_ro evalsha evalsha_ro exists expire expireat expiretime failover fcall fcall_ro flushall flushdb function
function|delete function|dump function|flush function|help function|kill function|list function|load function|restore
function|stats geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch
geosearchstore get getbit getdel getex getrange getset hdel hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget
hmset hrandfield hscan hset hsetnx hstrlen hvals incr incrby incrbyfloat info keys lastsave latency latency|doctor
latency|graph latency|help latency|histogram latency|history latency|latest latency|reset lcs lindex linsert llen
lmove lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim memory memory|doctor memory|help memory|malloc-stats
memory|purge memory|stats memory|usage mget migrate module module|help module|list module|load module|loadex
module|unload move mset msetnx object object|encoding object|freq object|help object|idletime object|refcount persist
pexpire pexpireat pexpiretime pfadd pfcount pfdebug pfmerge pfselftest ping psetex pttl publish pubsub pubsub|channels
pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub randomkey rename renamenx replicaof
restore restore-asking role rpop rpoplpush rpush rpushx sadd save scan scard script script|exists script|flush
script|help script|kill script|load sdiff sdiffstore set setbit setex setnx setrange shutdown sinter sintercard
sinterstore sismember slaveof slowlog slowlog|get slowlog|help slowlog|len slowlog|reset smembers smismember smove
sort sort_ro spop spublish srandmember srem sscan strlen substr sunion sunionstore swapdb time touch ttl type unlink
wait xack xadd xautoclaim xclaim xdel xgroup xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy
xgroup|help xgroup|setid xinfo xinfo|consumers xinfo|groups xinfo|help xinfo|stream xlen xpending xrange xread
xreadgroup xrevrange xsetid xtrim zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount
zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex
zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore

cluster|myshardid waitaof hexpire hpexpire hexpireat hpexpireat hexpiretime hpexpiretime hpersist httl hpttl hgetdel
hgetex hsetex vadd vcard vdim vemb vgetattr vinfo vismember vlinks vrandmember vrem vsetattr vsim vrange cluster|slot-
stats cluster|migration commandlog commandlog|get commandlog|help commandlog|len commandlog|reset script|show delifeq
xackdel xdelex digest delex msetex cluster|migrateslots cluster|cancelslotmigrations cluster|getslotmigrations
cluster|flushslot trimslots hotkeys hotkeys|start xcfgset
`)

// TestEveryCommandIsKnown asks a server for its commands. A command in neither list may change a connection in a way that
// the pool does not undo: look it up, and put it into one of the lists. The test ignores commands of modules, which have a
// dot in their names.
func TestEveryCommandIsKnown(t *testing.T) {
	names := commandNames(t, commandsOfServer(t))
	if len(names) < 200 {
		t.Fatalf("the server has %d commands: %q", len(names), names)
	}
	for _, name := range names {
		_, changes := changing[name]
		if !changes && !slices.Contains(unchanging, name) && !strings.Contains(name, ".") {
			t.Errorf("%s: what does it change in a connection?", name)
		}
	}
}

// commandsOfServer returns the reply of a real server to COMMAND.
func commandsOfServer(t *testing.T) []any {
	c, err := redis.Dial("tcp", redistest.Start(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reply, err := redis.Values(c.Do("COMMAND"))
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// commandNames reads the reply to COMMAND. The subcommands in it have the same form as the commands.
func commandNames(t *testing.T, reply []any) (names []string) {
	for _, r := range reply {
		fields, err := redis.Values(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		name, err := redis.String(fields[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.ToLower(name))
		if len(fields) > 9 {
			subcommands, _ := redis.Values(fields[9], nil)
			names = append(names, commandNames(t, subcommands)...)
		}
	}
	return names
}

// TestEffectOfEveryCommand compares the lists with the effects that the pool notes.
func TestEffectOfEveryCommand(t *testing.T) {
	effectOf := func(name, args string) effect {
		pc := newPooled(&core{undoSession: true}, nil, 0)
		cmd, sub, _ := strings.Cut(name, "|")
		var all []any
		for _, a := range strings.Fields(sub + " " + args) {
			all = append(all, a)
		}
		k := kindOf(cmd)
		if k == ordinary {
			return effect{}
		}
		return pc.effectOf(k, all)
	}
	for name, args := range changing {
		if effectOf(name, args).kind == ordinary {
			t.Errorf("%s %s is taken for a command that changes nothing", name, args)
		}
	}
	for _, name := range unchanging {
		args := "x y"
		if name == "client" {
			args = "" // an argument would be an unknown subcommand
		}
		if e := effectOf(name, args); e.kind != ordinary {
			t.Errorf("%s is taken for a command that changes something: %+v", name, e)
		}
		if _, both := changing[name]; both {
			t.Errorf("%s stands in both lists", name)
		}
	}
}
