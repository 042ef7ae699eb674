import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionStatusSchema } from '../api/status.ts';
import { LogTail } from '../telemetry/log_tail.ts';
import { type Dashboard, headline, openDashboard } from './dashboard.ts';
import { SESSION } from './fixtures/session.ts';
import { span } from './line.ts';
import { Painter } from './painter.ts';

class FakeTerminal extends EventEmitter {
  columns = 80;
  rows = 24;
  isTTY = true;
  raw = false;
  writableNeedDrain = false;
  written: string[] = [];
  write(text: string): boolean {
    this.written.push(text);
    return true;
  }
  setRawMode(on: boolean): void {
    this.raw = on;
  }
  resume(): void {}
  pause(): void {}
}

const line = (text: string) => [span(text)];

describe('painter', () => {
  it('takes the screen, then writes only rows that changed, and gives it back', () => {
    const screen = new FakeTerminal();
    const painter = new Painter(screen, false);
    painter.draw([line('one'), line('two')]);
    painter.draw([line('one'), line('TWO')]);
    painter.draw([line('one'), line('TWO')]);
    painter.close();
    expect(screen.written).toHaveLength(3);
    expect(screen.written[0]).toMatch(/\?1049h.*one.*two/s);
    expect(screen.written[1]).toContain('TWO');
    expect(screen.written[1]).not.toContain('one');
    expect(screen.written[2]).toContain('?1049l');
  });

  it('skips frames while the terminal does not read', () => {
    const screen = new FakeTerminal();
    const painter = new Painter(screen, false);
    screen.writableNeedDrain = true;
    painter.draw([line('one')]);
    expect(screen.written).toEqual([]);
    screen.writableNeedDrain = false;
    painter.draw([line('two')]);
    expect(screen.written.join('')).toContain('two');
  });
});

describe('dashboard', () => {
  const controls = { stop: vi.fn(), pause: vi.fn(), resume: vi.fn() };
  let terminal: FakeTerminal;
  let dashboard: Dashboard;
  let trading: 'active' | 'paused' | 'halted';
  const source = { status: () => ({ ...SESSION, trading }), health: () => ({}) as never };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    terminal = new FakeTerminal();
    trading = 'active';
    const streams = { stdin: terminal as never, stdout: terminal as never };
    dashboard = openDashboard({ source, log: new LogTail(), controls, ...streams, color: false });
  });
  afterEach(() => {
    dashboard.close();
    vi.useRealTimers();
  });

  const screen = () => terminal.written.join('');

  it('stops, pauses and resumes by keys', () => {
    terminal.emit('data', Buffer.from('p'));
    trading = 'paused';
    terminal.emit('data', Buffer.from('p'));
    terminal.emit('data', Buffer.from('q\u0003x'));
    expect([controls.pause, controls.resume, controls.stop].map((one) => one.mock.calls.length)).toEqual([1, 1, 2]);
  });

  it('do not end a halt, nor make it a pause', () => {
    trading = 'halted';
    terminal.emit('data', Buffer.from('p'));
    expect([controls.pause, controls.resume].map((one) => one.mock.calls.length)).toEqual([0, 0]);
  });

  it('goes round the markets, both ways', () => {
    expect(screen()).toContain('▸ BTCUSDC');
    terminal.emit('data', Buffer.from('m\u001b[C'));
    expect(screen()).toContain('▸ SEIUSDC');
    terminal.emit('data', Buffer.from('\u001b[D\u001b[D\u001b[D'));
    expect(screen()).toContain('▸ ATOMUSDC');
  });

  it('draws at most four times a second, and anew after a change of size', () => {
    const before = terminal.written.length;
    trading = 'paused';
    vi.advanceTimersByTime(249);
    expect(terminal.written).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(terminal.written.at(-1)).toContain('paused');
    terminal.columns = 50;
    terminal.rows = 10;
    terminal.emit('resize');
    expect(terminal.written.at(-1)).toContain('The view needs 60 columns');
  });

  it('gives the terminal back and stops drawing', () => {
    expect(terminal.raw).toBe(true);
    dashboard.close();
    const after = terminal.written.length;
    vi.advanceTimersByTime(1_000);
    expect(terminal.written).toHaveLength(after);
    expect(terminal.written.at(-1)).toContain('?25h');
    expect(terminal.raw).toBe(false);
    expect(terminal.listenerCount('data') + terminal.listenerCount('resize')).toBe(0);
  });

  it('has the main figures as one log line', () => {
    expect(headline(source).fields).toMatchObject({
      trading: 'active',
      height: 12_345,
      markets: { BTCUSDC: { state: 'live' } },
    });
  });
});

it('is tested on a session that the schema allows', () => {
  expect(sessionStatusSchema.parse(SESSION)).toEqual(SESSION);
});
