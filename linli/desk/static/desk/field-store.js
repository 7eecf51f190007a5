// What this phone keeps: the sealed list of the day with its key, what was recorded on it (sealed under the same key), and
// the records themselves (sealed for the server alone). Shared by the pages and the service worker.
(() => {
  "use strict";
  const LASTS = 72 * 3600 * 1000;
  let opening = null;

  const open = () => {
    opening ||= new Promise((done, fail) => {
      const asked = indexedDB.open("linli-field", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("keep");
        asked.result.createObjectStore("mine", { keyPath: "id" });
        asked.result.createObjectStore("records", { keyPath: "id" });
      };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => { asked.result.close(); opening = null; };
        done(asked.result);
      };
      asked.onerror = () => { opening = null; fail(asked.error); };
    });
    return opening;
  };

  // One transaction over some stores; `act` gets the stores and may give a request whose result is wanted.
  const within = async (names, mode, act) => {
    const base = await open();
    return new Promise((done, fail) => {
      const whole = base.transaction(names, mode, { durability: "strict" });
      const wanted = act(...names.map((name) => whole.objectStore(name)));
      whole.oncomplete = () => done(wanted?.result);
      whole.onabort = whole.onerror = () => fail(whole.error);
    });
  };

  const get = (name, key) => within([name], "readonly", (store) => store.get(key));
  const all = (name) => within([name], "readonly", (store) => store.getAll());
  const put = (name, row, key) => within([name], "readwrite", (store) => { store.put(row, key); });
  const remove = (name, key) => within([name], "readwrite", (store) => { store.delete(key); });

  // The list goes, with its key and all that can be read; the records stay, which only the server can open.
  const clearList = () => within(["keep", "mine"], "readwrite", (keep, mine) => { keep.delete("list"); mine.clear(); });

  // A phone whose clock is set back does not get a longer list: the latest moment seen counts.
  const now = async () => {
    const latest = Math.max(Date.now(), (await get("keep", "latest")) || 0);
    await put("keep", latest, "latest");
    return latest;
  };

  const readList = async () => {
    const list = await get("keep", "list");
    if (!list) return null;
    if ((await now()) - list.made < LASTS) return list;
    await clearList();
    return null;
  };

  // The phone's id for an account, which stands in it as a mark and not by name.
  const deviceOf = async (me) => {
    const known = (await get("keep", "devices")) || {};
    if (!known[me]) {
      known[me] = crypto.randomUUID();
      await put("keep", known, "devices");
    }
    return known[me];
  };
  const forgetDevice = async (me) => {
    const known = (await get("keep", "devices")) || {};
    delete known[me];
    await put("keep", known, "devices");
  };

  // A record and what can be read of it belong together: both or neither.
  const keepRecord = (record, mine) => within(["records", "mine"], "readwrite", (records, readable) => {
    records.put(record);
    readable.put(mine);
  });
  const dropRecord = (id) => within(["records", "mine"], "readwrite", (records, readable) => {
    records.delete(id);
    readable.delete(id);
  });

  self.fieldStore = { LASTS, get, all, put, remove, within, clearList, readList, deviceOf, forgetDevice, keepRecord, dropRecord, now };
})();
