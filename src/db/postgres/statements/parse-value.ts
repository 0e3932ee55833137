type Parse = (text: string) => unknown;

/** What `pg` knows of types. */
export interface DriverTypes {
  getTypeParser(type: number, format: 'text'): Parse;
  readonly arrayParser: {
    create(text: string, parseElement: Parse): { parse(): unknown };
  };
}

const int8 = 20;
const date = 1082;
const timestamp = 1114;
const timestamptz = 1184;
// The types of arrays, and of their elements.
const arrays: ReadonlyMap<number, number> = new Map([
  [1000, 16], // bool
  [1001, 17], // bytea
  [1002, 18], // char
  [1003, 19], // name
  [1005, 21], // int2
  [1007, 23], // int4
  [1009, 25], // text
  [1014, 1042], // bpchar
  [1015, 1043], // varchar
  [1016, int8],
  [1021, 700], // float4
  [1022, 701], // float8
  [1028, 26], // oid
  [1040, 829], // macaddr
  [1041, 869], // inet
  [1115, timestamp],
  [1182, date],
  [1183, 1083], // time
  [1185, timestamptz],
  [1187, 1186], // interval
  [1231, 1700], // numeric
  [1270, 1266], // timetz
  [143, 142], // xml
  [1561, 1560], // bit
  [1563, 1562], // varbit
  [199, 114], // json
  [2951, 2950], // uuid
  [3643, 3614], // tsvector
  [3645, 3615], // tsquery
  [3807, 3802], // jsonb
  [3905, 3904], // int4range
  [3907, 3906], // numrange
  [3909, 3908], // tsrange
  [3911, 3910], // tstzrange
  [3913, 3912], // daterange
  [3927, 3926], // int8range
  [4073, 4072], // jsonpath
  [651, 650], // cidr
  [775, 774], // macaddr8
  [791, 790], // money
]);

/**
 * How texts of PostgreSQL become values: as `pg` does it, but for integers, which are exact, for moments without a zone, which are in UTC whatever zone the process is
 * in, and for arrays, whose elements are as values of their type are elsewhere.
 */
export function parsersOf(types: DriverTypes): (type: number) => Parse {
  const moment = types.getTypeParser(timestamptz, 'text');
  // Before the era, which stands last.
  const inUtc = (text: string): string => (/infinity$/.test(text) ? text : text.replace(/( BC)?$/, '+00$1'));
  const ours: ReadonlyMap<number, Parse> = new Map<number, Parse>([
    [int8, exactInteger],
    [timestamp, (text) => moment(inUtc(text))],
    [date, (text) => moment(/infinity$/.test(text) ? text : text.replace(/( BC)?$/, ' 00:00:00+00$1'))],
  ]);
  const parserOf = (type: number): Parse => {
    const element = arrays.get(type);
    if (element === undefined) return ours.get(type) ?? types.getTypeParser(type, 'text');
    const parse = parserOf(element);
    return (text) => types.arrayParser.create(text, parse).parse();
  };
  return parserOf;
}

// An integer that a number holds exactly is a number.
function exactInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
