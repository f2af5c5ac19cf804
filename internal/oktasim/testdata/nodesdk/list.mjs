// OKTA's own Node SDK reads a simulator to the end: all users, all groups, the members of each group. What it saw goes to standard
// output as one JSON object, how often it waited for a rate limit included.
//
//	node list.mjs FOLDER-WITH-NODE_MODULES URL TOKEN
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, orgUrl, token] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const { Client, DefaultRequestExecutor } = require('@okta/okta-sdk-nodejs');

const requestExecutor = new DefaultRequestExecutor({ maxRetries: 3 });
const waits = [];
requestExecutor.on('backoff', (request, response, requestId, delayMs) => waits.push(delayMs));

const client = new Client({ orgUrl, token, requestExecutor, testing: { disableHttpsCheck: true } });

async function read(collection, each) {
  await (await collection).each(each);
}

const seen = { plain: [], all: [], groups: {}, waits };
await read(client.userApi.listUsers({ limit: 40 }), (user) => { seen.plain.push(user.id); });
await read(client.userApi.listUsers({ limit: 40, search: 'status pr' }), (user) => {
  seen.all.push({ id: user.id, status: user.status, login: user.profile.login, firstName: user.profile.firstName, mobilePhone: user.profile.mobilePhone });
});
const groups = [];
await read(client.groupApi.listGroups({ limit: 2 }), (group) => { groups.push(group); });
for (const group of groups) {
  const members = [];
  await read(client.groupApi.listGroupUsers({ groupId: group.id, limit: 40 }), (user) => { members.push(user.id); });
  seen.groups[group.profile.name] = members;
}
const one = await client.userApi.getUser({ userId: seen.plain[0] });
seen.one = one.id;
try {
  await client.userApi.getUser({ userId: '00uNobody' });
} catch (error) {
  seen.missing = { status: error.status, code: error.errorCode };
}
process.stdout.write(JSON.stringify(seen));
