package redispool

import (
	"bytes"
	"reflect"
	"strconv"
)

// buffer gives access to the unread bytes that redigo's connection has received. Between
// two borrowers there are normally none. There are some if the server has sent a reply
// without a command, or if a reply was damaged on its way. Then each borrower would get
// the reply to the previous borrower's command. redigo has no method for this, so the
// pool reads the positions of redigo's bufio.Reader by reflection. If it cannot find
// them, it knows nothing and assumes that the buffer is empty.
type buffer struct {
	read, written reflect.Value // ints
	bytes         reflect.Value // a []byte
}

// bufferOf returns the buffer of one of redigo's own connections.
func bufferOf(own reflect.Value) (b buffer) {
	if own.Kind() != reflect.Pointer || own.IsNil() || own.Elem().Kind() != reflect.Struct {
		return b
	}
	reader := own.Elem().FieldByName("br")
	if !reader.IsValid() || reader.Kind() != reflect.Pointer || reader.IsNil() || reader.Elem().Kind() != reflect.Struct {
		return b
	}
	r, w := reader.Elem().FieldByName("r"), reader.Elem().FieldByName("w")
	if !r.IsValid() || !w.IsValid() || r.Kind() != reflect.Int || w.Kind() != reflect.Int {
		return b
	}
	b = buffer{read: r, written: w}
	if buf := reader.Elem().FieldByName("buf"); buf.IsValid() && buf.Kind() == reflect.Slice && buf.Type().Elem().Kind() == reflect.Uint8 {
		b.bytes = buf
	}
	return b
}

// hasMore reports whether there are unread bytes. No other goroutine may read from the
// connection at the same time.
func (b *buffer) hasMore() bool {
	return b.read.IsValid() && b.differ()
}

func (b *buffer) differ() bool { return b.read.Int() != b.written.Int() }

// hasReply reports whether the next reply was received as a whole, so that nobody has to
// wait for the rest of it. No other goroutine may read from the connection at the same
// time.
func (b *buffer) hasReply() bool {
	if !b.bytes.IsValid() || !b.hasMore() {
		return false
	}
	return beginsWithReply(b.bytes.Bytes()[b.read.Int():b.written.Int()])
}

// beginsWithReply reports whether p begins with a whole reply in the protocol of Redis,
// version 2.
func beginsWithReply(p []byte) bool {
	for values := 1; values > 0; values-- {
		end := bytes.IndexByte(p, '\n')
		if end < 2 {
			return false
		}
		line := p[:end-1]
		p = p[end+1:]
		if line[0] != '$' && line[0] != '*' {
			continue
		}
		n, err := strconv.Atoi(string(line[1:]))
		switch {
		case err != nil:
			return false
		case n < 0: // nil
		case line[0] == '*':
			if n > len(p) {
				return false
			}
			values += n
		case len(p)-2 < n:
			return false
		default:
			p = p[n+2:]
		}
	}
	return true
}

// redigoIn looks for redigo's connection in v and in the fields of v that are
// connections. The result is not valid if there is none.
func redigoIn(v reflect.Value, depth int) reflect.Value {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || depth == 0 {
		return reflect.Value{}
	}
	if v.Type() == redigoConn {
		return v
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	for i := range v.NumField() {
		if f := v.Field(i); f.Type().Implements(connType) {
			if c := redigoIn(f, depth-1); c.IsValid() {
				return c
			}
		}
	}
	return reflect.Value{}
}
