// Comforts only: every page works without this file. Copy buttons, times that stay true and also say the local
// hour, selects that apply at once, menus that close, and keys (j and k move, o opens, / searches).
(() => {
  "use strict";

  const units = [["y", 31536e6], ["mo", 2592e6], ["d", 864e5], ["h", 36e5], ["min", 6e4]];

  // The same wording as `Moment` on the server.
  const age = (ms) => {
    if (ms < 45e3) return null;
    const [unit, length] = units.find(([, length]) => ms >= length) || units[units.length - 1];
    return `${Math.max(1, Math.floor(ms / length))} ${unit}`;
  };

  const refreshTimes = () => {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const ms = Date.now() - Date.parse(time.dateTime);
      if (ms < 0) continue;
      const text = age(ms);
      time.textContent = text === null ? "just now" : `${text} ago`;
    }
  };
  setInterval(refreshTimes, 30e3);

  // Pages say UTC; on hovering, every time also says what the visitor's clock showed.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  for (const time of document.querySelectorAll("time[title]")) {
    time.title += `\n${local.format(new Date(time.dateTime))}`;
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    const label = button.textContent;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }

  for (const select of document.querySelectorAll("select[data-apply]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

  const menus = document.querySelectorAll("details.menu");
  const closeMenus = (except) => {
    for (const menu of menus) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  const rows = [...document.querySelectorAll("[data-row]")];
  const step = (by) => {
    const at = rows.indexOf(document.activeElement);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    const follow = (rel) => document.querySelector(`a[rel="${rel}"]`)?.click();
    switch (event.key) {
      case "j": rows.length ? step(1) : follow("next"); break;
      case "k": rows.length ? step(-1) : follow("prev"); break;
      case "o": if (rows.includes(document.activeElement)) document.activeElement.click(); break;
      case "/": {
        const search = document.querySelector("input[type=search]");
        if (search) { event.preventDefault(); search.focus(); search.select(); }
        break;
      }
    }
  });
})();
