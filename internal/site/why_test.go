package site

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhy: of each field the run that wrote it last, and whether somebody did
// beside the runs.
func TestWhy(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Custodian(Login, FullName, City) VALUES ('old', 'Old', 'Rome')")
	direct(t, d, 1, "INSERT INTO Custodian(Login, Email, FullName, JobTitle) VALUES ('ada', 'Ada@example.com', 'Ada', 'Clerk'), ('eve', 'e@example.com', 'Eve', 'Clerk'), ('dan', 'e@example.com', 'Dan', 'Clerk')")
	direct(t, d, 2, "UPDATE Custodian SET JobTitle='Lead', Active=0 WHERE Login='ada'", "UPDATE Custodian SET FullName='Older' WHERE Login='old'")
	direct(t, d, 3, "UPDATE Custodian SET JobTitle='Head' WHERE Login='ada'", "DELETE FROM Custodian WHERE Login='dan'")
	execute(t, d.path, "UPDATE Custodian SET JobTitle='Boss', FullName='Ada King' WHERE Login='ada'")
	tell := func(key, field string) string {
		s, err := d.Why(t.Context(), "Custodian", key, field)
		if err != nil {
			return err.Error()
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%d %s", s.RowID, s.Key)
		if s.Deleted {
			b.WriteString(" deleted")
		}
		if s.Ended != nil {
			fmt.Fprintf(&b, " by %d", s.Ended.Run)
		}
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "; %s=%v", f.Name, f.Now)
			for _, w := range f.Writes {
				fmt.Fprintf(&b, " [%d %s %v>%v]", w.Run, w.Action, w.Old, w.New)
			}
			if f.Hand != NoHand {
				fmt.Fprintf(&b, " %s", f.Hand)
			}
		}
		return b.String()
	}
	for _, tt := range []struct{ key, field, want string }{
		{"ADA", "JobTitle", "2 Ada King by 2; JobTitle=Boss [3 update Lead>Head] [2 deactivate Clerk>Lead] [1 insert <nil>>Clerk] since"},
		{"ada@example.com", "Active", "2 Ada King by 2; Active=0 [2 deactivate 1>0] [1 insert <nil>>1]"},
		{"2", "Login", "2 Ada King by 2; Login=ada [1 insert <nil>>ada] perhaps"},
		{"2", "LoginKey", "2 Ada King by 2; Login=ada [1 insert <nil>>ada] perhaps"},
		{"eve", "JobTitle", "3 Eve; JobTitle=Clerk [1 insert <nil>>Clerk]"},
		{"eve", "", "3 Eve; Login=eve [1 insert <nil>>eve]; FullName=Eve [1 insert <nil>>Eve]; Email=e@example.com [1 insert <nil>>e@example.com]; JobTitle=Clerk [1 insert <nil>>Clerk]; Active=1 [1 insert <nil>>1]"},
		{"old", "City", "1 Older; City=Rome only"},
		{"old", "FullName", "1 Older; FullName=Older [2 update Old>Older]"},
		{"old", "Phone", "1 Older; Phone=<nil>"},
		{"dan", "JobTitle", "4 Dan deleted by 3; JobTitle=<nil> [3 delete Clerk><nil>] [1 insert <nil>>Clerk]"},
		{"4", "JobTitle", "4 Dan deleted by 3; JobTitle=<nil> [3 delete Clerk><nil>] [1 insert <nil>>Clerk]"},
	} {
		if diff := cmp.Diff(tt.want, tell(tt.key, tt.field)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.key, tt.field, diff)
		}
	}
	execute(t, d.path, "INSERT INTO Custodian(Email) VALUES ('ADA@example.com')")
	var several *RowError
	_, err := d.Why(t.Context(), "Custodian", "ada@example.com", "")
	if !errors.As(err, &several) || !cmp.Equal(several.Matches, []string{"Ada King (Custodian 2)", "ADA@example.com (Custodian 5)"}) {
		t.Errorf("two rows of one address: %v", err)
	}
}

// TestChangesAfterEdits: what a run wrote is told as it was, also when somebody
// has changed it since; where that is not kept, it is said.
func TestChangesAfterEdits(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	direct(t, d, 1, "INSERT INTO Custodian(Login, JobTitle) VALUES ('ada', 'Clerk'), ('bob', 'Clerk'), ('eve', 'Clerk')")
	direct(t, d, 2, "UPDATE Custodian SET JobTitle='Lead' WHERE Login<>'eve'")
	execute(t, d.path, "UPDATE Custodian SET JobTitle='by hand' WHERE Login='bob'; UPDATE Custodian SET City='by hand' WHERE Login='eve'")
	tell := func(run int64) (all []string) {
		for ch, err := range d.Changes(t.Context(), run) {
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprint(ch.Key, " ", ch.Edited)
			for _, f := range ch.Fields {
				if f.Name == "JobTitle" {
					text += fmt.Sprint(" ", f.Old, ">", f.New)
				}
			}
			all = append(all, text)
		}
		return all
	}
	if diff := cmp.Diff([]string{"ada false <nil>>Clerk", "bob false <nil>>Clerk", "eve true <nil>>Clerk"}, tell(1)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ada false Clerk>Lead", "bob false Clerk>Lead"}, tell(2)); diff != "" {
		t.Error(diff)
	}
}
