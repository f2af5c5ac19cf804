package amsx_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/transformations"
)

// pieces are what the mutations put in: what opens, closes or means something.
var pieces = []string{
	"\n", "%", `"`, "'", "(", ")", "[", "]", "<", ">", "&", "=", ".", "*", "@", "#", "\x00", "é", "[0]", "[a=1]", "%u.a%", `source="`,
	"ForEach ", "EndEach", "If ", "If(", "Then", "EndIf", "Try", "Catch", "EndTry", "Text", "EndText", "Next", "Upsert ", "OktaUsers()", "DeactivateMissing",
}

// TestCheckOfMutations: whatever edits make of a script, a check ends with
// findings that say what is wrong, and never in a panic. Go's own fuzzing
// drives this badly: the coverage of the SQL engine, which is linked in, costs
// a second for each input.
func TestCheckOfMutations(t *testing.T) {
	flagship, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		t.Fatal(err)
	}
	seeds := [][]byte{
		flagship,
		[]byte("ForEach u In OktaUsers()\nUpsert u\nEndEach\n"),
		[]byte("Set a = 1\nFor i = 1 To %a% Step 0\nNext\n"),
		[]byte("Text\nUPDATE Custodian SET Login = '%a.b[0]%'\nEndText\nSqlExecute\n"),
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		source := bytes.Clone(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(6) {
			source = mutated(r, source)
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Fatalf("%v, for:\n%q", p, source)
				}
			}()
			for _, d := range amsx.Parse("any.amsx", source).Check(amsx.CheckOptions{Packs: []string{"OKTA_API"}}) {
				if d.Code == "" || d.Message == "" {
					t.Fatalf("a finding without code or message: %+v, for:\n%q", d, source)
				}
			}
		}()
	}
}

// mutated is b with a part taken out, put in or repeated elsewhere.
func mutated(r *rand.Rand, b []byte) []byte {
	at := r.IntN(len(b) + 1)
	switch r.IntN(4) {
	case 0:
		return append(b[:at:at], b[min(len(b), at+r.IntN(20)):]...)
	case 1:
		part := bytes.Clone(b[at:min(len(b), at+r.IntN(200))])
		to := r.IntN(len(b) + 1)
		return bytes.Join([][]byte{b[:to], part, b[to:]}, nil)
	}
	return bytes.Join([][]byte{b[:at], []byte(pieces[r.IntN(len(pieces))]), b[at:]}, nil)
}
