/* DRF sends some of its forms by a script, without their fields: a header says what these would. */

"use strict";

(() => {
  const { value } = document.querySelector("#logto-curl [name=drf_logto_context]");
  jQuery.ajaxPrefilter((options) => {
    if (options.crossDomain) return;
    options.headers = { ...options.headers, "X-Logto-Context": encodeURIComponent(value) };
  });
})();
