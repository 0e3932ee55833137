const imfFixdate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const rfc850 = /^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/;
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** Milliseconds since 1970 of one of the three forms that HTTP has for dates (RFC 9110, 5.6.7); `undefined` where it is none. */
export function parseHttpDate(text: string): number | undefined {
  const date = text.trim();
  if (rfc850.test(date)) return inThisCentury(date);
  if (!imfFixdate.test(date) && !asctime.test(date)) return undefined;
  return finite(Date.parse(asctime.test(date) ? `${date} GMT` : date));
}

// A year of two digits that would be more than 50 years ahead is the last one with them.
function inThisCentury(date: string): number | undefined {
  const [, day, month, year, time] = /, (\d\d)-([A-Z][a-z]{2})-(\d\d) ([\d:]+) GMT$/.exec(date)!;
  const now = new Date().getUTCFullYear();
  const full = now - (now % 100) + Number(year);
  return finite(Date.parse(`${day} ${month} ${full > now + 50 ? full - 100 : full} ${time} GMT`));
}

function finite(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}
