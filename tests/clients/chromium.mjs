// A headless browser that reaches nothing but what the test serves.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.MAYDAY_PROVISION}/node/package.json`);
const { chromium } = require("playwright-core");

export async function withBrowser(use) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}
