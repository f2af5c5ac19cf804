#!/bin/sh
# What an administrator writes with curl, jq and sqlite3: sync.sh URL TOKEN DATABASE.
set -eu
url=$1 token=$2 database=$3
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
columns="id login email first_name last_name full_name job_title department organization cost_centre employee_number phone mobile city country_code status active"
names=$(echo "$columns" | tr ' ' ',')
set=$(for name in ${columns#id }; do printf '%s=excluded.%s,' "$name" "$name"; done)
sqlite3 "$database" "PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS users($names, PRIMARY KEY(id))" >/dev/null

while [ -n "$url" ]; do
  curl --silent --fail --compressed --dump-header "$work/head" --header "Authorization: SSWS $token" "$url" |
    jq --raw-output '.[] | .profile as $p | [.id, $p.login, $p.email, $p.firstName, $p.lastName, $p.firstName + " " + $p.lastName, $p.title,
      $p.department, $p.organization, $p.costCenter, $p.employeeNumber, $p.primaryPhone, $p.mobilePhone, $p.city, $p.countryCode, .status,
      (if .status == "DEPROVISIONED" or .status == "SUSPENDED" then 0 else 1 end)] | @csv' >"$work/rows"
  sqlite3 "$database" <<SQL
PRAGMA synchronous=NORMAL;
CREATE TEMP TABLE page AS SELECT * FROM users LIMIT 0;
.mode csv
.import $work/rows page
INSERT INTO users SELECT * FROM page WHERE true ON CONFLICT(id) DO UPDATE SET ${set%,};
SQL
  url=$(sed -n 's/^[Ll]ink: <\([^>]*\)>; rel="next".*/\1/p' "$work/head" | tr -d '\r')
done
