package oktasim

import "strconv"

// A generator makes user i of an org from nothing but a seed, so that a million users need no memory and are the same on every machine.
type generator struct {
	seed    uint64
	n       int64
	changed int // percent
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// firstOrdinal makes ids look like OKTA's (00u1…) and leaves room for 55 billion of them.
const firstOrdinal = 62 * 62 * 62 * 62 * 62

// mix is the finaliser of splitmix64: every bit of the answer depends on every bit of x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func (g generator) hash(i int64, salt int) uint64 {
	return mix(g.seed*0x2545f4914f6cdd1d + uint64(i)*64 + uint64(salt))
}

// appendID appends a 20 character id: a prefix of three, six that grow with i, eleven without meaning. Ids sort in the order of i.
func (g generator) appendID(b []byte, prefix string, i int64) []byte {
	b = append(b, prefix...)
	var ordinal [6]byte
	for x, k := i+firstOrdinal, 5; k >= 0; k-- {
		ordinal[k] = base62[x%62]
		x /= 62
	}
	b = append(b, ordinal[:]...)
	for h, k := g.hash(i, 0), 0; k < 11; k++ {
		b = append(b, base62[h%62])
		h /= 62
	}
	return b
}

func (g generator) userID(i int64) string { return string(g.appendID(make([]byte, 0, 20), "00u", i)) }

// statusOf gives every fifty users in a row the same numbers of each status, so that small orgs have them all.
func (g generator) statusOf(i int64) string {
	switch slot := (uint64(i)*23 + g.seed) % 50; slot {
	case 0, 1:
		return "DEPROVISIONED"
	case 2:
		return "STAGED"
	case 3:
		return "PROVISIONED"
	case 4:
		return "PASSWORD_EXPIRED"
	case 5:
		return "LOCKED_OUT"
	case 6:
		return "RECOVERY"
	case 7:
		return "SUSPENDED"
	default:
		return "ACTIVE"
	}
}

// names returns first and last name of user i and the round: how many users before it have the same pair.
func (g generator) names(i int64) (first, last name, round int64) {
	pairs := int64(len(firstNames) * len(lastNames))
	c := int((i*7919 + int64(g.seed%uint64(pairs))) % pairs)
	return firstNames[c%len(firstNames)], lastNames[c/len(firstNames)], i / pairs
}

// appendLogin appends a login that no other user has, compared without case: names fold to distinct ASCII, the round makes pairs distinct.
func (g generator) appendLogin(b []byte, i int64) []byte {
	first, last, round := g.names(i)
	b = append(b, first.folded...)
	b = append(b, '.')
	b = append(b, last.folded...)
	if round > 0 {
		b = strconv.AppendInt(b, round+1, 10)
	}
	return append(b, "@example.com"...)
}

// manager returns the number of the person above i: a tree eight wide whose root has nobody.
func (generator) manager(i int64) (int64, bool) { return (i - 1) / 8, i > 0 }

func (g generator) isChanged(i int64) bool {
	return g.changed > 0 && int(g.hash(i, 1)%100) < g.changed
}

func (g generator) department(i int64) string {
	h := g.hash(i, 2)
	if g.isChanged(i) {
		h++
	}
	return departments[h%uint64(len(departments))]
}

// one reports true for one in n users, by the bits of h from shift.
func one(h uint64, shift, n uint) bool { return (h>>shift)%uint64(n) == 0 }

func pick(list []string, h uint64, shift uint) string { return list[(h>>shift)%uint64(len(list))] }

func quoted(b []byte, key, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, `":"`...)
	b = append(b, value...)
	return append(b, '"')
}

func number(b []byte, key string, value uint64) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return strconv.AppendUint(b, value, 10)
}

// appendUser appends the user object of i without _links and without the closing brace.
func (g generator) appendUser(b []byte, i int64) []byte {
	h, status := g.hash(i, 3), g.statusOf(i)
	b = append(b, `{"id":"`...)
	b = g.appendID(b, "00u", i)
	b = append(b, `","status":"`...)
	b = append(b, status...)
	b = append(b, '"')
	b = g.appendDates(b, i, status)
	b = append(b, `,"type":{"id":"oty1a2b3c4d5e6f7g8h9"},"profile":{`...)
	// The order of the keys carries no meaning at OKTA, so two orders are in use
	if one(h, 0, 3) {
		b = g.appendOptional(b, i)
		b = g.appendRequired(b, i)
	} else {
		b = g.appendRequired(b, i)
		b = append(b, ',')
		b = g.appendOptional(b, i)
	}
	b = append(b, `},"credentials":{`...)
	if status != "STAGED" && status != "PROVISIONED" {
		b = append(b, `"password":{},`...)
	}
	if one(h, 4, 2) {
		b = append(b, `"recovery_question":{"question":"`...)
		b = append(b, pick(questions, h, 8)...)
		b = append(b, `"},`...)
	}
	b = append(b, `"emails":[{"value":"`...)
	b = g.appendEmail(b, i)
	b = append(b, `","status":"VERIFIED","type":"PRIMARY"}],"provider":{`...)
	b = append(b, pick(providers, h, 16)...)
	return append(b, '}', '}')
}

