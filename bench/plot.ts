/** One line of a plot: its name, and points in data units. */
export type Series = { name: string; points: { x: number; y: number }[] };

/** A plot with a logarithmic x axis. */
export type Plot = { title: string; x: string; y: string; series: Series[] };

/** A stacked bar: its name, and parts in the order in which they follow each other. */
export type Bar = { name: string; parts: { name: string; value: number }[] };

const width = 760;
const height = 300;
const margin = { left: 64, right: 170, top: 36, bottom: 44 };
// Told apart without colour vision, and on white and black paper alike (Okabe and Ito).
const colours = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7f7f7f",
  "#b2a000",
  "#8c564b",
  "#444444",
];
const colour = (at: number): string => colours[at % colours.length] ?? "#444444";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const label = (x: number, y: number, text: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(text)}</text>`;

const number = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));

const frame = (title: string, tall: number, inner: string[]): string =>
  `<g><rect width="${width}" height="${tall}" fill="#ffffff"/>${label(margin.left, 22, title, 'font-weight="bold"')}${inner.join("")}</g>`;

const linePlot = ({ title, x, y, series }: Plot): string => {
  const all = series.flatMap(({ points }) => points);
  const [left, right] = [Math.min(...all.map((point) => point.x)), Math.max(...all.map((point) => point.x))];
  const top = Math.max(...all.map((point) => point.y)) * 1.1 || 1;
  const plotWidth = width - margin.left - margin.right;
  const plotHeight = height - margin.top - margin.bottom;
  const atX = (value: number) =>
    margin.left + (left === right ? 0.5 : Math.log(value / left) / Math.log(right / left)) * plotWidth;
  const atY = (value: number) => margin.top + plotHeight - (value / top) * plotHeight;
  const xs = [...new Set(all.map((point) => point.x))].sort((one, other) => one - other);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const level = atY(top * part);
    return `<line x1="${margin.left}" x2="${margin.left + plotWidth}" y1="${level.toFixed(1)}" y2="${level.toFixed(1)}" stroke="#dddddd"/>${label(margin.left - 6, level + 4, number(top * part), 'text-anchor="end"')}`;
  });
  const ticks = xs.map((value) =>
    label(atX(value), height - margin.bottom + 18, String(value), 'text-anchor="middle"'),
  );
  const lines = series.map(({ name, points }, at) => {
    const path = points
      .map((point, index) => `${index ? "L" : "M"}${atX(point.x).toFixed(1)} ${atY(point.y).toFixed(1)}`)
      .join("");
    const dots = points.map(
      (point) =>
        `<circle cx="${atX(point.x).toFixed(1)}" cy="${atY(point.y).toFixed(1)}" r="3" fill="${colour(at)}"/>`,
    );
    return `<path d="${path}" fill="none" stroke="${colour(at)}" stroke-width="2"/>${dots.join("")}${label(width - margin.right + 12, margin.top + 14 + at * 18, name, `fill="${colour(at)}"`)}`;
  });
  return frame(title, height, [
    ...grid,
    ...ticks,
    label(margin.left + plotWidth / 2, height - 8, x, 'text-anchor="middle"'),
    label(margin.left - 6, margin.top - 6, y, 'text-anchor="end" font-size="10"'),
    ...lines,
  ]);
};

const barHeight = 30;
const barsHeight = (bars: readonly Bar[], names: readonly string[]): number =>
  margin.top + Math.max(bars.length * (barHeight + 10), names.length * 16) + margin.bottom;
const namesOf = (bars: readonly Bar[]): string[] => [
  ...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name))),
];

const barPlot = (title: string, unit: string, bars: readonly Bar[]): string => {
  const names = namesOf(bars);
  const totals = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const left = 120;
  const scale = (width - left - margin.right - 40) / Math.max(...totals);
  const drawn = bars.map(({ name, parts }, row) => {
    const y = margin.top + row * (barHeight + 10);
    let x = left;
    const pieces = parts.map(({ name: part, value }) => {
      const piece = `<rect x="${x.toFixed(1)}" y="${y}" width="${(value * scale).toFixed(1)}" height="${barHeight}" fill="${colour(names.indexOf(part))}"><title>${escaped(`${part}: ${number(value)} ${unit}`)}</title></rect>`;
      x += value * scale;
      return piece;
    });
    return `${label(left - 8, y + 20, name, 'text-anchor="end"')}${pieces.join("")}${label(x + 6, y + 20, `${number(totals[row] ?? 0)} ${unit}`)}`;
  });
  const legend = names.map((name, at) =>
    label(width - margin.right + 12, margin.top + 12 + at * 16, name, `fill="${colour(at)}"`),
  );
  return frame(title, barsHeight(bars, names), [...drawn, ...legend]);
};

/** Draws bars and plots below each other, as one SVG document. */
export const svg = (bars: { title: string; unit: string; bars: Bar[] }, plots: readonly Plot[]): string => {
  const first = bars.bars.length > 0 ? barsHeight(bars.bars, namesOf(bars.bars)) : 0;
  const drawn = plots.filter(({ series }) => series.some(({ points }) => points.length > 0));
  const total = first + drawn.length * height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12"><title>What make bench measured</title>`,
    first > 0 ? barPlot(bars.title, bars.unit, bars.bars) : "",
    ...drawn.map((plot, at) => `<g transform="translate(0 ${first + at * height})">${linePlot(plot)}</g>`),
    "</svg>\n",
  ].join("\n");
};
