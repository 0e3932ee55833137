import { parseInteger, parseNumber } from './numbers.ts';

/** What a format made of a text: its canonical form, or Pydantic's reason against it. */
export type Formatted = { readonly text: string } | Refusal;

/** Pydantic's error for a text in the wrong format. */
export interface Refusal {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Reads one format of texts, and says what Pydantic calls a value of another type. */
export interface Format {
  readonly wrongType: Refusal;
  /** Reads a text; `lax` also takes what Pydantic's lax mode takes. */
  readonly read: (text: string, lax: boolean) => Formatted;
  /** Turns a number into the canonical text, where lax mode does that. */
  readonly fromNumber?: (value: number) => Formatted;
}

function refusal(type: string, what: string, error: string): Refusal {
  return { type, msg: `${what}, ${error}`, ctx: { error } };
}

const uuidWhat = 'Input should be a valid UUID';

function readUuid(text: string, lax: boolean): Formatted {
  const bare = lax ? text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1') : text;
  const wrong = /[^0-9a-fA-F-]/u.exec(bare);
  if (wrong !== null)
    return refusal('uuid_parsing', uuidWhat, `invalid character: found \`${wrong[0]}\` at ${wrong.index + 1}`);
  const groups = bare.split('-');
  if (groups.length === 1) {
    if (bare.length === 32) return { text: bare.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
    return refusal(
      'uuid_parsing',
      uuidWhat,
      `invalid length: expected length 32 for simple format, found ${bare.length}`,
    );
  }
  if (groups.length !== 5)
    return refusal('uuid_parsing', uuidWhat, `invalid group count: expected 5, found ${groups.length}`);
  const at = [8, 4, 4, 4, 12].findIndex((length, index) => groups[index]!.length !== length);
  if (at < 0) return { text: bare };
  return refusal(
    'uuid_parsing',
    uuidWhat,
    `invalid group length in group ${at}: expected ${[8, 4, 4, 4, 12][at]}, found ${groups[at]!.length}`,
  );
}

const millisecondsFrom = 2e10;
const lastSecond = 253_402_300_799;

function instant(value: number): Date | undefined {
  const seconds = Math.abs(value) > millisecondsFrom ? value / 1000 : value;
  return Math.abs(seconds) > lastSecond ? undefined : new Date(Math.round(seconds * 1000));
}

const timestamp = /^[+-]?\d{1,24}(?:\.\d{1,24})?$/;

const tooLate = 'dates after 9999 are not supported as unix timestamps';

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
  const last = new Date(Date.UTC(Number(text.slice(0, 4)), month, 0)).getUTCDate();
  return day < 1 || day > last ? 'day value is outside expected range' : undefined;
}

function timeFault(text: string): string | undefined {
  if (text.length < 5) return 'input is too short';
  if (!/^\d\d/.test(text)) return 'invalid character in hour';
  if (text[2] !== ':') return 'invalid time separator, expected `:`';
  if (!/^\d\d/.test(text.slice(3))) return 'invalid character in minute';
  if (Number(text.slice(0, 2)) > 23) return 'hour value is outside expected range of 0-23';
  if (Number(text.slice(3, 5)) > 59) return 'minute value is outside expected range of 0-59';
  const rest = text.slice(5);
  if (rest === '' || /^(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:[zZ]|[+-]\d\d:?\d\d)?$/.test(rest)) return undefined;
  if (rest.startsWith(':') && !/^:\d\d/.test(rest)) return 'invalid character in second';
  return /^:[6-9]\d/.test(rest)
    ? 'second value is outside expected range of 0-59'
    : 'unexpected extra characters at the end of the input';
}

function fullTime(text: string): string {
  const [, clock, seconds = ':00', fraction = '', zone = ''] = /^(\d\d:\d\d)(:\d\d)?([.,]\d+)?(.*)$/.exec(text)!;
  return `${clock}${seconds}${fraction.replace(',', '.')}${zone.toUpperCase()}`;
}

const dateTimeWhat = 'Input should be a valid datetime or date';

function readDateTime(text: string, lax: boolean): Formatted {
  const number = lax && timestamp.test(text) ? Number(text) : undefined;
  if (number !== undefined)
    return instant(number) === undefined
      ? refusal('datetime_from_date_parsing', dateTimeWhat, tooLate)
      : dateTimeOf(number);
  const fault = dateFault(text);
  if (fault !== undefined) return refusal('datetime_from_date_parsing', dateTimeWhat, fault);
  if (text.length === 10)
    return lax
      ? { text: `${text}T00:00:00` }
      : refusal('datetime_parsing', 'Input should be a valid datetime', 'input is too short');
  if (!/[Tt _]/.test(text[10]!))
    return refusal('datetime_from_date_parsing', dateTimeWhat, 'unexpected extra characters at the end of the input');
  const late = timeFault(text.slice(11));
  if (late !== undefined)
    return refusal(
      'datetime_from_date_parsing',
      dateTimeWhat,
      late === 'input is too short' ? late : 'unexpected extra characters at the end of the input',
    );
  return { text: `${text.slice(0, 10)}T${fullTime(text.slice(11))}` };
}

function dateTimeOf(value: number): Formatted {
  const date = instant(value);
  if (date === undefined) return refusal('datetime_parsing', 'Input should be a valid datetime', tooLate);
  return { text: date.toISOString().replace('.000Z', 'Z') };
}

const dateWhat = 'Input should be a valid date or datetime';
const inexact: Refusal = {
  type: 'date_from_datetime_inexact',
  msg: 'Datetimes provided to dates should have zero time - e.g. be exact dates',
};

function readDate(text: string, lax: boolean): Formatted {
  if (text.length === 10 && dateFault(text) === undefined) return { text };
  const whole = lax
    ? readDateTime(text, true)
    : refusal(
        'date_parsing',
        'Input should be a valid date',
        dateFault(text) ?? 'unexpected extra characters at the end of the input',
      );
  if ('text' in whole) return exactDate(whole.text);
  return whole.type === 'date_parsing'
    ? whole
    : refusal('date_from_datetime_parsing', dateWhat, String(whole.ctx?.['error']));
}

function exactDate(text: string): Formatted {
  return /T00:00:00(?:\.0+)?(?:Z|\+00:?00)?$/.test(text) ? { text: text.slice(0, 10) } : inexact;
}

function dateOf(value: number): Formatted {
  const whole = dateTimeOf(value);
  return 'text' in whole ? exactDate(whole.text) : refusal('date_from_datetime_parsing', dateWhat, tooLate);
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
  if (clock !== null)
    return {
      text: durationText(
        (Number(clock[2] ?? 0) * 24 + Number(clock[3])) * 3600 + Number(clock[4]) * 60 + Number(clock[5] ?? 0),
        clock[1],
      ),
    };
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

function readEmail(text: string): Formatted {
  const reason = emailFault(text);
  if (reason === undefined) return { text };
  return { type: 'value_error', msg: `value is not a valid email address: ${reason}`, ctx: { reason } };
}

function emailFault(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  if (at < 0) return 'An email address must have an @-sign.';
  if (at === 0) return 'There must be something before the @-sign.';
  if (at === text.length - 1) return 'There must be something after the @-sign.';
  if (!text.slice(at + 1).includes('.')) return 'The part after the @-sign is not valid. It should have a period.';
  return undefined;
}

function readUrl(text: string): Formatted {
  if (URL.canParse(text)) return { text };
  const error =
    text === ''
      ? 'input is empty'
      : /^[a-z][a-z\d+.-]*:/i.test(text)
        ? 'invalid international domain name'
        : 'relative URL without a base';
  return refusal('url_parsing', 'Input should be a valid URL', error);
}

function readDecimal(text: string): Formatted {
  const trimmed = text.trim();
  if (parseNumber(trimmed) !== undefined || parseInteger(trimmed) !== undefined) return { text: trimmed };
  if (/^[+-]?(?:nan|inf(?:inity)?)$/i.test(trimmed))
    return { type: 'finite_number', msg: 'Input should be a finite number' };
  return { type: 'decimal_parsing', msg: 'Input should be a valid decimal' };
}

const textType: Refusal = { type: 'string_type', msg: 'Input should be a valid string' };
const decimalType: Refusal = {
  type: 'decimal_type',
  msg: 'Decimal input should be an integer, float, string or Decimal object',
};

/** The formats of JSON Schema that Pydantic has types of its own for. */
export const formats: Readonly<Record<string, Format>> = {
  uuid: {
    wrongType: { type: 'uuid_type', msg: 'UUID input should be a string, bytes or UUID object' },
    read: readUuid,
  },
  'date-time': {
    wrongType: { type: 'datetime_type', msg: 'Input should be a valid datetime' },
    read: readDateTime,
    fromNumber: dateTimeOf,
  },
  date: { wrongType: { type: 'date_type', msg: 'Input should be a valid date' }, read: readDate, fromNumber: dateOf },
  time: { wrongType: { type: 'time_type', msg: 'Input should be a valid time' }, read: readTime, fromNumber: timeOf },
  duration: { wrongType: { type: 'time_delta_type', msg: durationWhat }, read: readDuration, fromNumber: durationOf },
  email: { wrongType: textType, read: readEmail },
  uri: { wrongType: { type: 'url_type', msg: 'URL input should be a string or URL' }, read: readUrl },
  decimal: { wrongType: decimalType, read: readDecimal, fromNumber: (value) => ({ text: String(value) }) },
};
