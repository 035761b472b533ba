// npm's rollbar. Arguments: the endpoint, the access token.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const Rollbar = require("rollbar");
const [endpoint, accessToken] = process.argv.slice(2);

const rollbar = new Rollbar({
  accessToken,
  endpoint,
  environment: "e2e",
  captureUncaught: true,
  payload: { code_version: "1.2.3", person: { id: "user-7", email: "ada@example.com" } },
});
rollbar.captureEvent({ message: "two items in the cart" }, "info");

function charge(cart) {
  return cart.items[2].price;
}

try {
  charge({ items: [] });
} catch (error) {
  const answer = await new Promise((resolve, reject) =>
    rollbar.warning(error, { flavour: "salty" }, (failure, result) => (failure ? reject(failure) : resolve(result))),
  );
  console.log(answer.uuid);
}
// One that nobody catches; the process stays until it is sent.
setTimeout(() => {
  throw new RangeError("the till is empty");
});
rollbar.wait(() => {});
