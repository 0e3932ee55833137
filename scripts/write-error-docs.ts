// Writes docs/reference/errors.md from the table of error codes. With --check it only tells whether the page is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { errorCodes } from '../src/base/error-codes.ts';

const page = new URL('../docs/reference/errors.md', import.meta.url);

/** The page, as it has to be. */
export function errorDocs(): string {
  const rows = Object.entries(errorCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return `# Errors

Every error that Cortado throws is a \`CortadoError\` with a \`code\`, a message that says what to do, and, where it ends a request with a status
other than 500, a \`status\`. The codes are stable; the messages are for people and may change.

| code | meaning |
|---|---|
${rows.join('\n')}
`;
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(page, errorDocs());
  else if (readFileSync(page, 'utf8') !== errorDocs()) {
    console.error('docs/reference/errors.md is out of date: run node scripts/write-error-docs.ts');
    process.exitCode = 1;
  }
}
