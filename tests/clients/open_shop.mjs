// Opens the page of browser_client.html and presses the button that throws. Arguments: the page's URL, how often.
// Prints {"statuses": [...], "console": [...]}: how the reports were answered, and what the browser complained of.

import { withBrowser } from "./chromium.mjs";

const [url, times] = process.argv.slice(2);

const isReport = (response) =>
  /\/(envelope\/|tunnel$)/.test(response.url()) && response.request().postData()?.includes('"type":"event"');

await withBrowser(async (browser) => {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  const statuses = [];
  for (let time = 0; time < Number(times); time++) {
    const report = page.waitForResponse(isReport, { timeout: 20_000 });
    await page.click("#pay:enabled");
    statuses.push((await report).status());
  }
  console.log(JSON.stringify({ statuses, console: complaints }));
});
