// npm's @sentry/node in a program whose promises are rejected by an exception.
// Arguments: the DSN, how many, optionally the package of another major version.

import { createRequire } from "node:module";

const [dsn, times, sdk = "@sentry/node"] = process.argv.slice(2);
const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const Sentry = require(sdk);

Sentry.init({
  dsn,
  release: "shop@1.2.3",
  environment: "e2e",
  // The same crash again and again is what the test is about.
  integrations: (defaults) => defaults.filter(({ name }) => name !== "Dedupe"),
});
Sentry.setTag("flavour", "salty");
Sentry.setUser({ id: "user-7", email: "ada@example.com" });
Sentry.addBreadcrumb({ category: "cart", message: "two items in the cart", level: "info" });

function charge(cart) {
  return cart.items[2].price;
}

async function checkout() {
  return charge({ items: [{ price: 700 }, { price: 500 }] });
}

for (let time = 0; time < Number(times); time++) {
  setTimeout(checkout);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await Sentry.flush(5_000);
}
