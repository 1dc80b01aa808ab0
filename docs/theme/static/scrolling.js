// A table or code that scrolls takes the focus, so that keys scroll it, under the name of its section.
"use strict";

for (const box of document.querySelectorAll(".table-wrapper, .highlight pre")) {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.role = "region";
    box.ariaLabel = box.closest("section").querySelector("h1, h2, h3, h4, h5, h6").innerText.trim();
  }
}
