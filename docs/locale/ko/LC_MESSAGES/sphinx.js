Documentation.addTranslations({
  locale: "ko",
  plural_expr: "0",
  messages: {
    ", in ": " - ",
    "Preparing search...": "검색 준비 중…",
    "Search Results": "검색 결과",
    "Search finished, found one page matching the search query.": [
      "검색어를 찾은 곳: ${resultCount}곳",
    ],
    "Searching": "검색 중",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
      "검색어를 모두 포함하는 문서가 없습니다. 철자를 확인하거나 단어를 줄여 보십시오.",
  },
});
