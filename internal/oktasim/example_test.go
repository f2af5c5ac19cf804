package oktasim_test

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/amsx-lang/amsx/internal/oktasim"
)

// A server with 450 users, which a client reads in three pages.
func ExampleStart() {
	server, err := oktasim.Start(oktasim.Config{Users: 450, Groups: 5, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	r, err := http.NewRequest(http.MethodGet, server.URL+"/api/v1/users?limit=200&search=status+pr", nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fmt.Println(resp.Status, len(resp.Header["Link"]), "links,", resp.Header.Get("X-Rate-Limit-Remaining"), "calls left")
	// Output: 200 OK 2 links, 599 calls left
}

// A script says what goes wrong, at which page and how often.
func ExampleParseFaults() {
	faults, err := oktasim.ParseFaults("page 3: 429 twice; page 7: truncated")
	if err != nil {
		log.Fatal(err)
	}
	sim, err := oktasim.New(oktasim.Config{Users: 2000, Faults: faults, Latency: 5 * time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sim.Org().Len(), "users,", len(faults), "faults")

	_, err = oktasim.ParseFaults("page 3: trunkated")
	fmt.Println(err)
	// Output:
	// 2000 users, 2 faults
	// fault script line 1, column 9: "trunkated" is no fault: write truncated
}

// Between two runs, people leave, change and come back.
func ExampleOrg() {
	org := oktasim.NewOrg()
	for _, login := range []string{"zoe@example.com", "lukasz@example.com"} {
		if _, err := org.AddUser(oktasim.User{Profile: map[string]any{"login": login, "firstName": "Made", "lastName": "Up"}}); err != nil {
			log.Fatal(err)
		}
	}
	if err := org.SetStatus("zoe@example.com", "DEPROVISIONED"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(org.SetLogin("zoe@example.com", "Lukasz@Example.com") != nil)
	zoe, _ := org.User("ZOE@example.com")
	fmt.Println(zoe.Status, org.Len())
	// Output:
	// true
	// DEPROVISIONED 2
}
