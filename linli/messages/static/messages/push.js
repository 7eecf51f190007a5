// Subscribing this browser to notifications. The page says with which key and where the subscription goes.
"use strict";
(() => {
  const box = document.querySelector("[data-push-key]");
  if (!box) return;
  const said = box.querySelector("[data-push-said]");
  const form = box.querySelector("[data-push-form]");
  const button = form.querySelector("button");
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    said.textContent = said.dataset.pushLacking;
    return;
  }
  button.disabled = false;
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };
  const subscribe = async () => {
    if ((await Notification.requestPermission()) !== "granted") throw new Error("denied");
    const worker = await navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready);
    const options = { userVisibleOnly: true, applicationServerKey: bytes(box.dataset.pushKey) };
    const old = await worker.pushManager.getSubscription();
    if (old) await old.unsubscribe(); // it may belong to another key
    return worker.pushManager.subscribe(options);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const found = await subscribe();
      const data = new FormData(form);
      data.set("subscription", JSON.stringify(found));
      data.set("label", navigator.userAgentData ? navigator.userAgentData.platform : navigator.platform);
      const answer = await fetch(box.dataset.pushUrl, { method: "POST", body: data });
      if (!answer.ok) throw new Error("refused");
      location.assign((await answer.json()).go);
    } catch (error) {
      said.textContent = error.message === "denied" ? said.dataset.pushDenied : said.dataset.pushLacking;
      button.disabled = false;
    }
  });
})();
