import { ansiText, type Line } from './line.ts';

const ESC = '\u001b[';
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l${ESC}2J`;
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
/** Terminals that know it show a frame at once instead of row by row; others ignore it. */
const FRAME_BEGINS = `${ESC}?2026h`;
const FRAME_ENDS = `${ESC}?2026l`;

/** The part of a terminal that is written to. */
export interface Screen {
  write(text: string): boolean;
  /** Set while what was written waits to be read: then nothing more is written. */
  readonly writableNeedDrain: boolean;
}

/**
 * Draws frames on the terminal's alternate screen and writes only the rows that changed. A terminal that reads too slowly
 * misses frames; nothing piles up.
 */
export class Painter {
  readonly #screen: Screen;
  readonly #color: boolean;
  #shown: string[] = [];
  #open = false;

  constructor(screen: Screen, color: boolean) {
    this.#screen = screen;
    this.#color = color;
  }

  /** Draws a frame; the first one takes over the screen. */
  draw(lines: readonly Line[]): void {
    if (this.#screen.writableNeedDrain) return;
    const rows = lines.map((line) => ansiText(line, this.#color));
    const begin = this.#open ? '' : ENTER;
    this.#open = true;
    const changed = rows.flatMap((text, row) => (text === this.#shown[row] ? [] : [`${ESC}${row + 1};1H${text}`]));
    this.#shown = rows;
    if (begin !== '' || changed.length > 0) this.#screen.write(begin + FRAME_BEGINS + changed.join('') + FRAME_ENDS);
  }

  /** Forgets what is on the screen, so that the next frame is drawn whole: after a change of size. */
  reset(): void {
    this.#shown = [];
    if (this.#open) this.#screen.write(`${ESC}2J`);
  }

  /** Gives the screen back as it was. */
  close(): void {
    if (this.#open) this.#screen.write(LEAVE);
    this.#open = false;
  }
}
