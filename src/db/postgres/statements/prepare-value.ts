import { jsonParameter, storable, unstorable, valueRefused, whyNotText } from '../../engine/bind-value.ts';

type Prepare = (value: unknown) => string | Buffer | null;

/**
 * Values of a statement as PostgreSQL gets them. Dates go as moments in UTC, which a column without a zone takes as such, whatever zone the process is in;
 * the driver writes them in local time.
 */
export function prepareWith(driver: Prepare): Prepare {
  return (value) => {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw unstorable(`A ${typeof value}`, 'only data can be');
    const prepared = driver(forDriver(value));
    const why = typeof prepared === 'string' ? whyNotText(prepared) : undefined;
    if (why !== undefined) throw valueRefused(why);
    return prepared;
  };
}

// What the driver would write wrongly, in an array as well, is a text by then.
function forDriver(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  if (Array.isArray(item)) return item.map(forDriver);
  // `pg`'s own way for objects to say what they are.
  if (typeof (item as { toPostgres?: unknown }).toPostgres === 'function') return item;
  const { as, value } = storable(item);
  return as === 'date' ? dateText(value) : as === 'json' ? jsonParameter(value) : value;
}

function dateText(date: Date): string {
  const year = date.getUTCFullYear();
  const text = date.toISOString();
  if (year >= 1 && year <= 9999) return text;
  const afterYear = text.slice(-'-MM-DDTHH:MM:SS.sssZ'.length);
  return `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${afterYear}${year > 0 ? '' : ' BC'}`;
}
