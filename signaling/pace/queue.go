package pace

import "sync"

// Queue runs functions one at a time in the order they were posted. It has a goroutine only while it has work.
// The zero value is ready.
type Queue struct {
	mu      sync.Mutex
	waiting []func()
	running bool
	idle    *sync.Cond // made by Wait
}

// Post adds f. It never blocks and may be called from a function of the same queue.
func (q *Queue) Post(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, f)
	if q.running {
		return
	}
	q.running = true
	go q.run()
}

func (q *Queue) run() {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.running, q.waiting = false, nil // give the slice back: most sessions are idle
			if q.idle != nil {
				q.idle.Broadcast()
			}
			q.mu.Unlock()
			return
		}
		f := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		f()
	}
}

// Wait blocks until the queue is empty. It must not be called from a function of the same queue.
func (q *Queue) Wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle == nil {
		q.idle = sync.NewCond(&q.mu)
	}
	for q.running {
		q.idle.Wait()
	}
}
