package packet

import (
	"sync"
	"sync/atomic"
)

// Buffer is one pooled datagram. It has one owner at a time; the owner calls
// Release exactly once.
type Buffer struct {
	Data [BufferSize]byte
	N    int // octets in use

	pool *Pool
	held atomic.Bool
}

// Bytes are the octets in use, with the tail room as capacity.
func (b *Buffer) Bytes() []byte { return b.Data[:b.N] }

// Release gives the buffer back. A second Release panics: it means two owners.
func (b *Buffer) Release() {
	if !b.held.CompareAndSwap(true, false) {
		panic("packet: buffer released twice")
	}
	b.N = 0
	b.pool.free.Put(b)
}

// Pool hands out buffers. It keeps no count: what is not in use the garbage
// collector may take. The zero value is not ready; use NewPool.
type Pool struct {
	free sync.Pool
}

// NewPool returns an empty pool.
func NewPool() *Pool {
	p := &Pool{}
	p.free.New = func() any { return &Buffer{pool: p} }
	return p
}

// Copy returns a buffer holding b; ok is false when b is longer than
// MaxDatagram.
func (p *Pool) Copy(b []byte) (buf *Buffer, ok bool) {
	if len(b) > MaxDatagram {
		return nil, false
	}
	buf = p.free.Get().(*Buffer) //nolint:forcetypeassert // New makes nothing else
	buf.held.Store(true)
	buf.N = copy(buf.Data[:], b)
	return buf, true
}
