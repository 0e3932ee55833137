import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import type { Schema } from '../../src/index.ts';
import { compileField, type Mode } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';

const libraries: Readonly<Record<string, Schema<unknown, Date>>> = { Zod: z.date(), ArkType: type('Date') };

function read(schema: Schema<unknown, Date>, input: unknown, mode: Mode): string {
  const issues: Issue[] = [];
  const value = compileField(schema, mode, 'test').check(input, ['at'], issues) as Date;
  return issues.length === 0 ? value.toISOString() : issues.map(({ type, msg }) => `${type}: ${msg}`).join();
}

const outside = 'unexpected extra characters at the end of the input';
// What Pydantic 2.13 says of each.
const refused: readonly [string, string][] = [
  ['2020-02-30', 'day value is outside expected range'],
  ['2021-02-29', 'day value is outside expected range'],
  ['1900-02-29', 'day value is outside expected range'],
  ['2020-04-31T00:00:00Z', 'day value is outside expected range'],
  ['2020-01-32', 'day value is outside expected range'],
  ['2020-13-01', 'month value is outside expected range of 1-12'],
  ['01/02/2020', 'invalid character in year'],
  ['Jan 1 2020', 'invalid character in year'],
  [' 2020-01-01', 'invalid character in year'],
  ['2020-1-1', 'input is too short'],
  ['12020-01-01', 'invalid date separator, expected `-`'],
  ['2020-01-01Z', outside],
  ['2020-01-01T', outside],
  ['2020-01-01T24:00:00Z', outside],
  ['2020-01-01T23:59:60Z', outside],
  ['2020-01-01T00:00:00 Z', outside],
  ['2020-01-01T00:00:00+24:00', outside],
];
// Each with the moment that it stands for; without a zone it is one of UTC.
const taken: readonly [string, string][] = [
  ['2020-01-31', '2020-01-31T00:00:00.000Z'],
  ['2020-02-29', '2020-02-29T00:00:00.000Z'],
  ['2020-02-29T10:20:30Z', '2020-02-29T10:20:30.000Z'],
  ['2020-12-31T10:20:30', '2020-12-31T10:20:30.000Z'],
  ['2020-12-31 10:20', '2020-12-31T10:20:00.000Z'],
  ['2020-12-31t10:20:30.5z', '2020-12-31T10:20:30.500Z'],
  ['2020-12-31_10:20:30,123456Z', '2020-12-31T10:20:30.123Z'],
  ['2020-12-31T10:20:30+05:30', '2020-12-31T04:50:30.000Z'],
  ['2020-12-31T10:20:30-0530', '2020-12-31T15:50:30.000Z'],
  ['0001-01-01T00:00:00-0530', '0001-01-01T05:30:00.000Z'],
];
// Text alone has digits for seconds, or milliseconds when they are many.
const stamps: readonly [string, string][] = [
  ['2020', '1970-01-01T00:33:40.000Z'],
  ['-1.5', '1969-12-31T23:59:58.500Z'],
  ['1577836800', '2020-01-01T00:00:00.000Z'],
  ['1577836800000', '2020-01-01T00:00:00.000Z'],
];

for (const [name, date] of Object.entries(libraries)) {
  for (const mode of ['text', 'lax', 'strict'] as const) {
    test(`${name}: dates that are none are refused in Pydantic's words, in ${mode} mode`, () => {
      for (const [input, error] of refused) {
        const what = `datetime_from_date_parsing: Input should be a valid datetime or date, ${error}`;
        assert.equal(read(date, input, mode), what, input);
      }
      assert.equal(
        read(date, '0000-01-01', mode),
        'datetime_parsing: Input should be a valid datetime, year 0 is out of range',
      );
    });

    test(`${name}: dates and moments of ISO 8601 are taken, in ${mode} mode`, () => {
      for (const [input, moment] of taken) assert.equal(read(date, input, mode), moment, input);
    });
  }

  test(`${name}: digits are a moment in a text, numbers are one in lax JSON, and neither is one in strict JSON`, () => {
    for (const [input, moment] of stamps) {
      assert.equal(read(date, input, 'text'), moment, input);
      assert.equal(read(date, Number(input), 'lax'), moment, input);
      assert.match(read(date, input, 'strict'), /^datetime_from_date_parsing: /, input);
      assert.match(read(date, Number(input), 'strict'), /^datetime_type: /, input);
    }
    assert.match(read(date, '999999999999999', 'text'), /dates after 9999 are not supported as unix timestamps/);
    assert.match(read(date, '-999999999999999', 'text'), /dates before 0000 are not supported as unix timestamps/);
  });
}

test('every day of four centuries is taken, and no other', () => {
  for (let year = 1900; year < 2300; year++) {
    for (let month = 1; month <= 12; month++) {
      const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (let day = 28; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${day}T00:00:00Z`;
        assert.equal(read(libraries['Zod']!, text, 'strict').startsWith('datetime_from'), day > last, text);
      }
    }
  }
});
