// What an administrator writes with Node: node sync.mjs URL TOKEN DATABASE.
// It needs the package better-sqlite3, which NODE_PATH leads to.
import { createRequire } from 'node:module';

const Database = createRequire(import.meta.url)('better-sqlite3');
let [url, token, file] = process.argv.slice(2);
const columns = ['id', 'login', 'email', 'first_name', 'last_name', 'full_name', 'job_title', 'department', 'organization',
  'cost_centre', 'employee_number', 'phone', 'mobile', 'city', 'country_code', 'status', 'active'];

const row = ({ id, status, profile: p }) => [id, p.login, p.email, p.firstName, p.lastName, p.firstName + ' ' + p.lastName, p.title,
  p.department, p.organization, p.costCenter, p.employeeNumber, p.primaryPhone, p.mobilePhone, p.city, p.countryCode, status,
  status === 'DEPROVISIONED' || status === 'SUSPENDED' ? 0 : 1].map((value) => value ?? null);

const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.exec(`CREATE TABLE IF NOT EXISTS users (${columns.map((name) => name + ' TEXT').join(', ')}, PRIMARY KEY (id))`);
const upsert = db.prepare(`INSERT INTO users VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (id) DO UPDATE SET
  ${columns.slice(1).map((name) => `${name} = excluded.${name}`).join(', ')}`);
const write = db.transaction((users) => { for (const user of users) upsert.run(row(user)); });

while (url) {
  const answer = await fetch(url, { headers: { Authorization: 'SSWS ' + token } });
  write(await answer.json());
  url = /<([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
}
db.close();
