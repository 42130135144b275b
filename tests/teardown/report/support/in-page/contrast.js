/** Runs in the page: each visible text whose contrast with its background is below WCAG AA, as "ratio text". */
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    if (!canvas) return [];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, below) => {
    const alpha = (top[3] ?? 255) / 255;
    return [0, 1, 2].map((at) => (top[at] ?? 0) * alpha + (below[at] ?? 0) * (1 - alpha));
  };
  const background = (element) =>
    element
      ? over(rgba(getComputedStyle(element).backgroundColor), background(element.parentElement))
      : rgba(getComputedStyle(document.documentElement).colorScheme === "dark" ? "#121212" : "#fff");
  const luminance = (colour) => {
    const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent?.trim() ?? "";
    const element = node.parentElement;
    if (text === "" || !element || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const paper = background(element);
    const levels = [luminance(over(rgba(style.color), paper)), luminance(paper)].sort(
      (one, other) => other - one,
    );
    const ratio = ((levels[0] ?? 0) + 0.05) / ((levels[1] ?? 0) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} ${text.slice(0, 60)}`);
  }
  return bad;
})();