// The first second of 2019, and the last at which a generated person was changed, in seconds of Unix time.
const firstSecond, lastSecond = 1546300800, 1767225599

func (g generator) appendDates(b []byte, i int64, status string) []byte {
	h := g.hash(i, 4)
	created := firstSecond + h%(lastSecond-firstSecond-86400*400)
	activated, updated := created+h>>40%86400, created+86400+h>>20%(86400*399)
	b = date(b, "created", created)
	b = optionalDate(b, "activated", activated, status == "STAGED" || one(h, 8, 8))
	b = optionalDate(b, "statusChanged", activated, status == "STAGED" || one(h, 12, 16))
	b = optionalDate(b, "lastLogin", updated-h>>30%86400, status == "STAGED" || status == "PROVISIONED" || one(h, 16, 6))
	if g.isChanged(i) {
		updated = lastSecond + 1 + 86400 + 3*3600 + 4*60 + 5
	}
	b = date(b, "lastUpdated", updated)
	return optionalDate(b, "passwordChanged", activated+60, status == "STAGED" || status == "PROVISIONED")
}

// appendRequired appends what every profile has: names, login, e-mail, and the two that are null when empty.
func (g generator) appendRequired(b []byte, i int64) []byte {
	h := g.hash(i, 5)
	first, last, _ := g.names(i)
	b = append(b, `"firstName":"`...)
	b = append(b, first.text...)
	b = quoted(append(b, '"'), "lastName", last.text)
	if one(h, 0, 4) {
		b = append(b, `,"mobilePhone":null`...)
	} else {
		b = append(b, `,"mobilePhone":"+1 555 0`...)
		b = strconv.AppendUint(b, 100000+h>>8%900000, 10)
		b = append(b, '"')
	}
	switch h >> 32 % 4 {
	case 0:
		b = append(b, `,"secondEmail":""`...)
	case 1:
		b = append(b, `,"secondEmail":"`...)
		b = append(b, first.folded...)
		b = strconv.AppendInt(append(b, '.'), i, 10)
		b = append(b, `@example.net"`...)
	default:
		b = append(b, `,"secondEmail":null`...)
	}
	b = append(b, `,"login":"`...)
	b = g.appendLogin(b, i)
	b = append(b, `","email":"`...)
	b = g.appendEmail(b, i)
	return append(b, '"')
}

// appendEmail appends the e-mail of user i. One in a hundred shares that of the user before: OKTA does not make it unique.
func (g generator) appendEmail(b []byte, i int64) []byte {
	if i%100 == 57 {
		i--
	}
	b = g.appendLogin(b, i)
	if domain := g.hash(i, 6) % 5; domain < 2 {
		b = append(b[:len(b)-len("example.com")], [...]string{"example.org", "example.net"}[domain]...)
	}
	return b
}

