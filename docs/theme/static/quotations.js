// What readers quote from an answer or a terminal is found first, see docs/extensions/quotations.py.
"use strict";

// Without a server, pages cannot be fetched for their summaries.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

const findWords = Search._performSearch;

Search._performSearch = (query, ...terms) => {
  const quotation = query.trim().replace(/^["'“‘]+|[.\s]*["'”’]*$/g, "");
  const found = [];
  for (const [pattern, page, anchor] of quotations) {
    const match = quotation.match(new RegExp(`^${pattern}$`, "i"));
    if (!match) continue;
    const id = anchor.replace("$1", match[1]);
    const title = Search._index.titles[Search._index.docnames.indexOf(page)];
    found.push([page, `${title} > ${id}`, `#${id.toLowerCase()}`, null, 100, `${page}.md`, "title"]);
  }
  return [...findWords(query, ...terms), ...found]; // the last is shown first
};
