/** `npm run models:test`: the training project's own tests, in its own environment. */
import { spawnSync } from 'node:child_process';
import { TRAINING_DIR, trainingPython } from './environment.ts';

const { status } = spawnSync(trainingPython(), ['-m', 'pytest', ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: TRAINING_DIR,
});
process.exitCode = status ?? 1;
