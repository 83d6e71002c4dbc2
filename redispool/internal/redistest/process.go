package redistest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// startTimeout bounds the start of a server that neither becomes ready nor exits.
const startTimeout = 30 * time.Second

// process is one run of redis-server.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
}

// run starts a server and returns when its log says that it accepts connections. An error contains the log instead.
func run(path string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), gone: make(chan struct{})}
	p.cmd.SysProcAttr = dieWithParent()
	started := make(chan error, 1)
	go p.watch(started)
	if err := <-started; err != nil {
		<-p.gone
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// watch starts the process and returns when it has ended. It locks its thread, because on Linux dieWithParent ends the
// process when the thread ends that started it.
func (p *process) watch(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.gone)
	log, err := p.cmd.StdoutPipe()
	// A server reports invalid arguments on standard error.
	p.cmd.Stderr = p.cmd.Stdout
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		started <- err
		return
	}
	overdue := time.AfterFunc(startTimeout, func() { p.cmd.Process.Kill() })
	said, ready := untilReady(log)
	overdue.Stop()
	if ready {
		started <- nil
		io.Copy(io.Discard, log)
	}
	err = p.cmd.Wait()
	if !ready {
		started <- fmt.Errorf("ended before it was ready: %w\n%s", err, said)
	}
}

// untilReady reads the server's log up to the line that says that it is ready, or to the end of the log.
func untilReady(log io.Reader) (said string, ready bool) {
	var b strings.Builder
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		fmt.Fprintln(&b, lines.Text())
		line := strings.ToLower(lines.Text())
		if strings.Contains(line, "ready to accept connections") || strings.Contains(line, "sentinel id is") {
			return b.String(), true
		}
	}
	return b.String(), false
}

// kill kills the process, because a server that is paused, or busy in a script, would not react to a polite request.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.gone
}

func portTaken(err error) bool {
	return strings.Contains(err.Error(), "Address already in use") // the server's words
}

// ping checks that the server on addr answers. An error reply is an answer too, because the server may require a password.
func ping(addr string) error {
	c, err := net.DialTimeout("tcp", addr, startTimeout)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return err
	}
	reply, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return fmt.Errorf("PING: %w", err)
	}
	if reply[0] != '+' && reply[0] != '-' {
		return fmt.Errorf("PING: not the reply of a Redis server: %q", reply)
	}
	return nil
}
