// Reads an issue's page and the list it is in as a person sees them, logging in on the way.
// Arguments: the server's URL, the issue's id, e-mail address, password; optionally a button to press at the end.
// Prints JSON: what is visible, by data-testid, and what the browser complained of.

import { withBrowser } from "./chromium.mjs";

const [url, issue, email, password, button] = process.argv.slice(2);

/** The texts of all visible elements with this test id. */
const texts = async (root, id) =>
  (await root.getByTestId(id).filter({ visible: true }).allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());

/** All parts of the page are there, those that come later, too. */
const whole = (page) => page.waitForFunction(() => !document.querySelector("[data-later]"));

async function readIssue(page) {
  await whole(page);
  const head = page.getByTestId("issue");
  return {
    status: await head.getAttribute("data-status"),
    title: await texts(head, "issue-title"),
    message: await texts(head, "issue-message"),
    culprit: await texts(head, "culprit"),
    badges: await texts(head, "badge"),
    events: await texts(page, "event-count"),
    users: await texts(page, "user-count"),
    exceptions: await page.getByTestId("exception").locator("h3").allInnerTexts(),
    frames: await texts(page, "frame"),
    breadcrumbs: await texts(page, "breadcrumb"),
    tags: await texts(page, "tag"),
    unhandled: await texts(page, "unhandled"),
  };
}

/** What the parts of the page say that are counted over all events. */
const readParts = async (page) =>
  Object.fromEntries(
    await page.locator("[data-part]").evaluateAll((parts) => parts.map((part) => [part.dataset.part, part.innerText])),
  );

/** The same of a page that comes without them, as those of issues with very many events do. */
async function readPartsThatComeLater(page) {
  const event = await page.getByTestId("event").getAttribute("data-event-id");
  const parts = /(<(section|div)[^>]* data-part="(\w+)"[^>]*>)[^]*?(<\/\2>)/g;
  const later = (_, begin, element, part, end) =>
    `${begin}<p data-later="/issues/${issue}/parts/${part}/?event=${event}"><span hidden></span><span>later</span></p>${end}`;
  await page.route(page.url(), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(parts, later) });
  });
  const answers = ["releases", "suspects", "tags"].map((part) => page.waitForResponse(`**/parts/${part}/**`));
  await page.reload();
  await Promise.all(answers);
  await whole(page);
  return readParts(page);
}

async function readRows(page) {
  const rows = await page.getByTestId("issue-row").all();
  return Promise.all(
    rows.map(async (row) => ({
      id: await row.getAttribute("data-issue-id"),
      title: await texts(row, "issue-title"),
      culprit: await texts(row, "culprit"),
      badges: await texts(row, "badge"),
      events: await texts(row, "event-count"),
    })),
  );
}

await withBrowser(async (browser) => {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) complaints.push(`asks another host: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });

  await page.goto(`${url}/issues/${issue}/`);
  await page.fill("input[name=email]", email);
  await page.fill("input[name=password]", password);
  await page.getByTestId("login").click();
  await page.getByTestId("issue").waitFor();
  const seen = { issue: await readIssue(page), parts: await readParts(page) };
  seen.later = await readPartsThatComeLater(page);

  await page.getByRole("link", { name: "Issues" }).first().click();
  await page.getByTestId("issue-list").waitFor();
  seen.rows = await readRows(page);

  if (button) {
    await page.getByTestId("issue-title").first().click();
    await page.getByTestId(button).click();
    await page.getByTestId(button).waitFor({ state: "detached" });
    seen.afterwards = await readIssue(page);
  }
  seen.complaints = complaints;
  console.log(JSON.stringify(seen));
});