// appendOptional appends the attributes that are absent when they have no value.
func (g generator) appendOptional(b []byte, i int64) []byte {
	h, p := g.hash(i, 7), g.hash(i, 8)
	first, last, _ := g.names(i)
	place := places[h%uint64(len(places))]
	start := len(b)
	b = quoted(b, "displayName", first.text+" "+last.text)
	b = append(b, `,"employeeNumber":"`...)
	b = strconv.AppendInt(b, 100000+i, 10)
	b = append(b, '"')
	if !one(p, 0, 12) {
		b = quoted(b, "department", g.department(i))
	}
	if !one(p, 6, 10) {
		b = append(b, `,"title":"`...)
		if g.isChanged(i) {
			b = append(b, "Acting "...)
		}
		b = append(b, pick(titles, h, 8)...)
		b = append(b, '"')
	}
	if !one(p, 12, 3) {
		b = quoted(b, "division", pick(divisions, h, 16))
	}
	b = quoted(b, "organization", pick(organizations, h, 20))
	b = quoted(b, "userType", pick(userTypes, h, 24))
	b = append(b, `,"costCenter":"CC-`...)
	b = strconv.AppendUint(b, 1000+h>>28%400, 10)
	b = append(b, '"')
	b = quoted(b, "city", place.city)
	b = quoted(b, "countryCode", place.country)
	b = quoted(b, "locale", place.locale)
	b = quoted(b, "timezone", place.zone)
	if !one(p, 18, 3) {
		b = append(b, `,"streetAddress":"`...)
		b = strconv.AppendUint(b, 1+h>>32%199, 10)
		b = append(b, " Example Street\""...)
		b = append(b, `,"zipCode":"`...)
		b = strconv.AppendUint(b, 10000+h>>36%89999, 10)
		b = append(b, '"')
	}
	if !one(p, 24, 3) {
		b = append(b, `,"primaryPhone":"+1 555 0`...)
		b = strconv.AppendUint(b, 100000+h>>40%900000, 10)
		b = append(b, '"')
	}
	b = g.appendManager(b, i, p>>30)
	b = appendCustom(b, h, p>>40)
	// The comma before the first attribute is the caller's
	copy(b[start:], b[start+1:])
	b = b[:len(b)-1]
	if one(g.hash(i, 3), 0, 3) {
		b = append(b, ',')
	}
	return b
}

// appendManager appends managerId in the forms that customers fill in: login, id, employee number, free text, nothing.
func (g generator) appendManager(b []byte, i int64, p uint64) []byte {
	m, ok := g.manager(i)
	if !ok || p%10 == 9 {
		return b
	}
	first, last, _ := g.names(m)
	b = append(b, `,"managerId":"`...)
	switch p % 10 {
	case 6:
		b = g.appendID(b, "00u", m)
	case 7:
		b = strconv.AppendInt(b, 100000+m, 10)
	case 8:
		b = append(b, "see HR, "...)
		b = append(b, last.text...)
	default:
		b = g.appendLogin(b, m)
	}
	return quoted(append(b, '"'), "manager", first.text+" "+last.text)
}

// appendCustom appends attributes that a customer added: numbers, booleans, arrays, names in several spellings.
func appendCustom(b []byte, h, p uint64) []byte {
	if one(p, 0, 3) {
		b = append(b, `,"isContractor":true`...)
	} else if one(p, 2, 3) {
		b = append(b, `,"isContractor":false`...)
	}
	if one(p, 4, 3) {
		b = number(b, "floor", h>>44%40)
	}
	if one(p, 6, 4) {
		b = append(b, `,"workingShare":0.`...)
		b = strconv.AppendUint(b, 1+h>>48%9, 10)
	}
	if one(p, 8, 4) {
		b = append(b, `,"accessZones":["`...)
		b = append(b, pick(zones, h, 50)...)
		b = append(b, `","`...)
		b = append(b, pick(zones, h, 53)...)
		b = append(b, `"]`...)
	}
	if one(p, 10, 5) {
		b = append(b, `,"badgeNumbers":[`...)
		b = strconv.AppendUint(b, 1000+h>>54%500, 10)
		b = append(b, ',')
		b = strconv.AppendUint(b, 2000+h>>55%500, 10)
		b = append(b, ']')
	}
	if one(p, 12, 6) {
		b = append(b, `,"some_snake_case_attr":"snake","someSnakeCaseAttr":"camel"`...)
	}
	return b
}

func date(b []byte, key string, seconds uint64) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, `":"`...)
	b = appendTime(b, seconds)
	return append(b, '"')
}

func optionalDate(b []byte, key string, seconds uint64, null bool) []byte {
	if !null {
		return date(b, key, seconds)
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	return append(b, `":null`...)
}

// appendTime appends 2006-01-02T15:04:05.000Z. It is time.AppendFormat at a fifth of its price, which is a third of a page's.
func appendTime(b []byte, seconds uint64) []byte {
	days, rest := seconds/86400, seconds%86400
	// Days since 1 March of year 0, the calendar in which the leap day is the last of its year
	z := days + 719468
	era := z / 146097
	dayOfEra := z % 146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	day, month, year := dayOfYear-(153*m+2)/5+1, m+3, yearOfEra+era*400
	if month > 12 {
		month, year = month-12, year+1
	}
	two := func(x uint64, sep byte) {
		b = append(b, byte('0'+x/10), byte('0'+x%10), sep)
	}
	b = append(b, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-')
	two(month, '-')
	two(day, 'T')
	two(rest/3600, ':')
	two(rest/60%60, ':')
	two(rest%60, '.')
	return append(b, "000Z"...)
}
