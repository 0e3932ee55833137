// Checked by `npm run types`: what must compile, and what must not.
import { App, type Dependency, dependency } from '../../src/index.ts';
import { anyOf, apiKey, httpBasic, httpBearer, httpDigest, oauth2Password } from '../../src/security/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}
type ValueOf<D> = D extends Dependency<infer T, string> ? T : never;

interface User {
  readonly name: string;
}
declare const find: (token: string) => Promise<User | undefined>;

const bearer = httpBearer();
const maybe = httpBearer({ optional: true });
const user = httpBearer({ verify: find });
const guest = httpBearer({ verify: (token, ctx) => (ctx.path === token ? { name: token } : null), optional: true });
const basic = httpBasic({ verify: ({ username, password }) => username === password });
const key = apiKey({ in: 'query', name: 'k', verify: async (sent) => sent === 'k', optional: false });
const password = oauth2Password({ tokenUrl: '/token', scopes: { a: 'A' } });
const either = anyOf(user, key);
const neither = anyOf(httpDigest({ optional: true }), key);
const above = dependency({ token: maybe }, ({ token }) => token?.length);

same<ValueOf<typeof bearer>, string>(true);
same<ValueOf<typeof maybe>, string | undefined>(true);
same<ValueOf<typeof user>, User>(true);
same<ValueOf<typeof guest>, { name: string } | undefined>(true);
same<ValueOf<typeof basic>['username'], string>(true);
same<ValueOf<typeof key>, string>(true);
same<ValueOf<typeof password>, string>(true);
same<ValueOf<typeof either>, string | User>(true);
same<ValueOf<typeof above>, number | undefined>(true);

const app = new App();
app.get('/', { params: { token: bearer, maybe, user }, guards: [key] }, ({ token, maybe, user }) => {
  same<typeof token, string>(true);
  same<typeof maybe, string | undefined>(true);
  same<typeof user, User>(true);
});

app.get('/', { params: { neither } }, ({ neither }) => {
  if (neither === undefined) return 0;
  return typeof neither === 'string' ? neither.length : neither.credentials.length;
});

// @ts-expect-error: a token may be missing
app.get('/', { params: { maybe } }, ({ maybe }) => maybe.length);
// @ts-expect-error: no scheme
anyOf('bearer', key);
// @ts-expect-error: a key has a place
apiKey({ name: 'k' });
// @ts-expect-error: no such option
httpBearer({ realm: 'x' });
// @ts-expect-error: where to get a token
oauth2Password({ scopes: {} });
