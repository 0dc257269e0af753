// The published client as a page uses it: one call a line on the input, its outcome a line on the output.
// argv: the agent's address, and the file of its certificate authority.
const fs = require('fs');
const readline = require('readline');
const Socket = require('ws');

const [address, authority] = process.argv.slice(2);
// A browser says whose page it is; outside of one we have to.
globalThis.WebSocket = class extends Socket {
  constructor(url) { super(url, { origin: 'https://client.example', ca: fs.readFileSync(authority) }); }
};
const { NCALayerClient } = require('ncalayer-js-client');

const client = new NCALayerClient(address, false);

async function carryOut(line) {
  const { call, args } = JSON.parse(line);
  const given = args.map((one) => (typeof one === 'string' && one.startsWith('!!') ? NCALayerClient[one.slice(2)] : one));
  try {
    return { result: await client[call](...given) ?? null };
  } catch (error) {
    return { error: error.message, canceled: error.canceledByUser === true };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await carryOut(line)));
  }
  process.exit(0);
})();
