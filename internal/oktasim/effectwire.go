package oktasim

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The effects of this file answer by themselves, because what goes wrong is below HTTP or too large to hold.

var errPages = errors.New("pages are counted from 1")

// takeOver marks the exchange as answered and sends status and headers, with a Content-Length unless it is below zero.
func (x *exchange) takeOver(length int64) {
	x.written = true
	x.reply.setLinks()
	x.common(x.reply.header)
	h := x.w.Header()
	for name, values := range x.reply.header {
		h[name] = values
	}
	if length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	x.w.WriteHeader(x.reply.status)
}

// flush sends what was written so far; where that cannot be done, the end of the answer does it.
func (x *exchange) flush() {
	if err := http.NewResponseController(x.w).Flush(); err != nil {
		return
	}
}

func truncated(x *exchange) {
	body := x.reply.body
	x.takeOver(int64(len(body)))
	if _, err := x.w.Write(body[:len(body)/2]); err == nil {
		x.flush()
	}
	panic(http.ErrAbortHandler) // the way of net/http to end a connection in the middle of an answer
}

func reset(x *exchange) {
	x.written, x.reply.status = true, 0
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has a reset of its own, which this sends
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil { // then it ends without a reset, which is a fault as well
			x.sim.logf("the connection could not be reset: %v", err)
		}
	}
	conn.Close()
}

func hangs(x *exchange) {
	x.written, x.reply.status = true, 0
	<-x.r.Context().Done()
	panic(http.ErrAbortHandler)
}

// dripInterval is long enough that no client waits for the end and short enough that one which only looks at idle time is caught.
const dripInterval = 50 * time.Millisecond

func slowDrip(x *exchange) {
	body := x.reply.body
	x.takeOver(int64(len(body)))
	for i := range body {
		if _, err := x.w.Write(body[i : i+1]); err != nil {
			return
		}
		x.flush()
		if !sleep(x.r, dripInterval) {
			return
		}
	}
}

const gigabyte = 1 << 30

// gzipBomb sends one compressed megabyte of blanks ten thousand times: gzip members one after the other are one stream.
func gzipBomb(x *exchange) {
	x.reply.header.Set("Content-Encoding", "gzip")
	blanks := zip(bytes.Repeat([]byte(" "), 1<<20))
	x.takeOver(-1)
	for range 10 * gigabyte / (1 << 20) {
		if _, err := x.w.Write(blanks); err != nil || x.r.Context().Err() != nil {
			return
		}
	}
	if _, err := x.w.Write(zip(x.reply.body)); err != nil {
		return
	}
}

func brokenGzip(x *exchange) {
	x.reply.header.Set("Content-Encoding", "gzip")
	x.reply.body = append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, bytes.Repeat([]byte{0xff}, 200)...)
}

func hugeBody(args []string) (action, error)  { return repeated(args[0], gigabyte) }
func largeBody(args []string) (action, error) { return repeated(args[0], 1<<20) }

func repeated(number string, unit int64) (action, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > 1000 {
		return nil, fmt.Errorf("%s is no size: write a number from 1 to 1000 before GB or MB", number)
	}
	return func(x *exchange) {
		p := x.reply.page
		if p == nil || len(p.records) == 0 {
			return
		}
		part := append([]byte{','}, p.body[1:len(p.body)-1]...)
		x.takeOver(-1)
		if _, err := x.w.Write(p.body[:len(p.body)-1]); err != nil {
			return
		}
		for sent := int64(len(p.body)); sent < n*unit; sent += int64(len(part)) {
			if _, err := x.w.Write(part); err != nil {
				return
			}
		}
		if _, err := x.w.Write([]byte{']'}); err != nil {
			return
		}
	}, nil
}

func (s *Sim) logf(format string, args ...any) {
	if s.cfg.Log != nil {
		s.cfg.Log(fmt.Sprintf(format, args...))
	}
}
