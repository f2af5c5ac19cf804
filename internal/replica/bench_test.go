package replica_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/site"
)

// BenchmarkPublish is a first sync of 20,000 rows, and an unchanged one after it.
func BenchmarkPublish(b *testing.B) {
	const people = 20000
	for n := 0; b.Loop(); n++ {
		d, err := open(b.Context(), pgtest.Database(b), filepath.Join(b.TempDir(), "copy.db"))
		if err != nil {
			b.Fatal(err)
		}
		for run := range int64(2) {
			s, err := d.Begin(b.Context(), site.RunInfo{RunID: run + 1, Transformation: "T", AllowOnce: []string{"all"}})
			if err != nil {
				b.Fatal(err)
			}
			records := make([][3]string, people)
			for i := range records {
				records[i] = [3]string{fmt.Sprintf("00u%07d", i), fmt.Sprintf("login.%d@example.com", i), "2024-02-29"}
			}
			if err := upsert(s, records...); err != nil {
				b.Fatal(err)
			}
			if _, err := s.Finish(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
}
