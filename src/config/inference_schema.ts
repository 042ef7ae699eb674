import { z } from 'zod';
import { oneOf, setting, text, whole } from './values.ts';

/** Section `inference`. */
export const inference = z.strictObject({
  enabled: setting(
    oneOf(['auto', 'on', 'off']).default('auto'),
    'Whether models predict the mid for the quotes: `auto` for the markets whose domain has a champion, `on` refuses to start without one that passes its checks, `off` prices without.',
  ),
  models_dir: setting(
    text(1_024).default(''),
    'Folder of your own models and of what `flashmm models promote` decides; empty for `models` in the state folder. The shipped models are there besides.',
  ),
  domain: setting(
    oneOf(['auto', 'sei', 'binance']).default('auto'),
    'Whose models predict: `auto` takes those of the venue that a market is on.',
  ),
  timeout_ms: setting(
    whole(1, 190).default(100),
    'An answer later than this is dropped and counts as a failure of the breaker `ml_inference`, ms: well within the 200 ms between two decisions.',
  ),
});
