package oktasim

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

// A cursor says where a page begins. It names the last record before it, so that changes between two pages neither repeat nor skip
// anybody, and the number of the page, for the faults.
type cursor struct {
	page  int    // from 1
	last  string // id of the last record before; empty at the start
	query uint32 // sum of the parameters that it was made for: a cursor of one search is not good for another
}

// A cursorCodec writes cursors as text from which a client can read nothing, so that none comes to depend on it.
type cursorCodec struct{ seed uint64 }

var cursorAlphabet = base32.NewEncoding("0123456789abcdefghijkmnpqrstuvwx").WithPadding(base32.NoPadding)

const cursorPrefix = "200u"

var errCursor = errors.New("invalid cursor")

func (c cursorCodec) encode(cur cursor) string {
	b := binary.AppendUvarint(nil, uint64(cur.page))
	b = binary.LittleEndian.AppendUint32(b, cur.query)
	b = append(b, cur.last...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	c.scramble(b)
	return cursorPrefix + cursorAlphabet.EncodeToString(b)
}

func (c cursorCodec) decode(text string) (cursor, error) {
	text, ok := strings.CutPrefix(text, cursorPrefix)
	b, err := cursorAlphabet.DecodeString(text)
	if !ok || err != nil || len(b) < 9 {
		return cursor{}, errCursor
	}
	c.scramble(b)
	body := b[:len(b)-4]
	page, n := binary.Uvarint(body)
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(b[len(b)-4:]) || n <= 0 || len(body) < n+4 || page < 1 || page > 1<<31 {
		return cursor{}, errCursor
	}
	return cursor{page: int(page), query: binary.LittleEndian.Uint32(body[n:]), last: string(body[n+4:])}, nil
}

// scramble is its own inverse.
func (c cursorCodec) scramble(b []byte) {
	for i := range b {
		b[i] ^= byte(mix(c.seed+uint64(i+len(b)<<8)) >> 24)
	}
}
