/** The text of `value`: each number in one of the notations that mean the same double, some strings escaped. */
export function write(value, dice) {
  if (typeof value === "number") return writeNumber(value, dice);
  if (typeof value === "string") return writeString(value, dice);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, dice)).join(",")}]`;
  if (value === null || typeof value !== "object") return String(value);
  return `{${Object.entries(value).map(([key, item]) => `${writeString(key, dice)}:${write(item, dice)}`).join(",")}}`;
}

function writeNumber(value, dice) {
  const plain = Object.is(value, -0) ? "-0" : JSON.stringify(value);
  const others = [value.toExponential(), value.toExponential().replace("e+", "E"), `${plain}${plain.includes(".") ? "00" : ".0"}`];
  if (dice.chance(0.7) || /e/.test(plain)) return plain;
  const other = dice.pick(others);
  return Object.is(JSON.parse(other), value) ? other : plain;
}

function writeString(value, dice) {
  const plain = JSON.stringify(value);
  if (value === "" || dice.chance(0.85)) return plain;
  return `"${[...Array(value.length).keys()].map((i) => `\\u${value.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
}
