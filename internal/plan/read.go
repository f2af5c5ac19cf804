package plan

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"

	"github.com/amsx-lang/amsx/internal/site"
)

// A File is the file of a plan, open for reading.
type File struct {
	Header Header

	name   string
	f      *os.File
	signed int64 // how many bytes the signature covers
	sign   signature
	sum    []byte // of what was verified
	pass   *pass
}

// longestHead is how long the first line may be: a file of another kind may have
// none.
const longestHead = 64 << 20

// longestTail is how long the last line, which holds the signature, may be.
const longestTail = 1024

// Open opens a plan and reads what it says about itself. Nothing of it may be
// believed before Verify.
func Open(name string) (_ *File, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	p := &File{name: name, f: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; a plan is a file", name)
	}
	first, err := bufio.NewReader(io.LimitReader(f, longestHead)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	text, ok := bytes.CutPrefix(bytes.TrimSuffix(first, []byte(",\n")), []byte(Begins))
	if !ok {
		return nil, p.fail("it is no plan as amsx plan writes one; it may have been saved by another program, or cut off", "make the plan again, such as: amsx plan okta_users -o plan.json")
	}
	var format struct{ Format int }
	if err := json.Unmarshal(text, &format); err == nil && format.Format > Format {
		return nil, p.fail(fmt.Sprintf("it was made by a newer amsx (its format is %d, this program knows %d)", format.Format, Format), "update this program, or make the plan again with it")
	}
	if err := json.Unmarshal(text, &p.Header); err != nil || format.Format < 1 {
		return nil, p.tampered()
	}
	if p.Header.Redacted {
		return nil, p.fail("it is a redacted plan, which is for looking at: people's values are not in it", "apply the plan that was made without --redact")
	}
	return p, p.tail(info.Size())
}

// tail reads the last line.
func (p *File) tail(size int64) error {
	from := max(0, size-longestTail)
	b := make([]byte, size-from)
	if _, err := p.f.ReadAt(b, from); err != nil {
		return err
	}
	at := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
	last, ok := bytes.CutPrefix(b[at:], []byte(`"signature":`))
	last, whole := bytes.CutSuffix(last, []byte("}\n"))
	if !ok || !whole || json.Unmarshal(last, &p.sign) != nil || p.sign.Code == "" {
		return p.fail("it is cut off: its last line, which signs it, is missing", "copy it again as a whole, or make the plan again")
	}
	if again, err := encode(p.sign); err != nil || !bytes.Equal(again, last) {
		return p.tampered()
	}
	p.signed = from + int64(at)
	return nil
}

// KeyID names the master key that the plan was signed with.
func (p *File) KeyID() string { return p.sign.Key }

// Verify holds the whole file against its signature.
func (p *File) Verify(code hash.Hash) error {
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(code, sum), io.NewSectionReader(p.f, 0, p.signed)); err != nil {
		return err
	}
	want, err := hex.DecodeString(p.sign.Code)
	if err != nil || !hmac.Equal(want, code.Sum(nil)) {
		return p.tampered()
	}
	p.sum = sum.Sum(nil)
	return nil
}

func (p *File) tampered() error {
	return p.fail("it is not as amsx plan wrote it: somebody has edited it, or it was made for another site", "a plan is never edited: change the script or the parameters, make the plan again, and look at it")
}

func (p *File) fail(reason, hint string) error {
	return &Error{File: p.name, Reason: reason, hint: hint}
}

// A pass is one reading of the file from its beginning.
type pass struct {
	r   *bufio.Reader
	sum hash.Hash
}

// Changes yields the changed rows. It may be called again.
func (p *File) Changes() iter.Seq2[site.Change, error] {
	return func(yield func(site.Change, error) bool) {
		sum := sha256.New()
		p.pass = &pass{bufio.NewReader(io.TeeReader(io.NewSectionReader(p.f, 0, p.signed), sum)), sum}
		values(p, `"changes":[`, (*site.Change).MendNumbers)(yield)
	}
}

// Written yields what is noted for keep="edited". It goes on where Changes
// ended.
func (p *File) Written() iter.Seq2[site.Written, error] {
	return values(p, `"written":[`, func(*site.Written) {})
}

// Unchanged fails unless what Changes and Written have read to the end is what
// was verified.
func (p *File) Unchanged() error {
	if p.pass == nil || p.sum == nil {
		return errors.New("the plan was not verified")
	}
	if _, err := io.Copy(io.Discard, p.pass.r); err != nil {
		return err
	}
	if !bytes.Equal(p.pass.sum.Sum(nil), p.sum) {
		return p.fail("it was changed while it was read", "make the plan again")
	}
	return nil
}

// values yields the values of a list, which begins after the line head.
func values[T any](p *File, head string, mend func(*T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		in := false
		for {
			if p.pass == nil {
				yield(none, errors.New("the changes of the plan were not read"))
				return
			}
			line, err := p.pass.r.ReadBytes('\n')
			if err != nil {
				yield(none, p.tampered())
				return
			}
			line = bytes.TrimSuffix(line, []byte("\n"))
			switch {
			case !in:
				in = string(line) == head
				continue
			case string(line) == "],":
				return
			}
			d := json.NewDecoder(bytes.NewReader(bytes.TrimSuffix(line, []byte(","))))
			d.UseNumber()
			var v T
			if err := d.Decode(&v); err != nil {
				yield(none, p.tampered())
				return
			}
			mend(&v)
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Close closes the file.
func (p *File) Close() error { return p.f.Close() }
