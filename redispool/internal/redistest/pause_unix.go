//go:build unix

package redistest

import "syscall"

// Pause stops the server without ending it. Connections stay open and the kernel still accepts new ones, but the server
// answers nothing until Resume.
func (s *Server) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
}

// Resume lets a paused server go on. It then answers the commands that it got while it was paused.
func (s *Server) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.running == nil {
		s.t.Fatalf("redis-server at %s is not running", s.Addr())
	}
	if err := s.running.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("redis-server at %s: %v: %v", s.Addr(), sig, err)
	}
}
