package wire

import "time"

// SetTimeout is for tests in which only one of the requests may run out of time.
func (c *Conn) SetTimeout(after time.Duration) { c.timeout = after }
