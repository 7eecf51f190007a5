// A list is typed back without leaving the keys: row, space, key, Enter. What was typed is checked line by line; the form
// sends the lines, as it does without this script.
(() => {
  "use strict";
  const form = document.querySelector("#typing");
  const quick = document.querySelector("#quick");
  const lines = document.querySelector("#lines");
  const list = document.querySelector("#typing-list");
  const told = document.querySelector("#typing-told");
  if (!form || !quick) return;
  const doors = new Map(Array.from(document.querySelectorAll("#typing-rows [data-row]"), (one) => [one.dataset.row, one]));
  const keys = new Map(Array.from(form.querySelectorAll("[data-key][data-words]"), (one) => [one.dataset.key, one.dataset.words]));
  const typed = new Map();
  document.querySelector("#typing-quick").hidden = list.hidden = false;
  document.querySelector("#typing-plain").hidden = true;

  const say = (words, row, bad) => {
    told.textContent = words.replace("{row}", row);
    told.classList.toggle("typing-bad", Boolean(bad));
  };
  const show = () => {
    list.replaceChildren(...Array.from(typed, ([row, { key, note }]) => {
      const item = document.createElement("li");
      item.className = "row-link";
      const door = doors.get(row).querySelector("[data-door]").textContent.trim();
      item.textContent = [`${row} · ${door}`, keys.get(key), note].filter(Boolean).join(" · ");
      return item;
    }).reverse());
    lines.value = Array.from(typed, ([row, { key, note }]) => [row, key, note].filter(Boolean).join(" ")).join("\n");
    document.querySelector("#typing-count").textContent = typed.size || "";
  };
  const take = (text) => {
    const read = /^(\d{1,4})[\s.,:;、，。-]+(\d)(?:\s+(.*))?$/.exec(text.trim());
    if (!read || !keys.has(read[2])) return say(form.dataset.key, "", true);
    const row = String(Number(read[1]));
    if (!doors.has(row)) return say(form.dataset.none, row, true);
    const known = doors.get(row).hasAttribute("data-typed");
    if (known) say(form.dataset.was, row, true);
    else if (typed.has(row)) say(form.dataset.again, row);
    else say(`${row} · ${doors.get(row).querySelector("[data-door]").textContent.trim()} · ${keys.get(read[2])}`, "");
    typed.delete(row);
    if (!known) typed.set(row, { key: read[2], note: read[3] || "" });
    quick.value = "";
    return show();
  };
  quick.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (quick.value.trim()) return take(quick.value);
    const last = Array.from(typed.keys()).pop();
    if (last) {
      typed.delete(last);
      say("", "");
      show();
    }
  });
  for (const line of lines.value.split("\n")) if (line.trim()) take(line);
  quick.focus();
})();
