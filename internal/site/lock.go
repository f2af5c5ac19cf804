package site

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// arrivalBatch is how many records share one read transaction: a transaction
// for each would cost more than the look-up itself.
const arrivalBatch = 256

// arriving prepares for one more record.
func (s *Session) arriving(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.state == txRead && s.arrivals >= arrivalBatch {
		if err := s.endArrivals(); err != nil {
			return err
		}
	}
	if err := s.beginRead(); err != nil {
		return err
	}
	s.arrivals++
	return nil
}

// beginRead opens the read transaction where none is open.
func (s *Session) beginRead() error {
	if s.state != txNone {
		return nil
	}
	if err := s.run("BEGIN"); err != nil {
		return s.explain("read the site", err)
	}
	s.state, s.arrivals = txRead, 0
	return s.explain("read the site", s.noteVersion())
}

// endArrivals ends the read transaction of arriving records.
func (s *Session) endArrivals() error {
	if s.state != txRead {
		return nil
	}
	s.state = txNone
	return s.explain("read the site", s.run("COMMIT"))
}

// beginWrite opens the write transaction. It waits for one who holds the lock
// for as long as the database allows, and for many who take turns for some
// times as long; a cancel is answered at once.
func (s *Session) beginWrite() error {
	if s.state == txWrite {
		return nil
	}
	if err := s.endArrivals(); err != nil {
		return err
	}
	began := time.Now()
	var holder int64
	for since := began; ; {
		err := s.run("BEGIN IMMEDIATE")
		if err == nil {
			s.state, s.locked = txWrite, time.Now()
			return s.lead()
		}
		if !busy(err) || time.Since(began) > turns*s.db.wait {
			return s.explain("take the write lock", err)
		}
		if now, verr := s.version(); verr == nil && now != holder { // somebody has committed
			holder, since = now, time.Now()
		}
		if time.Since(since) > s.db.wait {
			return s.explain("take the write lock", err)
		}
		if err := s.ctx.Err(); err != nil {
			return err
		}
	}
}

// turns bounds the wait for the write lock while others take turns with it, in
// times of what one may hold it.
const turns = 30

// lead takes the lock of the server, where the site lives on one. What comes
// with it is looked at as what others wrote meanwhile.
func (s *Session) lead() error {
	if s.info.Testing {
		return nil
	}
	p, changed, err := s.db.lead(s.ctx, s.c)
	if err != nil {
		return errors.Join(err, s.rollback())
	}
	s.publication = p
	if changed {
		s.outdated()
	}
	return nil
}

// outdated notes that the tables are not as the first record of the unit saw
// them.
func (s *Session) outdated() {
	if s.seen != 0 {
		s.seen = -1 // no version is that
	}
}

// commit ends the write transaction: on the server first, where the site lives
// on one. When the server has committed, nothing may keep the copy from it.
func (s *Session) commit() error {
	if s.publication != nil {
		if err := s.publication.publish(s.c, s.altered[s.published:]); err != nil {
			return errors.Join(err, s.rollback())
		}
		s.publication, s.published = nil, len(s.altered)
		old := s.c.SetInterrupt(nil)
		defer s.c.SetInterrupt(old)
		if err := s.run("COMMIT"); err != nil {
			s.committed = true
			return fmt.Errorf("the run was written on %s; this machine's copy of the site could not follow, which the next run mends: %w", s.db.Name(), s.explain("commit", err))
		}
		s.state = txNone
		return nil
	}
	if err := s.run("COMMIT"); err != nil {
		return s.explain("commit", err)
	}
	s.state = txNone
	return nil
}

// rollback ends whatever transaction is open. It works on a cancelled run too.
func (s *Session) rollback() error {
	s.closeCursors()
	s.forget()
	old := s.c.SetInterrupt(nil)
	defer s.c.SetInterrupt(old)
	s.state = txNone
	s.publication.close()
	s.publication = nil
	if s.c.AutocommitEnabled() {
		return nil
	}
	return s.explain("roll back", s.run("ROLLBACK"))
}
