package store

import (
	"encoding/base32"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

// idSource makes the ids of inbox rows: integers that rise with time and differ between processes.
// 43 bits of milliseconds, 10 of a counter, 10 of chance per process. Two processes can still meet; the
// insert then fails on its key and is done again with another id.
type idSource struct {
	mu   sync.Mutex
	last int64
	node int64
	once sync.Once
}

func (s *idSource) next(now time.Time) int64 {
	node := s.process()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, now.UnixMilli()<<10)
	return s.last<<10 | node
}

// process is the chance part: 0 to 1023.
func (s *idSource) process() int64 {
	s.once.Do(func() { s.node = rand.Int64N(1 << 10) })
	return s.node
}

// firstIDAt is the smallest id that is made at a time.
func firstIDAt(t time.Time) int64 { return t.UnixMilli() << 20 }

var idText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// formatID writes an inbox id: 13 characters whose order is that of the numbers.
func formatID(id int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(id))
	return idText.EncodeToString(b[:])
}

// parseID reads it back; false for anything that formatID does not write.
func parseID(s string) (int64, bool) {
	if len(s) != 13 {
		return 0, false
	}
	var b [8]byte
	n, err := idText.Decode(b[:], []byte(s))
	if err != nil || n != 8 {
		return 0, false
	}
	id := int64(binary.BigEndian.Uint64(b[:]))
	return id, id > 0 && formatID(id) == s
}

// newToken makes the token of a lease. It need not be secret, only never the same.
func newToken() string { return strconv.FormatUint(rand.Uint64(), 36) }

// shards is how many parts the jobs are spread over, so that processes that lease at the same time
// look at different ones first.
const shards = 64

func shardOf(id string) int64 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int64(h.Sum32() % shards)
}
