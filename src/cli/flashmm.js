#!/usr/bin/env node
// The only JavaScript file: it must run on the Node that is installed, which may be too old for TypeScript sources. There
// it starts itself again under the Node 24 that the npm package `node` brings, passing on signals and the exit code.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24;
const EXIT_ENVIRONMENT = 4;
// Short-lived objects are most of what a session makes; a small nursery keeps memory a quarter lower and pauses shorter. A
// simulation minds neither, and collects a tenth as often with a large one.
const NODE_FLAGS = [`--max-semi-space-size=${process.argv[2] === 'simulate' ? 160 : 4}`];
// What Node has compiled, kept between starts: a start takes a quarter less time, and 28 MB less without the sources' types. Within
// the installation and not in the temporary folder, where others could put code. Where it can't be written, Node does without.
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/flashmm-code', import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) {
  modules.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? COMPILED);
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else {
  startAgain();
}

function startAgain() {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `flashmm: error: Node ${OLDEST_NODE} or newer is needed, this is ${process.versions.node}, and the npm package 'node' ` +
        `is not installed\n  Run 'npm ci' (with install scripts enabled) in the repository, or install Node ${OLDEST_NODE}.\n`,
    );
    process.exit(EXIT_ENVIRONMENT);
  }
  const script = fileURLToPath(import.meta.url);
  const child = spawn(node, [...NODE_FLAGS, script, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`flashmm: error: cannot start ${node}: ${error.message}\n  Run 'npm ci' again.\n`);
    process.exit(EXIT_ENVIRONMENT);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 1 : constants.signals[signal]));
  });
}

function bundledNode() {
  try {
    const home = dirname(modules.createRequire(import.meta.url).resolve('node/package.json'));
    const path = join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
