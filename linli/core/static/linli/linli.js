// What pages need beyond HTML: the token for htmx, questions before acts, copying, shortcuts, the lost connection.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const token = find("meta[name=csrf-token]")?.content || "";

  // A question before an act: data-confirm on a form or a button; hx-confirm goes the same way.
  const ask = async (text) => {
    const dialog = find("#ask");
    if (!dialog?.showModal) return window.confirm(text);
    find("#ask-text").textContent = text;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((done) => {
      dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
    });
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    const text = button?.dataset.confirm || form.dataset.confirm;
    if (text && !form.dataset.asked) {
      event.preventDefault();
      event.stopPropagation();
      if (await ask(text)) {
        form.dataset.asked = "yes";
        form.requestSubmit(button);
        delete form.dataset.asked;
      }
      return;
    }
    // A second tap sends nothing: the first is on its way.
    if (form.getAttribute("method") === "post" && !form.hasAttribute("hx-post")) {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      setTimeout(() => { delete form.dataset.sent; }, 4000);
    }
  }, true);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Menus close on Escape and on a tap outside; buttons open dialogs; copying.
  document.addEventListener("click", async (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const opener = event.target.closest("[data-dialog]");
    if (opener) find(`#${opener.dataset.dialog}`)?.showModal();
    if (event.target.closest("[data-print]")) window.print();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
  });
  const copy = async (button) => {
    const source = find(button.dataset.copy);
    const text = source.value ?? source.innerText;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without TLS there is no clipboard: select the text and use the old command.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const words = find("span", button) || button;
    const before = words.textContent;
    words.textContent = button.dataset.done || "✓";
    setTimeout(() => { words.textContent = before; }, 2500);
  };

  // Search while one types: arrows go through what was found and back to the field, Escape puts it away.
  const shut = (field) => { const panel = field && find(field.getAttribute("hx-target")); if (panel?.classList.contains("search-panel")) panel.replaceChildren(); };
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form[role=search]");
    const field = form ? find("[data-seek]", form) : find("#seek");
    const panel = field && find(field.getAttribute("hx-target"));
    if (!panel || !(event.target === field || panel.contains(event.target))) return;
    if (event.key === "Escape") {
      shut(field);
      field.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const ways = [field, ...panel.querySelectorAll("a[href]")];
      const next = ways[ways.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
    }
  });
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest("form[role=search]");
    if (form && event.relatedTarget && !form.contains(event.relatedTarget)) shut(find("[data-seek]", form));
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("form.search")) shut(find("#search"));
  });

  // Keys: / searches, ? shows the list, g and a letter goes there, j and k go through a list, a digit presses the button
  // with that number beside the line one stands on. Whoever dictates or has other keys may switch them off.
  const KEYS_OFF = "linli-keys-off";
  const keysOff = () => { try { return localStorage.getItem(KEYS_OFF) === "1"; } catch { return false; } };
  const keysBox = find("#keys-on");
  if (keysBox) {
    keysBox.checked = !keysOff();
    keysBox.addEventListener("change", () => {
      try { localStorage.setItem(KEYS_OFF, keysBox.checked ? "0" : "1"); } catch { /* a browser that keeps nothing */ }
    });
  }
  const lines = () => [...document.querySelectorAll("main .rows > li, main table tbody tr")]
    .filter((line) => line.offsetParent && find("a[href], button", line));
  const step = (by) => {
    const all = lines();
    const at = all.findIndex((line) => line.contains(document.activeElement));
    const line = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (!line) return false;
    find("a[href], button", line).focus();
    line.scrollIntoView({ block: "nearest" });
    return true;
  };
  const press = (number) => {
    const line = document.activeElement.closest("main .rows > li, dialog, .keyed");
    line?.querySelectorAll("button[type=submit]")[number - 1]?.click();
  };
  let went = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = find("details.menu[open]");
      if (menu) { menu.open = false; find("summary", menu).focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]") || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, [contenteditable], .leaflet-container") || keysOff()) return;
    if (event.timeStamp - went < 1500) {
      went = -Infinity;
      find(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === "/") {
      const field = [find("#seek"), find("#search")].find((one) => one?.offsetParent);
      if (!field) return;
      event.preventDefault();
      field.focus();
    } else if (event.key === "?") {
      find("#shortcuts")?.showModal();
    } else if (event.key === "g") {
      went = event.timeStamp;
    } else if (event.key === "j" || event.key === "k") {
      if (step(event.key === "j" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "u") {
      find("#notices .undo button")?.focus();
    } else if (/^[1-9]$/.test(event.key)) {
      press(Number(event.key));
    }
  });

  // htmx: the token, no polling behind one's back, problems shown at the head of the page, the lost connection said.
  const offline = find("#offline");
  const say = (lost) => { if (offline) offline.textContent = lost ? offline.dataset.text : ""; };
  window.addEventListener("offline", () => say(true));
  window.addEventListener("online", () => say(false));
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = token; });
  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await ask(event.detail.question)) event.detail.issueRequest(true);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const at = event.detail.elt;
    if (!at.hasAttribute("data-live")) return;
    const busy = at.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
    if (document.hidden || busy) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", () => say(true));
  document.addEventListener("htmx:timeout", () => say(true));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) say(false); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, elt } = event.detail;
    // Signed out meanwhile: a whole page came where a part was asked for.
    if (/^\s*<!doctype/i.test(xhr.responseText)) {
      event.detail.shouldSwap = false;
      if (xhr.status < 500) location.reload();
    } else if (xhr.status >= 400 && xhr.status < 500) {
      // A part that may no longer be seen: the whole page will say why.
      if (elt.hasAttribute("data-live")) return location.reload();
      event.detail.shouldSwap = true;
      event.detail.isError = false;
      event.detail.target = find("#notices");
      event.detail.swapOverride = "innerHTML";
      scrollTo({ top: 0 });
    } else if (xhr.status >= 500) {
      say(true);
    } else if (elt.hasAttribute("data-live")) {
      // What was unfolded stays unfolded.
      const open = [...elt.querySelectorAll("details")].map((each) => each.open);
      elt.addEventListener("htmx:afterSwap", () => {
        elt.querySelectorAll("details").forEach((each, place) => { each.open = open[place] || false; });
      }, { once: true });
    }
  });

  // On a phone the tabs are wider than the screen: the current one is in sight.
  find(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // The first thing that is wrong comes into focus.
  const first = find("[aria-invalid=true]") || find("#form-errors");
  first?.focus();
})();
