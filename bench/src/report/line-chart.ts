import type { GrowthFigure, GrowthSeries } from '../results.js';

const WIDTH = 760;
const HEIGHT = 400;
const PLOT = { left: 76, right: 500, top: 44, bottom: 340 };
const COLOURS = ['#1b6ca8', '#c8553d', '#3c7a3f', '#7a4f9a', '#8a6d1b', '#4a4a4a'];
const TICKS = 5;

interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** A line chart as SVG: powers of ten to the right, from nought upwards. */
export function lineChart({ title, xTitle, yTitle, series }: GrowthFigure): string {
  const points = series.flatMap((each) => each.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((one, other) => one - other);
  const top = roundedUp(Math.max(...points.map(({ y }) => y)));
  const scale = scaleFor(xs, top);
  const body = [
    ...yAxis(top, scale),
    ...xAxis(xs, scale),
    text((PLOT.left + PLOT.right) / 2, 24, title, 'middle', 15),
    text((PLOT.left + PLOT.right) / 2, HEIGHT - 16, xTitle, 'middle'),
    `<g transform="translate(18 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)">${text(0, 0, yTitle, 'middle')}</g>`,
    ...series.flatMap((each, index) => line(each, index, scale)),
  ];
  const frame = `width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${frame} role="img" font-family="sans-serif">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${body.join('\n')}
</svg>
`;
}

function scaleFor(xs: readonly number[], top: number): Scale {
  const [first, last] = [Math.log10(xs[0] as number), Math.log10(xs.at(-1) as number)];
  return {
    x: (value) => PLOT.left + ((Math.log10(value) - first) / (last - first || 1)) * (PLOT.right - PLOT.left),
    y: (value) => PLOT.bottom - (value / top) * (PLOT.bottom - PLOT.top),
  };
}

function yAxis(top: number, { y }: Scale): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => (top / TICKS) * tick).flatMap((value) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value)}" y2="${y(value)}" stroke="#dddddd"/>`,
    text(PLOT.left - 8, y(value) + 4, numbered(value), 'end'),
  ]);
}

function xAxis(xs: readonly number[], { x }: Scale): string[] {
  return xs.flatMap((value) => [
    `<line x1="${x(value)}" x2="${x(value)}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 5}" stroke="#333333"/>`,
    text(x(value), PLOT.bottom + 20, numbered(value), 'middle'),
  ]);
}

function line({ name, points }: GrowthSeries, index: number, { x, y }: Scale): string[] {
  const colour = COLOURS[index % COLOURS.length] as string;
  const places = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`);
  const legendY = PLOT.top + 8 + index * 22;
  return [
    `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map((place) => {
      const [cx, cy] = place.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
    }),
    `<line x1="520" x2="542" y1="${legendY}" y2="${legendY}" stroke="${colour}" stroke-width="3"/>`,
    text(548, legendY + 4, name),
  ];
}

function text(x: number, y: number, content: string, anchor = 'start', size = 12): string {
  const place = `x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}"`;
  return `<text ${place} fill="#222222">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** The next number that divides well. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) as number) * power;
}

function numbered(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 });
}
