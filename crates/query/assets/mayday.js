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
  const sayLocal = (root) => {
    for (const time of root.querySelectorAll("time[title]")) {
      time.title += `\n${local.format(new Date(time.dateTime))}`;
    }
  };
  sayLocal(document);

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

  // Of a row of links that is wider than the page, the one that is open can be seen.
  for (const current of document.querySelectorAll(":is(.sections, .tabs) > [aria-current]")) {
    const row = current.parentElement;
    row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
  }

  for (const select of document.querySelectorAll("select[data-apply]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

  // Enter in a field beside a button that only tries something presses that button; elsewhere it saves the form.
  for (const button of document.querySelectorAll("button[formaction]")) {
    button.parentElement.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input")) return;
      event.preventDefault();
      button.click();
    });
  }

  // A search goes on with keys, and behind a key with values of the last days.
  const search = document.querySelector("input[data-keys]");
  if (search) {
    const list = document.createElement("ul");
    list.className = "completions";
    list.id = "completions";
    list.setAttribute("role", "listbox");
    list.hidden = true;
    search.after(list);
    search.setAttribute("role", "combobox");
    search.setAttribute("aria-controls", list.id);
    search.setAttribute("aria-expanded", "false");
    const keys = search.dataset.keys.split(" ");
    let asked = 0;

    // The last word before the cursor: what is before it, its key, and what of the value is typed. In a list it is a value of
    // its own.
    const word = () => {
      const before = search.value.slice(0, search.selectionStart);
      const [, listKey, listed] = /(?:^|[\s(])(!?[^\s(":]+):\[(?:[^\]]*,)?\s*([^\],"]*)$/.exec(before) || [];
      if (listKey) return { start: before.slice(0, before.length - listed.length), key: listKey, text: listed, isListed: true };
      const [, start, text] = /^([^]*?[\s(]|)(!?[^\s(]*)$/.exec(before) || [];
      if (text === undefined) return null;
      const colon = text.indexOf(":");
      return colon < 0 ? { start, key: null, text } : { start, key: text.slice(0, colon), text: text.slice(colon + 1) };
    };
    const close = () => {
      list.hidden = true;
      search.setAttribute("aria-expanded", "false");
    };
    const choose = (completed) => {
      const { start } = word();
      const rest = search.value.slice(search.selectionStart);
      search.value = start + completed + rest;
      const at = (start + completed).length;
      search.setSelectionRange(at, at);
      search.focus();
      close();
      if (completed.endsWith(":")) offer();
    };
    const show = (completions) => {
      list.replaceChildren(...completions.map((text) => {
        const item = document.createElement("li");
        item.setAttribute("role", "option");
        item.textContent = text;
        item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(item.dataset.text); });
        item.dataset.text = text;
        return item;
      }));
      list.hidden = completions.length === 0;
      search.setAttribute("aria-expanded", String(!list.hidden));
    };
    const offer = async () => {
      const now = word();
      const mine = ++asked;
      if (!now) return close();
      const sign = now.text.startsWith("!") ? "!" : "";
      if (now.key === null) {
        const typed = now.text.slice(sign.length).toLowerCase();
        return show(keys.filter((key) => key.toLowerCase().startsWith(typed)).map((key) => `${sign}${key}:`));
      }
      if (/^["[<>]/.test(now.text)) return close();
      const address = `${search.dataset.values}?key=${encodeURIComponent(now.key)}&text=${encodeURIComponent(now.text)}`;
      const answer = await fetch(address).catch(() => null);
      if (mine !== asked || !answer || !answer.ok) return;
      const quoted = (value) => (/[\s"()*\\,\]]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value);
      const completed = now.isListed ? quoted : (value) => `${now.key}:${quoted(value)} `;
      show((await answer.json()).map(completed));
    };
    let later = 0;
    search.addEventListener("input", () => { clearTimeout(later); later = setTimeout(offer, 120); });
    search.addEventListener("focus", () => { if (search.value === "") offer(); });
    search.addEventListener("blur", close);
    search.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const items = [...list.children];
      const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
      const select = (to) => {
        items[at]?.removeAttribute("aria-selected");
        items[to]?.setAttribute("aria-selected", "true");
        items[to]?.scrollIntoView({ block: "nearest" });
      };
      switch (event.key) {
        case "ArrowDown": event.preventDefault(); select(Math.min(items.length - 1, at + 1)); break;
        case "ArrowUp": event.preventDefault(); select(at - 1); break;
        case "Tab": if (at < 0 && items.length !== 1) break; // falls through
        case "Enter": {
          const chosen = items[at] || (event.key === "Tab" ? items[0] : null);
          if (chosen) { event.preventDefault(); choose(chosen.dataset.text); }
          break;
        }
        case "Escape": event.stopPropagation(); close(); break;
      }
    });
  }

  // What comes while a list is looked at is announced, not put among its rows.
  const arrived = document.querySelector("[data-arrived]");
  if (arrived) {
    setInterval(async () => {
      if (document.hidden) return;
      const answer = await fetch(arrived.dataset.arrived).catch(() => null);
      if (!answer || !answer.ok) return;
      const { count } = await answer.json();
      arrived.hidden = count === 0;
      arrived.firstElementChild.textContent = `${count} new ${count === 1 ? "issue" : "issues"}: show`;
    }, 15e3);
  }

  const tickAll = document.querySelector("[data-tick-all]");
  if (tickAll) {
    const ticks = [...document.querySelectorAll("[data-tick]")];
    const said = document.querySelector("[data-ticked]");
    const bulk = tickAll.closest(".bulk");
    const buttons = bulk.querySelectorAll("button");
    const count = () => {
      const ticked = ticks.filter((tick) => tick.checked).length;
      tickAll.checked = ticked === ticks.length;
      tickAll.indeterminate = ticked > 0 && ticked < ticks.length;
      for (const button of buttons) button.disabled = ticked === 0;
      bulk.classList.toggle("idle", ticked === 0);
      said.textContent = ticked === 0 ? "Tick issues to change them" : `${ticked} ticked`;
    };
    tickAll.hidden = false;
    tickAll.addEventListener("change", () => {
      for (const tick of ticks) tick.checked = tickAll.checked;
      count();
    });
    for (const tick of ticks) tick.addEventListener("change", count);
    count();
    // Gone back to, the browser ticks again what was ticked.
    window.addEventListener("pageshow", count);
  }

  // What the page did not wait for comes by itself; without an answer its link stays.
  for (const later of document.querySelectorAll("[data-later]")) {
    const turn = () => { for (const said of later.children) said.hidden = !said.hidden; };
    turn();
    fetch(later.dataset.later)
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(answer.status)))
      .then((text) => {
        const found = new DOMParser().parseFromString(text, "text/html");
        sayLocal(found);
        for (const part of found.querySelectorAll("[data-part]")) {
          document.querySelector(`[data-part="${part.dataset.part}"]`)?.replaceWith(document.importNode(part, true));
        }
      })
      .catch(turn);
  }

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
