import { styleText } from 'node:util';
import type { Finding } from '../../doctor/check.ts';
import { examine } from '../../doctor/doctor.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { defineCommand } from '../command.ts';

const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], fail: ['red', '✗'] } as const;

/** `flashmm doctor`: what FlashMM needs, checked, with what to do. */
export const command = defineCommand({
  name: 'doctor',
  summary: 'Check this machine, the settings and the endpoints, and say what to do.',
  description:
    'Checks Node, memory, clock, settings, the state folder and its disk, the ports, the recording behind the devnet, the ' +
    'endpoints (reachable, how fast, which chain) and whether the machine is busy. Exit code 1 when a check fails.',
  options: {},
  examples: [
    { line: 'flashmm doctor', summary: 'A table of checks, with what to do about each problem.' },
    { line: 'flashmm doctor --json', summary: 'The same for a program.' },
    { line: 'SEI_NETWORK=private SEI_RPC_URL=http://127.0.0.1:26657 flashmm doctor', summary: 'Check a node.' },
  ],
  run: async (context) => {
    const findings = await examine(context.config, context.signal);
    context.signal.throwIfAborted();
    const failed = findings.some((one) => one.status === 'fail');
    if (context.json) context.printJson({ status: failed ? 'fail' : 'ok', checks: findings });
    else context.print(table(findings, context.color));
    return failed ? EXIT.failure : EXIT.ok;
  },
});

function table(findings: readonly Finding[], color: boolean): string {
  const width = Math.max(...findings.map((one) => one.name.length));
  const lines = findings.flatMap((one) => {
    const [style, mark] = MARKS[one.status];
    const shown = color ? styleText(style, mark, { validateStream: false }) : mark;
    const head = `${shown} ${one.name.padEnd(width)}  ${one.detail}`;
    return one.advice === '' ? [head] : [head, `  ${' '.repeat(width)}  → ${one.advice}`];
  });
  const count = (status: Finding['status']) => findings.filter((one) => one.status === status).length;
  return [...lines, '', `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`].join('\n');
}
