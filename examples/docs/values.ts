import { App, HttpError, query } from 'cortado';
import { bytes, decimal, duration, instant, optional, plainDate, plainTime } from 'cortado/values';
import { z } from 'zod';

const app = new App({ title: 'Rooms' });

const Booking = z
  .object({
    room: z.string(),
    from: plainDate(), // "2026-03-01": a Temporal.PlainDate
    nights: z.int().min(1).default(1),
    arrival: optional(plainTime()), // "18:30", null, or nothing: a Temporal.PlainTime or null
    price: decimal({ gt: 0, maxDigits: 8, decimalPlaces: 2 }), // "99.50", or 99.5: the text
    tags: z.set(z.string()).default(new Set()), // ["quiet", "quiet"]: a Set of one
    signature: bytes().optional(), // "AP/+": a Uint8Array
  })
  .meta({ id: 'Booking' });

const Booked = Booking.extend({ until: plainDate(), made: instant(), cancelWithin: duration() });

app.post('/bookings', { params: { booking: Booking }, response: Booked, status: 201 }, ({ booking }) => ({
  ...booking,
  until: booking.from.add({ days: booking.nights }),
  made: Temporal.Now.instant(),
  cancelWithin: Temporal.Duration.from({ hours: 48 }),
}));

// Values of a query are declared in the same way; `optional` is Python's `T | None = None`.
const Window = z.object({
  from: plainDate(),
  until: optional(plainDate()),
  tags: z.set(z.string()).default(new Set()),
});
app.get('/bookings', { params: { window: query(Window) } }, ({ window: { from, until, tags } }) => {
  const end = until ?? from.add({ months: 1 });
  if (Temporal.PlainDate.compare(end, from) < 0) throw new HttpError(400, 'until comes before from');
  return { days: from.until(end, { largestUnit: 'day' }).days, until: end, tags };
});

/** Any class that is made of a text and writes itself will do: `Big` of big.js, `Decimal` of decimal.js, or one of your own. */
class Cents {
  readonly #all: bigint;

  constructor(text: string) {
    const [whole, part = ''] = text.split('.');
    this.#all = BigInt(whole + part.padEnd(2, '0'));
  }

  times(nights: number): Cents {
    return new Cents(`${this.#all * BigInt(nights)}`.replace(/..$/, '.$&'));
  }

  toJSON(): string {
    return `${this.#all}`.padStart(3, '0').replace(/..$/, '.$&');
  }
}

const money = decimal({ ge: 0, decimalPlaces: 2, as: Cents });
// A body that has more than the schema knows is a 422: Pydantic's `extra='forbid'`.
const Stay = z.strictObject({ price: money, nights: z.int().min(1) });
app.post('/totals', { params: { stay: Stay }, response: money }, ({ stay: { price, nights } }) => price.times(nights));

export default app;
