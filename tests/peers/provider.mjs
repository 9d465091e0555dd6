/*
 * provider.mjs - the npm package oidc-provider on loopback, as an identity service that nobody here has written.
 *
 * Does      serves TLS on free ports; applications with a secret (in the form) and with a key (private_key_jwt); the
 *           device flow with its pages; introspection, so that a test can ask what a token is.
 * Not here  what is sent to it (test_peers.py).
 * Rules     node provider.mjs SETTINGS.json; SETTINGS has key and cert (files), tenant, scope, clients. Prints one line
 *           of JSON, {"url", "adfs"}: two issuers, the second below /adfs; then serves until standard input ends.
 */
import fs from 'node:fs';
import https from 'node:https';
import Provider from 'oidc-provider';

const settings = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const algorithms = ['PS256', 'ES256', 'RS256'];

const common = {
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  scope: settings.scope,
};

function configuration(prefix) {
  const path = `${prefix}/${settings.tenant}/oauth2/v2.0`;
  return {
    clients: settings.clients.map((client) => ({ ...common, ...client })),
    routes: {
      token: `${path}/token`,
      device_authorization: `${path}/devicecode`,
      introspection: '/introspect',
    },
    scopes: [settings.scope],
    clientAuthMethods: ['client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: algorithms },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      devInteractions: { enabled: true } /* pages on which anybody may sign in */,
    },
    cookies: { keys: ['only for tests'] },
    jwks: { keys: settings.jwks },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    ttl: { ClientCredentials: 600, AccessToken: 600, DeviceCode: 600, Grant: 600, IdToken: 600, Session: 600, Interaction: 600 },
  };
}

/* A server on a free port of loopback; its issuer is known only when the port is. */
async function serve(prefix) {
  let answer = (request, response) => response.writeHead(503).end();
  const server = https.createServer(
    { key: fs.readFileSync(settings.key), cert: fs.readFileSync(settings.cert) },
    (request, response) => answer(request, response),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://localhost:${server.address().port}`;
  answer = new Provider(issuer, configuration(prefix)).callback();
  return issuer;
}

console.log(JSON.stringify({ url: await serve(''), adfs: await serve('/adfs') }));
process.stdin.on('end', () => process.exit(0)).resume();
