import { type Format, type Formatted, refusal } from './format.ts';
import { parseInteger, parseNumber } from './numbers.ts';
import { textFormats } from './text-formats.ts';
import { infinite, type Words, wrongType } from './words.ts';

const noUuid = (error: string): Words => refusal('uuid_parsing', 'Input should be a valid UUID', error);

function readUuid(text: string, lax: boolean): Formatted {
  const bare = lax ? text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1') : text;
  const wrong = /[^0-9a-fA-F-]/u.exec(bare);
  if (wrong !== null) return noUuid(`invalid character: found \`${wrong[0]}\` at ${wrong.index + 1}`);
  const groups = bare.split('-');
  if (groups.length === 1) {
    if (bare.length === 32) return { text: bare.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
    return noUuid(`invalid length: expected length 32 for simple format, found ${bare.length}`);
  }
  if (groups.length !== 5) return noUuid(`invalid group count: expected 5, found ${groups.length}`);
  const lengths = [8, 4, 4, 4, 12];
  const at = lengths.findIndex((length, index) => groups[index]!.length !== length);
  if (at < 0) return { text: bare };
  return noUuid(`invalid group length in group ${at}: expected ${lengths[at]}, found ${groups[at]!.length}`);
}

const millisecondsFrom = 2e10;
// In seconds: where the years 0, 1 and 10,000 begin.
const yearZero = -62_167_219_200;
const yearOne = -62_135_596_800;
const afterLast = 253_402_300_800;

const noYear = refusal('datetime_parsing', 'Input should be a valid datetime', 'year 0 is out of range');

/** The moment that a number stands for, in seconds or milliseconds, or what is wrong with it. */
function momentOf(value: number, type: string, what: string): Date | Words {
  const seconds = Math.abs(value) > millisecondsFrom ? value / 1000 : value;
  const outside = (years: string): Words => refusal(type, what, `dates ${years} are not supported as unix timestamps`);
  if (!(seconds < afterLast)) return outside('after 9999');
  if (seconds < yearZero) return outside('before 0000');
  return seconds < yearOne ? noYear : new Date(Math.round(seconds * 1000));
}

const timestamp = /^[+-]?(?:\d{1,24}(?:\.\d{0,24})?|\.\d{1,24})$/;

// The order in which speedate, Pydantic's parser, looks at a date.
function dateFault(text: string): string | undefined {
  if (text.length < 10) return 'input is too short';
  if (!/^\d{4}/.test(text)) return 'invalid character in year';
  if (text[4] !== '-') return 'invalid date separator, expected `-`';
  if (!/^\d\d/.test(text.slice(5))) return 'invalid character in month';
  if (text[7] !== '-') return 'invalid date separator, expected `-`';
  if (!/^\d\d/.test(text.slice(8))) return 'invalid character in day';
  const [month, day] = [Number(text.slice(5, 7)), Number(text.slice(8, 10))];
  if (month < 1 || month > 12) return 'month value is outside expected range of 1-12';
  return day < 1 || day > lastDay(Number(text.slice(0, 4)), month) ? 'day value is outside expected range' : undefined;
}

function lastDay(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

const afterMinutes = /^(?::[0-5]\d(?:[.,]\d+)?)?(?:[zZ]|[+\u2212-](?:[01]\d|2[0-3]):?[0-5]\d)?$/;

/** What is wrong with a time of day. */
export function timeFault(text: string): string | undefined {
  if (text.length < 5) return 'input is too short';
  if (!/^\d\d/.test(text)) return 'invalid character in hour';
  if (text[2] !== ':') return 'invalid time separator, expected `:`';
  if (!/^\d\d/.test(text.slice(3))) return 'invalid character in minute';
  if (Number(text.slice(0, 2)) > 23) return 'hour value is outside expected range of 0-23';
  if (Number(text.slice(3, 5)) > 59) return 'minute value is outside expected range of 0-59';
  const rest = text.slice(5);
  if (rest === '' || afterMinutes.test(rest)) return undefined;
  if (rest.startsWith(':') && !/^:\d\d/.test(rest)) return 'invalid character in second';
  return /^:[6-9]\d/.test(rest)
    ? 'second value is outside expected range of 0-59'
    : 'unexpected extra characters at the end of the input';
}

function fullTime(text: string): string {
  const [, clock, seconds = ':00', fraction = '', zone = ''] = /^(\d\d:\d\d)(:\d\d)?([.,]\d+)?(.*)$/.exec(text)!;
  const offset = zone
    .toUpperCase()
    .replace('\u2212', '-')
    .replace(/(\d\d)(\d\d)$/, '$1:$2');
  return `${clock}${seconds}${fraction.replace(',', '.')}${offset}`;
}

const dateTimeWhat = 'Input should be a valid datetime or date';

function readDateTime(text: string, lax: boolean): Formatted {
  if (lax && timestamp.test(text)) return canonical(momentOf(Number(text), 'datetime_from_date_parsing', dateTimeWhat));
  return readCalendar(text, lax);
}

function readCalendar(text: string, lax: boolean): Formatted {
  const fault = dateFault(text);
  if (fault !== undefined) return refusal('datetime_from_date_parsing', dateTimeWhat, fault);
  if (text.length > 10) {
    if (!/[Tt _]/.test(text[10]!) || timeFault(text.slice(11)) !== undefined)
      return refusal('datetime_from_date_parsing', dateTimeWhat, 'unexpected extra characters at the end of the input');
  } else if (!lax) return refusal('datetime_parsing', 'Input should be a valid datetime', 'input is too short');
  if (text.startsWith('0000')) return noYear;
  return { text: `${text.slice(0, 10)}T${text.length > 10 ? fullTime(text.slice(11)) : '00:00:00'}` };
}

function canonical(moment: Date | Words): Formatted {
  return moment instanceof Date ? { text: moment.toISOString().replace('.000Z', 'Z') } : moment;
}

/** The moment that a number of seconds or milliseconds stands for, or Pydantic's reason against it. */
export function momentOfNumber(value: number): Date | Words {
  return momentOf(value, 'datetime_parsing', 'Input should be a valid datetime');
}

function dateTimeOf(value: number): Formatted {
  return canonical(momentOfNumber(value));
}

// What nearly all texts look like; a leap day takes the longer way.
const plainMoment =
  /^(?!0000)\d{4}-(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\d|30)|(?:0[13578]|1[02])-31|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The moment that a text stands for, or Pydantic's reason against it. A date is its midnight; without a zone it is UTC. */
export function momentOfText(text: string, lax: boolean): Date | Words {
  // `Date` itself also reads what is no date: February 30 as March 1, and much that is not ISO 8601.
  if (plainMoment.test(text)) return new Date(text);
  if (lax && timestamp.test(text)) return momentOf(Number(text), 'datetime_from_date_parsing', dateTimeWhat);
  const read = readCalendar(text, true);
  if (!('text' in read)) return read;
  return new Date(/(?:Z|[+-]\d\d:\d\d)$/.test(read.text) ? read.text : `${read.text}Z`);
}

const dateWhat = 'Input should be a valid date or datetime';
const isoDateWhat = 'Input should be a valid date in the format YYYY-MM-DD';
const inexact: Words = {
  type: 'date_from_datetime_inexact',
  msg: 'Datetimes provided to dates should have zero time - e.g. be exact dates',
};

function readDate(text: string, lax: boolean): Formatted {
  if (text.length === 10 && dateFault(text) === undefined)
    return text.startsWith('0000') ? refusal('date_parsing', isoDateWhat, 'year 0 is out of range') : { text };
  if (lax) return dateIn(readDateTime(text, true));
  const fault = dateFault(text) ?? 'unexpected extra characters at the end of the input';
  return refusal('date_parsing', 'Input should be a valid date', fault);
}

function dateOf(value: number): Formatted {
  return dateIn(dateTimeOf(value));
}

function dateIn(moment: Formatted): Formatted {
  if (!('text' in moment)) return refusal('date_from_datetime_parsing', dateWhat, String(moment.ctx?.['error']));
  return /T00:00:00(?:\.0+)?(?:Z|\+00:?00)?$/.test(moment.text) ? { text: moment.text.slice(0, 10) } : inexact;
}

const timeWhat = 'Input should be in a valid time format';

function readTime(text: string): Formatted {
  const fault = timeFault(text);
  return fault === undefined ? { text: fullTime(text) } : refusal('time_parsing', timeWhat, fault);
}

function timeOf(value: number): Formatted {
  if (value < 0) return refusal('time_parsing', timeWhat, 'time in seconds should be positive');
  if (value >= 86_400) return refusal('time_parsing', timeWhat, 'numeric times may not exceed 86,399 seconds');
  return { text: new Date(Math.round(value * 1000)).toISOString().slice(11).replace('.000Z', 'Z') };
}

const durationWhat = 'Input should be a valid timedelta';
const isoDuration =
  /^[+-]?P(?=.)(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?W)?(?:\d+(?:\.\d+)?D)?(?:T(?=.)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?$/i;

function readDuration(text: string): Formatted {
  if (isoDuration.test(text)) return { text: text.toUpperCase() };
  const clock = /^([+-]?)(?:(\d+) ?d(?:ays?)?,? ?)?(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?$/i.exec(text);
  if (clock !== null) {
    const [, sign, days = 0, hours, minutes, seconds = 0] = clock;
    const hoursInAll = Number(days) * 24 + Number(hours);
    return { text: durationText(hoursInAll * 3600 + Number(minutes) * 60 + Number(seconds), sign) };
  }
  return refusal('time_delta_parsing', durationWhat, durationFault(text));
}

function durationFault(text: string): string {
  if (text === '') return 'input is too short';
  if (/^\d{4}-\d\d-\d\d/.test(text) && text.length > 10) return 'durations may not exceed 999,999,999 hours';
  if (!/^[\dP+-]/.test(text))
    return text.codePointAt(0)! > 127 ? 'invalid character in hour' : 'invalid digit in duration';
  return /^\d+(?:\.\d+)?$/.test(text) && text.length < 10
    ? '"day" identifier in duration not correctly formatted'
    : 'invalid character in hour';
}

function durationText(seconds: number, sign = ''): string {
  const whole = Math.abs(seconds);
  return `${sign || (seconds < 0 ? '-' : '')}P${Math.floor(whole / 86_400)}DT${Number((whole % 86_400).toFixed(6))}S`;
}

function durationOf(value: number): Formatted {
  if (Math.abs(value) > 86_400 * 999_999_999)
    return refusal('time_delta_parsing', durationWhat, 'durations may not exceed 999,999,999 days');
  return { text: durationText(value) };
}

function readDecimal(text: string): Formatted {
  const trimmed = text.trim();
  if (parseNumber(trimmed) !== undefined || parseInteger(trimmed) !== undefined) return { text: trimmed };
  if (/^[+-]?(?:nan|inf(?:inity)?)$/i.test(trimmed)) return infinite;
  return { type: 'decimal_parsing', msg: 'Input should be a valid decimal' };
}

const decimalType: Words = {
  type: 'decimal_type',
  msg: 'Decimal input should be an integer, float, string or Decimal object',
};

/** The formats of JSON Schema that Pydantic has types of its own for. */
export const formats: Readonly<Record<string, Format>> = {
  uuid: {
    wrongType: { type: 'uuid_type', msg: 'UUID input should be a string, bytes or UUID object' },
    read: readUuid,
  },
  'date-time': { wrongType: wrongType.date, read: readDateTime, fromNumber: dateTimeOf },
  date: { wrongType: { type: 'date_type', msg: 'Input should be a valid date' }, read: readDate, fromNumber: dateOf },
  time: { wrongType: { type: 'time_type', msg: 'Input should be a valid time' }, read: readTime, fromNumber: timeOf },
  duration: { wrongType: { type: 'time_delta_type', msg: durationWhat }, read: readDuration, fromNumber: durationOf },
  ...textFormats,
  decimal: { wrongType: decimalType, read: readDecimal, fromNumber: (value) => ({ text: String(value) }) },
};
