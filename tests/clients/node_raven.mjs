// npm's raven, which speaks the protocol of 2018. Arguments: the DSN.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const Raven = require("raven");

Raven.config(process.argv[2], { release: "shop@1.2.3", environment: "e2e" }).install();
Raven.setContext({ user: { id: "user-7", email: "ada@example.com" }, tags: { flavour: "salty" } });
Raven.captureBreadcrumb({ category: "cart", message: "two items in the cart", level: "info" });

function charge(cart) {
  return cart.items[2].price;
}

try {
  charge({ items: [{ price: 700 }, { price: 500 }] });
} catch (error) {
  await new Promise((resolve, reject) =>
    Raven.captureException(error, { extra: { cart: 17 } }, (failure, id) => (failure ? reject(failure) : resolve(id))),
  );
}
