// The order of what the search finds: titles and headings first, by how much of the query is in them.
"use strict";

// What readers write, and what the pages write.
const synonyms = {
  도커: "docker",
  레디스: "redis",
  브라우저블: "browsable",
  스웨거: "swagger",
  오디언스: "audience",
  웹소켓: "websocket",
  쿠버네티스: "kubernetes",
};
const lists = /^(explanation\/(advisories|conformance)|reference\/public-names|(.*\/)?index)$/;

const parse = Search._parseQuery;
const findUnordered = Search._performSearch;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

Search._parseQuery = (query) =>
  parse(query.replace(/[^\s"]+/g, (word) => synonyms[word.toLowerCase()] ?? word));

Search._performSearch = (query, terms, ...others) => {
  const { alltitles, docnames, filenames, terms: texts, titles, titleterms } = Search._index;
  const stemmer = new Stemmer();
  const words = terms.size ? [...terms] : splitQuery(query.toLowerCase());
  const pagesWith = (word) =>
    [texts, titleterms].flatMap((index) => (Object.hasOwn(index, word) ? index[word] : []));
  const pages = new Map(words.map((word) => [word, new Set(pagesWith(word))]));
  // A rare word says more.
  const weigh = (some) =>
    sum(some.map((word) => Math.log((2 * docnames.length) / (pages.get(word).size || 1))));
  const share = (has) => weigh(words.filter(has)) / weigh(words);
  // Above 1 if all of the query is in the line, and more if little else is.
  const fit = (line) => {
    const lower = line.toLowerCase();
    const parts = [...splitQuery(lower), ...lower.split(/[^\p{L}\p{N}]+/u)];
    const stems = parts.map((part) => stemmer.stemWord(part));
    const has = (word) =>
      stems.some((stem) => (/[가-힣]/.test(word) ? stem.startsWith(word) : stem === word));
    return share(has) + words.filter(has).join("").length / (2 * line.length);
  };
  const best = new Map();
  const found = [];
  for (const [heading, places] of Object.entries(alltitles)) {
    const fits = fit(heading);
    for (const [file, id] of places) {
      best.set(file, Math.max(fits, best.get(file) ?? 0));
      const title = `${titles[file]} > ${heading}`;
      if (id && fits > 1)
        found.push([docnames[file], title, `#${id}`, null, 25 * fits, filenames[file], "title"]);
    }
  }
  for (const result of findUnordered(query, terms, ...others)) {
    const [page, title, anchor, , , , kind] = result;
    const file = docnames.indexOf(page);
    if (kind === "object") {
      if (query.includes(title.split(".").at(-1))) result[4] += 20;
    } else if (!anchor) {
      const inText = share((word) => pages.get(word).has(file));
      const titled = 20 * fit(title) + 15 * Math.min(1, fit(page)) + 10 * best.get(file);
      result[4] = titled + 15 * inText - (lists.test(page) ? 10 : 0);
    } else continue; // a heading, which is there
    found.push(result);
  }
  return found.sort(_orderResultsByScoreThenName);
};
