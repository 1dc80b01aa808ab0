// What one reads in the page, but for what each run has anew, and its style sheets.
() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const lines = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.trim() && text.parentElement.checkVisibility({ visibilityProperty: true }))
      lines.push(text.data.trim().replace(/\s+/g, " ").replace(/[\w-]{43}|\d+/g, "…"));
  }
  return [lines, [...document.styleSheets].map((sheet) => sheet.href).filter(Boolean)];
};
