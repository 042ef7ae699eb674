import { hash } from 'node:crypto';
import { FEATURES_TEXT } from '../../streams/features/list.ts';

/** SHA-256 of the list of features, 64 hexadecimal digits: a model made for another list is refused. */
export function featuresHash(): string {
  return hash('sha256', FEATURES_TEXT, 'hex');
}
