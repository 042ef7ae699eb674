import type { Chart } from './chart.ts';
import { escaped } from './frame.ts';
import { grouped } from './scale.ts';
import { STYLE } from './style.ts';

/** What a page is made of; all but the title is HTML already. */
export interface PageParts {
  readonly title: string;
  readonly header: string;
  readonly main: string;
  readonly footer: string;
}

/** A page of HTML that needs nothing else: no script, no request. */
export function htmlPage({ title, header, main, footer }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)} · FlashMM</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1>${header}</header>
<main>
${main}
</main>
<footer>${footer}</footer>
</body>
</html>
`;
}

/** The main figures, large: name, value and a note each, as text. */
export function headline(cells: readonly (readonly [name: string, value: string, note: string])[]): string {
  const each = cells.map(
    ([name, value, note]) =>
      `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd><dd class="note">${escaped(note)}</dd></div>`,
  );
  return `<dl class="headline">${each.join('')}</dl>`;
}

/** Charts beside one another. */
export function figures(charts: readonly Chart[]): string {
  return `<section class="charts">${charts.map(figure).join('')}</section>`;
}

function figure({ title, note, keys = [], svg }: Chart): string {
  const legend = keys.map(([style, text]) => ` <span class="key"><i class="${style}"></i>${escaped(text)}</span>`);
  const caption = `<b>${escaped(title)}</b><span>${escaped(note)}</span>${legend.join('')}`;
  return `<figure><figcaption>${caption}</figcaption>${svg}</figure>`;
}

/** A table of texts, the first of each row its name. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'td' | 'th', row: readonly string[]): string =>
    row.map((cell, i) => `<${i === 0 ? 'th' : tag}>${escaped(cell)}</${i === 0 ? 'th' : tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('');
  return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** A figure with its unit, or a dash where there is none. */
export function percent(value: number | null, unit: string): string {
  return value === null ? '–' : `${grouped(value, Math.abs(value) < 10 ? 2 : 1)}${unit === '' ? '' : ` ${unit}`}`;
}
