// npm's @bugsnag/node. Arguments: the server's URL, the key.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const Bugsnag = require("@bugsnag/node").default ?? require("@bugsnag/node");
const [url, apiKey] = process.argv.slice(2);

Bugsnag.start({
  apiKey,
  appVersion: "1.2.3",
  releaseStage: "e2e",
  endpoints: { notify: `${url}/notify`, sessions: `${url}/sessions` },
  autoTrackSessions: false,
  logger: null,
});
Bugsnag.setUser("user-7", "ada@example.com", "Ada");
Bugsnag.leaveBreadcrumb("two items in the cart", {}, "state");
Bugsnag.startSession();

function charge(cart) {
  return cart.items[2].price;
}

try {
  charge({ items: [] });
} catch (error) {
  await new Promise((resolve, reject) =>
    Bugsnag.notify(
      error,
      (event) => event.addMetadata("shop", { flavour: "salty" }),
      (failure) => (failure ? reject(failure) : resolve()),
    ),
  );
}
// Sessions are sent every ten seconds.
await new Promise((resolve) => setTimeout(resolve, 12_000));
process.exit(0);
