/*
 * to_loopback.cjs - sends what node connects to Microsoft's two hosts to ports of loopback; loaded by node --require.
 *
 * Does      changes address and port of TLS connections to the hosts of PORTS ({"host": port}); names in TLS and HTTP stay.
 */
const tls = require('node:tls');

const ports = JSON.parse(process.env.PORTS);
const connect = tls.connect;
tls.connect = (options, ...more) => {
  const name = options.servername || options.host || options.hostname;
  const port = ports[name];
  if (port === undefined) throw new Error(`a connection to ${name}`);
  return connect({ ...options, host: '127.0.0.1', port, servername: name }, ...more);
};
