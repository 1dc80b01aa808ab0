/* "Copy as curl": asks for the line when it is clicked, and keeps it nowhere but in the clipboard. */

"use strict";

(() => {
  const form = document.getElementById("logto-curl");
  const status = form.querySelector("[role=status]");
  let reason;

  async function line() {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    const { command, detail } = await response.json();
    if (!response.ok) {
      reason = detail;
      throw new Error(String(response.status));
    }
    return command;
  }

  async function copy() {
    if (typeof ClipboardItem === "undefined") {
      await navigator.clipboard.writeText(await line());
      return;
    }
    // The promise goes in at once: some browsers forget the click while it is pending.
    const text = line().then((command) => new Blob([command], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
  }

  // It lies over the page until the next press.
  for (const press of ["pointerdown", "keydown"]) {
    document.addEventListener(press, () => { status.textContent = ""; });
  }

  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    reason = undefined;
    try {
      await copy();
      status.textContent = form.dataset.copied;
    } catch {
      status.textContent = reason ?? form.dataset.failed;
    }
  });
})();
