package video

// run is the converter's own goroutine: it converts what waits and sleeps.
func (c *conversion) run() {
	if c.opt.Fault != nil {
		defer func() { c.ended(recover()) }()
	} else {
		defer c.ended(nil)
	}
	yield()
	for range c.wake {
		for c.convert() {
			c.opt.Ready()
		}
		c.mu.Lock()
		closed := c.closed
		c.mu.Unlock()
		if closed {
			return
		}
	}
}

// ended lets Close go on, and hands a panic to the owner, who may call Close from there.
func (c *conversion) ended(reason any) {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	close(c.done)
	if reason != nil {
		c.opt.Fault(reason)
	}
}
