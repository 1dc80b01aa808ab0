/* "Copy as curl": asks for the line when it is clicked, and keeps it nowhere but in the clipboard. */

"use strict";

(() => {
  const form = document.getElementById("logto-curl");
  const status = form.querySelector("[role=status]");

  async function line() {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    if (!response.ok) throw new Error(String(response.status));
    return (await response.json()).command;
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

  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "";
    try {
      await copy();
      status.textContent = form.dataset.copied;
    } catch {
      status.textContent = form.dataset.failed;
    }
  });
})();
