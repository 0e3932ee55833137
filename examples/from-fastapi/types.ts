import { type } from 'arktype';
import { bytes, decimal, duration, instant, optional, plainDate, plainDateTime, plainTime } from 'cortado/values';
import { z } from 'zod';

/** What Python calls `Tree`: a model that holds itself. */
interface Tree {
  readonly name: string;
  readonly under: readonly Tree[];
}
const Tree: z.ZodType<Tree> = z.object({ name: z.string(), under: z.lazy(() => z.array(Tree)) }).meta({ id: 'Tree' });

const Cat = z.object({ kind: z.literal('cat'), lives: z.int() }).meta({ id: 'Cat' });
const Dog = z.object({ kind: z.literal('dog'), tricks: z.int() }).meta({ id: 'Dog' });
const Model = z.object({ a: z.int(), b: z.string().default('x') }).meta({ id: 'Model' });

/** A text that is JSON, and what it has to be. */
function jsonText<S extends z.ZodType>(schema: S): z.ZodType<z.output<S>, string> {
  return z
    .string()
    .transform((text, { addIssue }): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        addIssue('Invalid JSON');
        return z.NEVER;
      }
    })
    .pipe(schema) as never;
}

/** Python's types, and their schemas. */
export const types = {
  int: z.int(),
  float: z.number(),
  str: z.string(),
  bool: z.boolean(),
  None: z.null(),
  Any: z.unknown(),
  bytes: z.string(),
  Base64Bytes: bytes(),
  Decimal: decimal(),
  date: plainDate(),
  datetime: z.date(),
  AwareDatetime: instant(),
  NaiveDatetime: plainDateTime(),
  time: plainTime(),
  timedelta: duration(),
  UUID: z.guid(),
  UUID4: z.uuidv4(),
  Enum: z.enum(['red', 'green']),
  IntEnum: z.enum({ low: 1, high: 2 }),
  "Literal['a', 1]": z.literal(['a', 1]),
  'list[int]': z.array(z.int()),
  'set[int]': z.set(z.int()),
  'frozenset[int]': z.set(z.int()),
  'tuple[int, str]': z.tuple([z.int(), z.string()]),
  'tuple[int, ...]': z.array(z.int()),
  'dict[str, int]': z.record(z.string(), z.int()),
  'dict[int, str]': z.map(z.int(), z.string()),
  'int | None': z.int().nullable(),
  'int | None = None': optional(z.int()),
  'int = 5': z.int().default(5),
  'Union[int, str]': z.union([z.int(), z.string()]),
  "Field(discriminator='kind')": z.discriminatedUnion('kind', [Cat, Dog]),
  BaseModel: Model,
  'class B(Model)': Model.extend({ c: z.int() }),
  dataclass: z.object({ a: z.int() }).transform(({ a }) => ({ a, double: a * 2 })),
  TypedDict: z.object({ a: z.int() }),
  'TypedDict, total=False': z.object({ a: z.int() }).partial(),
  'Tree (holds itself)': Tree,
  EmailStr: z.email(),
  HttpUrl: z.url({ protocol: /^https?$/ }),
  AnyUrl: z.url(),
  SecretStr: z.string().meta({ format: 'password', writeOnly: true }),
  UploadFile: z.file(),
  Path: z.string().meta({ format: 'path' }),
  IPv4Address: z.ipv4(),
  IPv6Address: z.ipv6(),
  IPv4Network: z.cidrv4(),
  'Json[list[int]]': jsonText(z.array(z.int())),
  'Field(gt=1, lt=5)': z.int().gt(1).lt(5),
  'Field(ge=1, le=5)': z.int().min(1).max(5),
  'Field(multiple_of=3)': z.int().multipleOf(3),
  'Field(min_length=2, max_length=3)': z.string().min(2).max(3),
  'Field(pattern=…)': z.string().regex(/^a+$/),
  'list, Field(min_length=1)': z.array(z.int()).min(1),
  'Decimal, max_digits, decimal_places': decimal({ maxDigits: 4, decimalPlaces: 2 }),
  'StringConstraints(strip_whitespace, to_lower)': z.string().trim().toLowerCase(),
  'Field(title, description, examples)': z.int().meta({ title: 'A', description: 'One', examples: [1] }),
  'Field(default_factory=list)': z.array(z.int()).default(() => []),
  "Field(alias='itemId')": z.object({ itemId: z.int() }).transform(({ itemId }) => ({ item_id: itemId })),
  'computed_field (in answers)': Model.transform((model) => ({ ...model, twice: model.a * 2 })),
  "field_validator(mode='before')": z.preprocess((sent) => (sent === '' ? null : sent), z.int().nullable()),
  "field_validator(mode='after')": z.int().refine((n) => n % 2 === 0, 'must be even'),
  'a validator that changes the value': z.int().overwrite((n) => Math.abs(n)),
  model_validator: z.object({ a: z.int(), b: z.int() }).refine(({ a, b }) => a < b, 'a must be less than b'),
  "ConfigDict(extra='forbid')": Model.strict(),
  "ConfigDict(extra='allow')": Model.loose(),
  "ConfigDict(extra='ignore')": Model,
  'ConfigDict(frozen=True)': Model.readonly(),
  'another library (ArkType)': type({ a: 'number.integer' }),
};
