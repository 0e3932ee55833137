// What every contender serves: one table of users, read one by one and as a list, and written.

/** How many users there are at the start. */
export const seeded = 1000;

/** How many users the list has. */
export const listed = 20;

/** A user as it is served. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly age: number;
}

/** The values of the user with a number. */
export function userOf(id: number): User {
  return { id, name: `User ${id}`, age: 18 + (id % 60) };
}

/** Values of all users at the start, in order. */
export function seeds(): Omit<User, 'id'>[] {
  return Array.from({ length: seeded }, (_, index) => {
    const { name, age } = userOf(index + 1);
    return { name, age };
  });
}

/** The requests that are timed, and their answers; the id of a user that was made differs. */
export const timed = {
  get: { method: 'GET', path: '/users/500', status: 200, answer: userOf(500) },
  list: {
    method: 'GET',
    path: '/users',
    status: 200,
    answer: Array.from({ length: listed }, (_, at) => userOf(at + 1)),
  },
  post: {
    method: 'POST',
    path: '/users',
    body: '{"name":"Ada","age":36}',
    status: 201,
    answer: { name: 'Ada', age: 36 },
  },
} as const;

/** Requests that must be refused with a 4xx. */
export const refused = [
  { method: 'GET', path: '/users/abc' },
  { method: 'GET', path: '/users/100000000' },
  { method: 'POST', path: '/users', body: '{"name":"Ada","age":"old"}' },
] as const;
