import { type TestFn, type TestOptions, test } from 'node:test';
import type { CeleryVersion } from '../../../support/celery-versions.ts';

/**
 * What the newest Celery does otherwise than the pinned one: names of tests that fail with it alone, and why. A test on this list that
 * passes is a failure, so that the list stays true.
 */
const differences: Readonly<Record<string, string>> = {};

/** A test that runs against a version of Celery. */
export interface CeleryTest {
  (name: string, run: TestFn): void;
  (name: string, options: TestOptions, run: TestFn): void;
}

/** Makes tests that run against a version of Celery. */
export function testsOf(celery: CeleryVersion): CeleryTest {
  return (name: string, ...rest: [TestFn] | [TestOptions, TestFn]) => {
    const [options, run] = rest.length === 1 ? [{}, rest[0]] : rest;
    const reason = celery.name === 'newest' ? differences[name] : undefined;
    void test(name, reason === undefined ? options : { ...options, expectFailure: reason }, run);
  };
}
