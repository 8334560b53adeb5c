import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Runs files in order of name: end-to-end tests build on one another. */
export class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => a.moduleId.localeCompare(b.moduleId));
  }
}
