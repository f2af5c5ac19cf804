package oktasim_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

// TestNodeSDK has OKTA's own Node SDK read a simulator to the end and wait for its rate limits: what the simulator gets wrong about
// paging, headers and error objects, OKTA's code does not forgive. It needs node and a folder in which `npm ci` was run on
// testdata/nodesdk, named by AMSX_NODESDK_DIR; .ci/nodesdk does both. When the folder is named, the test must run: it skips only
// where nobody asked for it.
func TestNodeSDK(t *testing.T) {
	folder := os.Getenv("AMSX_NODESDK_DIR")
	if folder == "" {
		t.Skip("TestNodeSDK needs OKTA's Node SDK and AMSX_NODESDK_DIR is not set: run .ci/nodesdk, which installs it and runs this test")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("AMSX_NODESDK_DIR is set, but node is not installed:", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@okta", "okta-sdk-nodejs")); err != nil {
		t.Fatal("AMSX_NODESDK_DIR has no OKTA SDK: run npm ci in it:", err)
	}
	// Sixteen calls are needed for the users and more for the groups: with ten in a second, the SDK has to wait
	server, err := oktasim.Start(oktasim.Config{Users: 300, Groups: 4, Seed: 7, RateLimit: 10, Window: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "list.mjs", folder, server.URL, oktasim.DefaultToken)
	cmd.Dir = filepath.Join("testdata", "nodesdk")
	home := t.TempDir() // the SDK would read ~/.okta/okta.yaml
	cmd.Env = []string{"HOME=" + home, "USERPROFILE=" + home, "PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}

	type user struct{ ID, Status, Login, FirstName, MobilePhone string }
	var got struct {
		Plain   []string
		All     []user
		Groups  map[string][]string
		Waits   []int
		One     string
		Missing struct {
			Status int
			Code   string
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	var plain []string
	var all []user
	for _, u := range server.Org().Users() {
		text := func(attribute string) string {
			s, _ := u.Profile[attribute].(string)
			return s
		}
		all = append(all, user{u.ID, u.Status, text("login"), text("firstName"), text("mobilePhone")})
		if u.Status != "DEPROVISIONED" {
			plain = append(plain, u.ID)
		}
	}
	groups := map[string][]string{}
	for _, g := range server.Org().Groups() {
		groups[g.Name] = append([]string{}, g.Members...)
	}
	if diff := cmp.Diff(plain, got.Plain); diff != "" {
		t.Errorf("the plain list (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all, got.All); diff != "" {
		t.Errorf("search=status pr (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(groups, got.Groups); diff != "" {
		t.Errorf("group members (-want +got):\n%s", diff)
	}
	if got.One != plain[0] || got.Missing.Status != 404 || got.Missing.Code != "E0000007" {
		t.Errorf("one user %s, a missing one %+v", got.One, got.Missing)
	}
	refused := map[string]bool{}
	for _, r := range server.Requests() {
		if r.Status == 429 {
			refused[regexp.MustCompile("/groups/.*/users").ReplaceAllString(r.Path, "/groups/*/users")] = true
		}
	}
	if len(got.Waits) < 2 || !refused["/api/v1/users"] || !refused["/api/v1/groups/*/users"] {
		t.Errorf("the SDK waited %d times, and met the rate limit at %v; want both lists", len(got.Waits), refused)
	}
	for _, ms := range got.Waits {
		if ms < 1000 || ms > 4000 {
			t.Errorf("the SDK was told to wait %d ms in a window of a second", ms)
		}
	}
	t.Logf("the SDK waited %d times: %v ms", len(got.Waits), got.Waits)
}
