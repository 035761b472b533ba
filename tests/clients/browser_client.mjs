// npm's @sentry/browser in a page whose button throws. The page's query string has the DSN, and maybe a tunnel.

import * as Sentry from "@sentry/browser";

const query = new URLSearchParams(location.search);
Sentry.init({
  dsn: query.get("dsn"),
  tunnel: query.get("tunnel") ?? undefined,
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

function checkout() {
  return charge({ items: [{ price: 700 }, { price: 500 }] });
}

const button = document.querySelector("#pay");
button.addEventListener("click", checkout);
button.disabled = false;
