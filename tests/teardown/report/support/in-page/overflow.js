/** Runs in the page: what reaches over its right edge, as "tag.class right". */
(() => {
  const width = document.documentElement.clientWidth;
  const found = [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => `${element.tagName}.${element.className} ${element.getBoundingClientRect().right}`);
  return document.documentElement.scrollWidth > width
    ? [`page ${document.documentElement.scrollWidth}`, ...found]
    : found;
})();
