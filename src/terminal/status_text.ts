import type { EndpointStatus, ModelStatus, SessionStatus } from '../api/status.ts';
import { fixed, grouped, timeOfDay } from './figures.ts';
import { insightLines } from './insight_text.ts';
import { ansiText, type Line, printable, span, toWidth } from './line.ts';
import { header, latencies, markets, rule } from './panels.ts';
import { type Column, table } from './table.ts';

const ENDPOINT_COLUMNS: readonly Column[] = [
  { title: '  ENDPOINT', width: 30, align: 'left', grows: true },
  { title: 'STANDING', width: 10, align: 'left' },
  { title: 'BREAKER', width: 9, align: 'left', optional: 1 },
  { title: 'PING', width: 8, align: 'right' },
  { title: 'HEIGHT', width: 12, align: 'right' },
  { title: 'FAILED', width: 6, align: 'right', optional: 2 },
];

const MODEL_COLUMNS: readonly Column[] = [
  { title: '  MODEL', width: 26, align: 'left', grows: true },
  { title: 'ROLE', width: 10, align: 'left' },
  { title: 'PREDICTED', width: 11, align: 'right' },
  { title: 'P50', width: 8, align: 'right' },
  { title: 'P99', width: 8, align: 'right', optional: 1 },
  { title: 'LATE', width: 6, align: 'right', optional: 2 },
  { title: 'FAILED', width: 6, align: 'right' },
];

const ACCURACY_COLUMNS: readonly Column[] = [
  { title: '  HELD AGAINST THE MID', width: 30, align: 'left' },
  { title: 'OVER', width: 6, align: 'right' },
  { title: 'MOVES', width: 9, align: 'right' },
  { title: 'DIRECTION', width: 10, align: 'right' },
  { title: 'MACRO-F1', width: 9, align: 'right' },
  { title: 'BRIER', width: 7, align: 'right', optional: 1 },
  { title: 'CALIBRATION', width: 12, align: 'right', optional: 2 },
];

/** Below this lines would be cut to nothing. */
const COLUMNS_LEAST = 60;
/** The newest that fit beside the rest. */
const ALERTS_SHOWN = 8;

/** A session's status as text of so many columns: the same figures and words as the live view, once. */
export function statusText(status: SessionStatus, pid: number, columns: number, color: boolean): string {
  const width = Math.max(COLUMNS_LEAST, columns);
  const breakers = status.markets.flatMap(({ symbol, breakers: open, stance, widen }): Line[] =>
    open.length === 0
      ? []
      : [
          [
            span(
              `  ${printable(symbol)}: ${open.map(printable).join(', ')} open, ${stance}, spread × ${fixed(widen, 1)}`,
              'warn',
            ),
          ],
        ],
  );
  const alerts = status.alerts
    .slice(0, ALERTS_SHOWN)
    .map(({ time_ms, severity, status: standing, code, text, market }): Line => {
      const where = market === '' ? '' : `${printable(market)} `;
      const style = standing === 'cleared' ? 'dim' : severity === 'critical' ? 'bad' : 'warn';
      return [
        span(`  ${timeOfDay(time_ms)} `, 'dim'),
        span(`${where}${printable(code)} ${standing}: ${printable(text)}`, style),
      ];
    });
  const part = (title: string, lines: readonly Line[]): Line[] =>
    lines.length === 0 ? [] : [rule(title, width), ...lines];
  const lines: readonly Line[] = [
    ...header(status, width).slice(0, 2),
    [span(` process ${pid}`, 'dim')],
    ...tradingLines(status),
    ...part('markets', markets(status, '', width)),
    ...part('breakers', breakers),
    ...part('endpoints', table(ENDPOINT_COLUMNS, status.endpoints.map(endpointCells), width)),
    ...part('models', modelLines(status, width)),
    ...part('accuracy', accuracyLines(status, width)),
    ...part('latencies', latencies(status, width, status.latencies.length + 1)),
    ...part('insight', insightLines(status.insight, width)),
    ...part('alerts', alerts),
  ];
  return lines.map((line) => ansiText(line, color).trimEnd()).join('\n');
}

/** Uncut, however narrow the terminal: this is what one looks for. */
function tradingLines({ trading, holds }: SessionStatus): Line[] {
  if (trading === 'active') return [];
  const causes = holds.flatMap(({ code, text, by, undo, since_ms }): Line[] => [
    [
      span(`   ${printable(code)}`, 'bold'),
      span(` since ${new Date(since_ms).toISOString()} by ${printable(by)}: ${printable(text)}`),
    ],
    [span('     undone by ', 'dim'), span(printable(undo), 'bold')],
  ]);
  return [[span(` ${trading.toUpperCase()}`, trading === 'halted' ? 'bad' : 'warn')], ...causes];
}

function modelLines({ models, model_refusals }: SessionStatus, width: number): Line[] {
  const seated = models.filter(({ role, model }) => role === 'champion' || model !== null);
  if (seated.length === 0) return [];
  const refused = model_refusals.at(-1);
  const refusal: Line[] =
    refused === undefined
      ? []
      : [
          toWidth(
            [
              span(`  ${timeOfDay(refused.time_ms)} `, 'dim'),
              span(`${printable(refused.model)} refused as ${refused.role}: ${printable(refused.reason)}`, 'warn'),
            ],
            width,
          ),
        ];
  return [...table(MODEL_COLUMNS, seated.map(modelCells), width), ...refusal];
}

/** A line a market and horizon, of the champions: what their predictions were worth once the future was known. */
function accuracyLines({ markets: all }: SessionStatus, width: number): Line[] {
  const rows = all.flatMap(({ symbol, accuracy, drifting }) =>
    accuracy
      .filter(({ role }) => role === 'champion')
      .flatMap(({ model, horizons }) =>
        horizons.map((one) => [
          span(`  ${printable(symbol)} ${printable(model)}${drifting ? ' drifted' : ''}`, drifting ? 'warn' : 'plain'),
          span(`${one.horizon_ms}ms`),
          span(grouped(one.moves)),
          share(one.direction_accuracy),
          share(one.macro_f1),
          share(one.brier),
          share(one.calibration_error),
        ]),
      ),
  );
  return rows.length === 0 ? [] : [...table(ACCURACY_COLUMNS, rows, width)];
}

function share(value: number | null) {
  return span(value === null ? '–' : fixed(value, 3));
}

function modelCells({ domain, role, model, predictions, p50_ms, p99_ms, late, missed, failures }: ModelStatus) {
  const time = (ms: number | null) => span(ms === null ? '–' : `${fixed(ms, 2)}ms`);
  return [
    model === null ? span(`  ${printable(domain)}: none may serve`, 'bad') : span(`  ${printable(model)}`),
    span(role, role === 'champion' ? 'plain' : 'dim'),
    span(grouped(predictions)),
    time(p50_ms),
    time(p99_ms),
    span(grouped(late + missed), late + missed > 0 ? 'warn' : 'dim'),
    span(grouped(failures), failures > 0 ? 'warn' : 'dim'),
  ];
}

function endpointCells({ url, current, standing, breaker, ping_ms, height, failures }: EndpointStatus) {
  const fine = breaker === 'closed';
  return [
    span(`${current ? '▸' : ' '} ${printable(url)}`, current ? 'bold' : 'plain'),
    span(printable(standing)),
    span(printable(breaker), fine ? 'dim' : 'bad'),
    span(ping_ms === null ? '–' : `${fixed(ping_ms, 1)}ms`),
    span(grouped(height)),
    span(grouped(failures), failures > 0 ? 'warn' : 'dim'),
  ];
}
