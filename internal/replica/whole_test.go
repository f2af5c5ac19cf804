package replica

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/amsx-lang/amsx/internal/pgtest"
)

// The number of a transaction is right across the rounds of its 32 bits.
func TestWholeNumberOfATransaction(t *testing.T) {
	const round = int64(1) << 32
	c, err := pgx.Connect(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for _, tt := range []struct{ now, of, want int64 }{
		{1000, 999, 999},
		{round + 5, 5, round + 5},
		{round + 5, 3, round + 3},
		{round + 5, 6, 6}, // of the round before
		{round + 5, round - 1, round - 1},
		{3*round + 10, round - 2, 3*round - 2},
		{2 * round, 0, 2 * round},
		{2*round - 1, round - 1, 2*round - 1},
	} {
		var got int64
		if err := c.QueryRow(t.Context(), "SELECT "+whole("x", tt.now)+" FROM (SELECT $1::bigint AS x) s", tt.of).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != tt.want {
			t.Errorf("now %d, bits %d: got %d, want %d", tt.now, tt.of, got, tt.want)
		}
	}
}

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }
