// As SQLAlchemy, SQLModel, Django, SQLite's own functions and PostgreSQL's JSON write them; the last two groups are the seconds' fraction and the zone.
const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const far = /^[+-]\d{6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Whether a text is as Cortado writes a moment: ISO 8601 in UTC with milliseconds, so that texts sort as moments do. */
export function isOwnForm(text: string): boolean {
  return text.length === 24 && text.charCodeAt(10) === 84 && text.charCodeAt(23) === 90;
}

/** The moment that a text means. One that names no zone is in UTC, whatever zone the process is in; a text that is none gives an invalid Date. */
export function momentOf(text: string): Date {
  if (isOwnForm(text) || far.test(text)) return new Date(text);
  const parts = form.exec(text);
  if (parts === null) return new Date(Number.NaN);
  const [, day, time = '00:00', seconds = '00', fraction = '0', zone = 'Z'] = parts;
  const moment = new Date(`${day}T${time}:${seconds}.000${zoneOf(zone)}`);
  // Rounded as SQLite does, so that both find the same moments equal.
  return new Date(moment.getTime() + Math.floor(Number(`0.${fraction}`) * 1000 + 0.5));
}

function zoneOf(zone: string): string {
  if (/^z$/i.test(zone)) return 'Z';
  const [hours, minutes] = [zone.slice(0, 3), zone.slice(3).replace(':', '')];
  return `${hours}:${minutes || '00'}`;
}
