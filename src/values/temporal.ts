/// <reference lib="esnext.temporal" preserve="true" />
import { CortadoError } from '../base/error.ts';
import { type ValueSchema, valueSchema } from './value-schema.ts';

type TemporalName = 'PlainDate' | 'PlainTime' | 'PlainDateTime' | 'Instant' | 'Duration';

interface TemporalClass<Value> {
  from(text: string): Value;
}

/** Temporal takes nine digits of a second; more are cut off. */
const digitsBeyond = /(\.\d{9})\d+/;

function temporal<Value extends { toJSON(): string }>(
  owner: string,
  name: TemporalName,
  format: string,
  documented: string,
  instead: string,
): ValueSchema<string, Value> {
  const { Temporal: found } = globalThis as { readonly Temporal?: Readonly<Record<string, unknown>> };
  const made = found?.[name] as (TemporalClass<Value> & (new (...parts: never[]) => Value)) | undefined;
  if (made === undefined)
    throw new CortadoError(
      'CORTADO_NODE_VERSION',
      `${owner}() needs Temporal, which Node has from version 26 on. On an older one ${instead}`,
    );
  return valueSchema({
    format,
    json: { type: 'string', format: documented },
    take: (input) => (input instanceof made ? input : undefined),
    make: (text) => made.from(text.replace(digitsBeyond, '$1')),
    write: (value) => value.toJSON(),
  });
}

/**
 * A day without a time, Python's `date`: a `Temporal.PlainDate`, `2026-03-01` on the wire, `format: date` in documents.
 *
 * Text and `coerceBody` also take what Pydantic takes for one: a moment at midnight, and seconds or milliseconds since 1970 that are one.
 *
 * @throws CortadoError `CORTADO_NODE_VERSION` where there is no Temporal: Node 24 has none.
 *
 * @example
 * ```ts
 * app.get('/days/{day}', { params: { day: plainDate() } }, ({ day }) => ({ next: day.add({ days: 1 }) }));
 * ```
 */
export function plainDate(): ValueSchema<string, Temporal.PlainDate> {
  return temporal('plainDate', 'PlainDate', 'plain-date', 'date', 'z.iso.date() keeps the text.');
}

/**
 * A time of day without a zone, Python's `time`: a `Temporal.PlainTime`, `12:30:00` on the wire, `format: time` in documents. A time with a zone is refused,
 * which Python keeps.
 *
 * Text and `coerceBody` also take what Pydantic takes for one: `12:30`, and in JSON a number of seconds since midnight.
 *
 * @throws CortadoError `CORTADO_NODE_VERSION` where there is no Temporal: Node 24 has none.
 *
 * @example
 * ```ts
 * const Shift = z.object({ from: plainTime(), until: plainTime() });
 * ```
 */
export function plainTime(): ValueSchema<string, Temporal.PlainTime> {
  return temporal('plainTime', 'PlainTime', 'plain-time', 'time', 'z.iso.time() keeps the text.');
}

/**
 * A day and a time of no zone, Pydantic's `NaiveDatetime`: a `Temporal.PlainDateTime`, `2026-03-01T12:30:00` on the wire, `format: date-time` in documents. One
 * with a zone is refused.
 *
 * @throws CortadoError `CORTADO_NODE_VERSION` where there is no Temporal: Node 24 has none.
 *
 * @example
 * ```ts
 * const Alarm = z.object({ at: plainDateTime() });
 * ```
 */
export function plainDateTime(): ValueSchema<string, Temporal.PlainDateTime> {
  const instead = 'z.iso.datetime({ local: true }) keeps the text.';
  return temporal('plainDateTime', 'PlainDateTime', 'plain-date-time', 'date-time', instead);
}

/**
 * A moment, Pydantic's `AwareDatetime`: a `Temporal.Instant`, written in UTC as `2026-03-01T12:30:00Z`, `format: date-time` in documents. One without a zone is
 * refused; `z.date()` takes it for one of UTC.
 *
 * Text and `coerceBody` also take seconds or milliseconds since 1970, as Pydantic does.
 *
 * @throws CortadoError `CORTADO_NODE_VERSION` where there is no Temporal: Node 24 has none.
 *
 * @example
 * ```ts
 * const Event = z.object({ at: instant() });
 * ```
 */
export function instant(): ValueSchema<string, Temporal.Instant> {
  return temporal('instant', 'Instant', 'instant', 'date-time', 'z.date() gives a Date.');
}

/**
 * A length of time, Python's `timedelta`: a `Temporal.Duration` of days of 24 hours, hours, minutes and seconds, `PT1H30M` on the wire, `format: duration` in
 * documents. Years and months of a text are 365 and 30 days, as Pydantic counts them; a duration that a handler returns is written as it is.
 *
 * Text and JSON take what Pydantic takes for one: `P1DT2H`, `1 day, 2:03:04`, `12:30`; `coerceBody` also a number of seconds.
 *
 * @throws CortadoError `CORTADO_NODE_VERSION` where there is no Temporal: Node 24 has none.
 *
 * @example
 * ```ts
 * const Job = z.object({ every: duration() });
 * ```
 */
export function duration(): ValueSchema<string, Temporal.Duration> {
  return temporal('duration', 'Duration', 'length', 'duration', 'z.iso.duration() keeps the text.');
}
