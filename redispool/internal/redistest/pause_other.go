//go:build !unix

package redistest

// Pause skips the test, because a process cannot be stopped and continued on this system.
func (s *Server) Pause() {
	s.t.Helper()
	s.t.Skip("needs SIGSTOP, which this system does not have")
}

// Resume does nothing, because Pause has paused nothing.
func (s *Server) Resume() {}
