/*
 * msal.mjs - the token requests of Microsoft's own client, for comparison with ours.
 *
 * Does      asks the given authority for a token with @azure/msal-node, once: with a secret, a certificate or an assertion.
 * Rules     node msal.mjs SETTINGS.json; SETTINGS has authority, clientId, scope and one of secret, certificate
 *           ({thumbprintSha256, privateKey, x5c}), assertion. NODE_EXTRA_CA_CERTS makes it trust the server.
 *           Prints {"token"} or {"error"}.
 */
import fs from 'node:fs';
import * as msal from '@azure/msal-node';

const settings = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const auth = {
  clientId: settings.clientId,
  authority: settings.authority,
  knownAuthorities: [new URL(settings.authority).host],
};
if (settings.secret) auth.clientSecret = settings.secret;
if (settings.certificate) auth.clientCertificate = settings.certificate;
if (settings.assertion) auth.clientAssertion = settings.assertion;

try {
  const application = new msal.ConfidentialClientApplication({ auth });
  const result = await application.acquireTokenByClientCredential({ scopes: [settings.scope] });
  console.log(JSON.stringify({ token: result.accessToken }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }));
}
