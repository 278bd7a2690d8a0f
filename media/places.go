package media

import "sync"

// crewRest is how many times longer than a packet thread the crew that transcodes rests: a conversion costs twenty times what forwarding
// does, and sound that is converted is later than other sound anyway, by its codecs' look-ahead.
const crewRest = 4

// places counts the threads that keep a place in Go's scheduler while they rest.
type places struct {
	told func(n int) // may be nil

	mu             sync.Mutex // guards the following, and calls of told
	threads, crews int
}

// packets notes the number of packet threads.
func (p *places) packets(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.threads = n
	p.tell()
}

// crew notes whether the crew works.
func (p *places) crew(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.crews = n
	p.tell()
}

func (p *places) tell() {
	if p.told != nil {
		p.told(p.threads + p.crews)
	}
}
