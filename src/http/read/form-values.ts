import { HttpError } from '../request/http-error.ts';

/** What a form has under each name, in the order in which it came. */
export type FormValues = Map<string, FormValue[]>;

export type FormValue = string | File;

/** Adds a value to a form; gives all of its name. */
export function addTo(form: FormValues, name: string, value: FormValue): FormValue[] {
  const all = form.get(name);
  if (all === undefined) {
    const first = [value];
    form.set(name, first);
    return first;
  }
  all.push(value);
  return all;
}

export function tooMany(what: string, most: number): HttpError {
  return new HttpError(400, `Too many ${what}. Maximum number of ${what} is ${most}.`);
}
