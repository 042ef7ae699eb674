import { type Line, type Span, span, toWidth } from './line.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  /** Columns are left out while the table is too wide, those with the highest of these first; without it a column stays. */
  readonly optional?: number;
  /** Takes the cells that are left over. */
  readonly grows?: true;
}

const GAP = 1;

/** A table of exactly `width` cells: the titles, then the rows. Each row has a cell for each column, in their order. */
export function table(columns: readonly Column[], rows: readonly (readonly Span[])[], width: number): Line[] {
  const shown = chosen(columns, width);
  const spare = width - total(columns, shown);
  const growing = shown.find((index) => columns[index]!.grows);
  const widthOf = (index: number) => columns[index]!.width + (index === growing ? Math.max(0, spare) : 0);
  const line = (cells: readonly Span[]): Line => {
    const padded = shown.map((index) => cell(cells[index]!, columns[index]!.align, widthOf(index)));
    return toWidth(
      padded.flatMap((one, place) => (place === 0 ? [one] : [span(' '.repeat(GAP)), one])),
      width,
    );
  };
  return [line(columns.map(({ title }) => span(title, 'dim'))), ...rows.map(line)];
}

/** The indices of the columns that fit. */
function chosen(columns: readonly Column[], width: number): readonly number[] {
  let shown = columns.map((_, index) => index);
  while (total(columns, shown) > width) {
    const worst = Math.max(...shown.map((index) => columns[index]!.optional ?? -1));
    if (worst < 0) return shown;
    shown = shown.filter((index) => columns[index]!.optional !== worst);
  }
  return shown;
}

const total = (columns: readonly Column[], shown: readonly number[]): number =>
  shown.reduce((sum, index) => sum + columns[index]!.width + GAP, -GAP);

function cell({ text, style }: Span, align: Column['align'], width: number): Span {
  const cut = text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
  return span(align === 'left' ? cut.padEnd(width) : cut.padStart(width), style);
}
