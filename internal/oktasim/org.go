package oktasim

import (
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"
)

// An Org is the users and groups of one OKTA org. It is safe for concurrent use; its methods keep it consistent: logins stay unique,
// groups lose members who are deleted, dates follow the changes.
type Org struct {
	mu      sync.RWMutex
	gen     generator
	entries []entry  // ascending by id
	groups  []*group // ascending by id
	minted  int64    // ids given out so far, generated users included
	attrs   map[string]bool
	clock   func() time.Time
	version atomic.Uint64 // grows with every change, so that rendered pages can be kept until then
}

// An entry is user number gen of the generator, or the record when there is one.
type entry struct {
	rec *record
	gen int32
}

// NewOrg returns an org with nobody in it, and the group Everyone. Ids that it gives out sort after those that people make up.
func NewOrg() *Org {
	o := Generate(0, 0, 0)
	o.minted = 60 * firstOrdinal // 00uz…
	return o
}

// Generate returns an org of made-up users and groups. Besides Everyone, the first groups hold a department each, the others a
// project's members; the last of three groups or more is empty. The same seed gives the same org.
func Generate(users, groups int, seed uint64) *Org {
	o := &Org{gen: generator{seed: seed, n: int64(users)}, minted: int64(users), clock: time.Now, attrs: map[string]bool{}}
	o.entries = make([]entry, users)
	for i := range o.entries {
		o.entries[i].gen = int32(i)
	}
	for _, attr := range generatedAttributes {
		o.attrs[attr] = true
	}
	o.addEveryone()
	o.generateGroups(groups)
	return o
}

func (o *Org) setClock(now func() time.Time) {
	o.mu.Lock()
	o.clock = now
	o.mu.Unlock()
}

func (o *Org) stamp() string {
	return string(appendTime(nil, uint64(max(o.clock().Unix(), 0))))
}

// SetChanged makes percent of the generated users differ from what the seed gives, in title, department and lastUpdated. Users who
// were changed one by one stay as they are.
func (o *Org) SetChanged(percent int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gen.changed = min(max(percent, 0), 100)
	o.version.Add(1)
}

func (o *Org) item(e entry) item {
	if e.rec != nil {
		return e.rec
	}
	return &madeUp{gen: o.gen, i: int64(e.gen)}
}

func (o *Org) idOf(e entry) string {
	if e.rec != nil {
		return e.rec.key
	}
	return o.gen.userID(int64(e.gen))
}

// find returns the place of an id, or where it belongs.
func (o *Org) find(id string) (int, bool) {
	i := sort.Search(len(o.entries), func(i int) bool { return o.idOf(o.entries[i]) >= id })
	return i, i < len(o.entries) && o.idOf(o.entries[i]) == id
}

// after yields the users whose id is greater than id, ascending. The caller holds the lock.
func (o *Org) after(id string) iter.Seq[item] {
	return func(yield func(item) bool) {
		start := 0
		if id != "" {
			var found bool
			if start, found = o.find(id); found {
				start++
			}
		}
		for _, e := range o.entries[start:] {
			if !yield(o.item(e)) {
				return
			}
		}
	}
}

func (o *Org) loginOf(e entry) string {
	if e.rec != nil {
		return e.rec.signIn
	}
	return string(o.gen.appendLogin(nil, int64(e.gen)))
}

// lookUp finds a user by id, else by login without regard to case. The caller holds the lock.
func (o *Org) lookUp(idOrLogin string) (int, bool) {
	if i, ok := o.find(idOrLogin); ok {
		return i, true
	}
	i := slices.IndexFunc(o.entries, func(e entry) bool {
		return idOrLogin != "" && strings.EqualFold(o.loginOf(e), idOrLogin)
	})
	return max(i, 0), i >= 0
}

// Len returns the number of users, those of status DEPROVISIONED included.
func (o *Org) Len() int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return len(o.entries)
}

// User returns the user of an id or login.
func (o *Org) User(idOrLogin string) (User, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	i, ok := o.lookUp(idOrLogin)
	if !ok {
		return User{}, false
	}
	u, err := o.user(o.entries[i])
	return u, err == nil
}

// Users returns all users, raw records left out, in the order of their ids.
func (o *Org) Users() []User {
	o.mu.RLock()
	defer o.mu.RUnlock()
	users := make([]User, 0, len(o.entries))
	for _, e := range o.entries {
		if u, err := o.user(e); err == nil && (e.rec == nil || !e.rec.odd) {
			users = append(users, u)
		}
	}
	return users
}

func (o *Org) user(e entry) (User, error) {
	return decodeUser(o.item(e).appendJSON(nil, ""))
}

// noteAttributes remembers what a profile may hold, for search refuses attributes that no profile has.
func (o *Org) noteAttributes(profile gjson.Result) {
	profile.ForEach(func(key, _ gjson.Result) bool {
		o.attrs[key.Str] = true
		return true
	})
}

// generatedAttributes are the profile attributes of a generated org and of every OKTA org.
var generatedAttributes = strings.Fields(`firstName lastName login email mobilePhone secondEmail displayName employeeNumber department
	title division organization userType costCenter city state countryCode locale timezone streetAddress zipCode postalAddress
	primaryPhone managerId manager honorificPrefix honorificSuffix middleName nickName preferredLanguage profileUrl
	isContractor floor workingShare accessZones badgeNumbers some_snake_case_attr someSnakeCaseAttr`)
