// Sealing with the browser's own cryptography: AES-GCM for the list, ECDH on P-256 with HKDF for a record.
(() => {
  "use strict";
  const INFO = new TextEncoder().encode("linli record 1");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const text = (data) => btoa(Array.from(new Uint8Array(data), (one) => String.fromCharCode(one)).join(""));
  const nonce = () => crypto.getRandomValues(new Uint8Array(12));

  // Scripts can use it, none can read it.
  const dayKey = (raw) => crypto.subtle.importKey("raw", bytes(raw), "AES-GCM", false, ["encrypt", "decrypt"]);

  const seal = async (key, content) => {
    const iv = nonce();
    const plain = new TextEncoder().encode(JSON.stringify(content));
    return { iv, ct: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain) };
  };
  const unseal = async (key, { iv, ct }) => {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, ct);
    return JSON.parse(new TextDecoder().decode(plain));
  };

  // For the server alone: the key of this record is made here, used once and forgotten.
  const sealRecord = async ({ id, device, kid, point }, content) => {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const theirs = await crypto.subtle.importKey("raw", bytes(point), curve, false, []);
    const own = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
    const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: INFO };
    const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const iv = nonce();
    const bound = new TextEncoder().encode(`${id}\0${device}`);
    const plain = new TextEncoder().encode(JSON.stringify(content));
    const ct = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound }, key, plain);
    const mine = await crypto.subtle.exportKey("raw", own.publicKey);
    return { id, device, kid, point: text(mine), iv: text(iv), ct: text(ct) };
  };

  self.fieldSeal = { dayKey, seal, unseal, sealRecord };
})();
