import { kernelSubjects } from './kernel_subjects.ts';
import { operatorSubjects } from './operator_subjects.ts';
import { pipelineSubjects } from './pipeline_subjects.ts';
import type { Subject } from './subject.ts';

/** Every name that may stand after `subject =` in a marble, and what it stands for. */
export const subjects: Readonly<Record<string, Subject>> = {
  ...operatorSubjects,
  ...kernelSubjects,
  ...pipelineSubjects,
};
