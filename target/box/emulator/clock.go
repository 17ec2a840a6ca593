package emulator

import "time"

// SetClockOffset sets how far Box's clock is ahead of ours, from now on.
func (s *Server) SetClockOffset(d time.Duration) { s.offset.Store(int64(d)) }

// clock is the time that Box believes it is.
func (s *Server) clock() time.Time { return time.Now().Add(time.Duration(s.offset.Load())) }

func (s *Server) now() stamp { return stamp(s.clock().Unix()) }
