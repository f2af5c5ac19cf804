package runtime

import "github.com/amsx-lang/amsx/lexer"

// provenCodes are about what is wrong whichever way a run takes.
func provenCodes() []lexer.Explanation {
	return []lexer.Explanation{
		{
			Code: CodeSecretGiven, Title: "A secret given to what shows or keeps it",
			Text:   "The password of a credential pack, or a text made from it, stands where it would be seen or kept: in a log, a message, SQL, a file, a record. It goes only into requests to the hosts of its pack. `Authorize` signs requests; to see whether a pack is the one that was meant, log its `.Url` or `.Name`.",
			Before: "Credential okta, \"OKTA_API\"\nLog \"info\", \"the token is %okta.Password%\"", After: "Credential okta, \"OKTA_API\"\nLog \"info\", \"the host is %okta.Url%\"",
		},
		{
			Code: CodeNoTLS, Title: "An address with http://",
			Text:   "What is sent and answered without TLS can be read and changed by everybody on the way, so the run refuses it. Only addresses of this machine, such as http://localhost:8080, may begin with http://.",
			Before: "Set answer = HttpGet \"http://api.example.com/hello\"", After: "Set answer = HttpGet \"https://api.example.com/hello\"",
		},
		{
			Code: CodeNeverEnds, Title: "A While that never ends",
			Text:   "No line of the loop, and no Sub that it calls, changes what its condition reads, and none leaves it. Often the percent signs are missing in the line that counts, or the line stands behind the loop.",
			Before: "Set i = 1\nWhile %i% < 10\n  Log \"info\", %i%\nEnd While", After: "Set i = 1\nWhile %i% < 10\n  Log \"info\", %i%\n  Set i = %i% + 1\nEnd While",
		},
		{
			Code: CodeLoopName, Title: "Two loops, one in the other, with one variable",
			Text:   "From the inner loop on, the variable is an element of the inner list, and the lines behind it that mean the outer one get the wrong record. Give the inner loop a variable of its own.",
			Before: "ForEach group In List(\"Sales\", \"EMEA\")\n  ForEach group In List(\"anna\", \"ben\")\n    Log \"info\", %group%\n  EndEach\nEndEach", After: "ForEach group In List(\"Sales\", \"EMEA\")\n  ForEach user In List(\"anna\", \"ben\")\n    Log \"info\", \"%group%: %user%\"\n  EndEach\nEndEach",
		},
		{
			Code: CodeCursor, Title: "A list that begins in its midst",
			Text:   "The address was copied from a browser or an earlier answer, and names a place in the list by which the server finds the next page. Whoever stands before it would not be read. JsonPages begins at the first page and finds the others by itself.",
			Before: "ForEach user In JsonPages BuildUrl(\"https://api.example.com/api/v1/users\", \"limit\", \"200\", \"after\", \"00u1abc\")\n  Log \"info\", %user.id%\nEndEach",
			After:  "ForEach user In JsonPages BuildUrl(\"https://api.example.com/api/v1/users\", \"limit\", \"200\")\n  Log \"info\", %user.id%\nEndEach",
		},
		{
			Code: CodeUnsigned, Title: "A request that nothing has signed",
			Text:   "The address is that of a credential pack, and nothing before the request uses the pack's user or password: the server will answer that it does not know who asks. A line Authorize above it signs all requests that follow, to the hosts of the pack. Where the server wants no signature, say so with a comment above the line: // amsx: ignore AMSX4085 and why.",
			Before: "Credential okta, \"OKTA_API\"\nForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\", \"limit\", \"200\")\n  Log \"info\", %user.id%\nEndEach",
			After:  "Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\nForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\", \"limit\", \"200\")\n  Log \"info\", %user.id%\nEndEach",
		},
		{
			Code: CodePackAddress, Title: "An address that is put together wrongly",
			Text:   "The `.Url` of a credential pack is https:// and the host, without a / at its end. What follows begins with /, and nothing stands in front.",
			Before: "Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\nSet me = HttpGet \"%okta.Url%api/v1/users/me\"", After: "Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\nSet me = HttpGet \"%okta.Url%/api/v1/users/me\"",
		},
		{
			Code: CodePackField, Title: "A field that a credential pack does not have",
			Text:   "A variable that Credential has set has the fields Name, Url, Domain, Username, Password and Hosts, and no others.",
			Before: "Credential okta, \"OKTA_API\"\nLog \"info\", %okta.Uri%", After: "Credential okta, \"OKTA_API\"\nLog \"info\", %okta.Url%",
		},
		{
			Code: CodeNeverValue, Title: "A comparison with a value that the field never has",
			Text:   "The field has a few values, which are known, and the word is none of them but looks like one. The comparison would never hold.",
			Before: explainedMapping("Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\nForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\", \"search\", \"status pr\")\n  Upsert %user%, , IIf(%user.status% = \"DEPROVISONED\", \"existing only\", \"all\")\nEndEach", "", ""),
			After:  explainedMapping("Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\nForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\", \"search\", \"status pr\")\n  Upsert %user%, , IIf(%user.status% = \"DEPROVISIONED\", \"existing only\", \"all\")\nEndEach", "", ""),
		},
		{
			Code: CodeFileGone, Title: "A file that was moved away before",
			Text:   "MoveFile and DeleteFile are done when the run is committed, but the script itself sees them at once: for its later lines the file is not there. Read first, move at the end.",
			Before: "MoveFile \"in/people.csv\", \"done/\"\nForEach p In Csv \"in/people.csv\"\n  Log \"info\", %p.Login%\nEndEach",
			After:  "ForEach p In Csv \"in/people.csv\"\n  Log \"info\", %p.Login%\nEndEach\nMoveFile \"in/people.csv\", \"done/\"",
		},
	}
}
