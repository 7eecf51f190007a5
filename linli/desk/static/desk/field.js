// Today's doors, from what this phone keeps: shown at once, with or without network.
(() => {
  "use strict";
  const { fieldStore: store, fieldSeal: seal, fieldSend: line } = self;
  const GRACE = 6000; // a wrong tap is taken back before anything is sent
  const find = (selector, root = document) => root.querySelector(selector);
  const page = find("#field");
  const say = page.dataset;
  const KIND = /Mobi|Android/.test(navigator.userAgent) ? "phone" : "computer";
  const sheet = find("#field-sheet");
  let list = null; // what is kept, sealed
  let day = { notices: [], doors: [], left: 0 }; // what it says
  let mine = new Map(); // record id → what one recorded
  let rows = []; // the records that wait
  let me = null; // the account that is signed in, as its mark
  let door = null; // the one whose sheet is open
  let lost = false; // revoked
  let fading = null;
  let planned = null;
  let tried = 0; // when something was last sent in vain

  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "short", hour: "2-digit", minute: "2-digit" }).format(at);
  const copy = (selector) => find(selector).content.cloneNode(true);
  const put = (root, name, text) => { find(`[data-is=${name}]`, root).textContent = text; };
  const show = (selector, shown) => { find(selector).hidden = !shown; };
  const note = (text, stays) => {
    clearTimeout(fading);
    find("#field-note").textContent = text;
    if (!stays) fading = setTimeout(() => { find("#field-note").textContent = ""; }, 5000);
  };

  // Reading what is kept ---------------------------------------------------------------------------------------------

  const load = async () => {
    list = await store.readList();
    rows = await store.all("records");
    lost = Boolean(await store.get("keep", "lost"));
    mine = new Map();
    day = { notices: [], doors: [], left: 0 };
    if (list) {
      try {
        day = await seal.unseal(list.key, list);
        for (const one of await store.all("mine")) mine.set(one.id, await seal.unseal(list.key, one));
      } catch {
        await store.clearList(); // another day's key
        list = null;
      }
    }
    draw();
    plan();
  };

  // What waits is sent when its time to be taken back has passed, and tried again every half minute.
  const plan = () => {
    clearTimeout(planned);
    const next = rows.filter((one) => (!one.answer || one.anyway) && (!me || one.me === me)).map((one) => one.hold);
    if (next.length) planned = setTimeout(() => send(), Math.max(Math.min(...next) - Date.now() + 100, tried + 30000 - Date.now()));
  };

  // Showing ----------------------------------------------------------------------------------------------------------

  const draw = () => {
    const last = new Map();
    for (const [id, one] of mine) if (!last.has(one.household) || last.get(one.household).at < one.at) last.set(one.household, { id, ...one });
    const waiting = new Map(rows.map((one) => [one.id, one]));
    const left = day.doors.filter((one) => !(last.get(one.id)?.outcome === "spoken_to")).length;
    find("#field-made").textContent = list ? fill(say.made, { time: clock(list.made), until: clock(list.made + store.LASTS) }) : "";
    find("#field-left").textContent = list && day.doors.length ? (left === 1 ? say.leftOne : fill(say.left, { n: left })) : "";
    show("#field-none", !list);
    show("#field-done", list && !day.doors.length);
    show("#field-more", day.left > day.doors.length);
    find("#field-more").textContent = fill(say.more, { n: day.doors.length });
    show("#field-lost", lost);
    drawQueue();
    drawCases();
    const parts = [];
    let stair = null;
    for (const one of day.doors) {
      const name = `${one.stair}\n${one.leaf}`;
      if (stair?.name !== name) {
        const part = copy("#field-stair");
        put(part, "stair", one.stair || one.room);
        put(part, "leaf", one.leaf);
        stair = { name, rows: find("ul", part) };
        parts.push(part);
      }
      stair.rows.append(row(one, last.get(one.id), waiting));
    }
    find("#field-doors").replaceChildren(...parts);
  };

  const row = (one, own, waiting) => {
    const part = copy("#field-row");
    for (const name of ["room", "floor", "name"]) put(part, name, one[name]);
    put(part, "note", day.notices.length > 1 ? one.due.map((at) => day.notices[at].words).join(" · ") : "");
    const state = find("[data-is=state]", part);
    const known = own || one.last;
    state.append(copy(known ? `[data-outcome="${CSS.escape(known.outcome)}"]` : "#field-open"));
    if (known) state.append(` ${clock(own ? own.at : one.last.at)}`);
    const open = find(".field-open", part);
    open.addEventListener("click", () => ask(one));
    if (own) {
      const held = waiting.get(own.id);
      state.append(` · ${held ? say.unsent : say.stored}`);
      find("li", part).classList.toggle("door-done", own.outcome === "spoken_to");
      const undo = find(".field-undo", part);
      undo.hidden = !held || Boolean(held.answer);
      put(part, "of", `: ${one.room} ${one.name}`);
      undo.addEventListener("click", () => takeBack(own.id, one));
    }
    find("li", part).id = `door-${one.id}`;
    return part;
  };

  const drawQueue = () => {
    const own = rows.filter((one) => !one.answer && (!me || one.me === me));
    const others = rows.filter((one) => me && one.me !== me).length;
    find("#field-waiting").textContent = own.length === 1 ? say.waitingOne : own.length ? fill(say.waiting, { n: own.length }) : "";
    find("#field-others").textContent = fill(say.others, { n: others });
    show("#field-others", others);
    show("#field-send", own.length);
  };

  const drawCases = async () => {
    const cases = rows.filter((one) => one.answer && !one.anyway && one.answer.reason !== "other_account" && (!me || one.me === me));
    show("#field-look", cases.length);
    find("#field-look ul").replaceChildren(...await Promise.all(cases.map(oneCase)));
  };

  const oneCase = async (record) => {
    const part = copy("#field-case");
    const own = mine.get(record.id);
    const at = own && day.doors.find((one) => one.id === own.household);
    const { result, reason } = record.answer;
    const reasonWords = find(`[data-reason="${CSS.escape(reason)}"]`)?.content.textContent || "";
    put(part, "title", at ? `${at.stair} ${at.room} ${at.name}` : own?.title || say.old);
    put(part, "own", own ? `${find(`[data-outcome="${CSS.escape(own.outcome)}"]`).content.textContent.trim()} · ${clock(own.at)}` : "");
    put(part, "words", (list && record.words && await seal.unseal(list.key, record.words).catch(() => "")) || reasonWords);
    const mayInsist = result === "conflict" && (reason === "recorded" || reason === "answered");
    find("[data-act=anyway]", part).hidden = find("[data-act=drop]", part).hidden = !mayInsist;
    find("[data-act=seen]", part).hidden = mayInsist;
    find("[data-act=anyway]", part).addEventListener("click", async () => {
      await store.put("records", { ...record, anyway: true });
      await load();
      await send();
    });
    for (const name of ["drop", "seen"]) {
      find(`[data-act=${name}]`, part).addEventListener("click", async () => {
        await store.dropRecord(record.id);
        await load();
      });
    }
    return part;
  };

  // Recording --------------------------------------------------------------------------------------------------------

  const ask = (one) => {
    door = one;
    find("#field-sheet-title").textContent = [one.stair, one.room, one.name].filter(Boolean).join(" ");
    find("#field-notices").replaceChildren(...one.due.map((at) => {
      const words = document.createElement("p");
      words.className = "knock-what";
      words.textContent = day.notices[at].words;
      return words;
    }));
    find("#field-text").value = "";
    find(".knock-note").open = false;
    sheet.showModal();
    sheet.scrollTop = 0;
  };

  find("#field-knock").addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const outcome = event.submitter?.value;
    if (!door || !outcome || !list) return;
    const one = door;
    door = null; // a second tap records nothing
    const at = Date.now();
    const words = find("#field-text").value.trim();
    const content = {
      me: list.me, household: one.id, residence: one.residence, alerts: one.due.map((each) => day.notices[each].id),
      outcome, note: words, at, offset: list.offset, seen: list.seen, known: one.last?.at ?? null,
    };
    const id = crypto.randomUUID();
    const sealed = await seal.sealRecord({ id, device: list.device, kid: list.kid, point: list.point }, content);
    const readable = { household: one.id, outcome, at, title: `${one.stair} ${one.room} ${one.name}` };
    await store.keepRecord({ ...sealed, me: list.me, hold: at + GRACE }, { id, ...await seal.seal(list.key, readable) });
    sheet.close();
    await load();
    find(`#door-${one.id} .field-undo`)?.focus();
    later();
  });

  const takeBack = async (id, one) => {
    await store.dropRecord(id);
    await load();
    find(`#door-${one.id} .field-open`)?.focus();
  };

  // The browser sends by itself when the network is back, even with this page closed, where it can.
  const later = async () => {
    try {
      const worker = await navigator.serviceWorker.ready;
      await worker.sync?.register("linli-send");
    } catch {
      // It is sent when this page is open again.
    }
  };

  // Contact ----------------------------------------------------------------------------------------------------------

  const tell = (state) => {
    show("#field-online", state === "online");
    show("#field-offline", state === "offline");
    show("#field-door", state === "signed-out");
    show("#field-fetch", state === "online");
    show("#field-leave", state === "online" || (state === "offline" && Boolean(list)));
  };

  const send = async (link) => {
    if (rows.length) note(say.busy, true);
    const done = await line.send(link);
    tried = typeof done === "number" ? 0 : Date.now();
    await load();
    if (done === "offline") note(rows.length ? say.later : "");
    else if (done === "failed") note(say.failed, true);
    else if (typeof done === "number" && done) note(rows.length ? "" : say.sent);
    else note("");
    if (done === "offline" || done === "signed-out") tell(done);
    else if (typeof done === "number" && done && !link) await refresh();
  };

  // The list as it is now, after something was sent.
  const refresh = async () => {
    const link = await line.contact();
    if (link?.me) await line.fetchList(link, KIND).catch(() => {});
    await load();
  };

  const renew = async () => {
    const link = await line.contact();
    if (!link) return tell("offline");
    me = link.me || null;
    tell(me ? "online" : "signed-out");
    if (!me) return load();
    await send(link);
    try {
      if (await line.fetchList(link, KIND) === 401) tell("signed-out");
    } catch {
      tell("offline");
    }
    return load();
  };

  const start = async () => {
    if (!crypto.subtle || !self.indexedDB || !navigator.serviceWorker) return note(say.unsafe, true);
    navigator.serviceWorker.register("/sw.js").catch(() => {});
    navigator.serviceWorker.addEventListener("message", refresh);
    navigator.storage?.persist?.();
    await load();
    await renew();
    setInterval(load, 60000); // the list goes at its time, even while it is looked at
    return null;
  };

  find("#field-send").addEventListener("click", async () => {
    for (const one of rows) if (one.hold > Date.now()) await store.put("records", { ...one, hold: 0 });
    await renew();
  });
  find("#field-fetch").addEventListener("click", renew);
  find("#field-leave").addEventListener("click", async (event) => {
    const { next } = event.currentTarget.dataset;
    await store.clearList();
    await store.put("keep", true, "leaving");
    const link = await line.contact();
    if (link) location.assign(next);
    await load();
  });
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  self.addEventListener("online", renew);
  self.addEventListener("offline", () => tell("offline"));
  start();
})();
