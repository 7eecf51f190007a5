// What a service worker does with a notification: show it, and open its page. For `importScripts` in /sw.js.
"use strict";
self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data ? event.data.json() : {};
  } catch {
    said = {};
  }
  const options = { body: said.body || "", tag: said.tag || undefined, data: { url: said.url || "/" }, requireInteraction: true };
  event.waitUntil(self.registration.showNotification(said.title || "Linli", options));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const wanted = new URL((event.notification.data && event.notification.data.url) || "/", self.location.origin);
  const url = wanted.origin === self.location.origin ? wanted.href : self.location.origin; // never elsewhere
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const same = open.find((one) => one.url === url);
      return same ? same.focus() : self.clients.openWindow(url);
    }),
  );
});
