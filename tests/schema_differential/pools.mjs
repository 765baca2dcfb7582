// What schemas and instances are made of. Small pools, so that the two meet often.

export const names = ["a", "b", "c", "foo", "bar", "x-1", "é", "a/b", "m~n", "", "0", "100%", "length", "日本", "😀"];

export const strings = ["", "a", "b", "ab", "abc", "aaa", "foo", "foobar", "Foo", "x-1", "12", "2026", " ", "a b", "é", "e\u0301",
  "日本語", "😀", "😀😀", "a😀", "\n", "a\nb", "_", "a.b", "a@b.co", "\u00a0", "\u2028", "Ω", "ß", "true", "null", "1.5", "\u0000", "-"];

export const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 10, 12, 100, 255, -1, -2, -3, -10, 0.5, 1.5, 2.5, -0.5, 0.1, 0.2, 0.3, 0.01, 0.07, 1.1, 19.99,
  1e3, 1e10, 1e-7, 1e20, 1.5e300, -1e20, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1), 123456.789, 3.0000001];

export const divisors = [1, 2, 3, 5, 7, 0.5, 0.25, 0.1, 0.01, 0.3, 1.5, 1e-7, 10, 1e3, 1e10, 0.07];

export const patterns = [
  { source: "^a", fits: ["a", "ab", "abc", "aaa"] },
  { source: "b$", fits: ["b", "ab"] },
  { source: "^[a-c]+$", fits: ["a", "abc", "aaa"] },
  { source: "\\d{2}", fits: ["12", "2026"] },
  { source: "^\\d+$", fits: ["12", "2026"] },
  { source: "^\\w+$", fits: ["foo", "_", "12"] },
  { source: "\\s", fits: [" ", "a b", "\u00a0", "\u2028"] },
  { source: "^\\S*$", fits: ["", "a", "😀"] },
  { source: "^\\p{L}+$", fits: ["é", "日本語", "Ω", "ab"] },
  { source: "^\\P{Lu}*$", fits: ["foo", "é", ""] },
  { source: "\\p{Script=Greek}", fits: ["Ω"] },
  { source: "^.$", fits: ["a", "é", "😀"] },
  { source: "^.{2}$", fits: ["ab", "😀😀", "a😀"] },
  { source: "\\u{1F600}", fits: ["😀", "a😀"] },
  { source: "^\\u00e9", fits: ["é"] },
  { source: "^(?=.*o)f", fits: ["foo", "foobar"] },
  { source: "^(?!foo)", fits: ["a", "", "Foo"] },
  { source: "(?<=a)b", fits: ["ab", "abc"] },
  { source: "(?<!a)b", fits: ["b", "foobar"] },
  { source: "^(.)\\1", fits: ["aaa", "😀😀"] },
  { source: "(?<x>o)\\k<x>", fits: ["foo", "foobar"] },
  { source: "^[^a]*$", fits: ["b", "", "foo"] },
  { source: "^$", fits: [""] },
  { source: "\\bbar|foo\\b", fits: ["foo", "x-foo"] },
  { source: "\\Boo", fits: ["foo"] },
  { source: "^(?:a|ab)(?:c|$)", fits: ["a", "ab", "abc"] },
  { source: "[\\w.-]+@", fits: ["a@b.co"] },
  { source: "^[\\d\\-.]+$", fits: ["12", "-", "1.5"] },
  { source: "\\cJ|\\n", fits: ["\n", "a\nb"] },
  { source: "\\0", fits: ["\u0000"] },
  { source: "^x-", fits: ["x-1"] },
  { source: "a.b", fits: ["a.b", "a b", "a@b.co"] },
  { source: "a{2,}?", fits: ["aaa"] },
  { source: "[\\s\\S]", fits: ["a", "\n"] },
  { source: "\\/|~", fits: ["a/b", "m~n"] },
  { source: "^[\\u0300-\\u036f\\w]+$", fits: ["e\u0301"] },
];

// Where ajv-formats and the RFCs agree.
export const formats = {
  date: { fits: ["2026-11-20", "2024-02-29"], not: ["2026-02-29", "2026-13-01", "20261120", "2026-11-20 "] },
  time: { fits: ["10:00:00Z", "23:59:59.5+01:00"], not: ["25:00:00Z", "10:00Z", "10:00:61Z"] },
  "date-time": { fits: ["2026-11-20T10:00:00Z", "2026-11-20t10:00:00.123z", "1985-04-12T23:20:50.52-08:00"], not: ["2026-11-20", "2026-11-20T10:00:00", "2026-02-30T10:00:00Z"] },
  duration: { fits: ["P1Y", "P3DT4H", "PT0S", "P2W"], not: ["P", "1Y", "PT", "P1S"] },
  email: { fits: ["a@b.co", "first.last@example.org"], not: ["a", "@b.co", "a@", "a b@c.de"] },
  hostname: { fits: ["example.org", "a-b.c", "localhost"], not: ["-a.b", "a_b", "a..b", "x".repeat(64)] },
  ipv4: { fits: ["127.0.0.1", "255.255.255.255"], not: ["256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4"] },
  ipv6: { fits: ["::1", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4"], not: ["1::2::3", ":1", "12345::", "::1%eth0"] },
  uri: { fits: ["http://a.example/b?c#d", "urn:isbn:0", "mailto:a@b.co"], not: ["/a", "a b", "http://a b", "http://[::1"] },
  "uri-reference": { fits: ["/a", "a", "#b", "http://a.example"], not: ["\\a", "a b", "http://a\\b"] },
  uuid: { fits: ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"], not: ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638"] },
  "json-pointer": { fits: ["", "/a/b", "/a~1b/~0"], not: ["a", "/~2", "/~"] },
  "relative-json-pointer": { fits: ["0", "1/a", "2#"], not: ["/a", "-1", "01"] },
  regex: { fits: ["^a$", "[a-z]{2}"], not: ["^(a", "[b-a]", "*"] },
};
