package oktasim

// A name is a made-up person's first or last name and its form in a login: ASCII, lower case, distinct from every other's.
type name struct{ text, folded string }

// The tables below are read only. Together they make 3,500 pairs before a number is needed in a login.
var firstNames = []name{
	{"Zoë", "zoe"}, {"Łukasz", "lukasz"}, {"Jürgen", "juergen"}, {"Søren", "soren"}, {"Renée", "renee"}, {"François", "francois"}, {"Ángela", "angela"},
	{"Şebnem", "sebnem"}, {"Dvořka", "dvorka"}, {"Þóra", "thora"}, {"Björn", "bjorn"}, {"Anaïs", "anais"}, {"Željko", "zeljko"}, {"Mário", "mario"},
	{"Ольга", "olga"}, {"Γιώργος", "giorgos"}, {"健太", "kenta"}, {"Nguyễn An", "nguyenan"}, {"Jean-Luc", "jeanluc"}, {"Mary Ann", "maryann"},
	{"Aiko", "aiko"}, {"Amara", "amara"}, {"Benedict", "benedict"}, {"Chandra", "chandra"}, {"Dario", "dario"}, {"Edda", "edda"}, {"Farid", "farid"},
	{"Greta", "greta"}, {"Hamish", "hamish"}, {"Imani", "imani"}, {"Jonas", "jonas"}, {"Kamala", "kamala"}, {"Leif", "leif"}, {"Miriam", "miriam"},
	{"Nadia", "nadia"}, {"Oscar", "oscar"}, {"Priya", "priya"}, {"Quentin", "quentin"}, {"Rosa", "rosa"}, {"Stefan", "stefan"}, {"Tamsin", "tamsin"},
	{"Ulrich", "ulrich"}, {"Vera", "vera"}, {"Wanda", "wanda"}, {"Xavier", "xavier"}, {"Yusuf", "yusuf"}, {"Alba", "alba"}, {"Bruno", "bruno"},
	{"Clara", "clara"}, {"Dmitri", "dmitri"},
}

var lastNames = []name{
	{"O'Brien", "obrien"}, {"Müller", "mueller"}, {"Dvořák", "dvorak"}, {"Nuñez", "nunez"}, {"Østergaard", "ostergaard"}, {"Çelik", "celik"},
	{"Šimić", "simic"}, {"Wójcik", "wojcik"}, {"Großmann", "grossmann"}, {"D'Angelo", "dangelo"}, {"van der Berg", "vanderberg"}, {"Smith-Jones", "smithjones"},
	{"de la Cruz", "delacruz"}, {"Ó Súilleabháin", "osuilleabhain"}, {"Иванова", "ivanova"}, {"Παπαδάκη", "papadaki"}, {"山田", "yamada"}, {"Trần", "tran"},
	{"Ashdown", "ashdown"}, {"Birkett", "birkett"}, {"Calloway", "calloway"}, {"Dunmore", "dunmore"}, {"Ekström", "ekstrom"}, {"Fairweather", "fairweather"},
	{"Garland", "garland"}, {"Holloway", "holloway"}, {"Ingersoll", "ingersoll"}, {"Jansen", "jansen"}, {"Kovacs", "kovacs"}, {"Lindqvist", "lindqvist"},
	{"Marchetti", "marchetti"}, {"Nakamura", "nakamura"}, {"Okafor", "okafor"}, {"Pemberton", "pemberton"}, {"Quarles", "quarles"}, {"Rautio", "rautio"},
	{"Sandoval", "sandoval"}, {"Thackeray", "thackeray"}, {"Underhill", "underhill"}, {"Vasquez", "vasquez"}, {"Whitlock", "whitlock"}, {"Yilmaz", "yilmaz"},
	{"Zimmer", "zimmer"}, {"Abernathy", "abernathy"}, {"Brandt", "brandt"}, {"Castellan", "castellan"}, {"Drummond", "drummond"}, {"Eriksen", "eriksen"},
	{"Fontaine", "fontaine"}, {"Gallagher", "gallagher"}, {"Hartmann", "hartmann"}, {"Ibarra", "ibarra"}, {"Jablonski", "jablonski"}, {"Kessler", "kessler"},
	{"Lombardi", "lombardi"}, {"Mbeki", "mbeki"}, {"Novak", "novak"}, {"Osei", "osei"}, {"Petrov", "petrov"}, {"Rosenthal", "rosenthal"},
	{"Schuster", "schuster"}, {"Tiwari", "tiwari"}, {"Ueda", "ueda"}, {"Varga", "varga"}, {"Winslow", "winslow"}, {"Xu", "xu"}, {"York", "york"},
	{"Zander", "zander"}, {"Moreau", "moreau"}, {"Lund", "lund"},
}

// Values hold what has hurt somebody: ampersands, angle brackets, quotes (escaped as JSON wants them), leading signs of a formula.
var (
	departments   = []string{"Engineering", "Sales", "Finance", "People & Culture", "Legal", "Marketing", "Customer Support", "Information Technology", "Facilities", "Research <Labs>"}
	titles        = []string{"Engineer", "Senior Engineer", "Manager", "Director", "Analyst", "Account Executive", `Head of \"Special Projects\"`, "Vice President, EMEA", "Consultant", "=Administrator"}
	divisions     = []string{"North", "South", "East", "West", "Groß & Klein"}
	organizations = []string{"Contoso Ltd.", "Fabrikam, Inc.", "Northwind Traders"}
	userTypes     = []string{"Employee", "Employee", "Employee", "Contractor", "Service"}
	questions     = []string{"What is the food you least liked as a child?", "Who's a major player of your youth?", "Where did you go for your favourite holiday?"}
	providers     = []string{`"type":"OKTA","name":"OKTA"`, `"type":"OKTA","name":"OKTA"`, `"type":"ACTIVE_DIRECTORY","name":"contoso.example"`, `"type":"IMPORT","name":"IMPORT"`, `"type":"FEDERATION","name":"FEDERATION"`}
	zones         = []string{"lobby", "lab", "data centre", "roof", "garage"}
)

var places = []struct{ city, country, locale, zone string }{
	{"Dublin", "IE", "en_IE", "Europe/Dublin"}, {"London", "GB", "en_GB", "Europe/London"}, {"München", "DE", "de_DE", "Europe/Berlin"},
	{"Łódź", "PL", "pl_PL", "Europe/Warsaw"}, {"São Paulo", "BR", "pt_BR", "America/Sao_Paulo"}, {"Chicago", "US", "en_US", "America/Chicago"},
	{"Austin", "US", "en_US", "America/Chicago"}, {"Montréal", "CA", "fr_CA", "America/Toronto"}, {"大阪", "JP", "ja_JP", "Asia/Tokyo"}, {"Nairobi", "KE", "en_KE", "Africa/Nairobi"},
}

// The groups that are generated first hold a department each; the others are projects.
var projectNames = []string{"Apollo", "Beacon", "Cascade", "Delta", "Ember", "Foxglove", "Granite", "Harbour", "Iris", "Juniper"}
