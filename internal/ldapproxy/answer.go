package ldapproxy

// answer returns what the client is sent for a message of the server.
func (c *conn) answer(x *exchange, m message) []message {
	if !x.begun {
		x.begun = true
		x.choose()
	}
	switch m.tag() {
	case searchEntry:
		x.entries++
		if x.most > 0 && x.entries > x.most {
			x.over = true
			return nil
		}
		if x.silent() {
			return nil
		}
		return []message{c.ranged(x, m)}
	case searchReference:
		if x.silent() {
			return nil
		}
	case searchDone:
		c.end(m.id())
		return c.done(x, m)
	case bindResponse:
		c.end(m.id())
		if x.instead != nil {
			return []message{result(m.id(), bindResponse, x.instead.Code, "the proxy was told to say so")}
		}
	}
	return []message{m}
}

// choose decides whether the operation has another result than the server's.
func (x *exchange) choose() {
	for _, b := range x.faults {
		if (b.fault.Kind == Result || b.fault.Kind == Refer) && b.happens() {
			f := b.fault
			x.instead = &f
			return
		}
	}
}

// silent reports whether the entries of an answer do not come.
func (x *exchange) silent() bool { return x.instead != nil && !x.instead.Entries }

// done returns the end of the answer to a search.
func (c *conn) done(x *exchange, m message) []message {
	if f := x.instead; f != nil && f.Kind == Refer {
		return []message{result(m.id(), searchDone, referral, "", f.URL)}
	} else if f != nil {
		return []message{result(m.id(), searchDone, f.Code, "the proxy was told to say so")}
	}
	if x.over {
		return []message{result(m.id(), searchDone, sizeExceeded, "")}
	}
	if size, cookie, found := m.paging(); found {
		if cookie != "" && x.wrong(SpoilCookie) {
			cookie = spoiled(cookie)
			m = m.withPaging(size, cookie)
		}
		if x.wrong(LosePaging) {
			m = m.withoutPaging()
		}
		c.mu.Lock()
		c.pages[cookie] = x.search.Page
		c.mu.Unlock()
	}
	parts := []message{m}
	for _, b := range x.faults {
		if b.fault.Kind == Reference && b.happens() {
			parts = append([]message{reference(m.id(), b.fault.URL)}, parts...)
		}
	}
	return parts
}

// end forgets an operation that was answered.
func (c *conn) end(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, id)
}

// spoiled is a cookie of the same length that the server has not given.
func spoiled(cookie string) string {
	other := []byte(cookie)
	for i := range other {
		other[i] ^= 0xff
	}
	return string(other)
}
