// The sheet of one door: it opens when its inside has come, closes when the knock is recorded, and says what went wrong.
(() => {
  "use strict";
  const sheet = document.querySelector("#sheet");
  const problem = document.querySelector("#sheet-problem");
  if (!sheet?.showModal) return;
  let opener = null;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "sheet-inside" || sheet.open) return;
    opener = event.detail.requestConfig?.elt?.closest("li")?.id || null;
    problem.replaceChildren();
    sheet.showModal();
    sheet.scrollTop = 0;
  });
  // Runs after linli.js: a problem belongs into the open sheet, not behind it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (sheet.open && event.detail.target.id === "notices") {
      event.detail.target = problem;
      sheet.scrollTop = 0;
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("[data-sheet-form]") || event.detail.xhr.status !== 200) return;
    sheet.close();
    document.querySelector("#sheet-inside").replaceChildren();
    if (opener) document.getElementById(opener)?.querySelector("button, a")?.focus();
  });
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
})();
