/*
 * release.mjs DEVICE... - a release with Microsoft's own client for sign-in, @azure/identity, and node's fetch.
 *
 * Does      a token by client secret, then a POST for each device, four at a time.
 * Limits    nothing is tried again but by @azure/identity, nothing is paced, nothing is looked up.
 * Rules     TENANT, CLIENT_ID, SECRET_FILE say who; NODE_EXTRA_CA_CERTS makes it trust the server; the hosts are Microsoft's, for which
 *           @azure/identity knows the endpoints by itself: to_loopback.cjs leads there.
 */
import fs from 'node:fs';
import { ClientSecretCredential } from '@azure/identity';

const { TENANT, CLIENT_ID, SECRET_FILE } = process.env;
const credential = new ClientSecretCredential(TENANT, CLIENT_ID, fs.readFileSync(SECRET_FILE, 'utf8').trim());
const { token } = await credential.getToken('https://api.securitycenter.microsoft.com/.default');

async function release(device) {
  const answer = await fetch(`https://api.security.microsoft.com/api/machines/${device}/unisolate`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ Comment: 'clean' }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  console.log((await answer.json()).status);
}

const devices = process.argv.slice(2);
const workers = Array.from({ length: 4 }, async () => {
  while (devices.length > 0) await release(devices.shift());
});
await Promise.all(workers);
