"""What an administrator writes with Python alone: sync.py URL TOKEN DATABASE."""
import json
import re
import sqlite3
import sys
import urllib.request

url, token, database = sys.argv[1:4]
columns = ("id", "login", "email", "first_name", "last_name", "full_name", "job_title", "department", "organization",
           "cost_centre", "employee_number", "phone", "mobile", "city", "country_code", "status", "active")
profile = ("login", "email", "firstName", "lastName", None, "title", "department", "organization", "costCenter",
           "employeeNumber", "primaryPhone", "mobilePhone", "city", "countryCode")
next_page = re.compile(r'<([^>]*)>; rel="next"')


def row(user):
    p = user["profile"]
    values = [p["firstName"] + " " + p["lastName"] if name is None else p.get(name) for name in profile]
    return (user["id"], *values, user["status"], 0 if user["status"] in ("DEPROVISIONED", "SUSPENDED") else 1)


db = sqlite3.connect(database)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = NORMAL")
db.execute("CREATE TABLE IF NOT EXISTS users (%s, PRIMARY KEY (id))" % ", ".join(name + " TEXT" for name in columns))
upsert = "INSERT INTO users VALUES (%s) ON CONFLICT (id) DO UPDATE SET %s" % (
    ", ".join("?" * len(columns)), ", ".join(f"{name} = excluded.{name}" for name in columns[1:]))

while url:
    answer = urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "SSWS " + token}))
    users = json.load(answer)
    with db:
        db.executemany(upsert, map(row, users))
    links = [next_page.search(link) for link in answer.headers.get_all("Link") or []]
    url = next((link.group(1) for link in links if link), None)
db.close()
