package video

// run is the converter's own goroutine: it converts what waits and sleeps.
func (c *conversion) run() {
	defer close(c.done)
	defer c.caught()
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

// caught hands a panic to the owner.
func (c *conversion) caught() {
	if c.opt.Fault == nil {
		return
	}
	if r := recover(); r != nil {
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		c.opt.Fault(r)
	}
}
