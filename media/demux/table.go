package demux

import (
	"maps"
	"sync"
	"sync/atomic"
)

// shards is the number of parts of a table. Each part is copied when it changes,
// so at 10 000 calls a change copies about 40 entries.
const shards = 256

// Table maps keys to owners for readers that take no lock. Writers copy one
// shard. Make it with NewTable.
type Table[K comparable, V any] struct {
	hash   func(K) uint8
	shards [shards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu sync.Mutex // taken by writers
	m  atomic.Pointer[map[K]V]
}

// NewTable makes an empty table; hash spreads keys over the shards.
func NewTable[K comparable, V any](hash func(K) uint8) *Table[K, V] {
	t := &Table[K, V]{hash: hash}
	empty := map[K]V{}
	for i := range t.shards {
		t.shards[i].m.Store(&empty)
	}
	return t
}

// Load finds the owner of k.
func (t *Table[K, V]) Load(k K) (V, bool) {
	v, ok := (*t.shards[t.hash(k)].m.Load())[k]
	return v, ok
}

// Update changes the entry of k: change gets the present owner and returns the
// new one, with keep false to remove or leave out the entry. It runs under the
// shard's lock and must not touch the table.
func (t *Table[K, V]) Update(k K, change func(old V, ok bool) (v V, keep bool)) {
	s := &t.shards[t.hash(k)]
	s.mu.Lock()
	defer s.mu.Unlock()
	m := maps.Clone(*s.m.Load())
	old, ok := m[k]
	v, keep := change(old, ok)
	if keep {
		m[k] = v
	} else {
		delete(m, k)
	}
	s.m.Store(&m)
}

// Len counts the entries.
func (t *Table[K, V]) Len() int {
	n := 0
	for i := range t.shards {
		n += len(*t.shards[i].m.Load())
	}
	return n
}
