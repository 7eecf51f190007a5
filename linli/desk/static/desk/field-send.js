// Contact with the server: what it says of the list, fetching the list, sending what was recorded. Runs in a page and in
// the service worker; a second run at the same time does nothing, and the server stores a record once anyway.
(() => {
  "use strict";
  const store = self.fieldStore;
  const seal = self.fieldSeal;
  const MOST = 500;

  const post = (path, body, csrf) => {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const ask = async (path, options) => {
    const strict = { credentials: "same-origin", cache: "no-store", redirect: "error" };
    const response = await fetch(path, { ...strict, ...options, signal: AbortSignal.timeout(30000) });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return { status: response.status, body: isJson ? await response.json() : {} };
  };

  // Null where there is no network. A revoked phone, or another account on it, loses the list here.
  const contact = async () => {
    const list = await store.get("keep", "list");
    let found;
    try {
      found = await ask("/field/contact", { headers: list ? { "X-Linli-Device": list.device } : {} });
    } catch {
      return null;
    }
    if (found.status !== 200) return null;
    const { now, keep, me, csrf } = found.body;
    if (me && await store.get("keep", "leaving")) return leave(csrf);
    await store.put("keep", now - Date.now(), "offset");
    if (list && (!keep || (me && me !== list.me))) {
      await store.clearList();
      if (!keep) {
        await store.forgetDevice(list.me);
        await store.put("keep", true, "lost");
      }
    }
    return { keep, me, csrf };
  };

  // Somebody signed out without network: done now, before anything else.
  const leave = async (csrf) => {
    await store.clearList();
    await fetch("/sign-out", { method: "POST", headers: { "X-CSRFToken": csrf }, redirect: "manual" });
    await store.remove("keep", "leaving");
    return { keep: true };
  };

  // Fetch the list, seal it under the key of this day, and carry over what was recorded under the last one.
  const fetchList = async (link, name) => {
    const device = await store.deviceOf(link.me);
    const found = await post("/field/today", { device, name }, link.csrf);
    if (found.status === 409) {
      await store.clearList();
      await store.forgetDevice(link.me);
    }
    if (found.status !== 200) return found.status;
    const { key, kid, point, day, me, now, ...list } = found.body;
    const fresh = await seal.dayKey(key);
    const mine = await carried(await store.readList(), fresh);
    const sealed = await seal.seal(fresh, list);
    const made = await store.now();
    const offset = now - Date.now();
    await store.within(["keep", "mine"], "readwrite", (keep, readable) => {
      keep.put({ me, day, device, kid, point, made, seen: now, offset, key: fresh, ...sealed }, "list");
      keep.put(offset, "offset");
      keep.delete("lost");
      readable.clear();
      for (const one of mine) readable.put(one);
    });
    return 200;
  };

  // What was recorded and still waits; what has been stored stands in the new list already.
  const carried = async (old, fresh) => {
    if (!old) return [];
    const waiting = new Set((await store.all("records")).map((one) => one.id));
    const kept = (await store.all("mine")).filter((one) => waiting.has(one.id));
    return Promise.all(kept.map(async (one) => ({ id: one.id, ...await seal.seal(fresh, await seal.unseal(old.key, one)) })));
  };

  const outgoing = async (me) => {
    const rows = await store.all("records");
    return rows.filter((one) => one.me === me && (!one.answer || one.anyway) && one.hold <= Date.now());
  };

  // Gives how many were answered, or why not: "offline", "signed-out", "busy".
  const send = async (made) => {
    const locks = self.navigator.locks;
    if (!locks) return sendAll(made);
    return locks.request("linli-send", { ifAvailable: true }, (got) => (got ? sendAll(made) : "busy"));
  };
  const sendAll = async (made) => {
    const link = made || await contact();
    if (!link) return "offline";
    if (!link.me) return "signed-out";
    let done = 0;
    for (;;) {
      const rows = (await outgoing(link.me)).slice(0, MOST);
      if (!rows.length) return done;
      const records = rows.map(({ id, device, kid, point, iv, ct, anyway }) => ({ id, device, kid, point, iv, ct, anyway }));
      const phone_now = Date.now();
      let found;
      try {
        found = await post("/field/sync", { phone_now, records }, link.csrf);
      } catch {
        return "offline";
      }
      if (found.status === 401) return "signed-out";
      if (found.status !== 200) return "failed";
      await settle(found.body.answers);
      done += rows.length;
    }
  };

  // Stored: it leaves the phone. Anything else stays with its answer until somebody has looked at it.
  const settle = async (answers) => {
    const list = await store.readList();
    for (const { id, result, reason, words } of answers) {
      if (result === "stored" || result === "already") {
        await store.remove("records", id);
        continue;
      }
      const row = await store.get("records", id);
      if (!row) continue;
      row.answer = { result, reason };
      row.anyway = false;
      row.words = list ? await seal.seal(list.key, words) : null;
      await store.put("records", row);
    }
  };

  self.fieldSend = { contact, fetchList, send, outgoing };
})();
