import { SQL_AFTER_NUMBER, SQL_AFTER_TEXT } from './sql-breakout.js';

const breakout = (text: string) => SQL_AFTER_TEXT.exec(text) ?? SQL_AFTER_NUMBER.exec(text);

const ATTACKS = [
  ...[
    "?id=1' or '1'='1",
    '?id=1 or 1=1',
    '?id=1) or (1=1',
    "?id=1' and sleep(5)--",
    '?id=-1 union all select 1,2',
  ],
  ...["?u=admin'--", "?u=admin' #", "?q=x' order by 10-- -", '?q=1 and ascii(substr((select 1),1,1))>64'],
  ...[
    "?q=1'; drop table users--",
    "?q='||(select 1)||'",
    "?q=' or ''='",
    "?q=' or true--",
    '?a=x" or "a"="a',
  ],
  ...[
    "?id=1;waitfor delay '0:0:5'",
    '?id=1 and 1=2',
    '?a=1 group by x having 1=1--',
    '?id=1 or exists(select 1)',
  ],
  ...[
    "?id=') or ('a'='a",
    '?id=1 rlike (select 1)',
    "?a=' and 1 in (select 1)",
    '?a=1||1=1',
    "?id=1' or 1 like 1",
  ],
  ...["/items/1' or 1=1", '?id=1 limit 1,1', "?u=' or username is not null or 'x'='x"],
];

const NAMES_AND_TEXTS = [
  ...[
    '?q=O\'Reilly "and" sons',
    "?q=it's",
    "?q='rock' and 'roll'",
    '?q=1 or 2 people',
    "?n=O'Brien",
    "?q=rock 'n' roll",
  ],
  ...[
    "?filter=name eq 'a' or name eq 'b'",
    "?filter=name='a' or name='b'",
    '?q="exact phrase" -foo',
    '?r=1-5',
  ],
  ...[
    '?j={"a":"b","c":1}',
    "?q=the boys' room and more",
    '?t=10:30 - 11:00',
    '?d=2024-01-01',
    '?q=12" pizza',
  ],
  ...[
    '?q=5\'10" tall',
    '?x=1,2,3',
    '?q=select the best in town',
    '?v=1.2.3-beta.4',
    "?q=dogs' or cats' toys",
  ],
  ...[
    '?q=50% off',
    '?cron=0 0 * * *',
    '?tel=(030) 123-456',
    "?q=l'or et l'argent",
    '?q="a" AND "b"',
    '?id=1--2',
    '?page=1&&sort=2',
  ],
  ...['?q=title:"x y" AND (a OR b)', '?q=age >= 10 and size < 3', '?path=$.store.book[?(@.price < 10)]'],
  ...[
    '?fiql=name==bar;age=gt=10',
    "?q='90s music in 3d",
    '?sel=div > p',
    '?q=5 in stock',
    "?c=a[href='x'] > b",
  ],
];

it.each(ATTACKS)('finds where a value ends and SQL goes on: %s', (text) => {
  expect(breakout(text)).not.toBeNull();
});

it.each(NAMES_AND_TEXTS)('leaves alone what people and APIs write: %s', (text) => {
  expect(breakout(text)).toBeNull();
});

it('says where it was, and what', () => {
  expect(breakout("/a?id=1' or 1=1")).toMatchObject({ index: 7, 0: "' or 1=1" });
});
