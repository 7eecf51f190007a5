// Keeps the frame of the worker's pages, never a page with anybody's data; clears the list when somebody signs out; sends
// what waits when the network is back.
"use strict";
const CACHE = "linli-shell-{{ version }}";
const SHELL = {{ shell|safe }};
const FIELD = "{{ field }}";
const LEAVE = "{{ leave }}";
const PATIENCE = 4000; // on a network that only seems to be there
importScripts(...{{ scripts|safe }});
const store = self.fieldStore;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL.map((one) => new Request(one, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith("linli-shell-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
    await store.readList(); // clears what is too old
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.method === "POST" && address.pathname === LEAVE) {
    event.respondWith(leave(request));
  } else if (request.method === "GET" && request.mode === "navigate") {
    event.respondWith(page(request, address));
  } else if (request.method === "GET" && SHELL.includes(address.pathname + address.search)) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  }
});

// The list goes first. Without network the rest is done at the next contact.
const leave = async (request) => {
  await store.clearList();
  await store.put("keep", true, "leaving");
  try {
    const found = await fetch(request);
    if (found.ok || found.type === "opaqueredirect") await store.remove("keep", "leaving");
    return found;
  } catch {
    return frame();
  }
};

self.addEventListener("sync", (event) => {
  if (event.tag === "linli-send") event.waitUntil(sent());
});

const sent = async () => {
  const done = await self.fieldSend.send();
  for (const client of await self.clients.matchAll()) client.postMessage("linli-sent");
  if (done === "offline" || done === "failed") throw new Error(done); // the browser tries again later
};

// Without network every address leads to the frame: the list stands there.
const frame = async () => (await caches.match(FIELD, { cacheName: CACHE })) || Response.error();

const page = async (request, address) => {
  const isFrame = address.pathname === FIELD;
  const kept = isFrame && (await caches.match(FIELD, { cacheName: CACHE }));
  try {
    const asked = fetch(request);
    const found = await (kept ? Promise.race([asked, late(asked)]) : asked);
    if (isFrame && found.ok && !found.redirected) {
      const cache = await caches.open(CACHE);
      await cache.put(FIELD, found.clone());
    }
    return found;
  } catch {
    return frame();
  }
};

const late = (asked) => new Promise((_done, fail) => {
  asked.catch(() => {});
  setTimeout(() => fail(new Error("late")), PATIENCE);
});
