import { jsonParameter, storable, unstorable, valueRefused } from '../../engine/bind-value.ts';

type Prepare = (value: unknown) => string | Buffer | null;

/**
 * Values of a statement as PostgreSQL gets them. Dates go as moments in UTC, which a column without a zone takes as such, whatever zone the process is in;
 * the driver writes them in local time.
 */
export function prepareWith(driver: Prepare): Prepare {
  return (value) => {
    const prepared =
      typeof value === 'object' && value !== null ? prepareObject(value, driver) : prepareScalar(value, driver);
    if (typeof prepared === 'string') checkText(prepared);
    return prepared;
  };
}

function prepareScalar(value: unknown, driver: Prepare): string | Buffer | null {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw unstorable(`A ${typeof value}`, 'only data can be');
  return driver(value);
}

function prepareObject(object: object, driver: Prepare): string | Buffer | null {
  if (Array.isArray(object)) return driver(object.map(inArray));
  if (hasOwnForm(object)) return driver(object);
  const { as, value } = storable(object);
  switch (as) {
    case 'date':
      return dateText(value);
    case 'json':
      return jsonParameter(value);
    default:
      return driver(value);
  }
}

// The driver writes the array; what it would write wrongly is a text by then.
function inArray(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  if (Array.isArray(item)) return item.map(inArray);
  if (hasOwnForm(item)) return item;
  const { as, value } = storable(item);
  return as === 'date' ? dateText(value) : as === 'json' ? jsonParameter(value) : value;
}

// `pg`'s own way for objects to say what they are.
function hasOwnForm(object: object): boolean {
  return typeof (object as { toPostgres?: unknown }).toPostgres === 'function';
}

function dateText(date: Date): string {
  const year = date.getUTCFullYear();
  const text = date.toISOString();
  if (year >= 1 && year <= 9999) return text;
  const afterYear = text.slice(-'-MM-DDTHH:MM:SS.sssZ'.length);
  return `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${afterYear}${year > 0 ? '' : ' BC'}`;
}

function checkText(text: string): void {
  if (text.includes('\0')) throw valueRefused('holds a NUL character');
  if (!text.isWellFormed()) throw valueRefused('holds half a character');
}
