import { type Formatted, refusal } from './format.ts';

const what = 'Input should be a valid timedelta';
const daySeconds = 86_400;
const mostDays = 999_999_999;

/** Why a text is no duration, as speedate, Pydantic's parser, finds it. */
class Fault extends Error {}

/** A length of time, as Python's `timedelta` has it: days of 24 hours, and microseconds of a day. */
interface Length {
  readonly days: number;
  readonly micros: number;
}

/**
 * Reads a duration as Pydantic does, into ISO 8601 with days, hours, minutes and seconds: `P1W` is `P7D`, `PT90M` is `PT1H30M`, and a month is 30 days, a
 * year 365.
 *
 * @param timeFault What is wrong with a time of day.
 */
export function readLength(text: string, timeFault: (text: string) => string | undefined): Formatted {
  try {
    const sign = /^[+-]/.test(text) ? text[0]! : '';
    const rest = text.slice(sign.length);
    if (rest === '') throw new Fault('input is too short');
    const length = rest.startsWith('P')
      ? isoLength(rest)
      : rest.length < 5 || /d/i.test(rest)
        ? daysAndTime(rest, timeFault)
        : clockLength(rest, timeFault);
    return written(length, sign === '-');
  } catch (error) {
    if (error instanceof Fault) return refusal('time_delta_parsing', what, error.message);
    throw error;
  }
}

/** The duration of a number of seconds. */
export function lengthOfSeconds(seconds: number): Formatted {
  const size = Math.abs(seconds);
  const days = Math.floor(size / daySeconds);
  return written({ days, micros: Math.round((size - days * daySeconds) * 1e6) }, seconds < 0);
}

function written({ days, micros }: Length, isNegative: boolean): Formatted {
  // What was rounded up to a day is one.
  const all = days + Math.floor(micros / (daySeconds * 1e6));
  if (!(all <= mostDays)) return refusal('time_delta_parsing', what, 'durations may not exceed 999,999,999 days');
  const left = micros % (daySeconds * 1e6);
  const seconds = Math.floor(left / 1e6);
  const fraction = left % 1e6 === 0 ? '' : `.${String(left % 1e6).padStart(6, '0')}`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return { text: `${isNegative ? '-' : ''}P${all}DT${hours}H${minutes}M${seconds % 60}${fraction}S` };
}

const dateUnits: Readonly<Record<string, number>> = { Y: 365, M: 30, W: 7, D: 1 };
const timeUnits: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1 };
const amount = /(\d+)(?:[.,](\d*))?/y;

function isoLength(text: string): Length {
  let [at, days, seconds, micros] = [1, 0, 0, 0];
  let inTime = false;
  let hadFraction = false;
  for (; at < text.length; at++) {
    if (text[at] === 'T') {
      if (inTime) throw new Fault('"T" repeated in duration');
      inTime = true;
      continue;
    }
    amount.lastIndex = at;
    const found = amount.exec(text);
    if (found === null) throw new Fault('invalid digit in duration');
    if (hadFraction) throw new Fault('fraction in duration is not at the end');
    at = amount.lastIndex;
    const [, digits, fraction] = found;
    hadFraction = fraction !== undefined;
    const unit = (inTime ? timeUnits : dateUnits)[text[at] ?? ''];
    if (unit === undefined) throw new Fault(inTime ? 'invalid time unit in duration' : 'invalid date unit in duration');
    const [size, part] = [Number(digits) * unit, Number(`0.${fraction ?? ''}0`) * unit];
    if (inTime) seconds += size;
    else days += size;
    micros += part * (inTime ? 1 : daySeconds) * 1e6;
  }
  if (at < 3) throw new Fault('input is too short');
  const more = Math.floor(seconds / daySeconds);
  return { days: days + more, micros: (seconds - more * daySeconds) * 1e6 + Math.round(micros) };
}

type TimeFault = (text: string) => string | undefined;

const dayWords = /^(\d+) ?(d(?:ays?)?)(?:, ?| )?(.*)$/is;

function daysAndTime(text: string, timeFault: TimeFault): Length {
  if (!/^\d/.test(text)) throw new Fault('invalid digit in duration');
  const found = dayWords.exec(text);
  if (found === null) throw new Fault('"day" identifier in duration not correctly formatted');
  const [, days, , time = ''] = found;
  const { days: more, micros } = time === '' ? { days: 0, micros: 0 } : clockLength(time, timeFault);
  return { days: Number(days) + more, micros };
}

const digitsAlone = /^\d*$/;

function clockLength(text: string, timeFault: TimeFault): Length {
  if (text.length < 5 && !/^\d:/.test(text)) throw new Fault('input is too short');
  const colon = text.indexOf(':');
  if (colon < 0) throw new Fault('invalid character in hour');
  const hours = text.slice(0, colon);
  if (hours.length > 9) throw new Fault('durations may not exceed 999,999,999 hours');
  if (!digitsAlone.test(hours)) throw new Fault('invalid character in hour');
  const rest = text.slice(colon + 1);
  const fault = timeFault(`00:${rest}`);
  if (fault !== undefined) throw new Fault(fault);
  const found = /^(\d\d)(?::(\d\d)(?:[.,](\d+))?)?$/.exec(rest);
  if (found === null) throw new Fault('unexpected extra characters at the end of the input');
  const [, minutes, seconds = '0', fraction = ''] = found;
  const days = Math.floor(Number(hours) / 24);
  const inDay = (Number(hours) % 24) * 3600 + Number(minutes) * 60 + Number(seconds);
  return { days, micros: inDay * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0')) };
}
